/* Lines between hubctl and the hub: what is written comes back, and nothing hostile does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hub/admin_answer.h"
#include "hub/admin_protocol.h"

static const struct admin_column columns[] = {
	{ "name", ADMIN_TYPE_TEXT },
	{ "rooms", ADMIN_TYPE_LIST },
	{ "clients", ADMIN_TYPE_NUMBER },
	{ "since", ADMIN_TYPE_TIME },
	{ "attached", ADMIN_TYPE_BOOL },
};

#define TWO_COLUMNS "\ta:text\tb:text"
#define EIGHT_COLUMNS TWO_COLUMNS TWO_COLUMNS TWO_COLUMNS TWO_COLUMNS

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void
assert_text(struct text actual, struct text expected)
{
	assert_non_null(actual.data);
	assert_int_equal(actual.length, expected.length);
	assert_memory_equal(actual.data, expected.data, expected.length);
}

static bool
reads(const char *bytes)
{
	struct admin_answer answer;
	bool good;

	admin_answer_init(&answer);
	good = admin_answer_read(&answer, text_of(bytes));
	admin_answer_free(&answer);
	return good;
}

static enum admin_heard
hears(struct text line)
{
	struct admin_fields fields;
	enum admin_heard heard;

	admin_fields_init(&fields);
	heard = admin_read_request(&fields, line);
	admin_fields_free(&fields);
	return heard;
}

static void
test_request(void **state)
{
	const struct text words[] = { TEXT("say"), TEXT("a\tb\nc\\d\x01\x7f"), TEXT(""),
		TEXT("小鹏\xff") };
	struct admin_fields fields;
	struct buffer line;

	(void)state;
	buffer_init(&line, 0);
	admin_fields_init(&fields);
	admin_write_request(&line, TEXT("0.1.0"), words, 4);
	assert_text(buffer_text(&line),
	    TEXT("hubctl\t1\t0.1.0\tsay\ta\\tb\\nc\\\\d\\x01\\x7f\t\t小鹏\xff\n"));
	assert_int_equal(admin_read_request(&fields, (struct text){ line.data, line.length - 1 }),
	    ADMIN_HEARD_REQUEST);
	assert_int_equal(fields.count, ADMIN_REQUEST_WORDS + 4);
	for (unsigned i = 0; i < 4; i++)
		assert_text(fields.fields[ADMIN_REQUEST_WORDS + i], words[i]);
	admin_fields_free(&fields);
	buffer_free(&line);
}

static void
test_hostile_requests(void **state)
{
	static const struct text noise[] = {
		{ "", 0 },
		{ "hubctl", 6 },
		{ "hubctl\t", 7 },
		{ "hubctl\t1", 8 },
		{ "hubctl\tone\tx\tstatus", 19 },
		{ "hubctl\t-1\tx", 11 },
		{ "hubctl\t99999999999999999999999\tx", 32 },
		{ "GET / HTTP/1.1\r", 15 },
		{ "hubctl\t1\tx\t\\q", 13 },
		{ "hubctl\t1\tx\t\\", 12 },
		{ "hubctl\t1\tx\t\\x1", 14 },
		{ "hubctl\t1\tx\t\\x1G", 15 },
		{ "hubctl\t1\tx\t\\N", 13 },
		{ "hubctl\t1\tx\ta\0b", 14 },
		{ "hubctl\t1\tx\ta\rb", 14 },
	};
	char many[ADMIN_FIELDS_MAX + 16] = "hubctl\t1";

	(void)state;
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		assert_int_equal(hears(noise[i]), ADMIN_HEARD_NOISE);
	assert_int_equal(hears(TEXT("hubctl\t2\tanything \\q")), ADMIN_HEARD_OTHER_VERSION);
	assert_int_equal(hears(TEXT("hubctl\t0")), ADMIN_HEARD_OTHER_VERSION);
	assert_int_equal(hears(TEXT("hubctl\t1\tx")), ADMIN_HEARD_REQUEST);

	memset(many + 8, '\t', sizeof(many) - 8);
	assert_int_equal(
	    hears((struct text){ many, 8 + ADMIN_FIELDS_MAX - 2 }), ADMIN_HEARD_REQUEST);
	assert_int_equal(hears((struct text){ many, 8 + ADMIN_FIELDS_MAX - 1 }), ADMIN_HEARD_NOISE);
}

static void
test_answer(void **state)
{
	const struct admin_cell first[] = { admin_cell_string("a\tb\x1b"),
		admin_cell_string("lobby den"), admin_cell_number(UINT64_MAX),
		admin_cell_time(1700000000123), admin_cell_bool(true) };
	const struct admin_cell second[] = { { .text = { NULL, 0 } }, admin_cell_string(""),
		admin_cell_number(0), admin_cell_time(-5), admin_cell_bool(false) };
	struct admin_answer answer;
	struct buffer said;

	(void)state;
	buffer_init(&said, 0);
	admin_write_columns(&said, columns, COLUMNS, false);
	admin_write_row(&said, columns, first, COLUMNS);
	admin_write_row(&said, columns, second, COLUMNS);
	admin_write_end(&said, ADMIN_END_DONE, TEXT(""));
	admin_answer_init(&answer);
	assert_true(admin_answer_read(&answer, buffer_text(&said)));
	buffer_free(&said);

	assert_int_equal(answer.end, ADMIN_END_DONE);
	assert_false(answer.single);
	assert_int_equal(answer.column_count, COLUMNS);
	assert_int_equal(answer.row_count, 2);
	for (unsigned i = 0; i < COLUMNS; i++) {
		assert_int_equal(answer.types[i], columns[i].type);
		assert_text(admin_answer_name(&answer, i), text_of(columns[i].name));
	}
	assert_text(admin_answer_value(&answer, 0, 0), TEXT("a\tb\x1b"));
	assert_text(admin_answer_value(&answer, 0, 1), TEXT("lobby den"));
	assert_text(admin_answer_value(&answer, 0, 2), TEXT("18446744073709551615"));
	assert_text(admin_answer_value(&answer, 0, 3), TEXT("1700000000123"));
	assert_text(admin_answer_value(&answer, 0, 4), TEXT("true"));
	assert_null(admin_answer_value(&answer, 1, 0).data);
	assert_text(admin_answer_value(&answer, 1, 1), TEXT(""));
	assert_text(admin_answer_value(&answer, 1, 3), TEXT("0"));
	assert_text(admin_answer_value(&answer, 1, 4), TEXT("false"));
	admin_answer_free(&answer);
}

static void
test_ends(void **state)
{
	struct admin_answer answer;
	struct buffer said;

	(void)state;
	admin_answer_init(&answer);
	buffer_init(&said, 0);
	admin_write_end(&said, ADMIN_END_REFUSED, TEXT("no,\nnot now"));
	assert_true(admin_answer_read(&answer, buffer_text(&said)));
	assert_int_equal(answer.end, ADMIN_END_REFUSED);
	assert_text(buffer_text(&answer.sentence), TEXT("no,\nnot now"));
	admin_answer_free(&answer);

	buffer_clear(&said);
	admin_write_version(&said, TEXT("9.9.9"));
	assert_true(admin_answer_read(&answer, buffer_text(&said)));
	assert_int_equal(answer.end, ADMIN_END_VERSION);
	assert_text(buffer_text(&answer.sentence), TEXT("9.9.9"));
	admin_answer_free(&answer);
	buffer_free(&said);

	/* Cut short is no end, and no lie either. */
	assert_true(admin_answer_read(&answer, TEXT("columns\trows\ta:text\nrow\tx\ndon")));
	assert_int_equal(answer.end, ADMIN_END_NONE);
	assert_int_equal(answer.row_count, 1);
	admin_answer_free(&answer);
}

