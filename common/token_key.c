/*
 * Keys of tokens: which algorithm each is for, and that it is strong enough for it. Knows no file
 * and no token.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pem_key.h"
#include "common/token.h"

/* No key that is taken is longer. */
#define KEY_BYTES_MAX 16384u

/* Whose key is read, and where the sentence about a mistake goes. */
struct reading {
	struct text kid;
	char *error;
	size_t error_size;
};

static bool fail(const struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool
fail(const struct reading *reading, const char *format, ...)
{
	int used = snprintf(reading->error, reading->error_size, "key '%.*s' ",
	    (int)reading->kid.length, reading->kid.data);
	va_list arguments;

	if (used < 0 || (size_t)used >= reading->error_size)
		return false;
	va_start(arguments, format);
	vsnprintf(reading->error + used, reading->error_size - (size_t)used, format, arguments);
	va_end(arguments);
	return false;
}

static bool
is_kid(struct text kid)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	for (size_t i = 0; i < kid.length; i++) {
		if (memchr(allowed, kid.data[i], sizeof(allowed) - 1) == NULL)
			return false;
	}
	return kid.length > 0 && kid.length <= TOKEN_KID_MAX;
}

static struct text
without_line_end(struct text file)
{
	if (file.length > 0 && file.data[file.length - 1] == '\n')
		file.length--;
	if (file.length > 0 && file.data[file.length - 1] == '\r')
		file.length--;
	return file;
}

/* What issuers publish, in other forms than PEM: as a secret everybody would know it. */
static bool
looks_published(struct text file)
{
	static const struct text beginnings[] = { TEXT("{"), TEXT("["), TEXT("\x30\x81"),
		TEXT("\x30\x82"), TEXT("\x30\x59\x30\x13"), TEXT("ssh-"), TEXT("ecdsa-sha2-"),
		TEXT("---- BEGIN") };

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		const struct text *begin = &beginnings[i];

		if (file.length >= begin->length &&
		    memcmp(file.data, begin->data, begin->length) == 0)
			return true;
	}
	return false;
}

static bool
take_secret(
    const struct reading *reading, enum token_form form, struct text *file, struct token_key *key)
{
	*file = without_line_end(*file);
	if (file->length < TOKEN_SECRET_MIN)
		return fail(reading,
		    "is a secret of %zu bytes; it needs %u at least: openssl rand -hex 32",
		    file->length, TOKEN_SECRET_MIN);
	if (looks_published(*file))
		return fail(reading,
		    "looks like a public key that is not in PEM ('BEGIN PUBLIC KEY'); as a secret "
		    "everybody would know it");
	key->algorithm = form == TOKEN_JWT ? TOKEN_HS256 : TOKEN_HMAC;
	return true;
}

static bool
take_pem(
    const struct reading *reading, const struct pem_key *pem, bool to_sign, struct token_key *key)
{
	if (pem->kind == PEM_UNREADABLE)
		return fail(reading,
		    "is not readable; it has to be one public key in PEM ('BEGIN PUBLIC KEY')%s",
		    to_sign ? " or a private one without a password" : "");
	if (pem->kind == PEM_OTHER)
		return fail(
		    reading, "is for another algorithm; there are RSA (RS256) and P-256 (ES256)");
	if (pem->kind == PEM_RSA && pem->bits < TOKEN_RSA_BITS_MIN)
		return fail(reading, "is an RSA key of %u bits; it needs %u at least", pem->bits,
		    TOKEN_RSA_BITS_MIN);
	if (pem->is_private && !to_sign)
		return fail(reading,
		    "is a private key, which nobody but the issuer should have; give its public "
		    "half: openssl pkey -in FILE -pubout");
	key->algorithm = pem->kind == PEM_RSA ? TOKEN_RS256 : TOKEN_ES256;
	key->is_private = pem->is_private;
	return true;
}

static bool
take_file(const struct reading *reading, enum token_form form, struct text *file, bool to_sign,
    struct token_key *key)
{
	struct pem_key pem;

	if (file->length > KEY_BYTES_MAX)
		return fail(reading, "has more than %u bytes", KEY_BYTES_MAX);
	pem = pem_key_of(*file);
	if (pem.kind == PEM_NONE)
		return take_secret(reading, form, file, key);
	if (form == TOKEN_OWN)
		return fail(reading,
		    "is in PEM, but tokens of mode 'token' are made with a secret; use mode jwt");
	return take_pem(reading, &pem, to_sign, key);
}

bool
token_keys_add(struct token_keys *keys, struct text kid, struct text file, bool to_sign,
    char *error, size_t error_size)
{
	const struct reading reading = { kid, error, error_size };
	struct token_key *key = &keys->rows[keys->count];

	if (!is_kid(kid)) {
		snprintf(error, error_size,
		    "a key's id is 1 to %u letters, digits, '.', '_' and '-'", TOKEN_KID_MAX);
		return false;
	}
	if (keys->count == TOKEN_KEYS_MAX)
		return fail(&reading, "is one too many: there can be %u", TOKEN_KEYS_MAX);
	for (unsigned i = 0; i < keys->count; i++) {
		if (text_equal(text_of(keys->rows[i].kid), kid))
			return fail(&reading, "is there twice");
	}
	memset(key, 0, sizeof(*key));
	if (!take_file(&reading, keys->form, &file, to_sign, key))
		return false;
	key->bytes = text_duplicate(file);
	if (key->bytes == NULL)
		return fail(&reading, "does not fit into memory");
	key->length = file.length;
	memcpy(key->kid, kid.data, kid.length);
	keys->count++;
	return true;
}

void
token_keys_free(struct token_keys *keys)
{
	for (unsigned i = 0; i < keys->count; i++) {
		explicit_bzero(keys->rows[i].bytes, keys->rows[i].length);
		free(keys->rows[i].bytes);
	}
	keys->count = 0;
}

const struct token_key *
token_keys_find(const struct token_keys *keys, struct text kid)
{
	if (text_is_empty(kid))
		return keys->count == 1 ? &keys->rows[0] : NULL;
	for (unsigned i = 0; i < keys->count; i++) {
		if (text_equal(text_of(keys->rows[i].kid), kid))
			return &keys->rows[i];
	}
	return NULL;
}
