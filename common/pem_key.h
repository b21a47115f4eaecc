/*
 * What a key in PEM is: for which algorithm, how strong, the public or the private half.
 */
#ifndef HUBBUB_COMMON_PEM_KEY_H
#define HUBBUB_COMMON_PEM_KEY_H

#include <stdbool.h>

#include "common/text.h"

enum pem_kind {
	PEM_NONE,       /* no PEM at all                                      */
	PEM_UNREADABLE, /* no key, or damaged, or a private one with password */
	PEM_RSA,
	PEM_P256,  /* an elliptic curve's key, of this curve */
	PEM_OTHER, /* a key for something else               */
};

struct pem_key {
	enum pem_kind kind;
	bool is_private;
	unsigned bits;
};

/* Asks nobody for a password. */
struct pem_key pem_key_of(struct text bytes);

#endif
