/*
 * The deliberate bugs, one row each. Production code is as it is: the linker's --wrap puts the
 * sabotage_*.c files between its parts.
 */
#ifndef HUBBUB_TESTS_SIM_SABOTAGE_H
#define HUBBUB_TESTS_SIM_SABOTAGE_H

#include <stdbool.h>

#include "sabotage_table.h"

enum sabotage {
	SABOTAGE_NONE,
#define SABOTAGE_ENUM(NAME, first, name, breaks, how, findings) SABOTAGE_##NAME,
	SABOTAGE_TABLE(SABOTAGE_ENUM) SABOTAGE_OPERATOR_TABLE(SABOTAGE_ENUM)
	    SABOTAGE_SQLITE_TABLE(SABOTAGE_ENUM)
#undef SABOTAGE_ENUM
};

/* The bug of this run. */
enum sabotage sabotage(void);

/* True once in so many calls of a run. */
bool sabotage_each(unsigned times);

/* Declares the function that stands in for another, and the one it stands in for. */
#define SABOTAGE_WRAP(result, name, ...)   \
	result __real_##name(__VA_ARGS__); \
	result __wrap_##name(__VA_ARGS__)

#endif
