/*
 * The codec: every kind of the table comes back as it went, the wire is what it was when recorded,
 * and nothing but one exact envelope is taken.
 */
#include "common/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct envelope_decoder *
decoder_of(void **state)
{
	return *state;
}

static int
set_up(void **state)
{
	*state = envelope_decoder_create();
	return *state == NULL;
}

static int
tear_down(void **state)
{
	struct envelope_decoder *decoder = *state;

	envelope_decoder_destroy(&decoder);
	assert_null(decoder);
	envelope_decoder_destroy(&decoder);
	return 0;
}

static bool
decode_frame(
    struct envelope_decoder *decoder, const struct buffer *frame, struct envelope *envelope_out)
{
	assert_true(frame->length >= ENVELOPE_HEADER_SIZE);
	assert_int_equal(envelope_header_read(frame->data), frame->length - ENVELOPE_HEADER_SIZE);
	return envelope_decode(decoder, frame->data + ENVELOPE_HEADER_SIZE,
	    frame->length - ENVELOPE_HEADER_SIZE, envelope_out);
}

/* Values that need each width msgpack has; the texts are long, short and empty in turn. */
static const uint64_t numbers[] = { 0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, UINT32_MAX,
	UINT64_C(1) << 32, UINT64_MAX };
static const size_t lengths[] = { 0, 1, 31, 32, 255, 256, 65535, 65536 };
static char letters[65536];

#define PICK(array, i) ((array)[(i) % (sizeof(array) / sizeof((array)[0]))])
#define FILL_U32(i) ((uint32_t)PICK(numbers, i))
#define FILL_U64(i) (PICK(numbers, i))
#define FILL_TEXT(i) ((struct text){ letters, PICK(lengths, i) })
#define FILL(type, name) body.name = FILL_##type(turn++);
#define SAME_U32(a, b) assert_true((a) == (b))
#define SAME_U64(a, b) assert_true((a) == (b))
#define SAME_TEXT(a, b) assert_true(text_equal((a), (b)))
#define SAME(type, name) SAME_##type(body.name, got->name);

