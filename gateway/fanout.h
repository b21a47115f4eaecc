/*
 * Fan-out: what is said in a room is rendered and framed once per dialect that has members
 * here, into the open slab of a channel (room x dialect); at the end of the turn each member is
 * handed the range it has to hear.
 */
#ifndef HUBBUB_GATEWAY_FANOUT_H
#define HUBBUB_GATEWAY_FANOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/text.h"
#include "gateway/dialect.h"
#include "gateway/gateway_metrics.h"
#include "gateway/presence_budget.h"
#include "gateway/slab.h"
#include "gateway/user_list.h"

struct channel;
struct fanout;
struct fanout_room;

/* Embedded in a session: its place in one channel. */
struct membership {
	struct session *session;
	struct channel *channel; /* NULL: in none                              */
	uint32_t index;          /* in the channel's members                   */
	uint32_t mark;           /* from where in the open slab it has to hear */
	uint64_t ordinal;        /* in joining order, 0 before the hub gave one */
};

/* What notices.c and crowd.c remember of a channel. */
struct channel_lists {
	TAILQ_ENTRY(channel) place;
	struct user_list entries;
	uint64_t due_ms;      /* the list to all, however dear                     */
	uint64_t try_ms;      /* not before                                        */
	uint64_t cost;        /* of the list when it was last rendered             */
	uint64_t interval_ms; /* when the interval of notices ends                 */
	uint64_t joined;      /* in it, and not told one by one                    */
	uint64_t left;
	uint64_t version; /* of the list that all have, or are about to have   */
	uint64_t turn_ms; /* when lists go on from member to member            */
	size_t summary_bytes;
	unsigned said;    /* notices of this interval                          */
	uint32_t turn;    /* members below this one are still to be looked at  */
	uint32_t awaited; /* became a member; its ENTERED is still to come     */
	bool pending;     /* it stands in the list of those that are due       */
	bool due;         /* a list to all at once                             */
	bool told;        /* everybody got the list of this change             */
	bool crowded;     /* the room was above the limit when last looked at  */
	bool in_turn;     /* lists go from member to member                    */
	bool again;       /* and once more, because some became owed one since */
	bool all_owed;    /* which are all                                     */
};

struct channel {
	struct fanout *fanout;
	struct fanout_room *room;
	const struct dialect *dialect;
	unsigned dialect_metric; /* where what it hears is counted */
	struct channel *next;    /* of the same room               */
	struct membership **members;
	uint32_t count;
	uint32_t capacity;
	struct slab *slab; /* open, or NULL when nothing was said in this turn */
	TAILQ_ENTRY(channel) touched_place;
	bool touched;
	struct channel_lists lists;
};

TAILQ_HEAD(channel_list, channel);

/* Told when a session comes to hear a room that it did not hear before; may be NULL. */
struct fanout_watcher {
	void (*joined)(void *context, struct membership *membership);
	void *context;
};

struct fanout {
	struct slab_pool *pool;          /* borrowed */
	struct gateway_metrics *metrics; /* borrowed */
	struct fanout_room *rooms;
	struct channel_list touched;
	struct fanout_watcher watcher;
};

void fanout_init(struct fanout *fanout, struct slab_pool *pool, struct gateway_metrics *metrics);

/* Frees rooms and channels; members are forgotten without a word. */
void fanout_close(struct fanout *fanout);

/*
 * The session hears what is said in `room` from here on. A member of that room stays what it
 * is; one of another leaves it. False without memory.
 */
bool fanout_join(struct fanout *fanout, struct membership *membership, struct text room);

/* It hears what was said up to here and no more. O(1). */
void fanout_leave(struct membership *membership);

/* Hands over what was said so far, so that something personal can come behind it. */
void fanout_settle(struct membership *membership);

/* A room that has members here, or NULL. Valid until the end of the turn. */
struct fanout_room *fanout_find(struct fanout *fanout, struct text room);

/* Every room once; NULL begins and ends. */
struct fanout_room *fanout_next_room(const struct fanout *fanout, const struct fanout_room *room);
struct text fanout_room_name(const struct fanout_room *room);

/* What telling its members here who is there may cost. */
struct presence_budget *fanout_room_budget(struct fanout_room *room);

/* The room's channels, one per dialect; some may have lost their last member in this turn. */
struct channel *fanout_channels(const struct fanout_room *room);

/* Says one message to all members; an empty payload says nothing. False without memory. */
bool fanout_say(struct channel *channel, struct text payload, enum delivery_metric kind);

/*
 * End of a turn: hands everybody what is left, closes the slabs, frees channels without
 * members.
 */
void fanout_flush(struct fanout *fanout);

#endif
