/*
 * libevent with a libuv loop nested in it. Owns the order of a turn and the
 * only wait of the process; must not know what the events are about.
 */
#include "gateway/loop.h"

#include <event2/event.h>
#include <limits.h>
#include <stdlib.h>
#include <uv.h>

#include "common/clock.h"

/* Passes of the nested loop in one turn: who floods must not keep the others waiting. */
#define PASSES_MAX 8

/* Passes given to the nested loop to close its handles before it is abandoned. */
#define CLOSING_PASSES 4096

struct deferred {
	void (*call)(void *context);
	void *context;
};

struct loop {
	struct event_base *base;
	uv_loop_t nested;
	struct event *nested_ready;
	struct event *alarm;
	struct loop_work work;
	struct deferred *deferred;
	size_t deferred_count;
	size_t deferred_capacity;
	uint64_t turn_began_us; /* 0 between two turns */
	bool again;
	bool read_on;
	bool stopped;
};

/* Waking up is all that is wanted: the turn runs the nested loop anyway. */
static void
on_wake(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

struct loop *
loop_create(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	if (uv_loop_init(&loop->nested) != 0) {
		free(loop);
		return NULL;
	}
	loop->base = event_base_new();
	if (loop->base != NULL) {
		loop->alarm = evtimer_new(loop->base, on_wake, NULL);
		loop->nested_ready = event_new(
		    loop->base, uv_backend_fd(&loop->nested), EV_READ | EV_PERSIST, on_wake, NULL);
	}
	if (loop->alarm == NULL || loop->nested_ready == NULL ||
	    event_add(loop->nested_ready, NULL) != 0)
		loop_destroy(&loop);
	return loop;
}

void
loop_settle(struct loop *loop)
{
	for (int i = 0; i < CLOSING_PASSES && uv_loop_alive(&loop->nested); i++)
		uv_run(&loop->nested, UV_RUN_NOWAIT);
}

void
loop_destroy(struct loop **loop)
{
	struct loop *doomed = *loop;

	if (doomed == NULL)
		return;
	*loop = NULL;
	loop_settle(doomed);
	(void)uv_loop_close(&doomed->nested);
	if (doomed->nested_ready != NULL)
		event_free(doomed->nested_ready);
	if (doomed->alarm != NULL)
		event_free(doomed->alarm);
	if (doomed->base != NULL)
		event_base_free(doomed->base);
	free(doomed->deferred);
	free(doomed);
}

struct event_base *
loop_base(struct loop *loop)
{
	return loop->base;
}

void *
loop_nested(struct loop *loop)
{
	return &loop->nested;
}

void
loop_set_work(struct loop *loop, struct loop_work work)
{
	loop->work = work;
}

void
loop_turn_begins(struct loop *loop)
{
	if (loop->turn_began_us == 0)
		loop->turn_began_us = clock_mono_us();
}

uint64_t
loop_turn_us(const struct loop *loop)
{
	return clock_mono_us() - loop->turn_began_us;
}

bool
loop_defer(struct loop *loop, void (*call)(void *context), void *context)
{
	if (loop->deferred_count == loop->deferred_capacity) {
		size_t capacity = loop->deferred_capacity == 0 ? 16 : loop->deferred_capacity * 2;
		struct deferred *grown = reallocarray(loop->deferred, capacity, sizeof(*grown));

		if (grown == NULL)
			return false;
		loop->deferred = grown;
		loop->deferred_capacity = capacity;
	}
	loop->deferred[loop->deferred_count++] = (struct deferred){ call, context };
	return true;
}

void
loop_again(struct loop *loop)
{
	loop->again = true;
}

void
loop_read_on(struct loop *loop)
{
	loop->read_on = true;
}

void
loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

/* What is deferred meanwhile waits for the next turn: no two calls can keep each other going. */
static void
run_deferred(struct loop *loop)
{
	size_t count = loop->deferred_count;

	for (size_t i = 0; i < count; i++) {
		struct deferred next = loop->deferred[i];

		next.call(next.context);
	}
	loop->deferred_count -= count;
	for (size_t i = 0; i < loop->deferred_count; i++)
		loop->deferred[i] = loop->deferred[count + i];
}

static void
run_nested(struct loop *loop)
{
	int passes = 0;

	do {
		loop->read_on = false;
		uv_run(&loop->nested, UV_RUN_NOWAIT);
	} while (loop->read_on && ++passes < PASSES_MAX);
}

/* Milliseconds that nothing is due for. */
static uint64_t
sleep_at_most(struct loop *loop)
{
	uint64_t wait = UINT64_MAX;
	uint64_t due;
	int nested;

	if (loop->again || loop->deferred_count > 0)
		return 0;
	/* A libuv loop without handles answers 0 for "nothing to wait for". */
	nested = uv_loop_alive(&loop->nested) ? uv_backend_timeout(&loop->nested) : -1;
	if (nested >= 0)
		wait = (uint64_t)nested;
	if (loop->work.deadline != NULL) {
		due = loop->work.deadline(loop->work.context);
		if (due < wait)
			wait = due;
	}
	return wait;
}

static void
wait_and_dispatch(struct loop *loop)
{
	uint64_t wait = sleep_at_most(loop);
	struct timeval interval;

	if (wait == 0) {
		event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		return;
	}
	if (wait < INT_MAX) {
		interval = clock_timeval(wait);
		evtimer_add(loop->alarm, &interval);
	}
	event_base_loop(loop->base, EVLOOP_ONCE);
	evtimer_del(loop->alarm);
}

void
loop_run(struct loop *loop)
{
	while (!loop->stopped) {
		/*
		 * The nested loop comes after libevent's events and before the wait: it reads what
		 * its descriptors have and tells the kernel what it waits for next.
		 */
		loop->again = false;
		loop_turn_begins(loop);
		run_nested(loop);
		run_deferred(loop);
		if (loop->work.turn != NULL)
			loop->work.turn(loop->work.context);
		loop->turn_began_us = 0;
		if (!loop->stopped)
			wait_and_dispatch(loop);
	}
}
