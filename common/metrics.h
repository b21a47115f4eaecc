/*
 * Named numbers about a process, rendered in the Prometheus text format.
 * Every increment is one addition: no lock, no lookup (processes are
 * single-threaded where they count).
 */
#ifndef HUBBUB_COMMON_METRICS_H
#define HUBBUB_COMMON_METRICS_H

#include <stdint.h>

#include "common/buffer.h"

struct metrics; /* a registry */
struct metric;  /* one counter, gauge or histogram with one set of labels */

struct metrics *metrics_create(void);
void metrics_destroy(struct metrics **metrics);

/*
 * Registers and returns; the registry owns it. `name` follows Prometheus conventions
 * (hubbub_gateway_messages_total), `labels` is NULL or `key="value"` pairs ready to print. Families
 * with several label sets are registered once per set with the same name and help; the same name
 * and labels again give the same metric. The strings are copied. Ends the process without memory or
 * with an impossible name: it is start-up. A NULL registry gives NULL, which every metric_*() below
 * takes and ignores, so that pure modules need no checks.
 */
struct metric *metrics_counter(
    struct metrics *, const char *name, const char *labels, const char *help);
struct metric *metrics_gauge(
    struct metrics *, const char *name, const char *labels, const char *help);

/*
 * Bucket bounds are `smallest` and its doubles. Values are observed in fractions of the unit that
 * is shown, `unit_per_one` of them to one: 1e6 for microseconds shown as seconds.
 */
struct metric *metrics_histogram(struct metrics *, const char *name, const char *labels,
    const char *help, uint64_t smallest, unsigned buckets, double unit_per_one);

/* From now on the value is in fractions of the unit that is shown; see metrics_histogram. */
void metric_set_unit(struct metric *metric, double unit_per_one);

/* A gauge that is always 1 and says something by its one label, 64 bits in hexadecimal. */
void metrics_info(
    struct metrics *, const char *name, const char *label, uint64_t value, const char *help);

/*
 * Adds what Prometheus expects of every process (memory, descriptors, processor time, start time;
 * read from the kernel at each rendering) and hubbub_build_info.
 */
void metrics_add_process(struct metrics *metrics);

void metric_add(struct metric *metric, uint64_t amount);
void metric_increment(struct metric *metric);
void metric_decrement(struct metric *metric); /* of a gauge */
void metric_set(struct metric *metric, int64_t value);
void metric_observe(struct metric *metric, uint64_t value);
int64_t metric_value(const struct metric *metric);

/* Appends all families, HELP and TYPE lines once each. */
void metrics_render(const struct metrics *metrics, struct buffer *out);

#endif
