/*
 * Numbers, texts and times of a record, and how entries follow one another. Knows nothing of what
 * they mean.
 */
#include "hub/record_fields.h"

#include <string.h>

#include "hub/table.h"

#define GROUP_BITS 7u
#define GROUP_MORE 0x80u
#define GROUPS_MAX 10u

/* Milliseconds of a record's clocks stay in it: some hundred years of running, the year 9999. */
#define MONO_MAX (UINT64_C(1) << 53)
#define WALL_MAX INT64_C(253402300799999)

void
record_put_u64(struct buffer *out, uint64_t number)
{
	unsigned char groups[GROUPS_MAX];
	unsigned count = 0;

	for (; number >= GROUP_MORE; number >>= GROUP_BITS)
		groups[count++] = (unsigned char)(number | GROUP_MORE);
	groups[count++] = (unsigned char)number;
	buffer_append(out, groups, count);
}

/* Small numbers of either sign are short: 0, -1, 1, -2, ... */
void
record_put_i64(struct buffer *out, int64_t number)
{
	record_put_u64(out, (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0));
}

void
record_put_bool(struct buffer *out, bool value)
{
	record_put_u64(out, value ? 1 : 0);
}

void
record_put_text(struct buffer *out, struct text text)
{
	record_put_u64(out, text.length);
	buffer_append_text(out, text);
}

void
record_put_now(struct buffer *out, struct now *last, struct now now)
{
	record_put_i64(out, (int64_t)(now.mono_ms - last->mono_ms));
	record_put_i64(out, now.wall_ms - last->wall_ms);
	*last = now;
}

uint64_t
record_check(struct text bytes)
{
	static const struct table_key key = { { 0x6875626275622072, 0x65636f7264206b65 } };

	return table_hash_text(key, bytes);
}

void
record_put_check(struct buffer *out, uint64_t check)
{
	unsigned char bytes[RECORD_CHECK_SIZE];

	for (unsigned i = 0; i < RECORD_CHECK_SIZE; i++)
		bytes[i] = (unsigned char)(check >> 8 * i);
	buffer_append(out, bytes, sizeof(bytes));
}

struct record_fields
record_fields_of(struct text bytes)
{
	return (struct record_fields){ (const unsigned char *)bytes.data, bytes.length, false };
}

static const unsigned char *
take(struct record_fields *fields, uint64_t length)
{
	const unsigned char *at = fields->next;

	if (fields->failed || length > fields->left) {
		fields->failed = true;
		return NULL;
	}
	fields->next += length;
	fields->left -= (size_t)length;
	return at;
}

uint64_t
record_u64(struct record_fields *fields)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < GROUPS_MAX; i++) {
		const unsigned char *at = take(fields, 1);

		if (at == NULL)
			return 0;
		/* The tenth group has one bit. */
		if (i == GROUPS_MAX - 1 && *at > 1)
			break;
		number |= (uint64_t)(*at & (GROUP_MORE - 1)) << i * GROUP_BITS;
		if ((*at & GROUP_MORE) == 0)
			return number;
	}
	fields->failed = true;
	return 0;
}

static uint64_t
at_most(struct record_fields *fields, uint64_t most)
{
	uint64_t number = record_u64(fields);

	if (number <= most)
		return number;
	fields->failed = true;
	return 0;
}

uint32_t
record_u32(struct record_fields *fields)
{
	return (uint32_t)at_most(fields, UINT32_MAX);
}

int64_t
record_i64(struct record_fields *fields)
{
	uint64_t folded = at_most(fields, (uint64_t)RECORD_SIGNED_MAX * 2);
	int64_t half = (int64_t)(folded >> 1);

	return (folded & 1) != 0 ? -half - 1 : half;
}

bool
record_bool(struct record_fields *fields)
{
	return at_most(fields, 1) == 1;
}

unsigned
record_below(struct record_fields *fields, unsigned bound)
{
	return (unsigned)at_most(fields, bound - 1);
}

struct text
record_text(struct record_fields *fields)
{
	uint64_t length = record_u64(fields);
	const unsigned char *at = take(fields, length);

	return at == NULL ? (struct text){ 0 } : (struct text){ (const char *)at, (size_t)length };
}

void
record_bytes(struct record_fields *fields, void *out, size_t length)
{
	const unsigned char *at = take(fields, length);

	if (at == NULL)
		memset(out, 0, length);
	else
		memcpy(out, at, length);
}

struct now
record_now(struct record_fields *fields, struct now *last)
{
	int64_t mono = (int64_t)last->mono_ms + record_i64(fields);
	int64_t wall = last->wall_ms + record_i64(fields);

	if (mono < 0 || (uint64_t)mono > MONO_MAX || wall < 0 || wall > WALL_MAX)
		fields->failed = true;
	else
		*last = (struct now){ (uint64_t)mono, wall };
	return *last;
}

uint64_t
record_read_check(struct record_fields *fields)
{
	unsigned char bytes[RECORD_CHECK_SIZE];
	uint64_t check = 0;

	record_bytes(fields, bytes, sizeof(bytes));
	for (unsigned i = 0; i < RECORD_CHECK_SIZE; i++)
		check |= (uint64_t)bytes[i] << 8 * i;
	return check;
}

bool
record_fields_end(const struct record_fields *fields)
{
	return !fields->failed && fields->left == 0;
}

const char *
record_kind_word(unsigned kind)
{
#define KIND_CASE(NAME, number, word) \
	case (number):                \
		return word;
	switch (kind) {
		RECORD_KINDS(KIND_CASE)
	default:
		return NULL;
	}
#undef KIND_CASE
}

const char *
record_op_name(unsigned op)
{
#define OP_NAME(name) #name,
	static const char *const names[] = { RECORD_STORE_OPS(OP_NAME) };
#undef OP_NAME

	return op < RECORD_OP_COUNT ? names[op] : NULL;
}

bool
record_next(struct text *left, struct record_entry *entry_out)
{
	struct record_fields fields = record_fields_of(*left);
	unsigned char kind = 0;
	uint64_t length;

	*entry_out = (struct record_entry){ .kind = RECORD_NONE };
	if (left->length == 0)
		return true;
	record_bytes(&fields, &kind, 1);
	if (kind == RECORD_NONE)
		return true;
	if (record_kind_word(kind) == NULL)
		return false;
	length = record_u64(&fields);
	if (!fields.failed && length > RECORD_FIELDS_MAX)
		return false;
	if (fields.failed)
		/* The number may be cut off, or be none. */
		return fields.left == 0;
	if (length > fields.left)
		return true;
	entry_out->kind = (enum record_kind)kind;
	entry_out->fields = (struct text){ (const char *)fields.next, (size_t)length };
	left->data += left->length - (fields.left - (size_t)length);
	left->length = fields.left - (size_t)length;
	return true;
}
