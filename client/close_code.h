/* The codes of a CLOSE that a client acts upon (RFC 6455 section 7.4, IANA registry). */
#ifndef HUBBUB_CLIENT_CLOSE_CODE_H
#define HUBBUB_CLIENT_CLOSE_CODE_H

#include "common/text.h"

enum close_code {
	CLOSE_PROTOCOL = 1002,
	CLOSE_POLICY = 1008,
	CLOSE_RESTART = 1012,
	CLOSE_LATER = 1013,
};

/* What the server sent, of a code as libwebsockets hands it over and the reason beside it. */
unsigned close_code_meant(unsigned code, struct text reason);

#endif
