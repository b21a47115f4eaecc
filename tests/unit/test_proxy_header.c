/* Headers of the PROXY protocol, whole, in pieces and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/proxy_header.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4 "\xcb\x00\x71\x05\xc0\x00\x02\x01\xd0\x00\x01\xbb"
#define V6_HOST "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x05"
#define V6 V6_HOST V6_HOST "\xd0\x00\x01\xbb"
#define LINE(text) TEXT("PROXY " text "\r\n")

/* Parses a heap copy of exactly those bytes, so that a sanitizer sees one read too far. */
static enum proxy_outcome
parse(struct text bytes, struct proxy_header *header_out)
{
	uint8_t *copy = malloc(bytes.length > 0 ? bytes.length : 1);
	enum proxy_outcome outcome;

	assert_non_null(copy);
	memcpy(copy, bytes.data, bytes.length);
	outcome = proxy_header_parse(copy, bytes.length, header_out);
	free(copy);
	return outcome;
}

/* Complete with its last byte and not before, whatever follows; NULL: the client is the peer. */
static void
check(struct text bytes, const char *client)
{
	static const struct text request = { "GET / HTTP/1.1\r\n", 16 };
	struct proxy_header header;
	char text[ADDRESS_TEXT_SIZE];
	char more[1024];

	for (size_t length = 0; length < bytes.length; length++)
		assert_int_equal(
		    parse((struct text){ bytes.data, length }, &header), PROXY_INCOMPLETE);
	memcpy(more, bytes.data, bytes.length);
	memcpy(more + bytes.length, request.data, request.length);
	for (size_t behind = 0; behind <= request.length; behind += request.length) {
		assert_int_equal(
		    parse((struct text){ more, bytes.length + behind }, &header), PROXY_COMPLETE);
		assert_int_equal(header.length, bytes.length);
		assert_int_equal(header.has_client, client != NULL);
		if (client == NULL)
			continue;
		address_print(&header.client, text);
		assert_string_equal(text, client);
	}
}

static void
refuse(struct text bytes, enum proxy_outcome why)
{
	struct proxy_header header;

	assert_string_equal(proxy_outcome_name(parse(bytes, &header)), proxy_outcome_name(why));
}

static void
test_lines(void **state)
{
	(void)state;
	check(LINE("TCP4 203.0.113.5 192.0.2.1 51234 443"), "203.0.113.5");
	check(LINE("TCP6 2001:db8::5 2001:db8::1 51234 443"), "2001:db8::5");
	check(LINE("TCP6 ::ffff:203.0.113.5 ::1 0 65535"), "203.0.113.5");
	check(LINE("UNKNOWN"), NULL);
	check(LINE("UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535"), NULL);
}

