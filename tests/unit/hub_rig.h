/*
 * A hub core on a bench: a store that completes when the test says so, links that keep what is
 * said to each gateway, time that the test moves.
 */
#ifndef HUBBUB_TESTS_UNIT_HUB_RIG_H
#define HUBBUB_TESTS_UNIT_HUB_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/core.h"
#include "tests/store_double.h"

struct rig {
	struct core *core;
	struct store_double store;
	struct bus bus;
	uint64_t bus_seqs[64];
	unsigned bus_count;
	uint64_t seed;
	struct now now;
	struct envelope_decoder *decoder;
	struct buffer sent[CORE_GATEWAYS_MAX];
	size_t heard[CORE_GATEWAYS_MAX];
	enum link_loss dropped[CORE_GATEWAYS_MAX];
	uint64_t hub_epoch; /* of the last WELCOME that rig_gateway saw */
	struct core_limits limits;
	int64_t pid;      /* of the next link's process */
	int64_t ended[4]; /* pids of processes that have surely ended */
};

/* Limits of a rig: 4 gateways, 1000 clients, 100 bytes of content, 40 of a name, 2 s to settle. */
struct core_limits rig_limits(void);

void rig_start(struct rig *rig, struct core_limits limits);
void rig_stop(struct rig *rig);

/*
 * The hub dies with the batches that wait but for the first `kept`, and starts again; what was
 * said before is forgotten.
 */
void rig_restart(struct rig *rig, unsigned kept);

/* Moves time on and ends the turn. */
void rig_turn(struct rig *rig, uint64_t ms);

/* Lets the batches that wait complete, then ends a turn. */
void rig_complete(struct rig *rig, bool committed);

/* Tells the end of the oldest batch that waits, within the turn that follows. */
void rig_complete_one(struct rig *rig, bool committed);

/* One envelope from a gateway, outside of any turn's end. */
enum link_loss rig_say(
    struct rig *rig, unsigned slot, enum envelope_kind kind, const struct envelope *envelope);

/* rig_say(rig, slot, OPEN, open, .conn = 1): builds the envelope in place; must be taken. */
#define RIG_SAY(rig, slot, NAME, name, ...)                                                     \
	assert_int_equal(                                                                       \
	    rig_say(rig, slot, ENVELOPE_##NAME, &(struct envelope){ .name = { __VA_ARGS__ } }), \
	    LINK_ALIVE)
#define RIG_REFUSED(rig, slot, why, NAME, name, ...)                                            \
	assert_int_equal(                                                                       \
	    rig_say(rig, slot, ENVELOPE_##NAME, &(struct envelope){ .name = { __VA_ARGS__ } }), \
	    why)

/* A link that has said nothing. */
unsigned rig_link(struct rig *rig);

/* HELLO of a gateway that knew a hub of `hub_epoch` (0: none) and so many gateways. */
void rig_hello(struct rig *rig, unsigned slot, const char *name, uint64_t epoch, uint64_t hub_epoch,
    unsigned known);

/* A gateway, linked, attached and told everything; all gateways' frames are forgotten. */
unsigned rig_gateway(struct rig *rig, const char *name);

/* A client in the lobby; its client_id. All gateways' frames are forgotten. */
uint32_t rig_client(struct rig *rig, unsigned slot, uint64_t conn, const char *name);

/* The next envelope said to a gateway; its texts live until the next turn. False: no more. */
bool rig_next(struct rig *rig, unsigned slot, struct envelope *envelope_out);

/* The next one, which must be of that kind. */
struct envelope rig_hear(struct rig *rig, unsigned slot, enum envelope_kind kind);

/* Nothing more was said to that gateway. */
void rig_silent(struct rig *rig, unsigned slot);

/* Bytes said and not heard yet. */
size_t rig_unheard(const struct rig *rig, unsigned slot);

/* Forgets what was said to anyone. */
void rig_forget(struct rig *rig);

#define assert_text(text, string) assert_true(text_equal(text, text_of(string)))

#endif
