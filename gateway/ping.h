/*
 * The ping wheel: who was not heard for a while gets a PING, who does not answer is lost.
 * Clients stand in two queues by time, so that a batch touches only those that are due.
 */
#ifndef HUBBUB_GATEWAY_PING_H
#define HUBBUB_GATEWAY_PING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/random.h"
#include "common/text.h"

#define PING_TOKEN_SIZE 8u

/* More of them in one second than any confused client sends. */
#define PING_STRAY_MAX 20u

/* Embedded in whatever is pinged. */
struct ping_entry {
	TAILQ_ENTRY(ping_entry) place;
	uint64_t since_ms; /* last heard, or pinged                        */
	uint64_t token;    /* of the last PING; counts once, 0: none is out */
	uint32_t stray_second;
	uint8_t strays;
	bool waiting; /* for a PONG */
};

TAILQ_HEAD(ping_queue, ping_entry);

/* What a batch decides. Neither may add to or remove from the wheel. */
struct ping_effects {
	void (*send)(void *context, struct ping_entry *entry, struct text token);
	void (*lost)(void *context, struct ping_entry *entry);
	void *context;
};

struct ping_wheel {
	uint64_t ping_ms;
	uint64_t pong_ms;
	uint64_t next_batch_ms;
	struct random_source random;
	struct ping_effects effects;
	struct ping_queue quiet; /* by last heard */
	struct ping_queue asked; /* by PING sent  */
};

void ping_wheel_init(struct ping_wheel *wheel, unsigned ping_seconds, unsigned pong_seconds,
    struct random_source random, struct ping_effects effects);

/* From now on; who was asked or heard before is judged by it, too. */
void ping_wheel_set(struct ping_wheel *wheel, unsigned ping_seconds, unsigned pong_seconds);

/* The wheel never frees entries; remove one before it goes. */
void ping_add(struct ping_wheel *wheel, struct ping_entry *entry, uint64_t now_ms);
void ping_remove(struct ping_wheel *wheel, struct ping_entry *entry);

/* A message came. */
void ping_heard(struct ping_wheel *wheel, struct ping_entry *entry, uint64_t now_ms);

/* A PING of another kind was sent to it: it is waited for like one of the wheel's. */
void ping_asked(struct ping_wheel *wheel, struct ping_entry *entry, uint64_t now_ms);

enum ping_verdict { PING_ANSWERED, PING_STRAY, PING_FLOOD };

/*
 * A PONG came: the answer to the last PING, one that nobody asked for, or one of too many such.
 */
enum ping_verdict ping_pong(
    struct ping_wheel *wheel, struct ping_entry *entry, struct text payload, uint64_t now_ms);

/* Sends and gives up what is due, at most once a second. A lost entry is reported once. */
void ping_batch(struct ping_wheel *wheel, uint64_t now_ms);

/* When the next batch has work; UINT64_MAX with nobody on the wheel. */
uint64_t ping_deadline_ms(const struct ping_wheel *wheel);

#endif
