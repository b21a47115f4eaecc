/*
 * SHA-256 and HMAC-SHA-256 of texts, and comparing what must not be guessed byte by byte.
 */
#ifndef HUBBUB_COMMON_DIGEST_H
#define HUBBUB_COMMON_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"

#define DIGEST_SIZE 32u

struct digest;

/* Keeps what each computation needs. NULL without memory or without SHA-256 in the library. */
struct digest *digest_create(void);
void digest_destroy(struct digest **digest);

/*
 * Of all parts together, each with its length: no two different lists have the same input. False
 * if the library fails, which leaves `out` undefined.
 */
bool digest_texts(
    struct digest *digest, const struct text *parts, size_t count, unsigned char out[DIGEST_SIZE]);

/*
 * Whoever sees every digest that somebody makes, and may put another in its place as long as equal
 * ones stay equal.
 */
struct digest_watch {
	void (*made)(void *context, unsigned char *digest); /* NULL: nobody looks */
	void *context;
};

/* HMAC-SHA-256. False if the library fails, which leaves `out` undefined. */
bool digest_hmac(struct text key, struct text message, unsigned char out[DIGEST_SIZE]);

/* Takes as long for equal digests as for any others. */
bool digest_equal(const unsigned char a[DIGEST_SIZE], const unsigned char b[DIGEST_SIZE]);

#endif
