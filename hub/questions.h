/*
 * Gateways' questions that wait for their turn: copies, answered in the order each gateway asked,
 * one gateway after the other. Bounded for each gateway and for each of its clients.
 */
#ifndef HUBBUB_HUB_QUESTIONS_H
#define HUBBUB_HUB_QUESTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/envelope.h"

#define QUESTIONS_SLOTS 64

/* Clients counted at once have this many numbers between them; two may share one. */
#define QUESTIONS_COUNTED 4096u

struct question {
	unsigned slot;
	uint32_t client;
	struct envelope envelope; /* FETCH or LIST; its text is in the same block of memory */
	struct question *next;
};

struct question_list {
	struct question *first;
	struct question **end;
	unsigned count;
};

struct questions {
	struct question_list lists[QUESTIONS_SLOTS];
	uint64_t waiting; /* slots that have some, as bits */
	unsigned next;    /* the slot whose turn is next   */
	uint16_t of_clients[QUESTIONS_COUNTED];
};

void questions_init(struct questions *questions);
void questions_clear(struct questions *questions);

/*
 * Keeps a copy. False beyond `count_max` of the gateway, beyond `client_max` of the client, or
 * without memory.
 */
bool questions_add(struct questions *questions, unsigned slot, uint32_t client, unsigned count_max,
    unsigned client_max, const struct envelope *envelope);

/* The next one of those slots, now the caller's to free(); NULL if there is none. */
struct question *questions_take(struct questions *questions, uint64_t slots);

/* Forgets what a gateway asked. */
void questions_forget(struct questions *questions, unsigned slot);

#endif
