/* Frame headers against the examples and limits of RFC 6455 section 5.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/frame.h"

static void
lengths_take_their_shortest_form(void **state)
{
	static const struct {
		enum frame_opcode opcode;
		uint64_t length;
		size_t size;
		unsigned char bytes[FRAME_HEADER_MAX];
	} rows[] = {
		{ FRAME_TEXT, 0, 2, { 0x81, 0 } },
		{ FRAME_TEXT, 5, 2, { 0x81, 5 } },
		{ FRAME_PING, 8, 2, { 0x89, 8 } },
		{ FRAME_BINARY, 125, 2, { 0x82, 125 } },
		{ FRAME_BINARY, 126, 4, { 0x82, 126, 0, 126 } },
		{ FRAME_BINARY, 256, 4, { 0x82, 126, 1, 0 } },
		{ FRAME_TEXT, 65535, 4, { 0x81, 126, 0xff, 0xff } },
		{ FRAME_TEXT, 65536, 10, { 0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0 } },
		{ FRAME_TEXT, 0x0102030405060708, 10, { 0x81, 127, 1, 2, 3, 4, 5, 6, 7, 8 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char header[FRAME_HEADER_MAX];

		assert_int_equal(
		    frame_header_write(rows[i].opcode, rows[i].length, header), rows[i].size);
		assert_memory_equal(header, rows[i].bytes, rows[i].size);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_take_their_shortest_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
