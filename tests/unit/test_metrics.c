/* The registry of numbers: counting, rendering, families, process metrics. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/metrics.h"

static void
assert_rendered(const struct metrics *metrics, const char *expected)
{
	struct buffer out;

	buffer_init(&out, 0);
	metrics_render(metrics, &out);
	buffer_append_byte(&out, '\0');
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void
test_families_are_grouped(void **state)
{
	struct metrics *metrics = metrics_create();
	struct metric *ana = metrics_counter(metrics, "sent_total", "to=\"ana\"", "Sent.");
	struct metric *depth = metrics_gauge(metrics, "depth", NULL, "How deep.");
	struct metric *ben = metrics_counter(metrics, "sent_total", "to=\"b\\\"\",x=\"\"", "Sent.");

	(void)state;
	metric_increment(ana);
	metric_add(ben, 41);
	metric_increment(ben);
	metric_set(depth, -3);
	assert_int_equal(metric_value(ben), 42);
	assert_ptr_equal(metrics_counter(metrics, "sent_total", "to=\"ana\"", "Sent."), ana);
	assert_rendered(metrics, "# HELP sent_total Sent.\n"
				 "# TYPE sent_total counter\n"
				 "sent_total{to=\"ana\"} 1\n"
				 "sent_total{to=\"b\\\"\",x=\"\"} 42\n"
				 "# HELP depth How deep.\n"
				 "# TYPE depth gauge\n"
				 "depth -3\n");
	metrics_destroy(&metrics);
	assert_null(metrics);
	metrics_destroy(&metrics);
}

static void
test_histogram(void **state)
{
	struct metrics *metrics = metrics_create();
	struct metric *took =
	    metrics_histogram(metrics, "took_seconds", "by=\"us\"", "Time.", 1000, 3, 1e6);

	(void)state;
	metric_observe(took, 0);
	metric_observe(took, 1000);
	metric_observe(took, 1001);
	metric_observe(took, 4000);
	metric_observe(took, 4001);
	assert_int_equal(metric_value(took), 5);
	assert_rendered(metrics, "# HELP took_seconds Time.\n"
				 "# TYPE took_seconds histogram\n"
				 "took_seconds_bucket{by=\"us\",le=\"0.001\"} 2\n"
				 "took_seconds_bucket{by=\"us\",le=\"0.002\"} 3\n"
				 "took_seconds_bucket{by=\"us\",le=\"0.004\"} 4\n"
				 "took_seconds_bucket{by=\"us\",le=\"+Inf\"} 5\n"
				 "took_seconds_sum{by=\"us\"} 0.010002\n"
				 "took_seconds_count{by=\"us\"} 5\n");
	metrics_destroy(&metrics);
}

static void
test_without_a_registry(void **state)
{
	struct metric *metric = metrics_counter(NULL, "n", NULL, "N.");

	(void)state;
	metric_increment(metric);
	metric_set(metric, 3);
	metric_observe(metrics_histogram(NULL, "h", NULL, "H.", 1, 2, 1), 1);
	assert_int_equal(metric_value(metric), 0);
	metrics_add_process(NULL);
}

/* The value of a rendered sample without labels, or -1. */
static double
sample(const char *rendered, const char *name)
{
	char line[80];
	const char *at;
	double value = -1;

	snprintf(line, sizeof(line), "\n%s ", name);
	at = strstr(rendered, line);
	if (at != NULL)
		sscanf(at + strlen(line), "%lf", &value);
	return value;
}

static void
test_process_metrics(void **state)
{
	struct metrics *metrics = metrics_create();
	struct buffer out;

	(void)state;
	metrics_add_process(metrics);
	metrics_add_process(metrics);
	buffer_init(&out, 0);
	metrics_render(metrics, &out);
	buffer_append_byte(&out, '\0');
	assert_non_null(strstr(out.data, "hubbub_build_info{version=\"" HUBBUB_VERSION "\"} 1\n"));
	assert_true(sample(out.data, "process_resident_memory_bytes") > 100000);
	assert_true(sample(out.data, "process_open_fds") >= 3);
	assert_true(sample(out.data, "process_max_fds") > 3);
	assert_true(sample(out.data, "process_cpu_seconds_total") >= 0);
	/* Since 2020: a start reckoned from the wrong clock would lie near 1970. */
	assert_true(sample(out.data, "process_start_time_seconds") > 1577836800.0);
	buffer_free(&out);
	metrics_destroy(&metrics);
}

static void
register_badly(int which)
{
	struct metrics *metrics = metrics_create();

	switch (which) {
	case 0:
		metrics_counter(metrics, "Bad-Name", NULL, "N.");
		break;
	case 1:
		metrics_counter(metrics, "n", "key=value", "N.");
		break;
	case 2:
		metrics_counter(metrics, "n", "key=\"a\nb\"", "N.");
		break;
	case 3:
		metrics_counter(metrics, "n", NULL, "two\nlines");
		break;
	case 4:
		metrics_counter(metrics, "n", NULL, "N.");
		metrics_gauge(metrics, "n", NULL, "N.");
		break;
	case 5:
		metrics_histogram(metrics, "n", NULL, "N.", 0, 3, 1);
		break;
	}
}

static void
test_impossible_registrations_end_the_process(void **state)
{
	(void)state;
	for (int which = 0; which <= 5; which++) {
		pid_t child = fork();
		int status = 0;

		assert_true(child >= 0);
		if (child == 0) {
			const struct rlimit none = { 0, 0 };

			setrlimit(RLIMIT_CORE, &none);
			signal(SIGABRT, SIG_DFL);
			close(STDERR_FILENO);
			register_badly(which);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families_are_grouped),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_without_a_registry),
		cmocka_unit_test(test_process_metrics),
		cmocka_unit_test(test_impossible_registrations_end_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
