/*
 * Typed envelopes <-> msgpack frames. The only user of msgpack-c. A frame is a 4-byte big-endian
 * length and a msgpack array [kind, field, ...]; docs/protocol.md.
 */
#ifndef HUBBUB_COMMON_ENVELOPE_H
#define HUBBUB_COMMON_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/envelope_kinds.h"
#include "common/text.h"

/* Largest msgpack part of a frame, and the length before it. */
#define ENVELOPE_FRAME_MAX (1024u * 1024u)
#define ENVELOPE_HEADER_SIZE 4u

enum envelope_sender {
	SENDER_GATEWAY = 1,
	SENDER_HUB = 2,
	SENDER_EITHER = 3,
};

enum envelope_kind {
	ENVELOPE_NONE = 0,
#define ENVELOPE_ENUM(NAME, name, wire, sender, meaning) ENVELOPE_##NAME = (wire),
	ENVELOPE_KINDS(ENVELOPE_ENUM)
#undef ENVELOPE_ENUM
};

/* Dispatch tables have this many places. */
#define ENVELOPE_KIND_LIMIT 64

#define ENVELOPE_TYPE_U32 uint32_t
#define ENVELOPE_TYPE_U64 uint64_t
#define ENVELOPE_TYPE_TEXT struct text
#define ENVELOPE_MEMBER(type, name) ENVELOPE_TYPE_##type name;
/* struct envelope_hello, struct envelope_welcome, ...; texts borrow from the decoded frame. */
#define ENVELOPE_STRUCT(NAME, name, wire, sender, meaning) \
	struct envelope_##name {                           \
		ENVELOPE_FIELDS_##name(ENVELOPE_MEMBER)    \
	};
ENVELOPE_KINDS(ENVELOPE_STRUCT)
#undef ENVELOPE_STRUCT

struct envelope {
	enum envelope_kind kind;
	union {
#define ENVELOPE_UNION(NAME, name, wire, sender, meaning) struct envelope_##name name;
		ENVELOPE_KINDS(ENVELOPE_UNION)
#undef ENVELOPE_UNION
	};
};

/* "HELLO"; NULL for a number that names nothing. */
const char *envelope_kind_name(unsigned kind);

/* What the table says; 0 for a number that names nothing. */
enum envelope_sender envelope_kind_sender(unsigned kind);

/* The first version of the link that has the kind; LINK_VERSION_OLDEST for the old ones. */
unsigned envelope_kind_version(enum envelope_kind kind);

/* The table's columns, for the documentation test: NULL / 0 past the last. */
struct envelope_kind_info {
	unsigned wire;
	const char *name;
	enum envelope_sender sender;
	const char *meaning;
	const char *fields; /* "link_version:U32 gateway:TEXT ..." */
};
const struct envelope_kind_info *envelope_kind_at(unsigned index);

/* One field, for those who treat all kinds alike. */
struct envelope_field {
	struct text name;
	bool is_text;
	struct text text;
	uint64_t number; /* if it is none */
};

/* The fields of an envelope in their order; false past the last. */
bool envelope_field_at(
    const struct envelope *envelope, unsigned index, struct envelope_field *field_out);

/* Puts another text, borrowed, into a field of text. */
void envelope_set_text(struct envelope *envelope, unsigned index, struct text text);

/* Bytes of the whole frame for `body`, header included; 0 if it would pass ENVELOPE_FRAME_MAX. */
size_t envelope_frame_size(enum envelope_kind kind, const void *body);

/*
 * Appends a whole frame for `body` (a struct envelope_<kind>). False, with `out` as it was, if it
 * would pass ENVELOPE_FRAME_MAX, the buffer's limit, or memory is short.
 */
bool envelope_encode(struct buffer *out, enum envelope_kind kind, const void *body);

/* Reusable memory of the decoder, one per thread of work. */
struct envelope_decoder;
struct envelope_decoder *envelope_decoder_create(void);
void envelope_decoder_destroy(struct envelope_decoder **decoder);

/*
 * Decodes the msgpack part of one frame. False for anything but one exact envelope of a
 * known kind: short, trailing bytes, wrong count or type, number out of range, nested containers.
 * Allocates nothing by declared size. Texts borrow from `bytes`.
 */
bool envelope_decode(struct envelope_decoder *decoder, const void *bytes, size_t length,
    struct envelope *envelope_out);

/* The length of the msgpack part, before it. */
void envelope_header_write(char header[ENVELOPE_HEADER_SIZE], uint32_t length);
uint32_t envelope_header_read(const char header[ENVELOPE_HEADER_SIZE]);

#endif
