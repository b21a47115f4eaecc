/*
 * Base64url both ways. Strict, for a lenient reader lets a signed text be written in many ways.
 * Knows no token.
 */
#include "common/base64url.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Keeps the lowest `bits` bits that are not written yet. */
struct bits {
	uint32_t value;
	unsigned count;
};

void
base64url_append(struct buffer *out, struct text bytes)
{
	struct bits bits = { 0, 0 };

	for (size_t i = 0; i < bytes.length; i++) {
		bits.value = bits.value << 8 | (unsigned char)bytes.data[i];
		bits.count += 8;
		while (bits.count >= 6) {
			bits.count -= 6;
			buffer_append_byte(out, (uint8_t)alphabet[bits.value >> bits.count & 0x3f]);
		}
	}
	if (bits.count > 0)
		buffer_append_byte(out, (uint8_t)alphabet[bits.value << (6 - bits.count) & 0x3f]);
}

bool
base64url_decode(struct text encoded, struct buffer *out)
{
	struct bits bits = { 0, 0 };

	if (encoded.length % 4 == 1)
		return false;
	for (size_t i = 0; i < encoded.length; i++) {
		const char *found = memchr(alphabet, encoded.data[i], sizeof(alphabet) - 1);

		if (found == NULL)
			return false;
		bits.value = bits.value << 6 | (uint32_t)(found - alphabet);
		bits.count += 6;
		if (bits.count >= 8) {
			bits.count -= 8;
			buffer_append_byte(out, (uint8_t)(bits.value >> bits.count & 0xff));
		}
	}
	return (bits.value & ((1u << bits.count) - 1)) == 0 && !out->failed;
}
