/*
 * What the parts of the store in RAM share: rows, the batch they wait in, and what becomes of them
 * when it is committed or not.
 */
#ifndef HUBBUB_HUB_STORE_MEMORY_PRIVATE_H
#define HUBBUB_HUB_STORE_MEMORY_PRIVATE_H

#include "hub/store.h"
#include "hub/table.h"

/* Bounds of what a process keeps that has no disk to keep it on. */
#define MEMORY_STREAM_MESSAGES 10000u /* of one stream that asks for no bound        */
#define MEMORY_BYTES (256u << 20)     /* of all messages                          */
#define MEMORY_RESTING 10000u         /* streams that nobody has open                */
#define MEMORY_LIVES 64u              /* of gateways whose outcomes are kept         */
#define MEMORY_OUTCOMES 100000u       /* of one gateway's life                       */
#define MEMORY_IDS 100000u
#define MEMORY_IDS_MS 600000
#define MEMORY_USERS 200000u
#define MEMORY_ROOMS 100000u
#define MEMORY_GATEWAYS 256u
#define MEMORY_BANS 1000000u

struct memory_stream {
	struct text name;
	uint64_t number; /* rises with each that is made; orders the export */
	uint64_t epoch;
	uint64_t first; /* of the lowest kept      */
	uint64_t seq;   /* committed               */
	uint64_t given; /* with what waits         */
	uint64_t mark;
	uint64_t bytes;        /* of all that is kept */
	uint64_t unread_bytes; /* of content above the mark */
	struct store_keep keep;
	bool inbox;
	bool open;
	unsigned waiting; /* deeds that name it */
	struct store_message **messages;
	size_t head;
	size_t count;
	size_t capacity;
	struct memory_stream *next;
	struct memory_stream *previous;
};

/* A row that is kept in a table and in a list, the oldest first. */
struct memory_row {
	void *row;
	uint64_t hash;
	struct memory_row *next;
	struct memory_row *previous;
};

struct memory_rows {
	struct table by_key;
	struct memory_row *first;
	struct memory_row *last;
	size_t count;
};

/* Outcomes of one gateway's life, in rising order. */
struct memory_life {
	char *gateway;
	size_t length;
	uint64_t epoch;
	uint64_t last;
	struct store_outcome **outcomes;
	size_t head;
	size_t count;
	size_t capacity;
	struct memory_life *next;
};

struct memory_deed;
struct store_memory;

/* `row` is the deed's: what keeps it sets it to NULL. */
struct memory_deed_kind {
	void (*apply)(struct store_memory *memory, struct memory_deed *deed);
	void (*undo)(struct store_memory *memory, struct memory_deed *deed); /* may be NULL */
};

struct memory_deed {
	const struct memory_deed_kind *kind;
	struct memory_stream *stream; /* may be NULL */
	void *row;
	uint64_t number;
	struct memory_deed *next;
	struct memory_deed *previous;
};

/* A batch whose end is held back. */
struct memory_batch {
	uint64_t number;
	size_t deeds;
	bool doomed;  /* one before it failed */
	bool spoiled; /* must not be kept     */
	struct memory_batch *next;
};

struct store_memory {
	struct store store;
	uint64_t seed;        /* of epochs and keys */
	uint64_t clients_key; /* permutes client_ids */
	uint64_t clients_next;
	struct table_key key;
	struct table by_stream;
	struct memory_stream *first_stream;
	struct memory_stream *last_stream;
	uint64_t stream_numbers;
	size_t resting;
	uint64_t bytes;
	uint64_t message_count;
	int64_t
	    now_ms; /* when the last row was said: a store has no clock, and they may be set back */
	struct memory_rows ids;
	struct memory_rows users;
	struct memory_rows rooms;
	struct memory_rows gateways;
	struct memory_rows bans;
	struct memory_life *lives; /* the latest first */
	struct memory_deed *first_deed;
	struct memory_deed *last_deed;
	size_t open_deeds; /* of the open batch */
	struct memory_batch *first_batch;
	struct memory_batch *last_batch;
	bool held;    /* see store_memory_hold */
	bool spoiled; /* the open batch        */
	uint64_t batches;
	uint64_t failures;
	store_job_fn *job_done; /* of a job that was refused */
	void *job_context;
};

