/*
 * The codec between struct envelope and msgpack frames, driven by the table in envelope_kinds.h.
 * A frame is walked once by hand before msgpack-c sees it: the walk proves that every declared
 * length is there and that nothing is nested, so that the library only ever unpacks a flat array
 * of a few numbers and strings. Knows nothing of links, order or meaning; docs/protocol.md.
 */
#include "common/envelope.h"

#include <assert.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

/* The widest row of the table, and room to grow. */
#define FIELDS_MAX 15

/* Holds an unpacked array of FIELDS_MAX + 1 objects, so that the zone never grows. */
#define ZONE_SIZE 1024

enum field_type { FIELD_U32, FIELD_U64, FIELD_TEXT };

struct field {
	size_t offset;
	enum field_type type;
};

struct kind {
	const struct envelope_kind_info *info;
	const struct field *fields;
	unsigned count;
};

struct envelope_decoder {
	msgpack_zone zone;
};

#define FIELD_ROW(type, name) { offsetof(body, name), FIELD_##type },
#define FIELD_NAME(type, name) TEXT(#name),
#define FIELD_TEXT_OF(type, name) " " #name ":" #type
#define FIELD_MARK(type, name) "."
#define FIELD_COUNT(name) ((unsigned)sizeof("" ENVELOPE_FIELDS_##name(FIELD_MARK)) - 1)

