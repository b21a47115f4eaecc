/*
 * SHA-256 through libcrypto's EVP, whose algorithm is looked up once and whose context is used
 * again, and HMAC with it. Does not know what is digested.
 */
#include "common/digest.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

struct digest {
	EVP_MD *algorithm;
	EVP_MD_CTX *context;
};

struct digest *
digest_create(void)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	if (digest == NULL)
		return NULL;
	digest->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	digest->context = EVP_MD_CTX_new();
	if (digest->algorithm == NULL || digest->context == NULL)
		digest_destroy(&digest);
	return digest;
}

void
digest_destroy(struct digest **digest)
{
	struct digest *doomed = *digest;

	if (doomed == NULL)
		return;
	*digest = NULL;
	EVP_MD_CTX_free(doomed->context);
	EVP_MD_free(doomed->algorithm);
	free(doomed);
}

static bool
add_part(EVP_MD_CTX *context, struct text part)
{
	unsigned char length[8];

	for (unsigned i = 0; i < sizeof(length); i++)
		length[i] = (unsigned char)((uint64_t)part.length >> (56 - 8 * i));
	return EVP_DigestUpdate(context, length, sizeof(length)) == 1 &&
	       (part.length == 0 || EVP_DigestUpdate(context, part.data, part.length) == 1);
}

bool
digest_texts(
    struct digest *digest, const struct text *parts, size_t count, unsigned char out[DIGEST_SIZE])
{
	bool going = EVP_DigestInit_ex(digest->context, digest->algorithm, NULL) == 1;

	for (size_t i = 0; going && i < count; i++)
		going = add_part(digest->context, parts[i]);
	return going && EVP_DigestFinal_ex(digest->context, out, NULL) == 1;
}

bool
digest_hmac(struct text key, struct text message, unsigned char out[DIGEST_SIZE])
{
	unsigned length = 0;

	return key.length <= INT_MAX &&
	       HMAC(EVP_sha256(), key.data, (int)key.length, (const unsigned char *)message.data,
		   message.length, out, &length) != NULL &&
	       length == DIGEST_SIZE;
}

bool
digest_equal(const unsigned char a[DIGEST_SIZE], const unsigned char b[DIGEST_SIZE])
{
	return CRYPTO_memcmp(a, b, DIGEST_SIZE) == 0;
}
