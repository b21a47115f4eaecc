/* Answers as tables, JSON and TSV, byte for byte. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hub/admin_print.h"

/* Two rows with everything that is hard to print. */
#define ROWS                                                                                      \
	"columns\trows\tname:text\trooms:list\tcommands_sent:number\tsince:time\tattached:bool\n" \
	"row\t小鹏\tlobby den\t7\t1700000000123\ttrue\n"                                        \
	"row\ta\\\\b\\x1b\t\t12345678901234567\t0\tfalse\n"                                       \
	"done\n"

#define SINGLE                                                          \
	"columns\trow\thubctl:text\tmessages_public:number\thub:text\n" \
	"row\t1.0\t3\t\\N\n"                                            \
	"done\n"

static void
assert_prints(enum admin_format format, const char *said, const char *expected)
{
	struct admin_answer answer;
	struct buffer out;

	admin_answer_init(&answer);
	buffer_init(&out, 0);
	assert_true(admin_answer_read(&answer, text_of(said)));
	admin_print(&out, format, &answer);
	buffer_append_byte(&out, '\0');
	assert_false(out.failed);
	assert_string_equal(out.data, expected);
	buffer_free(&out);
	admin_answer_free(&answer);
}

static void
test_table(void **state)
{
	(void)state;
	assert_prints(ADMIN_FORMAT_TABLE, ROWS,
	    "NAME     ROOMS          COMMANDS SENT  SINCE                ATTACHED\n"
	    "小鹏     lobby den                  7  2023-11-14 22:13:20  yes\n"
	    "a\\b\\x1b             12345678901234567  1970-01-01 00:00:00  no\n");
	assert_prints(ADMIN_FORMAT_TABLE, SINGLE,
	    "hubctl           1.0\n"
	    "messages public  3\n"
	    "hub              -\n");
	assert_prints(ADMIN_FORMAT_TABLE, "columns\trows\ta:text\tbb:number\ndone\n", "A  BB\n");
	assert_prints(ADMIN_FORMAT_TABLE, "done\n", "\n");
}

static void
test_json(void **state)
{
	(void)state;
	assert_prints(ADMIN_FORMAT_JSON, ROWS,
	    "[\n"
	    "{\"name\":\"小鹏\",\"rooms\":[\"lobby\",\"den\"],\"commands_sent\":7,"
	    "\"since\":\"2023-11-14T22:13:20.123Z\",\"attached\":true},\n"
	    "{\"name\":\"a\\\\b\\u001b\",\"rooms\":[],\"commands_sent\":12345678901234567,"
	    "\"since\":\"1970-01-01T00:00:00.000Z\",\"attached\":false}\n"
	    "]\n");
	assert_prints(
	    ADMIN_FORMAT_JSON, SINGLE, "{\"hubctl\":\"1.0\",\"messages_public\":3,\"hub\":null}\n");
	assert_prints(ADMIN_FORMAT_JSON, "columns\trows\ta:text\ndone\n", "[]\n");
	/* What a terminal would obey or hide is escaped here as well. */
	assert_prints(ADMIN_FORMAT_JSON, "columns\trow\ta:text\nrow\té\xe2\x80\xae\xc2\x9b\ndone\n",
	    "{\"a\":\"\\u00e9\\u202e\\u009b\"}\n");
}

static void
test_tsv(void **state)
{
	(void)state;
	assert_prints(ADMIN_FORMAT_TSV, ROWS,
	    "name\trooms\tcommands_sent\tsince\tattached\n"
	    "小鹏\tlobby den\t7\t2023-11-14T22:13:20.123Z\ttrue\n"
	    "a\\\\b\\x1b\t\t12345678901234567\t1970-01-01T00:00:00.000Z\tfalse\n");
	assert_prints(ADMIN_FORMAT_TSV, SINGLE, "hubctl\tmessages_public\thub\n1.0\t3\t\n");
}

static int
choose_locale(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	return setlocale(LC_CTYPE, "C.UTF-8") != NULL ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_tsv),
	};

	return cmocka_run_group_tests(tests, choose_locale, NULL);
}
