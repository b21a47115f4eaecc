/*
 * HTTP as far as a WebSocket gateway needs it: which upgrade requests are sound, and the answers we
 * write ourselves. Pure; header values come in already unfolded, bytes go out.
 */
#ifndef HUBBUB_GATEWAY_HTTP_H
#define HUBBUB_GATEWAY_HTTP_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/text.h"

enum http_answer {
	HTTP_OK = 200,
	HTTP_NOT_MODIFIED = 304,
	HTTP_BAD_REQUEST = 400,
	HTTP_UNAUTHORIZED = 401,
	HTTP_FORBIDDEN = 403,
	HTTP_NOT_FOUND = 404,
	HTTP_METHOD_NOT_ALLOWED = 405,
	HTTP_UPGRADE_REQUIRED = 426,
	HTTP_TOO_MANY_REQUESTS = 429,
	HTTP_UNAVAILABLE = 503,
};

/* Header values of one request, empty when absent. Borrowed. */
struct http_upgrade {
	bool is_get;
	bool strays;         /* what no sound request has: headers twice, PROXY lines */
	struct text version; /* "HTTP/1.1" */
	struct text host;
	struct text connection;
	struct text key;
	struct text websocket_version;
	struct text origin;
	struct text content_length;
	struct text transfer_encoding;
};

/* True if the request announces a body, which none of ours may have; a length of 0 is none. */
bool http_announces_body(struct text content_length, struct text transfer_encoding);

/*
 * 0 if the request may become a WebSocket (RFC 6455 section 4.2.1), else the status to refuse with.
 * `origins` is the blank-separated allow-list, empty for any; the word "none" in it admits requests
 * without an Origin, which only programs make.
 */
unsigned http_judge_upgrade(const struct http_upgrade *upgrade, struct text origins);

/* True if the comma-separated `list` has `token`, without regard to case. */
bool http_list_has(struct text list, struct text token);

/* Appends a complete refusal that ends the connection. */
void http_refuse(struct buffer *out, unsigned status);

/* The same, saying when to try again. */
void http_refuse_for(struct buffer *out, unsigned status, unsigned seconds);

#endif
