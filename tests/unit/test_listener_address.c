/* Addresses of listeners as operators write them and as logs show them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "gateway/listener_address.h"

static void
test_what_is_an_address(void **state)
{
	static const struct {
		const char *text, *host, *port;
	} rows[] = {
		{ "127.0.0.1:8000", "127.0.0.1", "8000" },
		{ "localhost:0", "localhost", "0" },
		{ "chat.example.org:65535", "chat.example.org", "65535" },
		{ "[::1]:8000", "::1", "8000" },
		{ "[fe80::1%eth0]:1", "fe80::1%eth0", "1" },
		{ "[::]:8000", "::", "8000" },
	};
	struct listener_address address;
	char error[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(listener_address_parse(rows[i].text, &address, error, sizeof(error)));
		assert_string_equal(address.host, rows[i].host);
		assert_string_equal(address.port, rows[i].port);
	}
}

static void
test_what_is_none(void **state)
{
	static const char *const rows[] = { "", "8000", "127.0.0.1", "127.0.0.1:", ":8000",
		"127.0.0.1:65536", "127.0.0.1:123456", "127.0.0.1:-1", "127.0.0.1:+1",
		"127.0.0.1: 1", "127.0.0.1:http", "::1:8000", "[::1]", "[::1]8000", "[::1:8000",
		"[]:8000" };
	struct listener_address address;
	char long_host[300];
	char error[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		error[0] = '\0';
		assert_false(listener_address_parse(rows[i], &address, error, sizeof(error)));
		assert_true(strlen(error) > 10);
	}
	memset(long_host, 'a', sizeof(long_host));
	memcpy(long_host + LISTENER_HOST_MAX + 1, ":80", 4);
	assert_false(listener_address_parse(long_host, &address, error, sizeof(error)));
	memcpy(long_host + LISTENER_HOST_MAX, ":80", 4);
	assert_true(listener_address_parse(long_host, &address, error, sizeof(error)));
}

static struct sockaddr_storage
v4(const char *host)
{
	struct sockaddr_storage storage = { .ss_family = AF_INET };
	struct sockaddr_in *address = (struct sockaddr_in *)&storage;

	assert_int_equal(inet_pton(AF_INET, host, &address->sin_addr), 1);
	address->sin_port = htons(8000);
	return storage;
}

static struct sockaddr_storage
v6(const char *host)
{
	struct sockaddr_storage storage = { .ss_family = AF_INET6 };
	struct sockaddr_in6 *address = (struct sockaddr_in6 *)&storage;

	assert_int_equal(inet_pton(AF_INET6, host, &address->sin6_addr), 1);
	address->sin6_port = htons(8000);
	return storage;
}

static void
check(struct sockaddr_storage storage, bool local, const char *whole)
{
	const struct sockaddr *address = (const struct sockaddr *)&storage;
	char text[LISTENER_ADDRESS_TEXT_SIZE];

	assert_int_equal(listener_address_is_local(address), local);
	listener_address_print(address, text);
	assert_string_equal(text, whole);
}

static void
test_who_can_reach_it(void **state)
{
	struct sockaddr_storage local = { .ss_family = AF_UNIX };
	struct sockaddr_storage strange = { .ss_family = AF_UNSPEC };

	(void)state;
	check(v4("127.0.0.1"), true, "127.0.0.1:8000");
	check(v4("127.9.9.9"), true, "127.9.9.9:8000");
	check(v4("0.0.0.0"), false, "0.0.0.0:8000");
	check(v4("192.0.2.1"), false, "192.0.2.1:8000");
	check(v6("::1"), true, "[::1]:8000");
	check(v6("::"), false, "[::]:8000");
	check(v6("2001:db8::1"), false, "[2001:db8::1]:8000");
	check(v6("::ffff:127.0.0.1"), true, "127.0.0.1:8000");
	check(v6("::ffff:192.0.2.1"), false, "192.0.2.1:8000");
	check(local, true, "unix");
	check(strange, false, "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_an_address),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_who_can_reach_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
