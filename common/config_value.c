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

static bool
set_string(void *place, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL) {
		fprintf(stderr, "no memory for the configuration\n");
		abort();
	}
	free(*(char **)place);
	*(char **)place = copy;
	return true;
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
set_bool(void *place, const char *text)
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

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i].word) == 0) {
			*(bool *)place = words[i].value;
			return true;
		}
	}
	return false;
}

static bool
set_trimmed(const struct config_key *key, void *place, const char *text)
{
	switch (key->type) {
	case CONFIG_TYPE_TEXT:
		return strlen(text) <= key->max && set_string(place, text);
	case CONFIG_TYPE_WORD:
		return config_is_word(text, key->max) && set_string(place, text);
	case CONFIG_TYPE_SOCKET:
		return is_socket_path(text) && set_string(place, text);
	case CONFIG_TYPE_NUMBER:
		return set_number(key, place, text);
	case CONFIG_TYPE_MODE:
		return set_mode(key, place, text);
	case CONFIG_TYPE_BOOL:
		return set_bool(place, text);
	case CONFIG_TYPE_CHOICE:
		return is_choice(key, text) && set_string(place, text);
	case CONFIG_TYPE_LISTEN:
		return is_host_and_port(text, false) && set_string(place, text);
	case CONFIG_TYPE_STATUS:
		return is_status(text) && set_string(place, text);
	}
	return false;
}

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
	copy = strndup(text, length);
	if (copy == NULL)
		return false;
	taken = is_clean(copy) && set_trimmed(key, place, copy);
	free(copy);
	return taken;
}

static bool
is_string(const struct config_key *key)
{
	return key->type != CONFIG_TYPE_NUMBER && key->type != CONFIG_TYPE_MODE &&
	       key->type != CONFIG_TYPE_BOOL;
}

void
config_value_print(const struct config_key *key, const void *place, FILE *output)
{
	if (key->type == CONFIG_TYPE_BOOL)
		fprintf(output, " %s", *(const bool *)place ? "yes" : "no");
	else if (key->type == CONFIG_TYPE_MODE)
		fprintf(output, " %04o", *(const unsigned *)place);
	else if (key->type == CONFIG_TYPE_NUMBER)
		fprintf(output, " %u", *(const unsigned *)place);
	else if (**(char *const *)place != '\0')
		fprintf(output, " %s", *(char *const *)place);
}

void
config_value_free(const struct config_key *key, void *place)
{
	if (!is_string(key))
		return;
	free(*(char **)place);
	*(char **)place = NULL;
}

static void
describe_choices(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
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

void
config_value_allowed(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE])
{
	switch (key->type) {
	case CONFIG_TYPE_TEXT:
		snprintf(out, CONFIG_ALLOWED_SIZE, "a text of at most %u bytes", key->max);
		return;
	case CONFIG_TYPE_WORD:
		snprintf(out, CONFIG_ALLOWED_SIZE, "a name of 1 to %u letters, digits, '_' and '-'",
		    key->max);
		return;
	case CONFIG_TYPE_SOCKET:
		snprintf(out, CONFIG_ALLOWED_SIZE, "an absolute path of at most %zu bytes",
		    SOCKET_PATH_MAX);
		return;
	case CONFIG_TYPE_NUMBER:
		snprintf(
		    out, CONFIG_ALLOWED_SIZE, "a whole number from %u to %u", key->min, key->max);
		return;
	case CONFIG_TYPE_MODE:
		snprintf(out, CONFIG_ALLOWED_SIZE, "an octal mode such as 0660");
		return;
	case CONFIG_TYPE_BOOL:
		snprintf(out, CONFIG_ALLOWED_SIZE, "yes or no");
		return;
	case CONFIG_TYPE_CHOICE:
		describe_choices(key, out);
		return;
	case CONFIG_TYPE_LISTEN:
		snprintf(out, CONFIG_ALLOWED_SIZE,
		    "a numeric address and port such as 127.0.0.1:8000 or [::1]:8000");
		return;
	case CONFIG_TYPE_STATUS:
		snprintf(out, CONFIG_ALLOWED_SIZE,
		    "a socket such as unix:/run/hubbub/status.sock, a loopback address such as "
		    "127.0.0.1:9100, or empty");
		return;
	}
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
