/* Codes that libwebsockets hides. Knows what gateways say with them, and no connection. */
#include "client/close_code.h"

#include <stddef.h>

/*
 * The library (4.1.6) knows no code from 1012 to 2999 and writes 1002 over it. A gateway gives
 * reasons with these two that it never gives with 1002.
 */
unsigned
close_code_meant(unsigned code, struct text reason)
{
	static const struct {
		const char *reason;
		unsigned code;
	} hidden[] = {
		{ "restart", CLOSE_RESTART },
		{ "full", CLOSE_LATER },
		{ "slow reader", CLOSE_LATER },
		{ "no memory", CLOSE_LATER },
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (code == CLOSE_PROTOCOL && text_equal(reason, text_of(hidden[i].reason)))
			return hidden[i].code;
	}
	return code;
}
