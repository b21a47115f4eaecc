/*
 * The registry of a process's numbers and its text rendering. Owns every
 * metric; those who count hold pointers and add. Knows nothing of what is
 * counted and nothing of HTTP.
 */
#include "common/metrics.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/metrics_process.h"

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

struct metric {
	char *name;
	char *labels; /* "" for none */
	char *help;
	enum kind kind;
	double unit_per_one; /* 0: whole numbers, shown as they are */
	int64_t value;       /* of a histogram: how many were observed */
	uint64_t sum;
	uint64_t smallest;
	unsigned buckets;
	uint64_t
	    *counts; /* per bucket, not cumulative; what is above them all is in `value` only */
};

struct metrics {
	struct metric **metrics;
	size_t count;
	size_t capacity;
	struct metrics_process *process; /* NULL unless asked for */
};

/* Metrics are made at start-up: without memory, or with a name of ours that is none, no start. */
static void *
need(void *memory)
{
	if (memory == NULL) {
		fprintf(stderr, "no memory for the metrics\n");
		abort();
	}
	return memory;
}

static void
demand(bool right, const char *name, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "metric '%s': %s\n", name, what);
	abort();
}

static bool
is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";

	return name[0] != '\0' && strchr(letters, name[0]) != NULL &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789")] == '\0';
}

/* One key="value", with \\ \" \n as the only escapes; NULL if it is not, else what follows it. */
static const char *
skip_label(const char *at)
{
	size_t key = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");

	if (key == 0 || (at[0] >= '0' && at[0] <= '9') || at[key] != '=' || at[key + 1] != '"')
		return NULL;
	for (at += key + 2; *at != '"'; at++) {
		if (*at == '\0' || *at == '\n')
			return NULL;
		if (*at == '\\' && strchr("\\\"n", *++at) == NULL)
			return NULL;
		if (*at == '\0')
			return NULL;
	}
	return at + 1;
}

static bool
are_labels(const char *labels)
{
	const char *at = labels;

	while (at != NULL && *at != '\0') {
		at = skip_label(at);
		if (at != NULL && *at == ',')
			at++;
		else if (at != NULL && *at != '\0')
			return false;
	}
	return at != NULL;
}

struct metrics *
metrics_create(void)
{
	return need(calloc(1, sizeof(struct metrics)));
}

static void
metric_free(struct metric *metric)
{
	free(metric->name);
	free(metric->labels);
	free(metric->help);
	free(metric->counts);
	free(metric);
}

void
metrics_destroy(struct metrics **metrics)
{
	struct metrics *doomed = *metrics;

	if (doomed == NULL)
		return;
	*metrics = NULL;
	for (size_t i = 0; i < doomed->count; i++)
		metric_free(doomed->metrics[i]);
	metrics_process_destroy(&doomed->process);
	free(doomed->metrics);
	free(doomed);
}

/* The registered metric of that name and labels, or NULL; a family has one kind. */
static struct metric *
find(const struct metrics *metrics, enum kind kind, const char *name, const char *labels)
{
	for (size_t i = 0; i < metrics->count; i++) {
		struct metric *metric = metrics->metrics[i];

		if (strcmp(metric->name, name) != 0)
			continue;
		demand(metric->kind == kind, name, "registered as two kinds");
		if (strcmp(metric->labels, labels) == 0)
			return metric;
	}
	return NULL;
}

static struct metric *
add(struct metrics *metrics, enum kind kind, const char *name, const char *labels, const char *help)
{
	struct metric *metric;

	if (labels == NULL)
		labels = "";
	demand(is_name(name), name, "the name must be lower-case letters, digits and _");
	demand(are_labels(labels), name, "labels must be key=\"value\", separated by commas");
	demand(strpbrk(help, "\\\n") == NULL, name, "the help must be one plain line");
	metric = find(metrics, kind, name, labels);
	if (metric != NULL)
		return metric;
	metric = need(calloc(1, sizeof(*metric)));
	metric->name = need(strdup(name));
	metric->labels = need(strdup(labels));
	metric->help = need(strdup(help));
	metric->kind = kind;
	if (metrics->count == metrics->capacity) {
		metrics->capacity = metrics->capacity > 0 ? 2 * metrics->capacity : 32;
		metrics->metrics = need(
		    reallocarray(metrics->metrics, metrics->capacity, sizeof(struct metric *)));
	}
	metrics->metrics[metrics->count++] = metric;
	return metric;
}

struct metric *
metrics_counter(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
	return metrics == NULL ? NULL : add(metrics, KIND_COUNTER, name, labels, help);
}

struct metric *
metrics_gauge(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
	return metrics == NULL ? NULL : add(metrics, KIND_GAUGE, name, labels, help);
}

void
metric_set_unit(struct metric *metric, double unit_per_one)
{
	if (metric != NULL)
		metric->unit_per_one = unit_per_one;
}

void
metrics_info(
    struct metrics *metrics, const char *name, const char *label, uint64_t value, const char *help)
{
	char labels[96];

