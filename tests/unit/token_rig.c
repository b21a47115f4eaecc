/* Makes keys with libcrypto, and tokens as no honest issuer would. */
#include "token_rig.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64url.h"
#include "common/digest.h"

static char *
taken_from(BIO *bio)
{
	char *data;
	long length = BIO_get_mem_data(bio, &data);
	char *copy = strndup(data, (size_t)length);

	BIO_free(bio);
	assert(copy != NULL);
	return copy;
}

static struct token_pair
pair_of(EVP_PKEY *key)
{
	BIO *private_half = BIO_new(BIO_s_mem());
	BIO *public_half = BIO_new(BIO_s_mem());

	assert(key != NULL);
	assert(PEM_write_bio_PrivateKey(private_half, key, NULL, NULL, 0, NULL, NULL) == 1);
	assert(PEM_write_bio_PUBKEY(public_half, key) == 1);
	EVP_PKEY_free(key);
	return (struct token_pair){ taken_from(private_half), taken_from(public_half) };
}

struct token_pair
token_pair_rsa(unsigned bits)
{
	return pair_of(EVP_RSA_gen(bits));
}

struct token_pair
token_pair_ec(const char *curve)
{
	return pair_of(EVP_EC_gen(curve));
}

void
token_pair_free(struct token_pair *pair)
{
	free(pair->private_pem);
	free(pair->public_pem);
	*pair = (struct token_pair){ NULL, NULL };
}

void
token_rig_keys(struct token_keys *keys, enum token_form form)
{
	char error[256];
	bool taken;

	*keys = (struct token_keys){ .form = form };
	taken = token_keys_add(keys, TEXT("k1"), TEXT(RIG_SECRET), false, error, sizeof(error));
	assert(taken);
	(void)taken;
}

void
token_rig_hmac(struct buffer *out, const char *header, const char *payload, struct text secret)
{
	unsigned char mac[DIGEST_SIZE];

	buffer_clear(out);
	if (header != NULL) {
		base64url_append(out, text_of(header));
		buffer_append_byte(out, '.');
	}
	base64url_append(out, text_of(payload));
	assert(digest_hmac(secret, buffer_text(out), mac));
	buffer_append_byte(out, '.');
	base64url_append(out, (struct text){ (const char *)mac, sizeof(mac) });
}
