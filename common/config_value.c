/*
 * The types of settings: how each is read, written and described. Knows
 * neither which settings there are nor where their text comes from.
 */
#include "common/config_value.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/address.h"
#include "common/names.h"
#include "common/secret_file.h"
#include "common/text.h"

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
	return text[0] == '/' && strlen(text) <= CONFIG_SOCKET_PATH_MAX;
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
set_secret_file(const struct config_key *key, void *place, const char *text)
{
	(void)key;
	return (text[0] == '\0' || secret_file_is_name(text)) && keep(place, text);
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

/* What can be done with a value of each type; print_string marks those that own memory. */
static const struct {
	bool (*set)(const struct config_key *key, void *place, const char *text);
	void (*print)(const void *place, FILE *output);
} types[] = {
	[CONFIG_TYPE_TEXT] = { set_text, print_string },
	[CONFIG_TYPE_WORD] = { set_word, print_string },
	[CONFIG_TYPE_SOCKET] = { set_socket, print_string },
	[CONFIG_TYPE_NUMBER] = { set_number, print_number },
	[CONFIG_TYPE_MODE] = { set_mode, print_mode },
	[CONFIG_TYPE_BOOL] = { set_bool, print_bool },
	[CONFIG_TYPE_CHOICE] = { set_choice, print_string },
	[CONFIG_TYPE_LISTEN] = { set_listen, print_string },
	[CONFIG_TYPE_STATUS] = { set_status, print_string },
	[CONFIG_TYPE_PATH] = { set_path, print_string },
	[CONFIG_TYPE_ROOMS] = { set_rooms, print_string },
	[CONFIG_TYPE_WHO] = { set_who, print_string },
	[CONFIG_TYPE_ADDRESSES] = { set_addresses, print_string },
	[CONFIG_TYPE_SECRET_FILE] = { set_secret_file, print_string },
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

static bool
is_string(const struct config_key *key)
{
	return types[key->type].print == print_string;
}

static size_t
size_of(const struct config_key *key)
{
	if (is_string(key))
		return sizeof(char *);
	return types[key->type].print == print_bool ? sizeof(bool) : sizeof(unsigned);
}

bool
config_value_equal(const struct config_key *key, const void *one, const void *other)
{
	if (is_string(key))
		return strcmp(*(char *const *)one, *(char *const *)other) == 0;
	return memcmp(one, other, size_of(key)) == 0;
}

void
config_value_copy(const struct config_key *key, void *to, const void *from)
{
	if (is_string(key))
		(void)keep(to, *(char *const *)from);
	else
		memcpy(to, from, size_of(key));
}

void
config_value_swap(const struct config_key *key, void *one, void *other)
{
	char between[sizeof(char *)];

	memcpy(between, one, size_of(key));
	memcpy(one, other, size_of(key));
	memcpy(other, between, size_of(key));
}

void
config_value_free(const struct config_key *key, void *place)
{
	if (!is_string(key))
		return;
	free(*(char **)place);
	*(char **)place = NULL;
}
