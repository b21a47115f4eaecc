/*
 * Borrowed runs of bytes with a length, and the few questions asked of them
 * everywhere: equality, UTF-8 validity, numbers, display names.
 */
#ifndef HUBBUB_COMMON_TEXT_H
#define HUBBUB_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes owned by somebody else; not NUL-terminated, may contain NUL. */
struct text {
	const char *data;
	size_t length;
};

/* A text over a string literal; usable in static initialisers. */
#define TEXT(literal) ((struct text){ (literal), sizeof(literal) - 1 })

/* Longest name of text_client_id, with its NUL. */
#define CLIENT_ID_TEXT_SIZE 9

/* A text over a NUL-terminated string; NULL gives the empty text. */
struct text text_of(const char *string);

bool text_equal(struct text a, struct text b);
bool text_is_empty(struct text t);

/* -1, 0, 1 in byte order. */
int text_compare(struct text a, struct text b);

/* Without the blanks and tabs at both ends; borrows. */
struct text text_trimmed(struct text t);

/* A NUL-terminated heap copy (bytes after an inner NUL are kept); NULL without memory. */
char *text_duplicate(struct text t);

/*
 * Copies a text and a NUL to `*to`, which has room for length + 1 bytes and moves behind them: for
 * texts that live in one block with the struct they belong to.
 */
struct text text_copy(struct text t, char **to);

/* True if the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool text_is_utf8(struct text t);

/*
 * Bytes of the first code point (1 to 4), which goes to *code_point_out, or 0 if `t` is empty or
 * does not begin with a well-formed one.
 */
size_t text_first_code_point(struct text t, uint32_t *code_point_out);

/* Decimal, no sign, no space, no overflow; false leaves *value_out alone. */
bool text_to_u64(struct text t, uint64_t *value_out);

/* Writes a client_id as 8 lower-case hex digits and a NUL. */
void text_client_id(uint32_t client_id, char out[CLIENT_ID_TEXT_SIZE]);

/* True for exactly 8 lower-case hex digits, which name a client. */
bool text_to_client_id(struct text t, uint32_t *client_id_out);

#endif
