/* The command line of the supervisor: TLS for all ports takes two files, wherever they are. */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "deploy/supervisor_options.h"
#include "deploy/supervisor_text.h"

static char said[1024];

void
complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof said, format, args);
	va_end(args);
}

/* The words end with NULL. */
static enum supervisor_request
read_words(struct supervisor_options *options_out, ...)
{
	char *argv[16] = { (char *)"hubbub-supervisor" };
	va_list words;
	int argc = 1;

	va_start(words, options_out);
	while ((argv[argc] = va_arg(words, char *)) != NULL)
		argc++;
	va_end(words);
	said[0] = '\0';
	optind = 0;
	return supervisor_options_read(argc, argv, options_out);
}

static void
speaks_in_the_clear_unless_told(void **state)
{
	struct supervisor_options options;

	(void)state;
	assert_int_equal(read_words(&options, NULL), SUPERVISOR_RUN);
	assert_string_equal(options.tls_certificate, "");
	assert_string_equal(options.tls_key, "");
}

static void
takes_files_from_where_it_was_started(void **state)
{
	struct supervisor_options options;
	char folder[PATH_MAX - 64], wanted[PATH_MAX];

	(void)state;
	assert_non_null(getcwd(folder, sizeof folder));
	assert_int_equal(read_words(&options, "--tls-certificate", "live/chat.pem", "--tls-key",
			     "/etc/chat.key", NULL),
	    SUPERVISOR_RUN);
	snprintf(wanted, sizeof wanted, "%s/live/chat.pem", folder);
	assert_string_equal(options.tls_certificate, wanted);
	assert_string_equal(options.tls_key, "/etc/chat.key");
}

static void
wants_both_or_none(void **state)
{
	struct supervisor_options options;

	(void)state;
	assert_int_equal(
	    read_words(&options, "--tls-certificate", "/chat.pem", NULL), SUPERVISOR_BAD);
	assert_string_equal(said, "--tls-certificate is given without --tls-key: TLS needs both");
	assert_int_equal(read_words(&options, "--tls-key=/chat.key", NULL), SUPERVISOR_BAD);
	assert_string_equal(said, "--tls-key is given without --tls-certificate: TLS needs both");
	assert_int_equal(
	    read_words(&options, "--tls-key", "", "--tls-certificate", "c", NULL), SUPERVISOR_BAD);
	assert_string_equal(said, "--tls-key is empty: it must name a file");
}

static void
refuses_what_is_no_path(void **state)
{
	struct supervisor_options options;
	char *path = calloc(1, PATH_MAX + 3);

	(void)state;
	assert_non_null(path);
	memset(path, 'k', PATH_MAX + 2);
	path[0] = '/';
	assert_int_equal(read_words(&options, "--tls-key", path, NULL), SUPERVISOR_BAD);
	assert_string_equal(said, "--tls-key is too long by 3 bytes");
	free(path);
}

static void
empty_values_and_names_are_mistakes(void **state)
{
	static const struct {
		const char *option, *value, *says;
	} rows[] = {
		{ "--state", "", "--state is empty: it must name a folder" },
		{ "--programs", "", "--programs is empty: it must name a folder" },
		{ "--config", "", "--config is empty: it must name a file" },
		{ "--bind", "", "--bind is \"\": it must be a numeric address such as 127.0.0.1" },
		{ "--bind", "localhost",
		    "--bind is \"localhost\": it must be a numeric address such as 127.0.0.1" },
	};
	struct supervisor_options options;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    read_words(&options, rows[i].option, rows[i].value, NULL), SUPERVISOR_BAD);
		assert_string_equal(said, rows[i].says);
	}
	assert_int_equal(read_words(&options, "--bind", "::1", NULL), SUPERVISOR_RUN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(speaks_in_the_clear_unless_told),
		cmocka_unit_test(takes_files_from_where_it_was_started),
		cmocka_unit_test(wants_both_or_none),
		cmocka_unit_test(refuses_what_is_no_path),
		cmocka_unit_test(empty_values_and_names_are_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
