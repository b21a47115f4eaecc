/*
 * Reads keys with libcrypto, only to say what they are. Keeps none.
 */
#include "common/pem_key.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

static const char armour[] = "-----BEGIN ";

static bool
has(struct text bytes, const char *word)
{
	return bytes.length > 0 && memmem(bytes.data, bytes.length, word, strlen(word)) != NULL;
}

/* The library would ask on the terminal. */
static int
no_password(char *password, int size, int writing, void *context)
{
	(void)password;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

static EVP_PKEY *
read_key(struct text bytes, bool is_private)
{
	BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.length);
	EVP_PKEY *key = NULL;

	if (bio == NULL)
		return NULL;
	if (is_private)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	else
		key = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
	BIO_free(bio);
	return key;
}

/* Numbers that are no key of their algorithm would make its promises void. */
static bool
is_sound(EVP_PKEY *key)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	bool sound = context != NULL && EVP_PKEY_public_check(context) == 1;

	EVP_PKEY_CTX_free(context);
	return sound;
}

static enum pem_kind
kind_of(EVP_PKEY *key)
{
	char curve[32] = "";

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		return PEM_RSA;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
	    EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) == 1 &&
	    strcmp(curve, "prime256v1") == 0)
		return PEM_P256;
	return PEM_OTHER;
}

struct pem_key
pem_key_of(struct text bytes)
{
	struct pem_key found = { .kind = PEM_NONE };
	EVP_PKEY *key;

	if (!has(bytes, armour))
		return found;
	found.kind = PEM_UNREADABLE;
	found.is_private = has(bytes, "PRIVATE KEY-----");
	if (bytes.length > INT_MAX)
		return found;
	key = read_key(bytes, found.is_private);
	if (key != NULL && is_sound(key)) {
		found.kind = kind_of(key);
		found.bits = (unsigned)EVP_PKEY_get_bits(key);
	}
	EVP_PKEY_free(key);
	ERR_clear_error();
	return found;
}
