/*
 * What a client asked for when it came: the upgrade request as far as dialects and mounts see it.
 */
#ifndef HUBBUB_GATEWAY_REQUEST_H
#define HUBBUB_GATEWAY_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

struct admission_place;
struct dialect;
struct mount;

/* Who a token proves its bearer to be. Texts are borrowed; without a user there is no proof. */
struct proof {
	struct text user;
	struct text name;
	int64_t ends_s; /* wall clock: it is worth nothing from then on */
};

/*
 * What the upgrade request said; borrowed. The HTTP library has already percent-decoded
 * path and query and turned '+' into a blank; decoding again would let %2541 pass for A.
 */
struct client_request {
	const struct mount *mount;
	const struct dialect *dialect; /* the mount's */
	bool verified;                 /* the mount's clients have to prove who they are    */
	struct proof proof;            /* what the request proves                           */
	struct text segment;           /* what filled the pattern's {...}, or empty     */
	const struct text *args;       /* "key=value", split at '&' before the decoding */
	size_t arg_count;
	struct text cookies;           /* raw Cookie header                             */
	struct text authorization;     /* raw Authorization header                     */
	struct text subprotocols;      /* offered, comma-separated                      */
	struct text address;           /* the client's, for people                      */
	struct admission_place *place; /* of that; NULL: it is not counted             */
};

/* The value of a query argument, borrowed; false if absent. The first of several counts. */
bool request_arg(const struct client_request *request, const char *key, struct text *value_out);

/* The value of a cookie as sent, borrowed; false if absent. */
bool request_cookie(const struct client_request *request, const char *name, struct text *value_out);

/* True if `subprotocol` is among those that the client offers; NULL never is. */
bool request_offers(const struct client_request *request, const char *subprotocol);

#endif