/* The typedef lets one field macro serve all structs: it cannot be told which one it is in. */
#define KIND_FIELDS(NAME, name, wire, sender, meaning)                                      \
	static const struct field *fields_of_##name(void)                                   \
	{                                                                                   \
		typedef struct envelope_##name body;                                        \
		static const struct field fields[] = { ENVELOPE_FIELDS_##name(FIELD_ROW) }; \
		return fields;                                                              \
	}
ENVELOPE_KINDS(KIND_FIELDS)

/* Apart from the rows above, for the codec does without. */
#define KIND_NAMES(NAME, name, wire, sender, meaning) \
	static const struct text names_of_##name[] = { ENVELOPE_FIELDS_##name(FIELD_NAME) };
ENVELOPE_KINDS(KIND_NAMES)

#define KIND_BOUNDS(NAME, name, wire, sender, meaning)                                        \
	_Static_assert((wire) > 0 && (wire) < ENVELOPE_KIND_LIMIT, #NAME " is out of range"); \
	_Static_assert(FIELD_COUNT(name) <= FIELDS_MAX, #NAME " is too wide");
ENVELOPE_KINDS(KIND_BOUNDS)

#define KIND_INFO(NAME, name, wire, sender, meaning) \
	{ (wire), #NAME, sender, meaning, &("" ENVELOPE_FIELDS_##name(FIELD_TEXT_OF))[1] },
static const struct envelope_kind_info infos[] = { ENVELOPE_KINDS(KIND_INFO) };

#define KIND_INDEX(NAME, name, wire, sender, meaning) INDEX_##NAME,
enum kind_index { ENVELOPE_KINDS(KIND_INDEX) INDEX_COUNT };

static const struct kind_row {
	const struct envelope_kind_info *info;
	const struct field *(*fields)(void);
	unsigned count;
} kinds[ENVELOPE_KIND_LIMIT] = {
#define KIND_ROW(NAME, name, wire, sender, meaning) \
	[(wire)] = { &infos[INDEX_##NAME], fields_of_##name, FIELD_COUNT(name) },
	ENVELOPE_KINDS(KIND_ROW)
};

static bool
kind_find(uint64_t wire, struct kind *kind_out)
{
	const struct kind_row *row;

	if (wire >= ENVELOPE_KIND_LIMIT || kinds[wire].info == NULL)
		return false;
	row = &kinds[wire];
	*kind_out = (struct kind){ row->info, row->fields(), row->count };
	return true;
}

const char *
envelope_kind_name(unsigned kind)
{
	struct kind found;

	return kind_find(kind, &found) ? found.info->name : NULL;
}

enum envelope_sender
envelope_kind_sender(unsigned kind)
{
	struct kind found;

	return kind_find(kind, &found) ? found.info->sender : (enum envelope_sender)0;
}

unsigned
envelope_kind_version(enum envelope_kind kind)
{
#define KIND_SINCE(NAME, version) [ENVELOPE_##NAME] = (version),
	static const uint8_t since[ENVELOPE_KIND_LIMIT] = { ENVELOPE_KINDS_SINCE(KIND_SINCE) };
#undef KIND_SINCE

	if ((unsigned)kind >= ENVELOPE_KIND_LIMIT || since[kind] == 0)
		return LINK_VERSION_OLDEST;
	return since[kind];
}

const struct envelope_kind_info *
envelope_kind_at(unsigned index)
{
	return index < INDEX_COUNT ? &infos[index] : NULL;
}

static uint64_t
load_number(const struct field *field, const void *body)
{
	uint64_t wide;
	uint32_t narrow;

	if (field->type == FIELD_U64) {
		memcpy(&wide, (const char *)body + field->offset, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, (const char *)body + field->offset, sizeof(narrow));
	return narrow;
}

static struct text
load_text(const struct field *field, const void *body)
{
	struct text text;

	memcpy(&text, (const char *)body + field->offset, sizeof(text));
	return text;
}

static size_t
number_size(uint64_t number)
{
	if (number < 0x80)
		return 1;
	if (number <= UINT8_MAX)
		return 2;
	if (number <= UINT16_MAX)
		return 3;
	return number <= UINT32_MAX ? 5 : 9;
}

/* Of a text of at most ENVELOPE_FRAME_MAX bytes. */
static size_t
text_size(size_t length)
{
	if (length < 0x20)
		return length + 1;
	if (length <= UINT8_MAX)
		return length + 2;
	return length + (length <= UINT16_MAX ? 3 : 5);
}

static const struct text *
names_of(enum envelope_kind kind)
{
	static const struct text *const names[ENVELOPE_KIND_LIMIT] = {
#define KIND_NAMES_ROW(NAME, name, wire, sender, meaning) [(wire)] = names_of_##name,
		ENVELOPE_KINDS(KIND_NAMES_ROW)
#undef KIND_NAMES_ROW
	};

	return names[kind];
}

static const char *
body_of(const struct envelope *envelope)
{
	return (const char *)envelope + offsetof(struct envelope, hello);
}

bool
envelope_field_at(const struct envelope *envelope, unsigned index, struct envelope_field *field_out)
{
	struct kind kind;

	if (!kind_find((uint64_t)envelope->kind, &kind) || index >= kind.count)
		return false;
	*field_out = (struct envelope_field){
		.name = names_of(envelope->kind)[index],
		.is_text = kind.fields[index].type == FIELD_TEXT,
	};
	if (field_out->is_text)
		field_out->text = load_text(&kind.fields[index], body_of(envelope));
	else
		field_out->number = load_number(&kind.fields[index], body_of(envelope));
	return true;
}

void
envelope_set_text(struct envelope *envelope, unsigned index, struct text text)
{
	struct kind kind;

	if (!kind_find((uint64_t)envelope->kind, &kind) || index >= kind.count)
		return;
	assert(kind.fields[index].type == FIELD_TEXT);
	memcpy((char *)envelope + offsetof(struct envelope, hello) + kind.fields[index].offset,
	    &text, sizeof(text));
}

size_t
envelope_frame_size(enum envelope_kind kind, const void *body)
{
	struct kind found;
	struct text text;
	size_t size;

	if (!kind_find((uint64_t)kind, &found))
		return 0;
	/* A fixarray's head holds up to 15 elements, a kind is below 0x80. */
	size = found.count + 1 <= 15 ? 2 : 4;
	for (unsigned i = 0; i < found.count; i++) {
		if (found.fields[i].type != FIELD_TEXT) {
			size += number_size(load_number(&found.fields[i], body));
			continue;
		}
		text = load_text(&found.fields[i], body);
		if (text.length > ENVELOPE_FRAME_MAX)
			return 0;
		size += text_size(text.length);
	}
	return size <= ENVELOPE_FRAME_MAX ? ENVELOPE_HEADER_SIZE + size : 0;
}

/* The packer's memory: exactly as much as the frame needs. */
struct writer {
	char *next;
	size_t left;
};

static int
writer_append(void *context, const char *bytes, size_t length)
{
	struct writer *writer = context;

	if (length > writer->left)
		return -1;
	if (length > 0)
		memcpy(writer->next, bytes, length);
	writer->next += length;
	writer->left -= length;
	return 0;
}

static void
write_frame(struct writer *writer, const struct kind *kind, const void *body)
{
	msgpack_packer packer;

	msgpack_packer_init(&packer, writer, writer_append);
	msgpack_pack_array(&packer, kind->count + 1);
	msgpack_pack_uint64(&packer, kind->info->wire);
	for (unsigned i = 0; i < kind->count; i++) {
		const struct field *field = &kind->fields[i];
		struct text text;

		if (field->type != FIELD_TEXT) {
			msgpack_pack_uint64(&packer, load_number(field, body));
			continue;
		}
		text = load_text(field, body);
		msgpack_pack_str(&packer, text.length);
		msgpack_pack_str_body(&packer, text.data, text.length);
	}
}

bool
envelope_encode(struct buffer *out, enum envelope_kind kind, const void *body)
{
	struct kind found;
	struct writer writer;
	size_t size = envelope_frame_size(kind, body);
	size_t length;
	char *frame;

	if (size == 0 || out->failed || !kind_find((uint64_t)kind, &found))
		return false;
	length = out->length;
	frame = buffer_reserve(out, size);
	if (frame == NULL) {
		buffer_truncate(out, length);
		return false;
	}
	writer = (struct writer){ frame, size };
	envelope_header_write(frame, (uint32_t)(size - ENVELOPE_HEADER_SIZE));
	writer.next += ENVELOPE_HEADER_SIZE;
	writer.left -= ENVELOPE_HEADER_SIZE;
	write_frame(&writer, &found, body);
	assert(writer.left == 0);
	buffer_advance(out, size);
	return true;
}

void
envelope_header_write(char header[ENVELOPE_HEADER_SIZE], uint32_t length)
{
	for (unsigned i = 0; i < ENVELOPE_HEADER_SIZE; i++)
		header[i] = (char)(uint8_t)(length >> (24 - 8 * i));
}

uint32_t
envelope_header_read(const char header[ENVELOPE_HEADER_SIZE])
{
	uint32_t length = 0;

	for (unsigned i = 0; i < ENVELOPE_HEADER_SIZE; i++)
		length = (length << 8) | (uint8_t)header[i];
	return length;
}

/* A cursor over foreign bytes; once something is missing it stays failed and yields zeroes. */
struct scan {
	const uint8_t *next;
	size_t left;
	bool failed;
};

static void
scan_skip(struct scan *scan, uint64_t length)
{
	if (scan->failed || length > scan->left) {
		scan->failed = true;
		return;
	}
	scan->next += length;
	scan->left -= (size_t)length;
}

/* A big-endian number of `width` bytes. */
static uint32_t
scan_number(struct scan *scan, unsigned width)
{
	const uint8_t *bytes = scan->next;
	uint32_t number = 0;

	scan_skip(scan, width);
	for (unsigned i = 0; !scan->failed && i < width; i++)
		number = (number << 8) | bytes[i];
	return number;
}

static uint32_t
scan_array_head(struct scan *scan)
{
	uint32_t lead = scan_number(scan, 1);

	if ((lead & 0xf0) == 0x90)
		return lead & 0x0f;
	if (lead == 0xdc)
		return scan_number(scan, 2);
	if (lead == 0xdd)
		return scan_number(scan, 4);
	scan->failed = true;
	return 0;
}

/* Skips one unsigned number or string; whatever else msgpack knows has no place in a frame. */
static void
scan_element(struct scan *scan)
{
	uint32_t lead = scan_number(scan, 1);

	if (lead < 0x80)
		return;
	if ((lead & 0xe0) == 0xa0)
		scan_skip(scan, lead & 0x1f);
	else if (lead >= 0xcc && lead <= 0xcf)
		scan_skip(scan, UINT64_C(1) << (lead - 0xcc));
	else if (lead >= 0xd9 && lead <= 0xdb)
		scan_skip(scan, scan_number(scan, 1u << (lead - 0xd9)));
	else
		scan->failed = true;
}

/* True for one array of 1 to FIELDS_MAX + 1 numbers and strings that ends where the bytes end. */
static bool
scan_frame(const void *bytes, size_t length)
{
	struct scan scan = { bytes, length, false };
	uint32_t count = scan_array_head(&scan);

	if (scan.failed || count == 0 || count > FIELDS_MAX + 1)
		return false;
	for (uint32_t i = 0; !scan.failed && i < count; i++)
		scan_element(&scan);
	return !scan.failed && scan.left == 0;
}

struct envelope_decoder *
envelope_decoder_create(void)
{
	struct envelope_decoder *decoder = calloc(1, sizeof(*decoder));

	if (decoder != NULL && !msgpack_zone_init(&decoder->zone, ZONE_SIZE)) {
		free(decoder);
		return NULL;
	}
	return decoder;
}

void
envelope_decoder_destroy(struct envelope_decoder **decoder)
{
	struct envelope_decoder *doomed = *decoder;

	if (doomed == NULL)
		return;
	*decoder = NULL;
	msgpack_zone_destroy(&doomed->zone);
	free(doomed);
}

static bool
store_field(const struct field *field, const msgpack_object *object, void *body)
{
	char *place = (char *)body + field->offset;
	struct text text;
	uint32_t narrow;

	if (field->type == FIELD_TEXT) {
		if (object->type != MSGPACK_OBJECT_STR)
			return false;
		text = (struct text){ object->via.str.ptr, object->via.str.size };
		memcpy(place, &text, sizeof(text));
		return true;
	}
	if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return false;
	if (field->type == FIELD_U64) {
		memcpy(place, &object->via.u64, sizeof(object->via.u64));
		return true;
	}
	if (object->via.u64 > UINT32_MAX)
		return false;
	narrow = (uint32_t)object->via.u64;
	memcpy(place, &narrow, sizeof(narrow));
	return true;
}

static bool
store_envelope(const msgpack_object_array *array, struct envelope *envelope_out)
{
	struct kind kind;
	void *body = (char *)envelope_out + offsetof(struct envelope, hello);

	if (array->ptr[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
	    !kind_find(array->ptr[0].via.u64, &kind) || array->size != kind.count + 1)
		return false;
	for (unsigned i = 0; i < kind.count; i++) {
		if (!store_field(&kind.fields[i], &array->ptr[i + 1], body))
			return false;
	}
	envelope_out->kind = (enum envelope_kind)kind.info->wire;
	return true;
}

bool
envelope_decode(struct envelope_decoder *decoder, const void *bytes, size_t length,
    struct envelope *envelope_out)
{
	msgpack_object object;
	size_t end = 0;
	bool ok;

	envelope_out->kind = ENVELOPE_NONE;
	if (length > ENVELOPE_FRAME_MAX || !scan_frame(bytes, length))
		return false;
	ok = msgpack_unpack(bytes, length, &end, &decoder->zone, &object) ==
		 MSGPACK_UNPACK_SUCCESS &&
	     end == length && object.type == MSGPACK_OBJECT_ARRAY &&
	     store_envelope(&object.via.array, envelope_out);
	/* Keeps the first chunk: the next envelope costs no allocation. */
	msgpack_zone_clear(&decoder->zone);
	return ok;
}
