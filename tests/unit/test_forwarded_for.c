/* Who is believed to be the client behind HTTP proxies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/forwarded_for.h"

#define TRUSTED "10.0.0.0/8 2001:db8:a::/48 unix"

static void
check(const char *peer, const char *header, const char *client)
{
	struct address_set trusted;
	struct address from = { .kind = ADDRESS_UNIX };
	struct address found;
	char text[ADDRESS_TEXT_SIZE];

	assert_true(address_set_parse(TEXT(TRUSTED), &trusted));
	if (strcmp(peer, "unix") != 0)
		assert_true(address_parse(text_of(peer), &from));
	found = forwarded_for(text_of(header), from, &trusted);
	address_print(&found, text);
	assert_string_equal(text, client);
}

static void
test_only_trusted_peers_are_believed(void **state)
{
	(void)state;
	check("192.0.2.1", "203.0.113.5", "192.0.2.1");
	check("10.0.0.1", "203.0.113.5", "203.0.113.5");
	check("2001:db8:a::1", "203.0.113.5", "203.0.113.5");
	check("2001:db8:b::1", "203.0.113.5", "2001:db8:b::1");
	check("unix", "203.0.113.5", "203.0.113.5");
	check("10.0.0.1", "", "10.0.0.1");
	check("10.0.0.1", "  ", "10.0.0.1");
}

static void
test_the_rightmost_that_is_not_trusted(void **state)
{
	(void)state;
	check("10.0.0.1", "198.51.100.1, 203.0.113.5", "203.0.113.5");
	check("10.0.0.1", "198.51.100.1,203.0.113.5,10.9.9.9", "203.0.113.5");
	check("10.0.0.1", "203.0.113.5 ,\t2001:db8:a::7 , 10.9.9.9 ", "203.0.113.5");
	/* All are trusted: who came to the first of them. */
	check("10.0.0.1", "10.3.3.3, 10.2.2.2", "10.3.3.3");
	/* What a client says of itself stands left of what proxies say of it. */
	check("10.0.0.1", "10.6.6.6, 203.0.113.5", "203.0.113.5");
	check("10.0.0.1", "<script>, 203.0.113.5", "203.0.113.5");
	check("10.0.0.1", "::ffff:10.2.2.2, ::ffff:203.0.113.5", "203.0.113.5");
}

static void
test_forms(void **state)
{
	(void)state;
	check("10.0.0.1", "203.0.113.5:51234", "203.0.113.5");
	check("10.0.0.1", "[2001:db8::5]", "2001:db8::5");
	check("10.0.0.1", "[2001:db8::5]:51234", "2001:db8::5");
	check("10.0.0.1", "2001:db8::5", "2001:db8::5");
}

static void
test_what_is_malformed_is_not_believed(void **state)
{
	static const char *const rows[] = { "unknown", "_hidden", ",", "203.0.113.5,",
		"203.0.113.5,,10.1.1.1", "203.0.113.5 10.1.1.1", "203.0.113.5:", "203.0.113.5:x",
		"203.0.113.5:65536", "[2001:db8::5", "[2001:db8::5]x", "[]", "[", ":", ":80",
		"203.0.113.5/32", "nobody, 10.1.1.1", "\"203.0.113.5\"", "203.0.113.5;10.1.1.1" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check("10.0.0.1", rows[i], "10.0.0.1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_trusted_peers_are_believed),
		cmocka_unit_test(test_the_rightmost_that_is_not_trusted),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_what_is_malformed_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
