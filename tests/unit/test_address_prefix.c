/* Prefixes: which texts are one, the one way to write each, and what one is cut to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/address_prefix.h"

/* What is written for a prefix; "-" if it is none. */
static const char *
prefix(const char *text)
{
	static char written[ADDRESS_PREFIX_TEXT_SIZE];
	struct address_prefix parsed;

	if (!address_prefix_parse(text_of(text), &parsed))
		return "-";
	address_prefix_print(&parsed, written);
	return written;
}

static void
each_is_written_in_one_way(void **state)
{
	(void)state;
	assert_string_equal(prefix("192.0.2.1"), "192.0.2.1");
	assert_string_equal(prefix("192.0.2.1/32"), "192.0.2.1");
	assert_string_equal(prefix("192.0.2.0/24"), "192.0.2.0/24");
	assert_string_equal(prefix("0.0.0.0/0"), "0.0.0.0/0");
	assert_string_equal(prefix("128.0.0.0/1"), "128.0.0.0/1");
	assert_string_equal(prefix("2001:DB8:0:0::1"), "2001:db8::1");
	assert_string_equal(prefix("2001:db8::1/128"), "2001:db8::1");
	assert_string_equal(prefix("2001:db8::/33"), "2001:db8::/33");
	assert_string_equal(prefix("::/0"), "::/0");
}

static void
mapped_ones_are_ipv4(void **state)
{
	(void)state;
	assert_string_equal(prefix("::ffff:192.0.2.1"), "192.0.2.1");
	assert_string_equal(prefix("::ffff:c000:201"), "192.0.2.1");
	assert_string_equal(prefix("::ffff:192.0.2.0/120"), "192.0.2.0/24");
	assert_string_equal(prefix("::ffff:0.0.0.0/96"), "0.0.0.0/0");
	/* A longer way to say more than those. */
	assert_string_equal(prefix("::fffe:0:0/95"), "::fffe:0:0/95");
}

static void
the_rest_is_refused(void **state)
{
	static const char *const texts[] = { "", "/", "/8", "10.0.0.0/", "10.0.0.1/8",
		"10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8 ", " 10.0.0.0", "10.0.0",
		"010.0.0.1", "10.0.0.0/8/8", "2001:db8::/129", "2001:db8::1/64", "[::1]",
		"fe80::1%eth0", "::ffff:192.0.2.1/120", "unix", "localhost",
		"10.0.0.0/99999999999999999999",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(prefix(texts[i]), "-");
	assert_string_equal(prefix("::ffff:10.0.0.0/95"), "-");
}

static void
cutting_clears_what_is_behind(void **state)
{
	struct address address;
	struct address_prefix other;
	struct address_prefix cut;

	(void)state;
	assert_true(address_parse(TEXT("10.1.2.255"), &address));
	assert_true(address_prefix_parse(TEXT("10.1.2.252/30"), &other));
	cut = address_prefix_of(&address, 30);
	assert_true(text_equal(address_prefix_bytes(&cut), address_prefix_bytes(&other)));
	cut = address_prefix_of(&address, 200);
	assert_int_equal(cut.bits, 32);
	assert_true(address_equal(&cut.address, &address));
	cut = address_prefix_of(&address, 0);
	assert_true(address_prefix_parse(TEXT("0.0.0.0/0"), &other));
	assert_true(text_equal(address_prefix_bytes(&cut), address_prefix_bytes(&other)));
	assert_int_equal(address_bits(&(struct address){ .kind = ADDRESS_UNIX }), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_written_in_one_way),
		cmocka_unit_test(mapped_ones_are_ipv4),
		cmocka_unit_test(the_rest_is_refused),
		cmocka_unit_test(cutting_clears_what_is_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
