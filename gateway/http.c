/*
 * Judges upgrade requests and writes refusals. Stricter than the library that
 * parses the headers, which takes what RFC 6455 forbids. Must not know sockets.
 */
#include "gateway/http.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Base64 of the 16 bytes that RFC 6455 asks for. */
#define KEY_LENGTH 24

static bool
equal_ignoring_case(struct text a, struct text b)
{
	return a.length == b.length &&
	       (a.length == 0 || strncasecmp(a.data, b.data, a.length) == 0);
}

/* Cuts the next item off `rest`, which ends at `separator`; false at the end. */
static bool
next_item(struct text *rest, char separator, struct text *item_out)
{
	const char *end;

	if (rest->length == 0)
		return false;
	end = memchr(rest->data, separator, rest->length);
	item_out->data = rest->data;
	item_out->length = end == NULL ? rest->length : (size_t)(end - rest->data);
	rest->data += item_out->length;
	rest->length -= item_out->length;
	if (end != NULL) {
		rest->data++;
		rest->length--;
	}
	*item_out = text_trimmed(*item_out);
	return true;
}

bool
http_list_has(struct text list, struct text token)
{
	struct text item;

	while (next_item(&list, ',', &item)) {
		if (equal_ignoring_case(item, token))
			return true;
	}
	return false;
}

bool
http_announces_body(struct text content_length, struct text transfer_encoding)
{
	struct text length = text_trimmed(content_length);

	if (transfer_encoding.length > 0)
		return true;
	/* One known client sends "Content-Length: 0" with its upgrade. */
	return length.length > 0 && !text_equal(length, TEXT("0"));
}

static bool
key_is_sound(struct text key)
{
	key = text_trimmed(key);
	if (key.length != KEY_LENGTH || memcmp(key.data + KEY_LENGTH - 2, "==", 2) != 0)
		return false;
	for (size_t i = 0; i < KEY_LENGTH - 2; i++) {
		if (!isalnum((unsigned char)key.data[i]) && key.data[i] != '+' &&
		    key.data[i] != '/')
			return false;
	}
	return true;
}

static bool
origin_is_allowed(struct text origin, struct text origins)
{
	struct text item;

	if (text_trimmed(origins).length == 0)
		return true;
	/* Sandboxed frames and local files share the origin "null": it would admit everybody. */
	if (text_equal(origin, TEXT("null")))
		return false;
	if (origin.length == 0)
		origin = TEXT("none");
	else if (text_equal(origin, TEXT("none")))
		return false;
	while (next_item(&origins, ' ', &item)) {
		if (item.length > 0 && text_equal(item, origin))
			return true;
	}
	return false;
}

unsigned
http_judge_upgrade(const struct http_upgrade *upgrade, struct text origins)
{
	if (!upgrade->is_get)
		return HTTP_METHOD_NOT_ALLOWED;
	if (upgrade->strays || !text_equal(text_trimmed(upgrade->version), TEXT("HTTP/1.1")) ||
	    text_trimmed(upgrade->host).length == 0 ||
	    http_announces_body(upgrade->content_length, upgrade->transfer_encoding) ||
	    !http_list_has(upgrade->connection, TEXT("upgrade")) || !key_is_sound(upgrade->key))
		return HTTP_BAD_REQUEST;
	if (!text_equal(text_trimmed(upgrade->websocket_version), TEXT("13")))
		return HTTP_UPGRADE_REQUIRED;
	if (!origin_is_allowed(text_trimmed(upgrade->origin), origins))
		return HTTP_FORBIDDEN;
	return 0;
}

struct refusal {
	unsigned status;
	const char *phrase;
	const char *headers; /* beside those that every refusal has */
};

static const struct refusal refusals[] = {
	{ HTTP_BAD_REQUEST, "Bad Request", "" },
	{ HTTP_UNAUTHORIZED, "Unauthorized", "" },
	{ HTTP_FORBIDDEN, "Forbidden", "" },
	{ HTTP_NOT_FOUND, "Not Found", "" },
	{ HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed", "Allow: GET, HEAD\r\n" },
	{ HTTP_UPGRADE_REQUIRED, "Upgrade Required",
	    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" },
	{ HTTP_TOO_MANY_REQUESTS, "Too Many Requests", "" },
	{ HTTP_UNAVAILABLE, "Service Unavailable", "" },
};

static void
write_refusal(struct buffer *out, unsigned status, const char *when)
{
	const struct refusal *refusal = &refusals[0];

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].status == status)
			refusal = &refusals[i];
	}
	buffer_printf(out,
	    "HTTP/1.1 %u %s\r\n%s%sX-Content-Type-Options: nosniff\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n",
	    refusal->status, refusal->phrase, refusal->headers, when);
}

void
http_refuse(struct buffer *out, unsigned status)
{
	write_refusal(out, status, "");
}

void
http_refuse_for(struct buffer *out, unsigned status, unsigned seconds)
{
	char when[32];

	snprintf(when, sizeof(when), "Retry-After: %u\r\n", seconds);
	write_refusal(out, status, when);
}
