/*
 * What the hub asks of durable storage. An implementation is one file with one
 * struct store_ops. The hub's loop never waits for it: writes gather in a batch,
 * a commit is asked for once per turn, its completion comes as an event.
 */
#ifndef HUBBUB_HUB_STORE_H
#define HUBBUB_HUB_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"

struct store;

/* What survives: told to senders with each acknowledgement. */
enum store_durability { STORE_MEMORY, STORE_NORMAL, STORE_DISK };

/* A batch's end. `committed` false: nothing of it or of later batches was kept. */
typedef void store_completed_fn(void *context, uint64_t batch, bool committed);

/* One message of a stream, borrowed during the call. */
struct store_message {
	struct text stream; /* "room/lobby", "inbox/REALM/ID" */
	uint64_t epoch;
	uint64_t seq;
	int64_t wall_ms;
	uint32_t from;
	struct text from_name;
	struct text content;
};

/* A numbered command's end, kept until its gateway confirmed it. */
struct store_outcome {
	struct text gateway;
	uint64_t gateway_epoch;
	uint64_t number;
	uint32_t code;
	uint64_t seq;
	int64_t wall_ms;
};

struct store_ops {
	const char *name;
	enum store_durability durability;

	/*
	 * Reserves `count` never-before reserved ordinals for client_ids; the first is
	 * returned in *first_out. Together with the key that permutes them; both outlive
	 * the hub on a durable store.
	 */
	bool (*reserve_clients)(
	    struct store *store, uint32_t count, uint32_t *first_out, uint64_t *key_out);

	/*
	 * Where a stream stands: its epoch and last committed seq; a new stream gets an
	 * epoch.
	 */
	bool (*open_stream)(
	    struct store *store, struct text stream, uint64_t *epoch_out, uint64_t *seq_out);

	/*
	 * The stream is needed no more for now. A store that forgets where it stands gives it
	 * another epoch when it is opened again.
	 */
	void (*close_stream)(struct store *store, struct text stream);

	/* Add to the open batch. False: it cannot be taken (the sender is told not_stored). */
	bool (*append)(struct store *store, const struct store_message *message);
	bool (*put_outcome)(struct store *store, const struct store_outcome *outcome);

	/*
	 * Closes the open batch and commits it under its number. The completion is called
	 * once per batch and in order, from store_poll or from within commit itself.
	 */
	void (*commit)(struct store *store, uint64_t batch);

	/* Delivers completions that are due. */
	void (*poll)(struct store *store);

	void (*close)(struct store *store);
};

/* The head of every implementation's struct. */
struct store {
	const struct store_ops *ops;
	store_completed_fn *completed; /* set by the core before the first commit */
	void *context;
};

/* Keeps nothing beyond the process: commits complete at once. NULL without memory. */
struct store *store_memory_open(uint64_t seed);

void store_close(struct store **store);

#endif