static void
test_lines_that_are_wrong(void **state)
{
	static const struct text rows[] = {
		LINE("TCP4 203.0.113.5 192.0.2.1 51234"),
		LINE("TCP4 203.0.113.5 192.0.2.1 51234 443 "),
		LINE("TCP4 203.0.113.5  192.0.2.1 51234 443"),
		LINE("TCP4  203.0.113.5 192.0.2.1 51234 443"),
		LINE("TCP4 203.0.113.5 192.0.2.1 51234 65536"),
		LINE("TCP4 203.0.113.5 192.0.2.1 -1 443"),
		LINE("TCP4 203.0.113.256 192.0.2.1 51234 443"),
		LINE("TCP4 2001:db8::5 192.0.2.1 51234 443"),
		LINE("TCP4 203.0.113.5 2001:db8::1 51234 443"),
		LINE("TCP6 203.0.113.5 2001:db8::1 51234 443"),
		LINE("TCP6 [2001:db8::5] 2001:db8::1 51234 443"),
		LINE("TCP4 localhost 192.0.2.1 51234 443"),
		LINE("TCP4"),
		LINE("TCP4 "),
		TEXT("PROXY TCP4 203.0.113.5 192.0.2.1 51234 443\n"),
		TEXT("PROXY UNKNOWN\n"),
		TEXT("PROXY \n"),
		TEXT("PROXY TCP4 203.0.113.5 192.0.2.1 51234 443\r\r\n"),
		TEXT("PROXY TCP4 203.0.113.5\0 192.0.2.1 51234 443\r\n"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse(rows[i], PROXY_MALFORMED);
	refuse(LINE(""), PROXY_UNSUPPORTED);
	refuse(LINE("TCP5 203.0.113.5 192.0.2.1 51234 443"), PROXY_UNSUPPORTED);
	refuse(LINE("tcp4 203.0.113.5 192.0.2.1 51234 443"), PROXY_UNSUPPORTED);
	refuse(LINE("UNKNOWNX"), PROXY_UNSUPPORTED);
}

static void
test_a_line_is_at_most_so_long(void **state)
{
	char line[PROXY_LINE_MAX + 1];
	struct proxy_header header;

	(void)state;
	/* Filled up with blanks: the rest of such a line is not looked at. */
	assert_int_equal(
	    snprintf(line, sizeof(line), "%-*s\r\n", PROXY_LINE_MAX - 2, "PROXY UNKNOWN"),
	    PROXY_LINE_MAX);
	check((struct text){ line, PROXY_LINE_MAX }, NULL);
	line[PROXY_LINE_MAX - 2] = ' ';
	line[PROXY_LINE_MAX - 1] = '\r';
	line[PROXY_LINE_MAX] = '\n';
	assert_int_equal(
	    parse((struct text){ line, PROXY_LINE_MAX - 1 }, &header), PROXY_INCOMPLETE);
	refuse((struct text){ line, PROXY_LINE_MAX }, PROXY_TOO_LONG);
	refuse((struct text){ line, PROXY_LINE_MAX + 1 }, PROXY_TOO_LONG);
}

static void
test_version_2(void **state)
{
	char unix_header[16 + 216] = SIGNATURE "\x21\x31\x00\xd8/run/balancer";

	(void)state;
	check(TEXT(SIGNATURE "\x21\x11\x00\x0c" V4), "203.0.113.5");
	check(TEXT(SIGNATURE "\x21\x21\x00\x24" V6), "2001:db8::5");
	check((struct text){ unix_header, sizeof(unix_header) }, "unix");
	/* TLVs, sound or not, are no concern of ours. */
	check(TEXT(SIGNATURE "\x21\x11\x00\x11" V4 "\x02\x00\x02hi"), "203.0.113.5");
	check(TEXT(SIGNATURE "\x21\x11\x00\x0f" V4 "\x02\xff\xff"), "203.0.113.5");
	/* The sender speaks for itself, or does not know. */
	check(TEXT(SIGNATURE "\x20\x00\x00\x00"), NULL);
	check(TEXT(SIGNATURE "\x20\x11\x00\x0c" V4), NULL);
	check(TEXT(SIGNATURE "\x20\xff\x00\x03"
			     "abc"),
	    NULL);
	check(TEXT(SIGNATURE "\x21\x00\x00\x00"), NULL);
	check(TEXT(SIGNATURE "\x21\x00\x00\x05"
			     "abcde"),
	    NULL);
}

static void
test_version_2_that_is_wrong(void **state)
{
	(void)state;
	refuse(TEXT(SIGNATURE "\x21\x11\x00\x0b" V4), PROXY_MALFORMED);
	refuse(TEXT(SIGNATURE "\x21\x21\x00\x0c" V4), PROXY_MALFORMED);
	refuse(TEXT(SIGNATURE "\x21\x31\x00\x0c" V4), PROXY_MALFORMED);
	refuse(TEXT(SIGNATURE "\x21\x12\x00\x0c" V4), PROXY_UNSUPPORTED);
	refuse(TEXT(SIGNATURE "\x21\x41\x00\x0c" V4), PROXY_UNSUPPORTED);
	refuse(TEXT(SIGNATURE "\x22\x11\x00\x0c" V4), PROXY_UNSUPPORTED);
	refuse(TEXT(SIGNATURE "\x11\x11\x00\x0c" V4), PROXY_UNSUPPORTED);
	refuse(TEXT(SIGNATURE "\x31\x11\x00\x0c" V4), PROXY_UNSUPPORTED);
	/* Known from the length alone: what will not be taken is not waited for. */
	refuse(TEXT(SIGNATURE "\x21\x11\xff\xff" V4), PROXY_TOO_LONG);
	refuse(TEXT(SIGNATURE "\x20\x00\x0f\xf1"), PROXY_TOO_LONG);
	refuse(TEXT(SIGNATURE "\x20\x00\x0f\xf0"), PROXY_INCOMPLETE);
}

static void
test_the_longest_of_version_2(void **state)
{
	static char bytes[PROXY_HEADER_MAX] = SIGNATURE "\x21\x11\x0f\xf0" V4;
	struct proxy_header header;

	(void)state;
	assert_int_equal(
	    parse((struct text){ bytes, sizeof(bytes) - 1 }, &header), PROXY_INCOMPLETE);
	assert_int_equal(parse((struct text){ bytes, sizeof(bytes) }, &header), PROXY_COMPLETE);
	assert_int_equal(header.length, PROXY_HEADER_MAX);
}

static void
test_what_is_no_header(void **state)
{
	static const struct text rows[] = {
		TEXT("G"),
		TEXT("GET / HTTP/1.1\r\n"),
		TEXT("PROXX"),
		TEXT("PROXY\tTCP4"),
		TEXT("proxy TCP4"),
		TEXT(" PROXY TCP4"),
		TEXT("\r\n\r\n\r\n"),
		TEXT("\r\n\r\n\0\r\nQUIX"),
		TEXT("\x16\x03\x01"),
		TEXT("\0"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse(rows[i], PROXY_MISSING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_lines_that_are_wrong),
		cmocka_unit_test(test_a_line_is_at_most_so_long),
		cmocka_unit_test(test_version_2),
		cmocka_unit_test(test_version_2_that_is_wrong),
		cmocka_unit_test(test_the_longest_of_version_2),
		cmocka_unit_test(test_what_is_no_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
