/* Certificates and keys made for a test, in files of a folder of its own. */
#ifndef HUBBUB_TESTS_PAIR_RIG_H
#define HUBBUB_TESTS_PAIR_RIG_H

#include <openssl/types.h>
#include <stdint.h>
#include <sys/types.h>

struct pair_rig {
	char folder[64];
	EVP_PKEY *key;   /* of all certificates */
	EVP_PKEY *other; /* of none             */
	char path[128];  /* the last that pair_rig_path made */
};

int pair_rig_set_up(void **state);
int pair_rig_tear_down(void **state);

/* The path of a file in the folder, good until the next call. */
const char *pair_rig_path(struct pair_rig *rig, const char *name);

/* Appends a certificate for "localhost" that begins and ends so many seconds since the epoch. */
void pair_rig_certificate(
    struct pair_rig *rig, const char *name, EVP_PKEY *key, int64_t from_s, int64_t until_s);

/* Writes a key, under a passphrase unless that is NULL. */
void pair_rig_key(
    struct pair_rig *rig, const char *name, EVP_PKEY *key, const char *phrase, mode_t mode);

/* Appends a text to a file. */
void pair_rig_text(struct pair_rig *rig, const char *name, const char *text);

#endif
