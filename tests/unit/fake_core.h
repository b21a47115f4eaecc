/*
 * A core for tests of what operators do: the functions of hub/core.h that they
 * need, over a list that the test fills. It stands in for the real one at link
 * time.
 */
#ifndef HUBBUB_TESTS_UNIT_FAKE_CORE_H
#define HUBBUB_TESTS_UNIT_FAKE_CORE_H

#include <stddef.h>

#include "hub/core.h"
#include "hub/core_asks.h"
#include "hub/core_operator.h"

struct core {
	struct core_client_info *clients; /* in joining order; client 0: it has left */
	size_t client_count;
	unsigned gateways;  /* linked, all alike */
	struct now now;     /* of the last change */
	char who[512];      /* of the last kick */
	char text[128];     /* its reason, or what was said */
	unsigned limit;     /* rows that were asked for last */
	bool unreadable;    /* the store does not answer     */
	bool deaf;          /* no gateway can be asked        */
	uint64_t inspected; /* tokens up to here are answered */
	enum core_drain drain;
	uint32_t drain_ms; /* as was asked for last       */
	bool drains;       /* the gateway has said that it does */
	enum core_room_result room_result;
	enum core_batch batch;
	struct core_meaning meaning;
	enum core_job_state job;
	const char *job_sentence;
	struct events *events; /* made when they are asked for first */
	char asked_name[64];   /* whom a question was for             */
	uint32_t asked_level;
	bool answers; /* gateways answer questions */
	bool is_old;  /* none can be asked         */
};

/* Makes `count` clients "user 1", "user 2" ... with ids from 1; freed by fake_core_free. */
void fake_core_fill(struct core *core, size_t count);
void fake_core_free(struct core *core);

#endif
