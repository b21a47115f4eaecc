/*
 * Base64 in the alphabet for URLs and without padding (RFC 4648 section 5), as tokens have it.
 */
#ifndef HUBBUB_COMMON_BASE64URL_H
#define HUBBUB_COMMON_BASE64URL_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/text.h"

void base64url_append(struct buffer *out, struct text bytes);

/*
 * Appends the bytes. False without memory and for all that no writer makes: other characters,
 * padding, an impossible length, bits behind the last byte that are not zero. So there is one text
 * for each run of bytes, and only one.
 */
bool base64url_decode(struct text encoded, struct buffer *out);

#endif
