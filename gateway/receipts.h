/*
 * Receipts by PONG, for clients that cannot say what they received: one PING at a time stands
 * behind what was sent of an inbox, its payload names the highest seq, and only a PONG with just
 * that payload counts. Receipts are gathered for a moment, since the hub stores each lot at once.
 */
#ifndef HUBBUB_GATEWAY_RECEIPTS_H
#define HUBBUB_GATEWAY_RECEIPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/random.h"
#include "common/text.h"

/* "<seq>.<8 hex digits>": 20 digits at most, and a NUL. */
#define RECEIPT_TOKEN_SIZE 32u

/* Embedded in whatever gives receipts; all zero is one that was sent nothing. */
struct receipts {
	TAILQ_ENTRY(receipts) place;
	TAILQ_ENTRY(receipts) gathered;
	uint64_t conn; /* whose they are                            */
	uint64_t sent; /* highest seq sent                          */
	uint64_t out;  /* that the PING under way names, 0: none is */
	uint64_t asked_ms;
	uint64_t got; /* what the hub has to be told, 0: nothing  */
	uint32_t salt;
	bool due; /* more was sent than was asked for; in the list of these */
};

TAILQ_HEAD(receipts_list, receipts);

struct receipts_desk {
	uint64_t pong_ms;
	uint64_t gather_ms; /* how long the first of a lot waits for others */
	uint64_t tell_ms;   /* when the gathered ones are due               */
	struct random_source random;
	struct receipts_list due;
	struct receipts_list asked; /* by time */
	struct receipts_list gathered;
};

void receipts_desk_init(
    struct receipts_desk *desk, unsigned pong_seconds, struct random_source random);

/* From now on, for PINGs that are out as well. */
void receipts_desk_set(struct receipts_desk *desk, unsigned pong_seconds);

/* Up to `seq` was sent: a PING is due at the end of the turn, or once the last is answered. */
void receipts_sent(struct receipts_desk *desk, struct receipts *receipts, uint64_t seq);

/* The next that is due, with the payload of its PING; NULL if none is. */
struct receipts *receipts_ask(
    struct receipts_desk *desk, uint64_t now_ms, char token[RECEIPT_TOKEN_SIZE]);

/* The seq that a PONG is the receipt for, which is gathered; 0 if it is none. */
uint64_t receipts_answered(
    struct receipts_desk *desk, struct receipts *receipts, struct text payload, uint64_t now_ms);

/* Once the lot is due, the next of it, to be taken out with receipts_take; NULL if none is. */
struct receipts *receipts_gathered(const struct receipts_desk *desk, uint64_t now_ms);

/* Up to where the hub has to be told that it received; 0: nothing new. It counts as told. */
uint64_t receipts_take(struct receipts_desk *desk, struct receipts *receipts);

/* One that did not answer in time, once; NULL if none is. */
struct receipts *receipts_lost(struct receipts_desk *desk, uint64_t now_ms);

/* When receipts_lost or receipts_gathered has one; UINT64_MAX for never. */
uint64_t receipts_deadline_ms(const struct receipts_desk *desk);

/* It goes, and what was gathered of it is not told. */
void receipts_remove(struct receipts_desk *desk, struct receipts *receipts);

#endif
