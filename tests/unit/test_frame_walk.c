/* Where frames end in what a full socket cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/frame_walk.h"

#define ROOM (3 * 70000)

struct stream {
	uint8_t *bytes;
	size_t length;
	size_t ends[16]; /* of each frame, from the start of all runs */
	int frames;
};

static void
append_frame(struct stream *stream, size_t payload)
{
	uint8_t *frame = stream->bytes + stream->length;
	size_t header = 2;

	frame[0] = 0x82;
	if (payload < 126) {
		frame[1] = (uint8_t)payload;
	} else if (payload < 65536) {
		frame[1] = 126;
		frame[2] = (uint8_t)(payload >> 8);
		frame[3] = (uint8_t)payload;
		header = 4;
	} else {
		memset(frame, 0, 10);
		frame[0] = 0x82;
		frame[1] = 127;
		for (int i = 0; i < 4; i++)
			frame[9 - i] = (uint8_t)(payload >> 8 * i);
		header = 10;
	}
	/* Payload that looks like headers must not matter. */
	memset(frame + header, 0x81, payload);
	stream->length += header + payload;
	stream->ends[stream->frames++] = stream->length;
}

/* Where the frame ends that byte `sent` is in the middle of; `sent` itself at a frame's end. */
static size_t
expected_end(const struct stream *stream, size_t sent)
{
	size_t start = 0;

	for (int i = 0; i < stream->frames; i++) {
		if (sent == start || sent == stream->ends[i])
			return sent;
		if (sent < stream->ends[i])
			return stream->ends[i];
		start = stream->ends[i];
	}
	return sent;
}

static void
check_every_cut(const struct stream *stream, const struct iovec *runs, int count)
{
	for (size_t sent = 0; sent <= stream->length; sent++) {
		struct iovec rest = frame_walk_rest(runs, count, sent);

		assert_int_equal(sent + rest.iov_len, expected_end(stream, sent));
		if (rest.iov_len > 0)
			assert_ptr_equal(rest.iov_base, stream->bytes + sent);
	}
}

static void
test_every_cut_of_small_frames(void **state)
{
	struct stream stream = { .bytes = malloc(ROOM) };
	struct iovec runs[3];
	size_t middle;

	(void)state;
	for (size_t payload = 0; payload < 4; payload++)
		append_frame(&stream, payload);
	append_frame(&stream, 125);
	middle = stream.length;
	append_frame(&stream, 126);
	append_frame(&stream, 300);
	runs[0] = (struct iovec){ stream.bytes, stream.length };
	check_every_cut(&stream, runs, 1);
	runs[0] = (struct iovec){ stream.bytes, middle };
	runs[1] = (struct iovec){ stream.bytes, 0 };
	runs[2] = (struct iovec){ stream.bytes + middle, stream.length - middle };
	check_every_cut(&stream, runs, 3);
	free(stream.bytes);
}

static void
test_long_frames(void **state)
{
	struct stream stream = { .bytes = malloc(ROOM) };
	struct iovec run;

	(void)state;
	append_frame(&stream, 65535);
	append_frame(&stream, 65536);
	append_frame(&stream, 1);
	run = (struct iovec){ stream.bytes, stream.length };
	check_every_cut(&stream, &run, 1);
	free(stream.bytes);
}

static void
test_as_many_whole_frames_as_fit(void **state)
{
	static const size_t payloads[] = { 0, 3, 125, 126, 200, 0 };
	struct stream stream = { .bytes = malloc(ROOM) };
	struct iovec run;

	(void)state;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		append_frame(&stream, payloads[i]);
	run = (struct iovec){ stream.bytes, stream.length };
	for (size_t max = 0; max <= stream.length + 1; max++) {
		size_t expected = stream.ends[0];

		for (int i = 1; i < stream.frames && stream.ends[i] <= max; i++)
			expected = stream.ends[i];
		assert_int_equal(frame_walk_fit(&run, max), expected);
	}
	run.iov_len = 0;
	assert_int_equal(frame_walk_fit(&run, 0), 0);
	free(stream.bytes);
}

static void
test_nothing_is_left_of_nothing(void **state)
{
	const struct iovec none = { NULL, 0 };

	(void)state;
	assert_int_equal(frame_walk_rest(&none, 0, 0).iov_len, 0);
	assert_int_equal(frame_walk_rest(&none, 1, 0).iov_len, 0);
	assert_int_equal(frame_walk_rest(&none, 1, 5).iov_len, 0);
}

static void
test_it_stays_within_a_damaged_run(void **state)
{
	/* Headers that promise more than there is: cut short at every length. */
	static const uint8_t long_header[] = { 0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff };

	(void)state;
	for (size_t length = 1; length <= sizeof(long_header); length++) {
		uint8_t *copy = malloc(length);
		struct iovec run = { copy, length };

		memcpy(copy, long_header, length);
		for (size_t sent = 1; sent < length; sent++)
			assert_int_equal(frame_walk_rest(&run, 1, sent).iov_len, length - sent);
		assert_int_equal(frame_walk_fit(&run, 0), length);
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut_of_small_frames),
		cmocka_unit_test(test_long_frames),
		cmocka_unit_test(test_as_many_whole_frames_as_fit),
		cmocka_unit_test(test_nothing_is_left_of_nothing),
		cmocka_unit_test(test_it_stays_within_a_damaged_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
