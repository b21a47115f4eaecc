/* Takes addresses apart. Resolves nothing and connects to nothing. */
#include "client/url.h"

#include <string.h>

#define HOST_BYTES_MAX 253

static bool
take_prefix(struct text *rest, struct text prefix)
{
	if (rest->length < prefix.length || memcmp(rest->data, prefix.data, prefix.length) != 0)
		return false;
	rest->data += prefix.length;
	rest->length -= prefix.length;
	return true;
}

/* Cuts `rest` before the first of these characters and returns what was before it. */
static struct text
take_until(struct text *rest, const char *ends)
{
	struct text taken = { rest->data, 0 };

	while (taken.length < rest->length &&
	       (rest->data[taken.length] == '\0' || strchr(ends, rest->data[taken.length]) == NULL))
		taken.length++;
	rest->data += taken.length;
	rest->length -= taken.length;
	return taken;
}

/* Nothing may break out of the request's first lines. */
static bool
is_plain(struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	}
	return true;
}

static bool
read_port(struct text text, uint16_t *port_out)
{
	uint64_t port;

	if (!text_to_u64(text, &port) || port == 0 || port > UINT16_MAX)
		return false;
	*port_out = (uint16_t)port;
	return true;
}

const char *
url_read(struct text text, struct url *url_out)
{
	struct text rest = text;

	*url_out = (struct url){ .tls = false, .port = 80 };
	if (take_prefix(&rest, TEXT("wss://")))
		*url_out = (struct url){ .tls = true, .port = 443 };
	else if (!take_prefix(&rest, TEXT("ws://")))
		return "an address begins with ws:// or wss://";
	if (!is_plain(rest))
		return "an address has no blanks and nothing beyond ASCII";
	if (take_prefix(&rest, TEXT("["))) {
		url_out->host = take_until(&rest, "]");
		if (!take_prefix(&rest, TEXT("]")))
			return "the bracket of the address is not closed";
	} else {
		url_out->host = take_until(&rest, ":/?#@");
	}
	if (rest.length > 0 && (rest.data[0] == '@' || memchr(rest.data, '#', rest.length)))
		return "an address has no user and no fragment";
	if (url_out->host.length == 0 || url_out->host.length > HOST_BYTES_MAX)
		return "the address has no host";
	if (take_prefix(&rest, TEXT(":")) && !read_port(take_until(&rest, "/?"), &url_out->port))
		return "the address's port is none";
	url_out->path = rest.length > 0 ? rest : TEXT(URL_DEFAULT_PATH);
	if (url_out->path.data[0] != '/')
		return "the address's path begins with a slash";
	return NULL;
}