#define ROUND_TRIP(NAME, name, wire, sender, meaning)                                        \
	static void round_trip_##name(struct envelope_decoder *decoder, unsigned turn)       \
	{                                                                                    \
		struct envelope_##name body;                                                 \
		struct envelope envelope;                                                    \
		const struct envelope_##name *got = &envelope.name;                          \
		struct buffer frame;                                                         \
		buffer_init(&frame, 0);                                                      \
		ENVELOPE_FIELDS_##name(FILL);                                                \
		assert_true(envelope_encode(&frame, ENVELOPE_##NAME, &body));                \
		assert_int_equal(frame.length, envelope_frame_size(ENVELOPE_##NAME, &body)); \
		assert_true(decode_frame(decoder, &frame, &envelope));                       \
		assert_int_equal(envelope.kind, ENVELOPE_##NAME);                            \
		ENVELOPE_FIELDS_##name(SAME);                                                \
		buffer_free(&frame);                                                         \
	}
ENVELOPE_KINDS(ROUND_TRIP)

static void
every_kind_comes_back_as_it_went(void **state)
{
	memset(letters, 'a', sizeof(letters));
	for (unsigned turn = 0; turn < 88; turn++) {
#define CALL(NAME, name, wire, sender, meaning) round_trip_##name(decoder_of(state), turn);
		ENVELOPE_KINDS(CALL)
	}
}

static void
texts_borrow_from_the_frame(void **state)
{
	struct envelope_goodbye body = { TEXT("done") };
	struct envelope envelope;
	struct buffer frame;

	buffer_init(&frame, 0);
	assert_true(envelope_encode(&frame, ENVELOPE_GOODBYE, &body));
	assert_true(decode_frame(decoder_of(state), &frame, &envelope));
	assert_ptr_equal(envelope.goodbye.reason.data, frame.data + frame.length - 4);
	buffer_free(&frame);
}

static void
an_empty_text_may_be_null(void **state)
{
	struct envelope_goodbye body = { { NULL, 0 } };
	struct envelope envelope;
	struct buffer frame;

	buffer_init(&frame, 0);
	assert_true(envelope_encode(&frame, ENVELOPE_GOODBYE, &body));
	assert_true(decode_frame(decoder_of(state), &frame, &envelope));
	assert_int_equal(envelope.goodbye.reason.length, 0);
	buffer_free(&frame);
}

static void
the_table_can_be_asked(void **state)
{
	const struct envelope_kind_info *info = envelope_kind_at(0);

	(void)state;
	assert_string_equal(envelope_kind_name(ENVELOPE_HELLO), "HELLO");
	assert_null(envelope_kind_name(0));
	assert_null(envelope_kind_name(ENVELOPE_KIND_LIMIT - 1));
	assert_null(envelope_kind_name(UINT32_MAX));
	assert_int_equal(envelope_kind_sender(ENVELOPE_WELCOME), SENDER_HUB);
	assert_int_equal(envelope_kind_sender(ENVELOPE_GOODBYE), SENDER_EITHER);
	assert_int_equal(envelope_kind_sender(0), 0);
	assert_int_equal(info->wire, 1);
	assert_string_equal(info->name, "HELLO");
	assert_int_equal(info->sender, SENDER_GATEWAY);
	assert_string_equal(info->fields,
	    "link_version:U32 gateway:TEXT epoch:U64 software:TEXT capabilities:U64 "
	    "answered:U64 hub_epoch:U64 gateways_known:U32");
	assert_null(envelope_kind_at(ENVELOPE_KIND_LIMIT));
}

/* What the oldest version puts on the wire; a later build must still read and write this. */
static void
the_wire_is_as_recorded(void **state)
{
	static const char deliver[] = "\x00\x00\x00\x2a"
				      "\x99\x21\xa5lobby\x07\xcd\x01\x00\xce\xbf\x0c\x71\x1b"
				      "\xa3"
				      "ana\xcf\x00\x00\x01\x95\x93\x00\x00\x00\xa2hi"
				      "\xa8"
				      "bf0c711b";
	struct envelope_deliver body = {
		.room = TEXT("lobby"),
		.epoch = 7,
		.seq = 256,
		.from = 0xbf0c711b,
		.from_name = TEXT("ana"),
		.time = UINT64_C(0x019593000000),
		.content = TEXT("hi"),
		.from_user = TEXT("bf0c711b"),
	};
	struct envelope envelope;
	struct buffer frame;

	buffer_init(&frame, 0);
	assert_true(envelope_encode(&frame, ENVELOPE_DELIVER, &body));
	assert_int_equal(frame.length, sizeof(deliver) - 1);
	assert_memory_equal(frame.data, deliver, sizeof(deliver) - 1);
	assert_true(decode_frame(decoder_of(state), &frame, &envelope));
	assert_int_equal(envelope.deliver.from, 0xbf0c711b);
	buffer_free(&frame);
}

struct bytes {
	const char *what;
	const char *bytes;
	size_t length;
};

#define BYTES(what, literal)                       \
	{                                          \
		what, literal, sizeof(literal) - 1 \
	}

static void
wider_numbers_and_lengths_are_taken(void **state)
{
	static const struct bytes wide[] = {
		BYTES("u8", "\x92\x06\xcc\x05"),
		BYTES("u16", "\x92\x06\xcd\x00\x05"),
		BYTES("u32", "\x92\x06\xce\x00\x00\x00\x05"),
		BYTES("u64", "\x92\x06\xcf\x00\x00\x00\x00\x00\x00\x00\x05"),
		BYTES("array16", "\xdc\x00\x02\x06\x05"),
		BYTES("array32", "\xdd\x00\x00\x00\x02\x06\x05"),
		BYTES("wide kind", "\x92\xcd\x00\x06\x05"),
	};
	static const struct bytes texts[] = {
		BYTES("str8", "\x92\x05\xd9\x01x"),
		BYTES("str16", "\x92\x05\xda\x00\x01x"),
		BYTES("str32", "\x92\x05\xdb\x00\x00\x00\x01x"),
	};
	struct envelope envelope;

	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		if (!envelope_decode(decoder_of(state), wide[i].bytes, wide[i].length, &envelope))
			fail_msg("%s was refused", wide[i].what);
		assert_int_equal(envelope.kind, ENVELOPE_PROBE);
		assert_int_equal(envelope.probe.token, 5);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(
		    envelope_decode(decoder_of(state), texts[i].bytes, texts[i].length, &envelope));
		assert_true(text_equal(envelope.goodbye.reason, TEXT("x")));
	}
}

static void
anything_else_is_refused(void **state)
{
	static const struct bytes foreign[] = {
		BYTES("nothing", ""),
		BYTES("no array", "\x06"),
		BYTES("an empty array", "\x90"),
		BYTES("a kind of nothing", "\x91\x00"),
		BYTES("an unknown kind", "\x92\x3f\x05"),
		BYTES("a kind past the table", "\x92\xcd\xff\xff\x05"),
		BYTES("a huge kind", "\x92\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x05"),
		BYTES("a text as kind", "\x92\xa1\x06\x05"),
		BYTES("too few fields", "\x91\x06"),
		BYTES("too many fields", "\x93\x06\x05\x05"),
		BYTES("far too many fields", "\xdc\x00\x11\x06\x05\x05\x05\x05\x05\x05\x05"
					     "\x05\x05\x05\x05\x05\x05\x05\x05\x05"),
		BYTES("a byte behind", "\x92\x06\x05\x00"),
		BYTES("an envelope behind", "\x92\x06\x05\x92\x06\x05"),
		BYTES("a text for a number", "\x92\x06\xa1x"),
		BYTES("a number for a text", "\x92\x05\x05"),
		BYTES("nil", "\x92\x06\xc0"),
		BYTES("the unused byte", "\x92\x06\xc1"),
		BYTES("false", "\x92\x06\xc2"),
		BYTES("a negative number", "\x92\x06\xff"),
		BYTES("a signed number", "\x92\x06\xd0\x05"),
		BYTES("a float", "\x92\x06\xca\x00\x00\x00\x00"),
		BYTES("binary", "\x92\x05\xc4\x01x"),
		BYTES("an extension", "\x92\x05\xd4\x01x"),
		BYTES("a nested array", "\x92\x06\x91\x05"),
		BYTES("a nested map", "\x92\x06\x80"),
		BYTES("a map", "\x81\x06\x05"),
		BYTES("a U32 out of range", "\x94\x0b\x01\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xa0"),
		BYTES("an array of 2^32-1", "\xdd\xff\xff\xff\xff\x06\x05"),
		BYTES("a text of 2^32-1", "\x92\x05\xdb\xff\xff\xff\xffx"),
		BYTES("binary of 2^32-1", "\x92\x05\xc6\xff\xff\xff\xffx"),
	};
	struct envelope envelope;

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		/* A heap copy of the exact size, for the sanitizer to see every byte too far. */
		char *bytes = malloc(foreign[i].length + 1);

		assert_non_null(bytes);
		memcpy(bytes + 1, foreign[i].bytes, foreign[i].length);
		if (envelope_decode(decoder_of(state), bytes + 1, foreign[i].length, &envelope))
			fail_msg("%s was taken", foreign[i].what);
		assert_int_equal(envelope.kind, ENVELOPE_NONE);
		free(bytes);
	}
}

static void
depth_is_no_danger(void **state)
{
	static char deep[100000];
	struct envelope envelope;

	memset(deep, 0x91, sizeof(deep));
	assert_false(envelope_decode(decoder_of(state), deep, sizeof(deep), &envelope));
}

static void
every_cut_is_refused(void **state)
{
	struct envelope_open body = { .conn = 77,
		.dialect = TEXT("room"),
		.realm = TEXT("chat"),
		.name = TEXT("ana"),
		.address = TEXT("127.0.0.1"),
		.since_ms = 123456789 };
	struct envelope envelope;
	struct buffer frame;

	buffer_init(&frame, 0);
	assert_true(envelope_encode(&frame, ENVELOPE_OPEN, &body));
	for (size_t length = 0; length < frame.length - ENVELOPE_HEADER_SIZE; length++)
		assert_false(envelope_decode(
		    decoder_of(state), frame.data + ENVELOPE_HEADER_SIZE, length, &envelope));
	buffer_free(&frame);
}

static void
a_frame_is_appended_whole_or_not_at_all(void **state)
{
	struct envelope_goodbye body = { TEXT("a reason of some length") };
	struct buffer frame;

	(void)state;
	buffer_init(&frame, 40);
	buffer_append_string(&frame, "before");
	assert_true(envelope_encode(&frame, ENVELOPE_GOODBYE, &body));
	assert_int_equal(frame.length, 6 + 4 + 3 + 23);
	assert_false(envelope_encode(&frame, ENVELOPE_GOODBYE, &body));
	assert_int_equal(frame.length, 36);
	assert_false(frame.failed);
	buffer_append_string(&frame, "beyond what it may hold");
	assert_true(frame.failed);
	assert_false(envelope_encode(&frame, ENVELOPE_GOODBYE, &body));
	assert_int_equal(frame.length, 36);
	buffer_free(&frame);
}

static void
the_largest_frame_is_one_mebibyte(void **state)
{
	char *letters_max = calloc(1, ENVELOPE_FRAME_MAX);
	struct envelope_goodbye body = { { letters_max, ENVELOPE_FRAME_MAX - 7 } };
	struct envelope envelope;
	struct buffer frame;

	assert_non_null(letters_max);
	buffer_init(&frame, 0);
	assert_true(envelope_encode(&frame, ENVELOPE_GOODBYE, &body));
	assert_int_equal(frame.length, ENVELOPE_FRAME_MAX + ENVELOPE_HEADER_SIZE);
	assert_true(decode_frame(decoder_of(state), &frame, &envelope));
	buffer_clear(&frame);
	body.reason.length++;
	assert_false(envelope_encode(&frame, ENVELOPE_GOODBYE, &body));
	body.reason.length = SIZE_MAX;
	assert_false(envelope_encode(&frame, ENVELOPE_GOODBYE, &body));
	assert_int_equal(envelope_frame_size(ENVELOPE_GOODBYE, &body), 0);
	assert_int_equal(frame.length, 0);
	assert_false(envelope_encode(&frame, ENVELOPE_NONE, &body));
	buffer_free(&frame);
	free(letters_max);
}

static void
the_length_is_big_endian(void **state)
{
	char header[ENVELOPE_HEADER_SIZE];

	(void)state;
	envelope_header_write(header, UINT32_C(0xfedcba98));
	assert_memory_equal(header, "\xfe\xdc\xba\x98", sizeof(header));
	assert_true(envelope_header_read(header) == UINT32_C(0xfedcba98));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_comes_back_as_it_went),
		cmocka_unit_test(texts_borrow_from_the_frame),
		cmocka_unit_test(an_empty_text_may_be_null),
		cmocka_unit_test(the_table_can_be_asked),
		cmocka_unit_test(the_wire_is_as_recorded),
		cmocka_unit_test(wider_numbers_and_lengths_are_taken),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(depth_is_no_danger),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(a_frame_is_appended_whole_or_not_at_all),
		cmocka_unit_test(the_largest_frame_is_one_mebibyte),
		cmocka_unit_test(the_length_is_big_endian),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
