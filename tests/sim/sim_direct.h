/*
 * A fake client of the direct dialect: no ids, no positions, and PONGs as its only receipts, which
 * it gives, holds back or takes along to the grave.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_DIRECT_H
#define HUBBUB_TESTS_SIM_SIM_DIRECT_H

#include "sim_book.h"
#include "sim_log.h"
#include "sim_socket.h"

#define SIM_DIRECT_NUMBERS 1024u
#define SIM_DIRECT_SPANS 256u

/* Gateways: what one user says through different ones may overtake each other. */
#define SIM_WAYS 2u

/* What became of one message at its recipient. */
enum sim_receipt {
	SIM_UNHEARD,
	SIM_HEARD,  /* on this connection, no PING behind it yet */
	SIM_PINGED, /* and it is covered by the PING that is out */
	SIM_PONGED, /* and the answer was said                   */
	SIM_FINAL,  /* and the hub has it: never to be heard again */
	SIM_BEFORE, /* on an earlier connection; may come again  */
};

/* Of what one connection said from `first` to `last`, at least so many are stored. */
struct sim_span {
	unsigned first;
	unsigned last;
	unsigned stored;
};

struct sim_direct {
	struct sim_socket socket;
	unsigned number; /* its user is "d<number>" */
	struct sim_book *book;
	uint8_t receipts[SIM_DIRECTS][SIM_DIRECT_NUMBERS]; /* by sender */
	unsigned last[SIM_DIRECTS][SIM_WAYS]; /* heard on this connection, by sender and gateway */
	unsigned first_here;
	unsigned infos_here;
	unsigned errors_here;
	struct sim_span spans[SIM_DIRECT_SPANS];
	unsigned span_count;
	struct sim_log heard;
};

void sim_direct_init(
    struct sim_direct *direct, unsigned number, struct sim_book *book, struct random_source random);
void sim_direct_free(struct sim_direct *direct);

void sim_direct_came(struct sim_direct *direct);
/* `alive`: all that can be answered was: what is not refused is stored. */
void sim_direct_gone(struct sim_direct *direct, bool alive);

/* The store refuses: receipts that are under way may come to nothing. */
void sim_direct_doubts(struct sim_direct *direct);

/* All is quiet and nothing broke since: what was acknowledged is so for good. */
void sim_direct_final(struct sim_direct *direct);

#endif
