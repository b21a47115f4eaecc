/*
 * What is allowed for a setting of each type, in words. That values are so is config_value.c's.
 */
#include <ctype.h>
#include <string.h>

#include "common/address.h"
#include "common/config_value.h"

static void
allow_text(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	snprintf(out, CONFIG_ALLOWED_SIZE, "a text of at most %u bytes", key->max);
}

static void
allow_word(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	snprintf(
	    out, CONFIG_ALLOWED_SIZE, "a name of 1 to %u letters, digits, '_' and '-'", key->max);
}

static void
allow_socket(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	(void)key;
	snprintf(out, CONFIG_ALLOWED_SIZE, "an absolute path of at most %zu bytes",
	    CONFIG_SOCKET_PATH_MAX);
}

static void
allow_number(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	snprintf(out, CONFIG_ALLOWED_SIZE, "a whole number from %u to %u", key->min, key->max);
}

static void
allow_mode(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	(void)key;
	snprintf(out, CONFIG_ALLOWED_SIZE, "an octal mode such as 0660");
}

static void
allow_bool(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	(void)key;
	snprintf(out, CONFIG_ALLOWED_SIZE, "yes or no");
}

static void
allow_choice(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	int length = snprintf(out, CONFIG_ALLOWED_SIZE, "one of ");

	for (const char *at = key->choices; *at != '\0' && length < CONFIG_ALLOWED_SIZE;) {
		int word = (int)strcspn(at, " ");
		bool more = at[word] != '\0';

		length += snprintf(out + length, (size_t)(CONFIG_ALLOWED_SIZE - length), "%.*s%s",
		    word, at, more ? ", " : "");
		at += word + (more ? 1 : 0);
	}
}

static void
allow_listen(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	(void)key;
	snprintf(out, CONFIG_ALLOWED_SIZE,
	    "a numeric address and port such as 127.0.0.1:8000 or [::1]:8000");
}

static void
allow_status(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	(void)key;
	snprintf(out, CONFIG_ALLOWED_SIZE,
	    "a socket such as unix:/run/hubbub/status.sock, a loopback address such as "
	    "127.0.0.1:9100, or empty");
}

static void
allow_path(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	snprintf(
	    out, CONFIG_ALLOWED_SIZE, "an absolute path of at most %u bytes, or empty", key->max);
}

static void
allow_rooms(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	(void)key;
	snprintf(out, CONFIG_ALLOWED_SIZE,
	    "a list of names of rooms (a-z, 0-9, '.', '_', '-') or beginnings of names, each "
	    "with a '*' behind it");
}

static void
allow_who(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	(void)key;
	snprintf(
	    out, CONFIG_ALLOWED_SIZE, "everyone, operators, or ids of users separated by blanks");
}

static void
allow_addresses(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	(void)key;
	snprintf(out, CONFIG_ALLOWED_SIZE,
	    "a list of at most %d addresses and prefixes such as 192.0.2.7, 10.0.0.0/8, loopback "
	    "or unix, separated by blanks",
	    ADDRESS_PREFIXES_MAX);
}

static void
allow_secret_file(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	(void)key;
	snprintf(out, CONFIG_ALLOWED_SIZE,
	    "an absolute path, the name of a credential that the service manager hands over, or "
	    "empty");
}

static void (*const allowed[])(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE]) = {
	[CONFIG_TYPE_TEXT] = allow_text,
	[CONFIG_TYPE_WORD] = allow_word,
	[CONFIG_TYPE_SOCKET] = allow_socket,
	[CONFIG_TYPE_NUMBER] = allow_number,
	[CONFIG_TYPE_MODE] = allow_mode,
	[CONFIG_TYPE_BOOL] = allow_bool,
	[CONFIG_TYPE_CHOICE] = allow_choice,
	[CONFIG_TYPE_LISTEN] = allow_listen,
	[CONFIG_TYPE_STATUS] = allow_status,
	[CONFIG_TYPE_PATH] = allow_path,
	[CONFIG_TYPE_ROOMS] = allow_rooms,
	[CONFIG_TYPE_WHO] = allow_who,
	[CONFIG_TYPE_ADDRESSES] = allow_addresses,
	[CONFIG_TYPE_SECRET_FILE] = allow_secret_file,
};

void
config_value_allowed(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	allowed[key->type](key, out);
}

void
config_value_describe(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	size_t length;

	config_value_allowed(key, out);
	out[0] = (char)toupper((unsigned char)out[0]);
	length = strlen(out);
	if (key->unit[0] != '\0')
		snprintf(out + length, CONFIG_ALLOWED_SIZE - length, " (%s)", key->unit);
}
