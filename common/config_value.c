/*
 * The types of settings: how each is read, written and described. Knows
 * neither which settings there are nor where their text comes from.
 */
#include "common/config_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "common/address.h"
#include "common/names.h"
#include "common/text.h"

#define SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

static bool
is_clean(const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	}
	return text_is_utf8(text_of(text));
}

bool
config_is_word(const char *text, size_t max)
{
	size_t length = strlen(text);

	return length > 0 && length <= max &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
		   length;
}

static bool
is_socket_path(const char *text)
{
	return text[0] == '/' && strlen(text) <= SOCKET_PATH_MAX;
}

static bool
is_port(const char *text)
{
	uint64_t port;

	return text_to_u64(text_of(text), &port) && port <= UINT16_MAX;
}

static bool
is_loopback_v4(const struct in_addr *address)
{
	return ntohl(address->s_addr) >> 24 == 127;
}

/* Numeric only: a name could resolve to something else on the day it matters. */
static bool
is_host_and_port(const char *text, bool loopback_only)
{
	const char *colon = strrchr(text, ':');
	struct in6_addr v6;
	struct in_addr v4;
	char host[64];
	size_t length;

	if (colon == NULL || !is_port(colon + 1))
		return false;
	length = (size_t)(colon - text);
	if (length >= sizeof(host))
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	if (inet_pton(AF_INET, host, &v4) == 1)
		return !loopback_only || is_loopback_v4(&v4);
	if (length < 2 || host[0] != '[' || host[length - 1] != ']')
		return false;
	host[length - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, &v6) == 1 &&
	       (!loopback_only || IN6_IS_ADDR_LOOPBACK(&v6));
}

static bool
is_status(const char *text)
{
	static const char unix_prefix[] = "unix:";

	if (text[0] == '\0')
		return true;
	if (strncmp(text, unix_prefix, sizeof(unix_prefix) - 1) == 0)
		return is_socket_path(text + sizeof(unix_prefix) - 1);
	return is_host_and_port(text, true);
}

static bool
is_choice(const struct config_key *key, const char *text)
{
	size_t length = strlen(text);

	for (const char *at = key->choices; *at != '\0';) {
		size_t word = strcspn(at, " ");

		if (word == length && memcmp(at, text, length) == 0)
			return true;
		at += word + strspn(at + word, " ");
	}
	return false;
}

/* Calls for each word between blanks until one is not good; false then. */
static bool
each_word(const char *text, bool (*is_good)(struct text word))
{
	for (const char *at = text + strspn(text, " \t"); *at != '\0';) {
		struct text word = { at, strcspn(at, " \t") };

		if (!is_good(word))
			return false;
		at += word.length;
		at += strspn(at, " \t");
	}
	return true;
}

/* The name of a room, or what the names of some rooms begin with and a '*'. */
static bool
is_room_pattern(struct text word)
{
	if (word.data[word.length - 1] != '*')
		return names_is_room(word);
	word.length--;
	return word.length == 0 || names_is_room(word);
}

static bool
is_user(struct text word)
{
	return word.length > 0 && !text_equal(word, TEXT("everyone")) &&
	       !text_equal(word, TEXT("operators"));
}

static bool
is_who(const char *text)
{
	return strcmp(text, "everyone") == 0 || strcmp(text, "operators") == 0 ||
	       (text[0] != '\0' && each_word(text, is_user));
}

static char *
copy_of(const char *text, size_t length)
{
	char *copy = strndup(text, length);

	if (copy == NULL) {
		fprintf(stderr, "no memory for the configuration\n");
		abort();
	}
	return copy;
}

/* Takes a copy of a text that was found good. */
static bool
keep(void *place, const char *text)
{
	char *copy = copy_of(text, strlen(text));

	free(*(char **)place);
	*(char **)place = copy;
	return true;
}

static bool
set_text(const struct config_key *key, void *place, const char *text)
{
	return strlen(text) <= key->max && keep(place, text);
}

static bool
set_word(const struct config_key *key, void *place, const char *text)
{
	return config_is_word(text, key->max) && keep(place, text);
}

static bool
set_socket(const struct config_key *key, void *place, const char *text)
{
	(void)key;
	return is_socket_path(text) && keep(place, text);
}

static bool
set_choice(const struct config_key *key, void *place, const char *text)
{
	return is_choice(key, text) && keep(place, text);
}

static bool
set_listen(const struct config_key *key, void *place, const char *text)
{
	(void)key;
	return is_host_and_port(text, false) && keep(place, text);
}

