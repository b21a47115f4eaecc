/* Addresses as text and as sets. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "common/address.h"

static struct address
address(const char *text)
{
	struct address parsed;

	assert_true(address_parse(text_of(text), &parsed));
	return parsed;
}

static bool
has(const char *words, const char *one)
{
	struct address_set set;
	struct address wanted = { .kind = ADDRESS_UNIX };

	assert_true(address_set_parse(text_of(words), &set));
	if (strcmp(one, "unix") != 0)
		wanted = address(one);
	return address_set_has(&set, &wanted);
}

static void
test_text_and_back(void **state)
{
	static const char *const rows[][2] = {
		{ "127.0.0.1", "127.0.0.1" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::1", "::1" },
		{ "2001:DB8:0:0::1", "2001:db8::1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::", "::" },
	};
	char text[ADDRESS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address parsed = address(rows[i][0]);

		address_print(&parsed, text);
		assert_string_equal(text, rows[i][1]);
	}
}

static void
test_what_is_no_address(void **state)
{
	static const char *const rows[] = { "", " ", "localhost", "127.1", "1.2.3", "1.2.3.4.5",
		"1.2.3.256", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "[::1]", "fe80::1%eth0",
		":::", "1:2:3:4:5:6:7:8:9", "unknown",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000" };
	struct address parsed = { .kind = ADDRESS_UNIX };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(address_parse(text_of(rows[i]), &parsed));
	assert_false(address_parse((struct text){ "1.2.3.4\0x", 9 }, &parsed));
	assert_false(address_parse((struct text){ NULL, 0 }, &parsed));
	assert_int_equal(parsed.kind, ADDRESS_UNIX);
}

static void
check_socket(const struct sockaddr *socket_address, const char *text)
{
	struct address of = address_of(socket_address);
	char printed[ADDRESS_TEXT_SIZE];

	address_print(&of, printed);
	assert_string_equal(printed, text);
}

static void
test_of_sockets(void **state)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(80) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_storage other = { .ss_family = AF_UNSPEC };

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "192.0.2.9", &v4.sin_addr), 1);
	check_socket((struct sockaddr *)&v4, "192.0.2.9");
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::9", &v6.sin6_addr), 1);
	check_socket((struct sockaddr *)&v6, "2001:db8::9");
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.9", &v6.sin6_addr), 1);
	check_socket((struct sockaddr *)&v6, "192.0.2.9");
	check_socket((struct sockaddr *)&un, "unix");
	check_socket((struct sockaddr *)&other, "unknown");
}

static void
test_prefixes(void **state)
{
	(void)state;
	assert_true(has("10.0.0.0/8", "10.255.1.2"));
	assert_false(has("10.0.0.0/8", "11.0.0.0"));
	assert_true(has("192.0.2.128/25", "192.0.2.255"));
	assert_false(has("192.0.2.128/25", "192.0.2.127"));
	assert_true(has("192.0.2.7", "192.0.2.7"));
	assert_false(has("192.0.2.7", "192.0.2.6"));
	assert_true(has("0.0.0.0/0", "203.0.113.1"));
	assert_false(has("0.0.0.0/0", "2001:db8::1"));
	assert_true(has("::/0", "2001:db8::1"));
	assert_false(has("::/0", "203.0.113.1"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
	/* However the kernel shows an IPv4 peer, it is one. */
	assert_true(has("10.0.0.0/8", "::ffff:10.1.2.3"));
	assert_true(has("::ffff:10.0.0.0/104", "10.1.2.3"));
	assert_false(has("::ffff:10.0.0.0/104", "11.1.2.3"));
	assert_true(has("\t10.0.0.0/8   192.0.2.7\t", "192.0.2.7"));
	assert_true(has("loopback", "127.3.2.1"));
	assert_true(has("loopback", "::1"));
	assert_false(has("loopback", "::2"));
	assert_false(has("loopback", "unix"));
	assert_true(has("loopback unix", "unix"));
	assert_false(has("", "127.0.0.1"));
	assert_false(has("", "unix"));
}

static void
test_what_is_no_set(void **state)
{
	static const char *const rows[] = { "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "/8",
		"10.0.0.0/-1", "10.0.0.0/8,11.0.0.0/8", "::1/129", "2001:db8::1/64", "localhost",
		"10.0.0.0/264", "10.0.0.0/08", "::ffff:10.0.0.0/8", "Loopback", "10.0.0.0 /8" };
	struct address_set set;
	/* One more than there may be. */
	char many[(ADDRESS_PREFIXES_MAX + 1) * 8];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(address_set_parse(text_of(rows[i]), &set));
	assert_false(address_set_parse((struct text){ "1.2.3.4 \0", 9 }, &set));
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = "1.2.3.4 "[i % 8];
	assert_true(address_set_parse((struct text){ many, sizeof(many) - 8 }, &set));
	assert_int_equal(set.count, ADDRESS_PREFIXES_MAX);
	assert_false(address_set_parse((struct text){ many, sizeof(many) }, &set));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_and_back),
		cmocka_unit_test(test_what_is_no_address),
		cmocka_unit_test(test_of_sockets),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_what_is_no_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
