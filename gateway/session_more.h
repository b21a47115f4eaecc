/*
 * What only some clients need - many rooms, catching up, receipts - in memory of its own, so that
 * the others cost no more without it. For session.h.
 */
#ifndef HUBBUB_GATEWAY_SESSION_MORE_H
#define HUBBUB_GATEWAY_SESSION_MORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "gateway/fanout.h"
#include "gateway/positions.h"
#include "gateway/receipts.h"
#include "gateway/session_api.h"

/* A room of a client that may be in many. */
struct session_room {
	struct membership membership;
	TAILQ_ENTRY(session_room) place;
	TAILQ_ENTRY(session_room) waiting; /* in position->waiting, if `ahead` */
	struct room_position *position;    /* held while it is a member, else NULL  */
	struct position heard;             /* by this client, until it is in the channel */
	uint64_t users_version;            /* of the roster's room when `joined` was said */
	bool asked;                        /* a JOIN is to be answered to the dialect */
	bool leaving;                      /* and a LEAVE */
	bool hearing;                      /* session_hear was said */
	bool fetched;                      /* `heard` is a place that the hub knows */
	bool ahead;                        /* it waits for the room to come as far */
	bool unsaid;                       /* the present link was not told of it  */
	size_t name_length;
	char name[];
};

/* What a FETCH under way is for. */
enum fetch_job {
	FETCH_FOR_NOBODY, /* whoever wanted it is gone       */
	FETCH_FOR_INBOX,
	FETCH_FOR_ROOM,    /* this client catches up         */
	FETCH_FOR_CHANNEL, /* all members here, on this link */
	FETCH_FOR_HISTORY,
};

/* What only some sessions need; allocated when it is. */
struct session_more {
	struct session_room_list rooms; /* in the order of joining */
	unsigned room_count;
	uint64_t fetch_token; /* of the FETCH under way, 0: none */
	enum fetch_job fetch_job;
	struct session_room *fetch_room;
	struct room_position *fetch_channel;
	char *history_room; /* asked for and not yet fetched, else NULL */
	uint64_t history_before;
	unsigned history_limit;
	uint64_t list_token; /* of the LIST under way, 0: none */
	uint64_t typed_ms;   /* monotonic, 0: never            */
	struct receipts receipts;
	TAILQ_ENTRY(session_more) resting; /* in sessions->resting */
	uint64_t rests_until_ms;           /* monotonic; no FETCH before, 0: it may */
	bool wants_fetch;                  /* some of the above may be next */
	bool inbox_behind;                 /* something in the inbox was missed */
	bool fetch_cut;                    /* more came than its queue could hold */
};

#endif
