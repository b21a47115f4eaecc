/* Addresses of chats: ws://host[:port][/path] and wss://. */
#ifndef HUBBUB_CLIENT_URL_H
#define HUBBUB_CLIENT_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"

#define URL_DEFAULT "ws://127.0.0.1:8000/ws"

/* What stands for a path that is left out. */
#define URL_DEFAULT_PATH "/ws"

/* Borrows from the text that was read. */
struct url {
	bool tls;
	struct text host; /* without the brackets of an IPv6 address */
	uint16_t port;
	struct text path; /* with its query */
};

/* NULL, or a literal for people that says what is wrong. */
const char *url_read(struct text text, struct url *url_out);

#endif
