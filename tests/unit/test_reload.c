/* A reload: all of it or nothing, whoever of those that take part refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/reload.h"

/* A process with two that take part, who write down what they are asked. */
struct world {
	char path[32];
	char *argv[4];
	struct config config;
	struct log *log;
	struct metrics *metrics;
	struct reload *reload;
	char logged[4096];
	char asked[256];
	const char *refuses; /* who of the two does */
};

static void
write_line(void *context, enum log_level level, struct text line)
{
	struct world *world = context;
	size_t used = strlen(world->logged);

	(void)level;
	snprintf(world->logged + used, sizeof(world->logged) - used, "%.*s\n", (int)line.length,
	    line.data);
}

static void
note(struct world *world, const char *word, unsigned clients)
{
	size_t used = strlen(world->asked);

	snprintf(world->asked + used, sizeof(world->asked) - used, "%s%s %u", used > 0 ? ", " : "",
	    word, clients);
}

static bool
prepare(struct world *world, const char *who, const struct config *fresh,
    struct config_mistakes *mistakes)
{
	/* What is in force is as it was until everybody has agreed. */
	assert_int_equal(world->config.limits.fragments, 1024);
	note(world, who, fresh->limits.clients);
	if (world->refuses == NULL || strstr(world->refuses, who) == NULL)
		return true;
	return config_mistake(mistakes, "%s does not like it", who);
}

static bool
prepare_first(void *context, const struct config *fresh, struct config_mistakes *mistakes)
{
	return prepare(context, "first", fresh, mistakes);
}

static bool
prepare_second(void *context, const struct config *fresh, struct config_mistakes *mistakes)
{
	return prepare(context, "second", fresh, mistakes);
}

static void
commit_any(void *context, const struct config *config)
{
	struct world *world = context;

	assert_ptr_equal(config, &world->config);
	note(world, "commit", config->limits.clients);
}

static void
abandon_any(void *context)
{
	note(context, "abandon", 0);
}

static const struct reload_hook hooks[] = {
	{ .prepare = prepare_first, .commit = commit_any, .abandon = abandon_any },
	{ .commit = commit_any },
	{ .prepare = prepare_second, .commit = commit_any, .abandon = abandon_any },
};

