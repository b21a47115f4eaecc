/*
 * auth.keys to a set of keys. What a good key is, is token_key.c's, how a secret is read
 * safely, secret_file.c's.
 */
#include "common/token_files.h"

#include <stdio.h>
#include <string.h>

#include "common/secret_file.h"

bool
token_files_add(struct token_keys *keys, struct text kid, const char *file, bool to_sign,
    char *error, size_t error_size)
{
	struct secret *secret = secret_file_read(file, SECRET_FILE_MAX, error, error_size);
	bool good = secret != NULL &&
		    token_keys_add(keys, kid, secret_bytes(secret), to_sign, error, error_size);

	secret_destroy(&secret);
	return good;
}

/* One "KID:FILE". */
static bool
add_word(struct token_keys *keys, struct text word, char *error, size_t error_size)
{
	const char *colon = memchr(word.data, ':', word.length);
	char file[SECRET_FILE_NAME_MAX + 1];
	struct text kid;

	if (colon == NULL) {
		snprintf(error, error_size, "'%.*s' is not of the form KID:FILE",
		    word.length > 80 ? 80 : (int)word.length, word.data);
		return false;
	}
	kid = (struct text){ word.data, (size_t)(colon - word.data) };
	if (word.length - kid.length > sizeof(file)) {
		snprintf(error, error_size, "a file's name is too long");
		return false;
	}
	snprintf(file, sizeof(file), "%.*s", (int)(word.length - kid.length - 1), colon + 1);
	return token_files_add(keys, kid, file, false, error, error_size);
}

bool
token_files_read(
    const struct config_auth *config, struct token_keys *keys_out, struct config_mistakes *mistakes)
{
	const char *at = config->keys + strspn(config->keys, " \t");
	unsigned before = mistakes->count;
	char error[CONFIG_MISTAKE_SIZE];

	*keys_out = (struct token_keys){
		.form = strcmp(config->mode, "jwt") == 0 ? TOKEN_JWT : TOKEN_OWN,
	};
	if (strcmp(config->mode, "open") == 0)
		return true;
	while (*at != '\0') {
		size_t length = strcspn(at, " \t");

		if (!add_word(keys_out, (struct text){ at, length }, error, sizeof(error)))
			config_mistake(mistakes, "auth.keys: %s", error);
		at += length;
		at += strspn(at, " \t");
	}
	if (mistakes->count == before)
		return true;
	token_keys_free(keys_out);
	return false;
}
