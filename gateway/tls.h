/*
 * What a listener shows who it is by: a certificate with its chain and key, read and checked before
 * anybody gets to see it; and which TLS is spoken. The gateway's only user of libssl. The objects
 * of that library that come from elsewhere are passed as void pointers.
 */
#ifndef HUBBUB_GATEWAY_TLS_H
#define HUBBUB_GATEWAY_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config.h"

struct tls;

/*
 * Reads the files of a listener that has them. NULL with mistakes that name the setting if one
 * of them cannot be read, has no certificate or key in it, the key is open to everybody, locked by
 * a passphrase or not the certificate's, or OpenSSL finds them too weak. Dates are not looked at.
 */
struct tls *tls_load(const struct config_listener *listener, struct config_mistakes *mistakes);
void tls_destroy(struct tls **tls);

/* Seconds since the Unix epoch between which the certificate is good. */
int64_t tls_valid_from_s(const struct tls *tls);
int64_t tls_expires_s(const struct tls *tls);

/* True for the same certificate; the keys are the same then. */
bool tls_equal(const struct tls *a, const struct tls *b);

/*
 * Settles for all connections made of an SSL_CTX: TLS 1.2 with ephemeral keys and authenticated
 * encryption, or 1.3; nothing compressed, renegotiated or resumed. It has no certificate.
 */
bool tls_settle(void *ssl_ctx);

/* Gives an SSL, whose handshake is about to begin, the certificate. False if it cannot have it. */
bool tls_begin(const struct tls *tls, void *ssl);

/* What the library's info callback (SSL_CTX_set_info_callback(3)) tells. */
enum tls_step {
	TLS_STEP_OTHER,
	TLS_STEP_BEGINS,
	TLS_STEP_DONE,
	TLS_STEP_REFUSED, /* one side has told the other why it goes no further */
};

/* Which of its events are wanted. */
int tls_step_mask(void);

/* `why_out` is only set for TLS_STEP_REFUSED. */
enum tls_step tls_step(int where, int value, const char **why_out);

#endif
