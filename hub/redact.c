/*
 * What stands for what people said. Which fields hold such things is one table here; a test demands
 * that it knows every field of text that an envelope has.
 */
#include "hub/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/ids.h"
#include "hub/users.h"

/* Bytes of an id's digest that stand for the id, in hexadecimal digits. */
#define ID_BYTES 16u

_Static_assert(2 * ID_BYTES <= IDS_BYTES_MAX, "what stands for an id may be one");

struct redactor {
	struct digest *digest;
	unsigned char key[DIGEST_SIZE];
};

struct redactor *
redactor_create(struct random_source random)
{
	struct redactor *redactor = calloc(1, sizeof(*redactor));

	if (redactor == NULL)
		return NULL;
	redactor->digest = digest_create();
	random.fill(random.context, redactor->key, sizeof(redactor->key));
	if (redactor->digest == NULL)
		redactor_destroy(&redactor);
	return redactor;
}

void
redactor_destroy(struct redactor **redactor)
{
	struct redactor *doomed = *redactor;

	if (doomed == NULL)
		return;
	*redactor = NULL;
	digest_destroy(&doomed->digest);
	explicit_bzero(doomed->key, sizeof(doomed->key));
	free(doomed);
}

bool
redact_as_of(struct text field, enum redact_as *as_out)
{
	static const struct {
		struct text name;
		enum redact_as as;
	} fields[] = {
		{ TEXT("content"), REDACT_SHAPE },
		{ TEXT("extra"), REDACT_SHAPE },
		{ TEXT("reason"), REDACT_SHAPE },
		{ TEXT("address"), REDACT_SHAPE },
		{ TEXT("path"), REDACT_SHAPE },
		{ TEXT("resume"), REDACT_SECRET },
		{ TEXT("id"), REDACT_ID },
		{ TEXT("room"), REDACT_KEEP },
		{ TEXT("name"), REDACT_KEEP },
		{ TEXT("user"), REDACT_KEEP },
		{ TEXT("to"), REDACT_KEEP },
		{ TEXT("from_name"), REDACT_KEEP },
		{ TEXT("from_user"), REDACT_KEEP },
		{ TEXT("realm"), REDACT_KEEP },
		{ TEXT("dialect"), REDACT_KEEP },
		{ TEXT("gateway"), REDACT_KEEP },
		{ TEXT("software"), REDACT_KEEP },
		{ TEXT("renamed"), REDACT_KEEP },
		{ TEXT("after"), REDACT_KEEP },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (text_equal(fields[i].name, field)) {
			*as_out = fields[i].as;
			return true;
		}
	}
	return false;
}

/*
 * Another code point of as many bytes. Whether a text is showable must stay: control characters
 * become control characters.
 */
static const char *
shape_of(uint32_t code_point, size_t length)
{
	if (length == 1)
		return code_point < ' ' || code_point == 0x7f ? "\n" : "x";
	if (length == 2)
		return code_point < 0xa0 ? "\xc2\x85" : "\xc3\x97";
	return length == 3 ? "\xe2\x96\xa1" : "\xf0\x9f\x92\xac";
}

void
redact_shape(struct buffer *out, struct text text)
{
	char *to = buffer_reserve(out, text.length);
	uint32_t code_point;

	if (to == NULL)
		return;
	buffer_advance(out, text.length);
	while (text.length > 0) {
		unsigned char first = (unsigned char)text.data[0];
		size_t length = 1;

		/* Most are plain letters. */
		if (first >= ' ' && first < 0x7f) {
			*to = 'x';
		} else if ((length = text_first_code_point(text, &code_point)) > 0) {
			memcpy(to, shape_of(code_point, length), length);
		} else {
			/* What is no UTF-8 must not become any. */
			*to = '\xff';
			length = 1;
		}
		to += length;
		text.data += length;
		text.length -= length;
	}
}

void
redact_secret(struct buffer *out, struct text text)
{
	if (!users_is_secret(text)) {
		redact_shape(out, text);
		return;
	}
	buffer_append(out, text.data, CLIENT_ID_TEXT_SIZE - 1);
	for (size_t i = CLIENT_ID_TEXT_SIZE - 1; i < text.length; i++)
		buffer_append_byte(out, '0');
}

static void
keyed(const struct redactor *redactor, struct text text, unsigned char out[DIGEST_SIZE])
{
	const struct text parts[] = {
		{ (const char *)redactor->key, sizeof(redactor->key) },
		text,
	};

	/* Nothing is as safe as what stands for everything. */
	if (!digest_texts(redactor->digest, parts, 2, out))
		memset(out, 0, DIGEST_SIZE);
}

void
redact_id(const struct redactor *redactor, struct buffer *out, struct text id)
{
	unsigned char digest[DIGEST_SIZE];

	/* Those that the core refuses, or that stand for none, it must refuse again. */
	if (redactor == NULL || text_is_empty(id) || id.length > IDS_BYTES_MAX ||
	    !text_is_utf8(id)) {
		redact_shape(out, id);
		return;
	}
	keyed(redactor, id, digest);
	for (size_t i = 0; i < ID_BYTES; i++)
		buffer_printf(out, "%02x", digest[i]);
}

void
redact_digest(const struct redactor *redactor, unsigned char digest[DIGEST_SIZE])
{
	static const unsigned char zeros[DIGEST_SIZE];

	if (memcmp(digest, zeros, DIGEST_SIZE) != 0)
		keyed(redactor, (struct text){ (const char *)digest, DIGEST_SIZE }, digest);
}

static void
redact_text(
    const struct redactor *redactor, enum redact_as as, struct buffer *out, struct text text)
{
	if (as == REDACT_SECRET)
		redact_secret(out, text);
	else if (as == REDACT_ID)
		redact_id(redactor, out, text);
	else
		redact_shape(out, text);
}

bool
redact_envelope(const struct redactor *redactor, struct envelope *envelope, struct buffer *scratch)
{
	struct envelope_field field;
	enum redact_as as;
	size_t needed = 0;

	/* One piece of memory, so that no text moves. */
	for (unsigned i = 0; envelope_field_at(envelope, i, &field); i++)
		needed += field.is_text ? field.text.length + IDS_BYTES_MAX : 0;
	buffer_clear(scratch);
	if (buffer_reserve(scratch, needed) == NULL)
		return false;
	for (unsigned i = 0; envelope_field_at(envelope, i, &field); i++) {
		size_t before = scratch->length;

		if (!field.is_text)
			continue;
		if (!redact_as_of(field.name, &as))
			as = REDACT_SHAPE;
		if (as == REDACT_KEEP)
			continue;
		redact_text(redactor, as, scratch, field.text);
		envelope_set_text(
		    envelope, i, (struct text){ scratch->data + before, scratch->length - before });
	}
	return !scratch->failed;
}
