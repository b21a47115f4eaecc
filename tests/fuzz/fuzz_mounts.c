/*
 * Mount tables and requests: a configuration's mounts and a request's path, arguments and
 * cookies. Input, a line each: the mounts, the path, the cookies, one argument, the
 * subprotocols that are offered.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/mounts.h"
#include "tests/fuzz/fuzz.h"

static struct text
next_line(struct text *rest)
{
	const char *end = rest->length == 0 ? NULL : memchr(rest->data, '\n', rest->length);
	struct text line = { rest->data, end == NULL ? rest->length : (size_t)(end - rest->data) };
	size_t used = line.length + (end != NULL);

	rest->data += used;
	rest->length -= used;
	return line;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct text rest = { (const char *)bytes, length };
	char *mounts = text_duplicate(next_line(&rest));
	struct config_listener listener = {
		.name = (char *)"fuzz", .profile = (char *)"chat", .mounts = mounts
	};
	struct text path = next_line(&rest);
	struct client_request request = { .cookies = next_line(&rest) };
	struct text argument = next_line(&rest);
	struct text subprotocols = next_line(&rest);
	struct mount_table table;
	struct text value;
	char error[256] = "";

	if (mounts == NULL)
		return 0;
	request.args = &argument;
	request.arg_count = 1;
	request.subprotocols = subprotocols;
	if (!mounts_build(&listener, dialects, &table, error, sizeof(error))) {
		if (error[0] == '\0')
			abort();
	} else if (mounts_resolve(&table, path, &request) == 0) {
		if (request.mount == NULL || !text_is_utf8(request.segment))
			abort();
		/* Whoever got one it did not offer would have to hang up. */
		if (request.mount->dialect->subprotocol != NULL &&
		    !request_offers(&request, request.mount->dialect->subprotocol))
			abort();
		if (request.segment.length > path.length)
			abort();
	}
	if (request_cookie(&request, "session", &value) && value.length > request.cookies.length)
		abort();
	if (request_arg(&request, "token", &value) && value.length > argument.length)
		abort();
	free(mounts);
	return 0;
}
