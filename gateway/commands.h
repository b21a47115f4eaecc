/*
 * Commands on their way: numbered here, sent to the hub, each waiting for its outcome. The frame
 * is kept, so that the outcome is handed out with the command and a lost link can be made good.
 */
#ifndef HUBBUB_GATEWAY_COMMANDS_H
#define HUBBUB_GATEWAY_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

/* Bytes of all commands that wait, and of what is kept of senders that are gone. */
#define COMMANDS_BYTES_MAX (16u * 1024u * 1024u)

/* Once taken, the frame is the taker's to free. */
struct command {
	uint64_t number;
	uint64_t conn;
	char *frame; /* whole, with its length before it */
	size_t length;
	uint64_t since_ms; /* when it was given */
};

/* Numbers rise without a gap, so a command's place follows from its number. */
struct commands {
	struct command *ring; /* places of answered ones have no frame */
	size_t capacity;      /* a power of two, or 0                  */
	uint64_t first;       /* the lowest number not yet answered    */
	uint64_t next;        /* the number of the next command        */
	size_t bytes;
	unsigned waiting;
};

void commands_init(struct commands *commands);
void commands_free(struct commands *commands);

/* The number that the next command gets, if it is added. */
uint64_t commands_next(const struct commands *commands);

/*
 * Keeps a copy of the frame of command commands_next(). False, with nothing changed, without
 * memory, past COMMANDS_BYTES_MAX, or with `max` numbers between the oldest that waits and this
 * one.
 */
bool commands_add(
    struct commands *commands, uint64_t conn, struct text frame, uint64_t now_ms, unsigned max);

/* False for a number that does not wait: answered before, or never given. */
bool commands_take(struct commands *commands, uint64_t number, struct command *command_out);

/*
 * The oldest that waits stays; false if none does. To hold and send again, walk with
 * commands_after.
 */
const struct command *commands_oldest(const struct commands *commands);
const struct command *commands_after(const struct commands *commands, uint64_t number);

/*
 * Counts other memory that is needed for them among their bytes; false past COMMANDS_BYTES_MAX. And
 * no longer.
 */
bool commands_charge(struct commands *commands, size_t bytes);
void commands_refund(struct commands *commands, size_t bytes);

void command_free(struct command *command);

#endif
