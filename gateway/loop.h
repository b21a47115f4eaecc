/*
 * The gateway's event loop: libevent outside, libuv (which libwebsockets runs on) nested in it. One
 * turn is: everything that is ready in both, the deferred calls, then the turn's own work, once.
 */
#ifndef HUBBUB_GATEWAY_LOOP_H
#define HUBBUB_GATEWAY_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct loop;

/* What is done at the end of every turn, and when a turn is next needed without any event. */
struct loop_work {
	void (*turn)(void *context);
	/* Milliseconds from now; 0 for at once, UINT64_MAX for never. */
	uint64_t (*deadline)(void *context);
	void *context;
};

/* NULL if the system refuses (memory, descriptors). */
struct loop *loop_create(void);

/* Runs what the nested loop still has to close, then frees both. Deferred calls are forgotten. */
void loop_destroy(struct loop **loop);

/* For those who bring events of their own. Borrowed. */
struct event_base *loop_base(struct loop *loop);

/* The uv_loop_t, as libwebsockets takes it. Borrowed. */
void *loop_nested(struct loop *loop);

void loop_set_work(struct loop *loop, struct loop_work work);

/*
 * An event of the base is handled that belongs to the turn now beginning: to be called where such
 * events cost time. The nested loop's events need no such call.
 */
void loop_turn_begins(struct loop *loop);

/* Microseconds since the present turn began. */
uint64_t loop_turn_us(const struct loop *loop);

/* Calls later in this turn or in the next, never from within. False without memory. */
bool loop_defer(struct loop *loop, void (*call)(void *context), void *context);

/*
 * Must follow every change of interest in a nested descriptor that was made outside of the nested
 * loop's own callbacks: libuv tells the kernel only when it runs, before which nobody may sleep.
 */
void loop_again(struct loop *loop);

/*
 * From a nested event: it took only a part of what was ready. The nested loop runs again in this
 * turn, a few times at most, so that the turn's own work is done for more at once.
 */
void loop_read_on(struct loop *loop);

/* Runs the nested loop alone until nothing is left in it, within bounds: for an end in order. */
void loop_settle(struct loop *loop);

/* Until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