static void
put_file(struct world *world, const char *text)
{
	FILE *file = fopen(world->path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct world *
begin(const char *text)
{
	struct world *world = calloc(1, sizeof(*world));
	struct reload_setup setup = {
		.role = CONFIG_ROLE_GATEWAY,
		.argc = 3,
		.hooks = hooks,
		.hook_count = sizeof(hooks) / sizeof(hooks[0]),
	};
	int fd;

	assert_non_null(world);
	snprintf(world->path, sizeof(world->path), "/tmp/hubbub-XXXXXX");
	fd = mkstemp(world->path);
	assert_true(fd >= 0);
	close(fd);
	put_file(world, text);
	world->argv[0] = (char *)"hubbub-gateway";
	world->argv[1] = (char *)"--config";
	world->argv[2] = world->path;
	world->log = log_create_sink(
	    "gateway", LOG_LEVEL_INFO, (struct log_sink){ write_line, world, NULL });
	world->metrics = metrics_create();
	assert_int_equal(
	    config_start(&world->config, CONFIG_ROLE_GATEWAY, NULL, 3, world->argv, stdout, stderr),
	    CONFIG_RUN);
	setup.argv = world->argv;
	setup.config = &world->config;
	setup.context = world;
	setup.log = world->log;
	setup.metrics = world->metrics;
	world->reload = reload_create(&setup);
	assert_non_null(world->reload);
	return world;
}

static void
end(struct world *world)
{
	unlink(world->path);
	reload_destroy(&world->reload);
	assert_null(world->reload);
	metrics_destroy(&world->metrics);
	log_destroy(&world->log);
	config_free(&world->config);
	free(world);
}

static void
assert_counted(struct world *world, unsigned applied, unsigned refused)
{
	struct buffer out;
	char line[96];

	buffer_init(&out, 0);
	metrics_render(world->metrics, &out);
	buffer_append_byte(&out, '\0');
	snprintf(
	    line, sizeof(line), "\nhubbub_gateway_reloads_total{result=\"applied\"} %u\n", applied);
	assert_non_null(strstr(out.data, line));
	snprintf(
	    line, sizeof(line), "\nhubbub_gateway_reloads_total{result=\"refused\"} %u\n", refused);
	assert_non_null(strstr(out.data, line));
	assert_non_null(strstr(out.data, "\nhubbub_gateway_settings_timestamp_seconds 1"));
	buffer_free(&out);
}

static void
test_applies_and_says_what(void **state)
{
	struct world *world = begin("[limits]\nclients = 5\n");

	(void)state;
	put_file(world, "[limits]\nclients = 6\nheader_bytes = 9000\n[hub]\nclients_max = 3\n");
	assert_true(reload_run(world->reload));
	assert_string_equal(world->asked, "first 6, second 6, commit 6, commit 6, commit 6");
	assert_string_equal(world->logged,
	    "info setting not changed: it needs a restart setting=limits.header_bytes from=8192 "
	    "to=9000\n"
	    "info setting changed setting=limits.clients from=5 to=6\n"
	    "info settings read again changed=1 need_restart=1\n");
	assert_int_equal(world->config.limits.clients, 6);
	assert_int_equal(world->config.limits.header_bytes, 8192);
	assert_counted(world, 1, 0);
	/* What needs a restart is said again, for it is still not in force. */
	world->logged[0] = '\0';
	assert_true(reload_run(world->reload));
	assert_string_equal(world->logged,
	    "info setting not changed: it needs a restart setting=limits.header_bytes from=8192 "
	    "to=9000\n"
	    "info settings read again changed=0 need_restart=1\n");
	assert_counted(world, 2, 0);
	end(world);
}

static void
test_a_bad_file_changes_nothing(void **state)
{
	struct world *world = begin("[limits]\nclients = 5\n");
	char expected[256];

	(void)state;
	put_file(world, "[limits]\nclients = 6\nfragments = many\n");
	assert_false(reload_run(world->reload));
	snprintf(expected, sizeof(expected),
	    "error settings not read again, the old ones stay reason=\"limits.fragments: 'many' is "
	    "not a whole number from 1 to 65536 (%s:3)\"\n",
	    world->path);
	assert_string_equal(world->logged, expected);
	assert_string_equal(world->asked, "");
	assert_int_equal(world->config.limits.clients, 5);
	assert_counted(world, 0, 1);
	unlink(world->path);
	assert_false(reload_run(world->reload));
	assert_non_null(strstr(world->logged, ": No such file or directory\"\n"));
	assert_counted(world, 0, 2);
	end(world);
}

static void
test_any_of_them_refuses_for_all(void **state)
{
	struct world *world = begin("[limits]\nclients = 5\n");

	(void)state;
	put_file(world, "[limits]\nclients = 6\nfragments = 9\n");
	world->refuses = "second";
	assert_false(reload_run(world->reload));
	assert_string_equal(world->asked, "first 6, second 6, abandon 0");
	assert_string_equal(world->logged, "error settings not read again, the old ones stay "
					   "reason=\"second does not like it\"\n");
	assert_int_equal(world->config.limits.clients, 5);
	assert_int_equal(world->config.limits.fragments, 1024);
	world->asked[0] = '\0';
	world->refuses = "first";
	assert_false(reload_run(world->reload));
	assert_string_equal(world->asked, "first 6, second 6, abandon 0");
	world->asked[0] = '\0';
	world->logged[0] = '\0';
	world->refuses = "first second";
	assert_false(reload_run(world->reload));
	assert_string_equal(world->asked, "first 6, second 6");
	assert_string_equal(world->logged,
	    "error settings not read again, the old ones stay mistakes=2 "
	    "reason=\"first does not like it\"\n"
	    "error another mistake in the settings mistake=2 "
	    "reason=\"second does not like it\"\n");
	assert_counted(world, 0, 3);
	end(world);
}

static void
refuse_few(const struct config *config, bool will_run, struct config_mistakes *mistakes)
{
	assert_true(will_run);
	if (config->limits.clients < config->limits.header_bytes)
		config_mistake(mistakes, "fewer clients than header bytes are none");
}

/* Good by itself, but not beside what stays as it is until the next start. */
static void
test_new_and_old_values_must_fit_together(void **state)
{
	struct world *world = begin("[limits]\nclients = 10000\nheader_bytes = 9000\n");
	struct reload_setup setup = {
		.role = CONFIG_ROLE_GATEWAY,
		.check = refuse_few,
		.argc = 3,
		.argv = world->argv,
		.config = &world->config,
		.log = world->log,
		.metrics = world->metrics,
	};

	(void)state;
	reload_destroy(&world->reload);
	world->reload = reload_create(&setup);
	put_file(world, "[limits]\nclients = 8500\nheader_bytes = 8192\n");
	assert_false(reload_run(world->reload));
	assert_string_equal(world->logged,
	    "error settings not read again, the old ones stay reason=\"what has changed does not "
	    "fit what needs a restart to change: fewer clients than header bytes are none\"\n");
	assert_int_equal(world->config.limits.clients, 10000);
	end(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_applies_and_says_what),
		cmocka_unit_test(test_a_bad_file_changes_nothing),
		cmocka_unit_test(test_any_of_them_refuses_for_all),
		cmocka_unit_test(test_new_and_old_values_must_fit_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