static bool
set_status(const struct config_key *key, void *place, const char *text)
{
	(void)key;
	return is_status(text) && keep(place, text);
}

static bool
set_path(const struct config_key *key, void *place, const char *text)
{
	return (text[0] == '\0' || text[0] == '/') && set_text(key, place, text);
}

static bool
set_rooms(const struct config_key *key, void *place, const char *text)
{
	return each_word(text, is_room_pattern) && set_text(key, place, text);
}

static bool
set_who(const struct config_key *key, void *place, const char *text)
{
	return is_who(text) && set_text(key, place, text);
}

static bool
set_addresses(const struct config_key *key, void *place, const char *text)
{
	struct address_set set;

	return address_set_parse(text_of(text), &set) && set_text(key, place, text);
}

static bool
set_number(const struct config_key *key, void *place, const char *text)
{
	uint64_t number;

	if (!text_to_u64(text_of(text), &number) || number < key->min || number > key->max)
		return false;
	*(unsigned *)place = (unsigned)number;
	return true;
}

static bool
set_mode(const struct config_key *key, void *place, const char *text)
{
	size_t length = strlen(text);
	unsigned long mode;

	if (length < 3 || length > 4 || strspn(text, "01234567") != length)
		return false;
	mode = strtoul(text, NULL, 8);
	if (mode > key->max)
		return false;
	*(unsigned *)place = (unsigned)mode;
	return true;
}

static bool
set_bool(const struct config_key *key, void *place, const char *text)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "yes", true },
		{ "true", true },
		{ "on", true },
		{ "1", true },
		{ "no", false },
		{ "false", false },
		{ "off", false },
		{ "0", false },
	};

	(void)key;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i].word) == 0) {
			*(bool *)place = words[i].value;
			return true;
		}
	}
	return false;
}

static void
print_string(const void *place, FILE *output)
{
	const char *string = *(char *const *)place;

	if (string[0] != '\0')
		fprintf(output, " %s", string);
}

static void
print_number(const void *place, FILE *output)
{
	fprintf(output, " %u", *(const unsigned *)place);
}

static void
print_mode(const void *place, FILE *output)
{
	fprintf(output, " %04o", *(const unsigned *)place);
}

static void
print_bool(const void *place, FILE *output)
{
	fprintf(output, " %s", *(const bool *)place ? "yes" : "no");
}

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
	snprintf(
	    out, CONFIG_ALLOWED_SIZE, "an absolute path of at most %zu bytes", SOCKET_PATH_MAX);
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

/* What can be done with a value of each type; print_string marks those that own memory. */
static const struct {
	bool (*set)(const struct config_key *key, void *place, const char *text);
	void (*print)(const void *place, FILE *output);
	void (*allow)(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE]);
} types[] = {
	[CONFIG_TYPE_TEXT] = { set_text, print_string, allow_text },
	[CONFIG_TYPE_WORD] = { set_word, print_string, allow_word },
	[CONFIG_TYPE_SOCKET] = { set_socket, print_string, allow_socket },
	[CONFIG_TYPE_NUMBER] = { set_number, print_number, allow_number },
	[CONFIG_TYPE_MODE] = { set_mode, print_mode, allow_mode },
	[CONFIG_TYPE_BOOL] = { set_bool, print_bool, allow_bool },
	[CONFIG_TYPE_CHOICE] = { set_choice, print_string, allow_choice },
	[CONFIG_TYPE_LISTEN] = { set_listen, print_string, allow_listen },
	[CONFIG_TYPE_STATUS] = { set_status, print_string, allow_status },
	[CONFIG_TYPE_PATH] = { set_path, print_string, allow_path },
	[CONFIG_TYPE_ROOMS] = { set_rooms, print_string, allow_rooms },
	[CONFIG_TYPE_WHO] = { set_who, print_string, allow_who },
	[CONFIG_TYPE_ADDRESSES] = { set_addresses, print_string, allow_addresses },
};

bool
config_value_set(const struct config_key *key, void *place, const char *text)
{
	size_t length;
	bool taken;
	char *copy;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	copy = copy_of(text, length);
	taken = is_clean(copy) && types[key->type].set(key, place, copy);
	free(copy);
	return taken;
}

void
config_value_print(const struct config_key *key, const void *place, FILE *output)
{
	types[key->type].print(place, output);
}

void
config_value_free(const struct config_key *key, void *place)
{
	if (types[key->type].print != print_string)
		return;
	free(*(char **)place);
	*(char **)place = NULL;
}

void
config_value_allowed(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	types[key->type].allow(key, out);
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
