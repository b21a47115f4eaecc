/* Which upgrade requests are sound, and what the others are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/http.h"

static struct http_upgrade
sound(void)
{
	return (struct http_upgrade){
		.is_get = true,
		.version = TEXT("HTTP/1.1"),
		.host = TEXT("chat.example.org"),
		.connection = TEXT("Upgrade"),
		.key = TEXT("dGhlIHNhbXBsZSBub25jZQ=="),
		.websocket_version = TEXT("13"),
	};
}

static unsigned
judge(struct http_upgrade upgrade)
{
	return http_judge_upgrade(&upgrade, TEXT(""));
}

static unsigned
judge_origin(const char *origin, const char *origins)
{
	struct http_upgrade upgrade = sound();

	upgrade.origin = text_of(origin);
	return http_judge_upgrade(&upgrade, text_of(origins));
}

static void
test_known_clients_get_in(void **state)
{
	struct http_upgrade upgrade = sound();

	(void)state;
	assert_int_equal(judge(upgrade), 0);
	upgrade.connection = TEXT("keep-alive, Upgrade");
	assert_int_equal(judge(upgrade), 0);
	upgrade.connection = TEXT("UPGRADE ,x");
	assert_int_equal(judge(upgrade), 0);
	upgrade.content_length = TEXT("0");
	assert_int_equal(judge(upgrade), 0);
	upgrade.origin = TEXT("https://anywhere.example");
	assert_int_equal(judge(upgrade), 0);
	upgrade.origin = TEXT("null");
	assert_int_equal(judge(upgrade), 0);
}

static void
test_unsound_requests(void **state)
{
	static const char *const keys[] = { "", "abc",
		"dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ=a",
		"dGhlIHNhbXBsZSBub25 ZQ==", "dGhlIHNhbXBsZSBub25jZQ==x" };
	struct http_upgrade upgrade;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		upgrade = sound();
		upgrade.key = text_of(keys[i]);
		assert_int_equal(judge(upgrade), 400);
	}
	upgrade = sound();
	upgrade.is_get = false;
	assert_int_equal(judge(upgrade), 405);
	upgrade = sound();
	upgrade.strays = true;
	assert_int_equal(judge(upgrade), 400);
	upgrade = sound();
	upgrade.version = TEXT("HTTP/1.0");
	assert_int_equal(judge(upgrade), 400);
	upgrade = sound();
	upgrade.host = TEXT("  ");
	assert_int_equal(judge(upgrade), 400);
	upgrade = sound();
	upgrade.connection = TEXT("keep-alive");
	assert_int_equal(judge(upgrade), 400);
	upgrade.connection = TEXT("Upgraded");
	assert_int_equal(judge(upgrade), 400);
}

static void
test_bodies_are_refused(void **state)
{
	static const char *const lengths[] = { "1", "00", "-1", "0x0", "0, 0", "0,5", "a" };
	struct http_upgrade upgrade;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		upgrade = sound();
		upgrade.content_length = text_of(lengths[i]);
		assert_int_equal(judge(upgrade), 400);
	}
	upgrade = sound();
	upgrade.transfer_encoding = TEXT("identity");
	assert_int_equal(judge(upgrade), 400);
	assert_false(http_announces_body(TEXT(""), TEXT("")));
	assert_false(http_announces_body(TEXT(" 0 "), TEXT("")));
}

static void
test_only_version_13(void **state)
{
	static const char *const versions[] = { "", "8", "130", "013", "13, 8", "13.0" };
	struct http_upgrade upgrade = sound();

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		upgrade.websocket_version = text_of(versions[i]);
		assert_int_equal(judge(upgrade), 426);
	}
}

static void
test_origins_are_compared_whole(void **state)
{
	static const char list[] = "https://chat.example.org  http://localhost:8000";
	static const char *const others[] = { "https://chat.example.org.evil.example",
		"http://chat.example.org", "https://chat.example.org:8443", "chat.example.org",
		"https://evil-chat.example.org", "null", "none", "",
		"https://chat.example.org http://localhost:8000", "http://localhost" };

	(void)state;
	assert_int_equal(judge_origin("https://chat.example.org", list), 0);
	assert_int_equal(judge_origin("http://localhost:8000", list), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(judge_origin(others[i], list), 403);
}

static void
test_programs_without_an_origin_may_be_named(void **state)
{
	(void)state;
	assert_int_equal(judge_origin("", "https://chat.example.org none"), 0);
	assert_int_equal(judge_origin("none", "https://chat.example.org none"), 403);
	assert_int_equal(judge_origin("null", "null none"), 403);
	assert_int_equal(judge_origin("", "   "), 0);
}

static void
test_refusals_end_the_connection(void **state)
{
	static const unsigned statuses[] = { 400, 401, 403, 404, 405, 426, 429, 503 };
	struct buffer out;
	char first[32];

	(void)state;
	buffer_init(&out, 0);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		buffer_clear(&out);
		http_refuse(&out, statuses[i]);
		buffer_append_byte(&out, 0);
		snprintf(first, sizeof(first), "HTTP/1.1 %u ", statuses[i]);
		assert_memory_equal(out.data, first, strlen(first));
		assert_non_null(strstr(out.data, "\r\nConnection: close\r\n"));
		assert_non_null(strstr(out.data, "\r\nContent-Length: 0\r\n"));
		assert_string_equal(out.data + out.length - 5, "\r\n\r\n");
	}
	buffer_clear(&out);
	http_refuse(&out, 426);
	buffer_append_byte(&out, 0);
	assert_non_null(strstr(out.data, "\r\nSec-WebSocket-Version: 13\r\n"));
	buffer_clear(&out);
	http_refuse_for(&out, 503, 17);
	buffer_append_byte(&out, 0);
	assert_memory_equal(
	    out.data, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 17\r\n", 51);
	buffer_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_clients_get_in),
		cmocka_unit_test(test_unsound_requests),
		cmocka_unit_test(test_bodies_are_refused),
		cmocka_unit_test(test_only_version_13),
		cmocka_unit_test(test_origins_are_compared_whole),
		cmocka_unit_test(test_programs_without_an_origin_may_be_named),
		cmocka_unit_test(test_refusals_end_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
