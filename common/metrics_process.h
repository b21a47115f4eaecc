/* What every process says about itself; part of metrics.c's workings, not for others. */
#ifndef HUBBUB_COMMON_METRICS_PROCESS_H
#define HUBBUB_COMMON_METRICS_PROCESS_H

#include "common/metrics.h"

struct metrics_process;

/* Registers the metrics of this process; NULL without memory. */
struct metrics_process *metrics_process_create(struct metrics *metrics);
void metrics_process_destroy(struct metrics_process **process);

/* Reads them from the kernel. What cannot be read keeps its value. */
void metrics_process_refresh(struct metrics_process *process);

#endif
