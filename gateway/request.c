/*
 * Arguments, cookies and subprotocols of a request. Must not know what they mean.
 */
#include "gateway/request.h"

#include <string.h>

bool
request_arg(const struct client_request *request, const char *key, struct text *value_out)
{
	size_t key_length = strlen(key);

	for (size_t i = 0; i < request->arg_count; i++) {
		struct text arg = request->args[i];

		if (arg.length <= key_length || memcmp(arg.data, key, key_length) != 0 ||
		    arg.data[key_length] != '=')
			continue;
		value_out->data = arg.data + key_length + 1;
		value_out->length = arg.length - key_length - 1;
		return true;
	}
	return false;
}

bool
request_cookie(const struct client_request *request, const char *name, struct text *value_out)
{
	struct text rest = request->cookies;
	size_t name_length = strlen(name);

	while (rest.length > 0) {
		const char *end = memchr(rest.data, ';', rest.length);
		size_t cut = end == NULL ? rest.length : (size_t)(end - rest.data);
		struct text pair = text_trimmed((struct text){ rest.data, cut });

		if (pair.length > name_length && memcmp(pair.data, name, name_length) == 0 &&
		    pair.data[name_length] == '=') {
			value_out->data = pair.data + name_length + 1;
			value_out->length = pair.length - name_length - 1;
			return true;
		}
		cut += end != NULL;
		rest.data += cut;
		rest.length -= cut;
	}
	return false;
}

bool
request_offers(const struct client_request *request, const char *subprotocol)
{
	struct text rest = request->subprotocols;

	while (subprotocol != NULL && rest.length > 0) {
		const char *end = memchr(rest.data, ',', rest.length);
		size_t cut = end == NULL ? rest.length : (size_t)(end - rest.data);

		/* To the letter: a browser refuses an answer that is not one of its own words. */
		if (text_equal(text_trimmed((struct text){ rest.data, cut }), text_of(subprotocol)))
			return true;
		cut += end != NULL;
		rest.data += cut;
		rest.length -= cut;
	}
	return false;
}