static void
test_hostile_answers(void **state)
{
	static const char *const bad[] = {
		"\n",
		"hello\n",
		"row\tx\n",
		"columns\trows\n",
		"columns\tmany\ta:text\n",
		"columns\trows\ta\n",
		"columns\trows\ta:colour\n",
		"columns\trows\t:text\n",
		"columns\trows\ta\"b:text\n",
		"columns\trows\t\\N\n",
		"columns\trows\ta:text\ncolumns\trows\ta:text\n",
		"columns\trows\ta:text\nrow\n",
		"columns\trows\ta:text\nrow\tx\ty\n",
		"columns\trows\ta:number\nrow\tx\n",
		"columns\trows\ta:number\nrow\t01\n",
		"columns\trows\ta:number\nrow\t\n",
		"columns\trows\ta:time\nrow\t253402300800000\n",
		"columns\trows\ta:bool\nrow\tyes\n",
		"columns\trow\ta:text\nrow\tx\nrow\ty\n",
		"columns\trow\ta:text\ndone\n",
		"done\tbut\n",
		"done\ndone\n",
		"done\nx",
		"refused\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(reads(bad[i]));
	assert_false(reads("columns\trows" EIGHT_COLUMNS EIGHT_COLUMNS "\ttoo_many:text\n"));
	assert_true(reads("columns\trows" EIGHT_COLUMNS EIGHT_COLUMNS "\n"));
	assert_true(reads("columns\trows\ta:number\nrow\t\\N\nrow\t0\ndone\n"));
	assert_true(reads("done\n"));
	assert_true(reads(""));
}

static void
test_own_answer(void **state)
{
	const struct admin_column own[] = { { "hubctl", ADMIN_TYPE_TEXT },
		{ "hub", ADMIN_TYPE_TEXT } };
	const struct admin_cell cells[] = { admin_cell_string("1"), { .text = { NULL, 0 } } };
	struct admin_answer answer;

	(void)state;
	admin_answer_init(&answer);
	assert_true(admin_answer_make(&answer, own, cells, 2));
	assert_true(answer.single);
	assert_text(admin_answer_value(&answer, 0, 0), TEXT("1"));
	assert_null(admin_answer_value(&answer, 0, 1).data);
	admin_answer_free(&answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_hostile_requests),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_hostile_answers),
		cmocka_unit_test(test_own_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
