"""The parts of the soak test: those that make a run, and those that judge its logs."""