	snprintf(labels, sizeof(labels), "%s=\"%016" PRIx64 "\"", label, value);
	metric_set(metrics_gauge(metrics, name, labels, help), 1);
}

struct metric *
metrics_histogram(struct metrics *metrics, const char *name, const char *labels, const char *help,
    uint64_t smallest, unsigned buckets, double unit_per_one)
{
	struct metric *metric;

	if (metrics == NULL)
		return NULL;
	demand(smallest > 0 && buckets > 0 && buckets < 64 && smallest <= UINT64_MAX >> buckets,
	    name, "the buckets do not fit into 64 bits");
	metric = add(metrics, KIND_HISTOGRAM, name, labels, help);
	if (metric->counts != NULL)
		return metric;
	metric->unit_per_one = unit_per_one;
	metric->smallest = smallest;
	metric->buckets = buckets;
	metric->counts = need(calloc(buckets, sizeof(uint64_t)));
	return metric;
}

void
metrics_add_process(struct metrics *metrics)
{
	if (metrics != NULL && metrics->process == NULL)
		metrics->process = need(metrics_process_create(metrics));
}

void
metric_add(struct metric *metric, uint64_t amount)
{
	if (metric != NULL)
		metric->value += (int64_t)amount;
}

void
metric_increment(struct metric *metric)
{
	metric_add(metric, 1);
}

void
metric_decrement(struct metric *metric)
{
	if (metric != NULL)
		metric->value--;
}

void
metric_set(struct metric *metric, int64_t value)
{
	if (metric != NULL)
		metric->value = value;
}

void
metric_observe(struct metric *metric, uint64_t value)
{
	if (metric == NULL)
		return;
	metric->value++;
	metric->sum += value;
	for (unsigned i = 0; i < metric->buckets; i++) {
		if (value <= metric->smallest << i) {
			metric->counts[i]++;
			return;
		}
	}
}

int64_t
metric_value(const struct metric *metric)
{
	return metric != NULL ? metric->value : 0;
}

static void
render_sample(
    const struct metric *metric, const char *suffix, const char *bound, struct buffer *out)
{
	buffer_append_string(out, metric->name);
	buffer_append_string(out, suffix);
	if (metric->labels[0] != '\0' || bound != NULL) {
		buffer_append_byte(out, '{');
		buffer_append_string(out, metric->labels);
		if (metric->labels[0] != '\0' && bound != NULL)
			buffer_append_byte(out, ',');
		if (bound != NULL)
			buffer_printf(out, "le=\"%s\"", bound);
		buffer_append_byte(out, '}');
	}
	buffer_append_byte(out, ' ');
}

static void
render_histogram(const struct metric *metric, struct buffer *out)
{
	uint64_t below = 0;

	for (unsigned i = 0; i < metric->buckets; i++) {
		char bound[32];

		snprintf(bound, sizeof(bound), "%.9g",
		    (double)(metric->smallest << i) / metric->unit_per_one);
		below += metric->counts[i];
		render_sample(metric, "_bucket", bound, out);
		buffer_printf(out, "%" PRIu64 "\n", below);
	}
	render_sample(metric, "_bucket", "+Inf", out);
	buffer_printf(out, "%" PRId64 "\n", metric->value);
	render_sample(metric, "_sum", NULL, out);
	buffer_printf(out, "%.17g\n", (double)metric->sum / metric->unit_per_one);
	render_sample(metric, "_count", NULL, out);
	buffer_printf(out, "%" PRId64 "\n", metric->value);
}

static void
render_metric(const struct metric *metric, struct buffer *out)
{
	if (metric->kind == KIND_HISTOGRAM) {
		render_histogram(metric, out);
		return;
	}
	render_sample(metric, "", NULL, out);
	if (metric->unit_per_one > 0)
		buffer_printf(out, "%.15g\n", (double)metric->value / metric->unit_per_one);
	else
		buffer_printf(out, "%" PRId64 "\n", metric->value);
}

static void
render_family(const struct metrics *metrics, size_t first, struct buffer *out)
{
	static const char *const types[] = {
		[KIND_COUNTER] = "counter",
		[KIND_GAUGE] = "gauge",
		[KIND_HISTOGRAM] = "histogram",
	};
	const struct metric *head = metrics->metrics[first];

	buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", head->name, head->help, head->name,
	    types[head->kind]);
	for (size_t i = first; i < metrics->count; i++) {
		if (strcmp(metrics->metrics[i]->name, head->name) == 0)
			render_metric(metrics->metrics[i], out);
	}
}

/* A family is shown where its first member stands, however its members were registered. */
static bool
is_first_of_family(const struct metrics *metrics, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (strcmp(metrics->metrics[i]->name, metrics->metrics[at]->name) == 0)
			return false;
	}
	return true;
}

void
metrics_render(const struct metrics *metrics, struct buffer *out)
{
	if (metrics->process != NULL)
		metrics_process_refresh(metrics->process);
	for (size_t i = 0; i < metrics->count; i++) {
		if (is_first_of_family(metrics, i))
			render_family(metrics, i, out);
	}
}
