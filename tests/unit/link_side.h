/*
 * One side of a link under test and what its peer sends, for the tests of link.h. Time is a value
 * that the test moves.
 */
#ifndef HUBBUB_TESTS_UNIT_LINK_SIDE_H
#define HUBBUB_TESTS_UNIT_LINK_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/link.h"

/* One side under test, what it handed over, and the bytes its peer is about to send. */
struct side {
	struct link *link;
	struct now now;
	char heard[512];        /* names of the envelopes handed over, each with a blank behind */
	enum link_loss verdict; /* what the receiver says to the next ones */
	bool floods;            /* the receiver answers until its queue is full */
	struct buffer wire;
	struct envelope_decoder *decoder;
};

/* The receiver of a side, which is its context. */
enum link_loss on_envelope(void *context, const struct envelope *envelope);

struct link_limits limits(void);

void begin(struct side *side, enum link_side which);
void end(struct side *side);

/* A hub that has heard its HELLO; its answer. */
void open_hub(struct side *side);
void welcome_gateway(struct side *side);

/* What the peer says next. */
void write_hello(struct side *side, uint32_t version);
void write_welcome(struct side *side, uint32_t version);
void write_probe(struct side *side);
void write_heartbeat(struct side *side);
void write_goodbye(struct side *side);

/* It arrives in pieces of at most `piece` bytes, or as one. */
enum link_loss deliver_in(struct side *side, size_t piece);
enum link_loss deliver(struct side *side);

enum link_loss tick_after(struct side *side, uint64_t ms);

/* The names of what waits in the queue, each with a blank behind. */
void assert_output(struct side *side, const char *names);

#endif
