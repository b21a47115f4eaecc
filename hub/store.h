/*
 * What the hub asks of durable storage. An implementation is one struct store_ops. The hub's loop
 * never waits for a write: writes gather in a batch, a commit is asked for once per turn, its
 * completion comes as an event. Reads are bounded, see only what is committed and are answered at
 * once. All functions are called from the hub's loop, and all texts are borrowed during the call.
 */
#ifndef HUBBUB_HUB_STORE_H
#define HUBBUB_HUB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "hub/store_rows.h"

struct store;

/* A batch's end. `committed` false: nothing of it or of later batches was kept. */
typedef void store_completed_fn(void *context, uint64_t batch, bool committed);

/* Going on would risk what was promised: the process must end. `why` is for people. */
typedef void store_broken_fn(void *context, const char *why);

/* Receive one row each, in rising order; false stops. */
typedef bool store_message_fn(void *context, const struct store_message *message);
typedef bool store_outcome_fn(void *context, const struct store_outcome *outcome);
typedef bool store_id_fn(void *context, const struct store_id *id);
typedef bool store_user_fn(void *context, const struct store_user *user);
typedef bool store_room_fn(void *context, const struct store_room *room);
typedef bool store_gateway_fn(void *context, const struct store_gateway *gateway);
typedef bool store_ban_fn(void *context, const struct store_ban *ban);

/* Long work beside everything else; one at a time. */
enum store_job {
	STORE_CHECK,   /* reads all of the file                                             */
	STORE_BACKUP,  /* a consistent copy into a new file                                 */
	STORE_RESTORE, /* takes the file's content at the next start, under new epochs      */
};
typedef void store_job_fn(void *context, bool done, const char *sentence);

struct store_ops {
	const char *name;
	enum store_durability durability; /* the best it has */

	/*
	 * Reserves `count` never-before reserved ordinals for client_ids; the first is
	 * returned in *first_out. Together with the key that permutes them; both outlive
	 * the hub on a durable store.
	 */
	bool (*reserve_clients)(
	    struct store *store, uint32_t count, uint32_t *first_out, uint64_t *key_out);

	/* Where a stream stands; a new one gets an epoch with its first message. */
	bool (*open_stream)(struct store *store, const struct store_stream *stream,
	    struct store_position *position_out);

	/*
	 * The stream is needed no more for now. A store that forgets where it stands gives it
	 * another epoch when it is opened again.
	 */
	void (*close_stream)(struct store *store, struct text stream);

	/*
	 * Into the open batch. False: it cannot be taken (the sender is told not_stored). The
	 * stream of a message or mark is open.
	 */
	bool (*append)(struct store *store, const struct store_message *message);
	bool (*set_mark)(struct store *store, struct text stream, uint64_t seq);
	bool (*put_outcome)(struct store *store, const struct store_outcome *outcome);
	bool (*put_id)(struct store *store, const struct store_id *id);
	bool (*put_user)(struct store *store, const struct store_user *user);
	bool (*remove_user)(struct store *store, struct text realm, struct text id);
	bool (*put_room)(struct store *store, const struct store_room *room);
	bool (*remove_room)(struct store *store, struct text name);
	/* By name, in the place of an older one. Of use only while the machine runs: not synced. */
	bool (*put_gateway)(struct store *store, const struct store_gateway *gateway);
	bool (*remove_gateway)(struct store *store, struct text name);
	/* In the place of an older one of the same kind, realm and value, which name it. */
	bool (*put_ban)(struct store *store, const struct store_ban *ban);
	bool (*remove_ban)(struct store *store, const struct store_ban *ban);
	bool (*rename_stream)(struct store *store, struct text from, struct text to);
	bool (*remove_stream)(struct store *store, struct text stream);

	/* Outcomes up to `number` of that gateway's life have arrived. */
	bool (*prune_outcomes)(
	    struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t number);

	/*
	 * Removes what a user said, its name wherever it stands, its inbox, ids and record.
	 * Messages leave a hole in their stream: readers skip what is empty of content and name.
	 */
	bool (*forget)(struct store *store, struct text realm, struct text user);

	/*
	 * Closes the open batch and commits it under its number. The completion is called
	 * once per batch and in order, from store_poll or from within commit itself.
	 */
	void (*commit)(struct store *store, uint64_t batch);

	/*
	 * Something that belongs to the open batch could not be put into it: nothing of it may be
	 * kept, so it ends as not committed.
	 */
	void (*spoil)(struct store *store);

	/* Delivers completions and ends of jobs that are due. */
	void (*poll)(struct store *store);

	/* Becomes readable when poll has something to deliver; -1: never. */
	int (*wake_fd)(const struct store *store);

	/* Committed rows only. False if they could not be read. */
	bool (*read)(struct store *store, const struct store_range *range, store_message_fn *row,
	    void *context);
	bool (*read_outcomes)(struct store *store, struct text gateway, uint64_t gateway_epoch,
	    uint64_t above, store_outcome_fn *row, void *context);
	/* The highest number that was committed; 0 for a life that is not known. */
	bool (*last_outcome)(
	    struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t *number_out);
	/* At most one row each. */
	bool (*find_id)(struct store *store, struct text sender, struct text id, store_id_fn *row,
	    void *context);
	bool (*find_user)(struct store *store, struct text realm, struct text id,
	    store_user_fn *row, void *context);
	/* Users with a secret last seen before that time, the longest ago first. */
	bool (*stale_users)(struct store *store, int64_t before_ms, unsigned limit,
	    store_user_fn *row, void *context);
	/* By name, from behind `after`. */
	bool (*read_rooms)(struct store *store, struct text after, unsigned limit,
	    store_room_fn *row, void *context);
	/* All of them, in no order. */
	bool (*read_gateways)(struct store *store, store_gateway_fn *row, void *context);
	/* All of them, the oldest first. */
	bool (*read_bans)(struct store *store, store_ban_fn *row, void *context);
	/*
	 * Every message, a page at a time: *cursor begins as 0 and is the store's; 0 again after
	 * the last page.
	 */
	bool (*export_page)(struct store *store, uint64_t *cursor, unsigned limit,
	    store_message_fn *row, void *context);
	void (*stats)(struct store *store, struct store_stats *stats_out);

	/* False if it cannot begin; `done` is called from poll otherwise. */
	bool (*start_job)(struct store *store, enum store_job job, struct text path,
	    store_job_fn *done, void *context);

	/* Commits what is asked for, then closes. */
	void (*close)(struct store *store);
};

/* The head of every implementation's struct. */
struct store {
	const struct store_ops *ops;
	store_completed_fn *completed; /* set by the core before the first commit */
	void *context;
	store_broken_fn *broken; /* set by the process; may be NULL */
	void *broken_context;
};

/* Keeps nothing beyond the process: commits complete at once. NULL without memory. */
struct store *store_memory_open(uint64_t seed);

void store_close(struct store **store);

#endif
