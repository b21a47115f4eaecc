/*
 * The keys of tokens as the configuration names them, read from their files.
 */
#ifndef HUBBUB_COMMON_TOKEN_FILES_H
#define HUBBUB_COMMON_TOKEN_FILES_H

#include "common/config.h"
#include "common/token.h"

/*
 * Reads all keys of auth.keys for auth.mode into an empty set. False with a mistake for each that
 * is wrong, and an empty set: a file is missing, can be read by everybody, or what is in it is no
 * good key. In mode open there are none.
 */
bool token_files_read(const struct config_auth *config, struct token_keys *keys_out,
    struct config_mistakes *mistakes);

/* Adds the key in one file; a private one only if it is to sign. */
bool token_files_add(struct token_keys *keys, struct text kid, const char *file, bool to_sign,
    char *error, size_t error_size);

#endif
