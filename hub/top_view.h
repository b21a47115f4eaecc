/*
 * What `hubctl top` shows: two samples of the hub's answer, the rates between them, and how they
 * look. Pure: answers and time in, bytes out.
 */
#ifndef HUBBUB_HUB_TOP_VIEW_H
#define HUBBUB_HUB_TOP_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "hub/admin_answer.h"

#define TOP_GATEWAYS_MAX 64u
#define TOP_ROOMS_MAX 50u

struct top_gateway {
	char name[33];
	uint64_t clients;
	bool is_known; /* it has said the rest */
	uint64_t received;
	uint64_t delivered;
	uint64_t queue_bytes;
	uint64_t behind;
};

struct top_room {
	char name[65];
	uint64_t members;
	uint64_t seq;
};

struct top_sample {
	struct now at;
	char version[33];
	uint64_t clients;
	uint64_t rooms;
	uint64_t joins;
	uint64_t messages_public;
	uint64_t messages_private;
	uint64_t commands_refused;
	struct top_gateway gateways[TOP_GATEWAYS_MAX];
	unsigned gateway_count;
	struct top_room biggest[TOP_ROOMS_MAX];
	unsigned room_count;
};

struct top_view {
	struct top_sample now;
	struct top_sample before;
	unsigned samples;
};

/* How it is to look: as many lines and columns as there are (0: no bound), and with emphasis. */
struct top_look {
	unsigned lines;
	unsigned columns;
	bool bold;
};

/* Takes the rows of an answer; false if they are not what `top` has. */
bool top_view_take(struct top_view *view, const struct admin_answer *answer, struct now now);

/* The picture for people, each line with its end. */
void top_view_print(const struct top_view *view, const struct top_look *look, struct buffer *out);

/* One object on a line of its own; rates are null in the first. */
void top_view_print_json(const struct top_view *view, struct buffer *out);

#endif