/* Copies a row and its texts, which stand at `texts`, into one block. NULL without memory. */
void *store_memory_copy(const void *row, size_t size, const size_t *texts, unsigned count);

/* Adds a deed to the open batch; takes `row`, which is freed if this fails. */
bool store_memory_deed(struct store_memory *memory, const struct memory_deed_kind *kind,
    struct memory_stream *stream, void *row, uint64_t number);

/* Streams (store_memory_streams.c). */
struct memory_stream *store_memory_stream(const struct store_memory *memory, struct text name);
/* `index` of those that are kept. */
struct store_message *store_memory_message(const struct memory_stream *stream, size_t index);
uint64_t store_memory_message_size(const struct store_message *message);
void store_memory_drop_first(struct store_memory *memory, struct memory_stream *stream);
bool store_memory_open_stream(
    struct store *store, const struct store_stream *wanted, struct store_position *position_out);
void store_memory_close_stream(struct store *store, struct text name);
bool store_memory_append(struct store *store, const struct store_message *message);
bool store_memory_set_mark(struct store *store, struct text stream, uint64_t seq);
bool store_memory_rename_stream(struct store *store, struct text from, struct text to);
bool store_memory_remove_stream(struct store *store, struct text name);
void store_memory_free_streams(struct store_memory *memory);

/* Reading and forgetting messages (store_memory_read.c). */
bool store_memory_read(
    struct store *store, const struct store_range *range, store_message_fn *row, void *context);
bool store_memory_export_page(
    struct store *store, uint64_t *cursor, unsigned limit, store_message_fn *row, void *context);
void store_memory_forget_messages(struct store_memory *memory, struct text realm, struct text user);

/* Outcomes (store_memory_outcomes.c). */
bool store_memory_put_outcome(struct store *store, const struct store_outcome *outcome);
bool store_memory_prune_outcomes(
    struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t number);
bool store_memory_read_outcomes(struct store *store, struct text gateway, uint64_t gateway_epoch,
    uint64_t above, store_outcome_fn *row, void *context);
bool store_memory_last_outcome(
    struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t *number_out);
/* Takes the user's id out of them. */
void store_memory_forget_outcomes(struct store_memory *memory, struct text user);
void store_memory_free_outcomes(struct store_memory *memory);

/* Ids, users, rooms, gateways (store_memory_rows.c). */
bool store_memory_put_id(struct store *store, const struct store_id *id);
bool store_memory_put_user(struct store *store, const struct store_user *user);
bool store_memory_remove_user(struct store *store, struct text realm, struct text id);
bool store_memory_put_room(struct store *store, const struct store_room *room);
bool store_memory_remove_room(struct store *store, struct text name);
bool store_memory_put_gateway(struct store *store, const struct store_gateway *gateway);
bool store_memory_remove_gateway(struct store *store, struct text name);
bool store_memory_forget(struct store *store, struct text realm, struct text user);
bool store_memory_find_id(
    struct store *store, struct text sender, struct text id, store_id_fn *row, void *context);
bool store_memory_find_user(
    struct store *store, struct text realm, struct text id, store_user_fn *row, void *context);
bool store_memory_stale_users(
    struct store *store, int64_t before_ms, unsigned limit, store_user_fn *row, void *context);
bool store_memory_read_rooms(
    struct store *store, struct text after, unsigned limit, store_room_fn *row, void *context);
bool store_memory_read_gateways(struct store *store, store_gateway_fn *row, void *context);
void store_memory_free_rows(struct store_memory *memory);

#endif
