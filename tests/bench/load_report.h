/* The result of a run on stdout: rows of one table, told as text or as JSON. */
#ifndef HUBBUB_TESTS_BENCH_LOAD_REPORT_H
#define HUBBUB_TESTS_BENCH_LOAD_REPORT_H

#include <stdbool.h>

#include "tests/bench/load_modes.h"

/* One line for each figure, aligned; or one JSON object with the same figures. */
void load_report(const struct load_plan *plan, const struct load_result *result, bool as_json);

#endif
