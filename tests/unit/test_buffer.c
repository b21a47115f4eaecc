/* Growing bytes: growth, limit, sticky failure, consumption. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"

static void
assert_content(const struct buffer *buffer, const char *expected)
{
	assert_int_equal(buffer->length, strlen(expected));
	assert_memory_equal(buffer_text(buffer).data, expected, strlen(expected));
}

static void
test_appends_in_order(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 0);
	assert_non_null(buffer_text(&buffer).data);
	buffer_append_string(&buffer, "a");
	buffer_append_text(&buffer, TEXT("bc"));
	buffer_append_text(&buffer, (struct text){ NULL, 0 });
	buffer_append_byte(&buffer, '-');
	buffer_append_u64(&buffer, 0);
	buffer_append_u64(&buffer, UINT64_MAX);
	buffer_printf(&buffer, " %s %d", "x", -3);
	assert_content(&buffer, "abc-018446744073709551615 x -3");
	buffer_free(&buffer);
	assert_null(buffer.data);
}

static void
test_long_printf(void **state)
{
	char expected[1001];
	struct buffer buffer;

	(void)state;
	memset(expected, 'x', 1000);
	expected[1000] = '\0';
	buffer_init(&buffer, 0);
	buffer_printf(&buffer, "%s", expected);
	assert_content(&buffer, expected);
	buffer_free(&buffer);
}

static void
test_limit_is_sticky_and_leaves_content(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 5);
	buffer_append_string(&buffer, "abcd");
	buffer_append_string(&buffer, "ef");
	assert_true(buffer.failed);
	buffer_append_string(&buffer, "g");
	assert_content(&buffer, "abcd");
	assert_null(buffer_reserve(&buffer, 1));
	buffer_clear(&buffer);
	assert_false(buffer.failed);
	buffer_append_string(&buffer, "12345");
	assert_false(buffer.failed);
	assert_content(&buffer, "12345");
	buffer_free(&buffer);
	assert_int_equal(buffer.limit, 5);
}

static void
test_absurd_sizes_fail(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 0);
	buffer_append_byte(&buffer, 'a');
	assert_null(buffer_reserve(&buffer, SIZE_MAX));
	assert_true(buffer.failed);
	buffer_truncate(&buffer, 1);
	assert_null(buffer_reserve(&buffer, SIZE_MAX / 2 + 1));
	assert_content(&buffer, "a");
	buffer_free(&buffer);
}

static void
test_reserve_advance_consume_truncate(void **state)
{
	struct buffer buffer;
	char *room;

	(void)state;
	buffer_init(&buffer, 0);
	room = buffer_reserve(&buffer, 300);
	assert_non_null(room);
	memset(room, '-', 6);
	memset(room + 6, '+', 2);
	buffer_advance(&buffer, 8);
	buffer_consume(&buffer, 6);
	assert_content(&buffer, "++");
	buffer_truncate(&buffer, 1);
	assert_content(&buffer, "+");
	buffer_consume(&buffer, 1);
	assert_content(&buffer, "");
	buffer_free(&buffer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appends_in_order),
		cmocka_unit_test(test_long_printf),
		cmocka_unit_test(test_limit_is_sticky_and_leaves_content),
		cmocka_unit_test(test_absurd_sizes_fail),
		cmocka_unit_test(test_reserve_advance_consume_truncate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
