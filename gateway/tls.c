/*
 * Certificates and keys through OpenSSL. Owns what of TLS is spoken and what
 * makes a pair unfit; must not know connections, nor the library that has them.
 */
#include "gateway/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/secret_file.h"

/* A leaf and those between it and its authority: more than anybody has. */
#define CHAIN_MAX 16

/* Room for many times as many. */
#define CERTIFICATE_FILE_MAX (1024u * 1024u)

/* Of what is wrong with a file. */
#define SENTENCE_SIZE 400

/* Ephemeral keys and authenticated encryption; TLS 1.3 has nothing else anyway. */
#define CIPHERS_OF_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"

struct tls {
	X509 *leaf;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
	int minimum;
};

/* Whose pair it is, and where the sentence about a fault goes. */
struct blame {
	const struct config_listener *listener;
	struct config_mistakes *mistakes;
};

static bool blame(struct blame of, const char *setting, const char *file, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool
blame(struct blame of, const char *setting, const char *file, const char *format, ...)
{
	char fault[SENTENCE_SIZE];
	va_list arguments;

	ERR_clear_error();
	va_start(arguments, format);
	vsnprintf(fault, sizeof(fault), format, arguments);
	va_end(arguments);
	return config_mistake(
	    of.mistakes, "listener.%s.%s: %.200s %s", of.listener->name, setting, file, fault);
}

/*
 * NULL with a sentence. Opened without waiting, for a named pipe would hold us up; and of a file
 * without an end, or one as long as a disk, no certificate is looked for.
 */
static BIO *
open_certificate(struct blame of)
{
	const char *path = of.listener->tls_certificate;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	FILE *file = NULL;
	BIO *bio = NULL;

	if (fd < 0 || fstat(fd, &status) != 0)
		blame(of, "tls_certificate", path, "cannot be read: %s", strerror(errno));
	else if (!S_ISREG(status.st_mode))
		blame(of, "tls_certificate", path, "is not a regular file");
	else if (status.st_size > (off_t)CERTIFICATE_FILE_MAX)
		blame(of, "tls_certificate", path,
		    "has %jd bytes, more than the %u that it may have", (intmax_t)status.st_size,
		    CERTIFICATE_FILE_MAX);
	else if ((file = fdopen(fd, "r")) == NULL || (bio = BIO_new_fp(file, BIO_CLOSE)) == NULL)
		blame(of, "tls_certificate", path, "cannot be read: no memory");
	if (bio == NULL && file != NULL)
		fclose(file);
	else if (file == NULL && fd >= 0)
		close(fd);
	return bio;
}

/* The rest of a file of certificates; false if what stands there is none. */
static bool
read_chain(BIO *bio, STACK_OF(X509) * chain)
{
	for (int i = 1; i < CHAIN_MAX; i++) {
		X509 *next = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		if (next == NULL)
			return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
		if (sk_X509_push(chain, next) == 0) {
			X509_free(next);
			return false;
		}
	}
	return false;
}

static bool
read_certificate(struct tls *tls, struct blame of)
{
	const char *file = of.listener->tls_certificate;
	BIO *bio = open_certificate(of);
	bool good;

	if (bio == NULL)
		return false;
	tls->chain = sk_X509_new_null();
	tls->leaf = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
	good = tls->leaf != NULL && tls->chain != NULL;
	if (!good)
		blame(of, "tls_certificate", file, "has no certificate in it");
	else if (!read_chain(bio, tls->chain))
		good = blame(of, "tls_certificate", file,
		    "has something in it behind certificate %d that is none",
		    1 + sk_X509_num(tls->chain));
	ERR_clear_error();
	BIO_free(bio);
	return good;
}

/* Asked for a passphrase: nobody is there to type it. */
static int
note_lock(char *out, int size, int writes, void *context)
{
	(void)out;
	(void)size;
	(void)writes;
	*(bool *)context = true;
	return -1;
}

static bool
read_key(struct tls *tls, struct blame of)
{
	const char *file = of.listener->tls_key;
	char why[SENTENCE_SIZE];
	struct secret *secret = secret_file_read(file, SECRET_FILE_MAX, why, sizeof(why));
	bool is_locked = false;
	struct text bytes;
	BIO *bio;

	if (secret == NULL)
		return config_mistake(
		    of.mistakes, "listener.%s.tls_key: %s", of.listener->name, why);
	bytes = secret_bytes(secret);
	bio = BIO_new_mem_buf(bytes.data, (int)bytes.length);
	if (bio != NULL)
		tls->key = PEM_read_bio_PrivateKey(bio, NULL, note_lock, &is_locked);
	BIO_free(bio);
	secret_destroy(&secret);
	if (tls->key == NULL && is_locked)
		return blame(of, "tls_key", file,
		    "is locked by a passphrase; store it without one, readable for the gateway "
		    "alone");
	if (tls->key == NULL)
		return blame(of, "tls_key", file, "has no key in it");
	return true;
}

/* What would otherwise be found out by the first client. */
static bool
try_pair(const struct tls *tls, struct blame of)
{
	const char *file = of.listener->tls_certificate;
	SSL_CTX *trial;
	bool good;

	if (X509_check_private_key(tls->leaf, tls->key) != 1)
		return blame(of, "tls_key", of.listener->tls_key,
		    "is not the key of the certificate in %.200s", file);
	trial = SSL_CTX_new(TLS_server_method());
	good = trial != NULL && tls_settle(trial) &&
	       SSL_CTX_use_cert_and_key(trial, tls->leaf, tls->key, tls->chain, 1) == 1;
	if (!good) {
		const char *why = ERR_reason_error_string(ERR_peek_last_error());

		blame(of, "tls_certificate", file, "is not taken by OpenSSL: %s",
		    why != NULL ? why : "no memory");
	}
	SSL_CTX_free(trial);
	return good;
}

struct tls *
tls_load(const struct config_listener *listener, struct config_mistakes *mistakes)
{
	const struct blame of = { listener, mistakes };
	struct tls *tls = calloc(1, sizeof(*tls));
	bool has_certificate;
	bool has_key;

	if (tls == NULL) {
		config_mistake(mistakes, "listener %s: no memory", listener->name);
		return NULL;
	}
	tls->minimum = strcmp(listener->tls_minimum, "1.3") == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
	has_certificate = read_certificate(tls, of);
	has_key = read_key(tls, of);
	if (!has_certificate || !has_key || !try_pair(tls, of))
		tls_destroy(&tls);
	return tls;
}

void
tls_destroy(struct tls **tls)
{
	struct tls *doomed = *tls;

	if (doomed == NULL)
		return;
	*tls = NULL;
	X509_free(doomed->leaf);
	sk_X509_pop_free(doomed->chain, X509_free);
	EVP_PKEY_free(doomed->key);
	free(doomed);
}

static int64_t
seconds_of(const ASN1_TIME *date)
{
	struct tm parts;

	return ASN1_TIME_to_tm(date, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

int64_t
tls_valid_from_s(const struct tls *tls)
{
	return seconds_of(X509_get0_notBefore(tls->leaf));
}

int64_t
tls_expires_s(const struct tls *tls)
{
	return seconds_of(X509_get0_notAfter(tls->leaf));
}

bool
tls_equal(const struct tls *a, const struct tls *b)
{
	return X509_cmp(a->leaf, b->leaf) == 0;
}

/*
 * No tickets: a session is resumed only by the process that began it, and who comes in crowds comes
 * because that one has ended. Their keys would also undo what ephemeral ones are for.
 */
bool
tls_settle(void *ssl_ctx)
{
	SSL_CTX *ctx = ssl_ctx;

	SSL_CTX_set_options(
	    ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	/* All are good: the client knows which is cheap for it. */
	SSL_CTX_clear_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* libwebsockets' would choose among its hosts by the name that the client asks for. */
	SSL_CTX_set_tlsext_servername_callback(ctx, NULL);
	return SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	       SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, CIPHERS_OF_1_2) == 1;
}

bool
tls_begin(const struct tls *tls, void *ssl)
{
	bool good = SSL_set_min_proto_version(ssl, tls->minimum) == 1 &&
		    SSL_use_cert_and_key(ssl, tls->leaf, tls->key, tls->chain, 1) == 1;

	if (!good)
		ERR_clear_error();
	return good;
}

int
tls_step_mask(void)
{
	return SSL_CB_HANDSHAKE_START | SSL_CB_HANDSHAKE_DONE | SSL_CB_ALERT;
}

enum tls_step
tls_step(int where, int value, const char **why_out)
{
	if ((where & SSL_CB_HANDSHAKE_START) != 0)
		return TLS_STEP_BEGINS;
	if ((where & SSL_CB_HANDSHAKE_DONE) != 0)
		return TLS_STEP_DONE;
	/* The other alerts are warnings, the usual goodbye among them. */
	if ((where & SSL_CB_ALERT) == 0 || value >> 8 != SSL3_AL_FATAL)
		return TLS_STEP_OTHER;
	*why_out = SSL_alert_desc_string_long(value);
	return TLS_STEP_REFUSED;
}
