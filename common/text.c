/*
 * Questions asked of borrowed bytes. Owns no memory but the copies that
 * text_duplicate hands out, and knows neither protocols nor sockets. UTF-8 is
 * decoded here, once, and nowhere else.
 */
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

struct text
text_of(const char *string)
{
	if (string == NULL)
		return (struct text){ "", 0 };
	return (struct text){ string, strlen(string) };
}

bool
text_equal(struct text a, struct text b)
{
	/* The data of an empty text may be NULL, which memcmp does not take. */
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool
text_is_empty(struct text t)
{
	return t.length == 0;
}

int
text_compare(struct text a, struct text b)
{
	size_t shorter = a.length < b.length ? a.length : b.length;
	int order = shorter > 0 ? memcmp(a.data, b.data, shorter) : 0;

	if (order != 0)
		return order < 0 ? -1 : 1;
	if (a.length == b.length)
		return 0;
	return a.length < b.length ? -1 : 1;
}

struct text
text_trimmed(struct text t)
{
	while (t.length > 0 && (t.data[0] == ' ' || t.data[0] == '\t')) {
		t.data++;
		t.length--;
	}
	while (t.length > 0 && (t.data[t.length - 1] == ' ' || t.data[t.length - 1] == '\t'))
		t.length--;
	return t;
}

char *
text_duplicate(struct text t)
{
	char *copy = malloc(t.length + 1);

	if (copy == NULL)
		return NULL;
	if (t.length > 0)
		memcpy(copy, t.data, t.length);
	copy[t.length] = '\0';
	return copy;
}

struct text
text_copy(struct text t, char **to)
{
	struct text copy = { *to, t.length };

	if (t.length > 0)
		memcpy(*to, t.data, t.length);
	(*to)[t.length] = '\0';
	*to += t.length + 1;
	return copy;
}

/* What the first byte of a sequence says about the rest of it. */
struct utf8_lead {
	uint8_t length;     /* of the whole sequence, 0: such a byte begins none      */
	uint8_t bits;       /* of the code point, in the first byte                   */
	uint8_t second_min; /* bounds of the second byte; they exclude overlong forms */
	uint8_t second_max; /* and surrogates, and what lies beyond U+10FFFF          */
};

static struct utf8_lead
utf8_lead(uint8_t byte)
{
	if (byte < 0x80)
		return (struct utf8_lead){ 1, 0x7f, 0, 0 };
	if (byte < 0xc2)
		return (struct utf8_lead){ 0, 0, 0, 0 };
	if (byte < 0xe0)
		return (struct utf8_lead){ 2, 0x1f, 0x80, 0xbf };
	if (byte < 0xf0)
		return (struct utf8_lead){ 3, 0x0f, byte == 0xe0 ? 0xa0 : 0x80,
			byte == 0xed ? 0x9f : 0xbf };
	if (byte < 0xf5)
		return (struct utf8_lead){ 4, 0x07, byte == 0xf0 ? 0x90 : 0x80,
			byte == 0xf4 ? 0x8f : 0xbf };
	return (struct utf8_lead){ 0, 0, 0, 0 };
}

size_t
text_first_code_point(struct text t, uint32_t *code_point_out)
{
	struct utf8_lead lead;
	uint32_t value;

	if (t.length == 0)
		return 0;
	lead = utf8_lead((uint8_t)t.data[0]);
	if (lead.length == 0 || lead.length > t.length)
		return 0;
	value = (uint8_t)t.data[0] & lead.bits;
	for (size_t i = 1; i < lead.length; i++) {
		uint8_t byte = (uint8_t)t.data[i];
		uint8_t least = i == 1 ? lead.second_min : 0x80;
		uint8_t most = i == 1 ? lead.second_max : 0xbf;

		if (byte < least || byte > most)
			return 0;
		value = value << 6 | (byte & 0x3f);
	}
	*code_point_out = value;
	return lead.length;
}

/* ASCII at the beginning, in whole words: none of their bytes has its highest bit set. */
static size_t
ascii_words(struct text t)
{
	size_t length = 0;
	uint64_t word;

	while (t.length - length >= sizeof(word)) {
		memcpy(&word, t.data + length, sizeof(word));
		if ((word & UINT64_C(0x8080808080808080)) != 0)
			break;
		length += sizeof(word);
	}
	return length;
}

bool
text_is_utf8(struct text t)
{
	while (t.length > 0) {
		uint32_t code_point;
		size_t step = ascii_words(t);

		if (step == 0)
			step = text_first_code_point(t, &code_point);

		if (step == 0)
			return false;
		t.data += step;
		t.length -= step;
	}
	return true;
}

bool
text_to_u64(struct text t, uint64_t *value_out)
{
	uint64_t value = 0;

	if (t.length == 0)
		return false;
	for (size_t i = 0; i < t.length; i++) {
		unsigned digit = (unsigned)((uint8_t)t.data[i] - '0');

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*value_out = value;
	return true;
}

void
text_client_id(uint32_t client_id, char out[CLIENT_ID_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = CLIENT_ID_TEXT_SIZE - 2; i >= 0; i--) {
		out[i] = digits[client_id & 0xf];
		client_id >>= 4;
	}
	out[CLIENT_ID_TEXT_SIZE - 1] = '\0';
}

bool
text_to_client_id(struct text t, uint32_t *client_id_out)
{
	uint32_t value = 0;

	if (t.length != CLIENT_ID_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; i < t.length; i++) {
		char c = t.data[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*client_id_out = value;
	return true;
}
