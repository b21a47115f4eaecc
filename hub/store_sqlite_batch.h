/*
 * What the loop hands to the writer: operations in order, their texts copied, in memory of the
 * batch's own. Knows nothing of SQLite.
 */
#ifndef HUBBUB_HUB_STORE_SQLITE_BATCH_H
#define HUBBUB_HUB_STORE_SQLITE_BATCH_H

#include "common/buffer.h"
#include "hub/store.h"

struct store_sqlite;

/* A stream as the loop sees it; lives while it is open or an operation under way is about it. */
struct sq_stream {
	struct text name; /* owned */
	int64_t id;       /* its row's, also before there is one */
	enum store_durability durability;
	struct store_keep keep;
	bool inbox;
	bool open;
	bool named;    /* found by its name: not removed   */
	bool exists;   /* has a row                        */
	bool creating; /* the row is in a batch under way  */
	unsigned uses; /* by operations under way          */
	uint64_t epoch;
	uint64_t seq; /* given */
	uint64_t mark;
	uint64_t kept_seq; /* committed */
	uint64_t kept_mark;
	struct sq_touch *touch; /* in the open batch */
	struct sq_stream *next;
	struct sq_stream *previous;
};

/* Where a batch leaves a stream: one update of its row, however many messages there were. */
struct sq_touch {
	struct sq_stream *stream; /* the loop's: the writer looks at what follows only */
	int64_t id;
	uint64_t seq;
	uint64_t mark;
	uint64_t bytes;    /* of content added */
	unsigned messages; /* added            */
	bool marked;
	bool inbox;
	struct store_keep keep;
	bool memory; /* the writer leaves it alone */
	struct sq_touch *next;
};

enum sq_op_kind {
	SQ_CREATE,
	SQ_KEEP,
	SQ_APPEND,
	SQ_MARK, /* of streams in memory; others are in the batch's touches */
	SQ_RENAME,
	SQ_REMOVE,
	SQ_PUT_ID,
	SQ_PUT_USER,
	SQ_REMOVE_USER,
	SQ_PUT_ROOM,
	SQ_REMOVE_ROOM,
	SQ_PUT_GATEWAY,
	SQ_REMOVE_GATEWAY,
	SQ_PUT_BAN,
	SQ_REMOVE_BAN,
	SQ_PRUNE,
	SQ_FORGET, /* user.realm, user.id */
	SQ_OP_KINDS,
};

struct sq_op {
	enum sq_op_kind kind;
	struct sq_stream *stream; /* the loop's; NULL where none is meant */
	int64_t stream_id;
	bool memory;   /* the writer leaves it alone    */
	bool was_open; /* before the stream was removed */
	struct sq_op *next;
	struct sq_op *previous;
	union {
		struct store_stream create; /* and keep */
		struct store_message message;
		struct store_id id;
		struct store_user user;
		struct store_room room;
		struct store_gateway gateway;
		struct store_ban ban;
		struct {
			struct text from;
			struct text to;
		} rename;
		struct {
			struct text gateway;
			uint64_t epoch;
			uint64_t number;
		} prune;
	} body;
	uint64_t epoch; /* of a stream to be created */
	int64_t row;    /* of an id                  */
};

/* The outcomes of one gateway's life in one batch, encoded behind each other. */
struct sq_outcomes {
	struct text gateway;
	uint64_t epoch;
	uint64_t first;
	uint64_t last;
	struct buffer encoded;
	struct sq_outcomes *next;
};

struct sq_chunk;

struct sq_batch {
	uint64_t number;
	bool committed;
	bool doomed; /* fails whatever happens                      */
	bool synced; /* shall outlive the machine                   */
	bool empty;  /* nothing for the file                        */
	uint64_t commit_us;
	struct sq_op *first;
	struct sq_op *last;
	struct sq_touch *touches;
	struct sq_outcomes *outcomes;
	struct sq_chunk *chunks;
	struct sq_batch *next;
};

struct sq_batch_list {
	struct sq_batch *first;
	struct sq_batch *last;
};

/* Batches that ended, whose memory the next ones begin with: a busy hub allocates none. */
struct sq_batch_pool {
	struct sq_batch *spare;
	unsigned spares;
};

void sq_batch_pool_close(struct sq_batch_pool *pool);

/* An empty batch, NULL without memory; the end of one, whose memory the pool may keep. */
struct sq_batch *sq_batch_create(struct sq_batch_pool *pool);
void sq_batch_destroy(struct sq_batch_pool *pool, struct sq_batch **batch);

void sq_batch_list_append(struct sq_batch_list *list, struct sq_batch *batch);
struct sq_batch *sq_batch_list_take(struct sq_batch_list *list);

/* Memory of the batch's own; NULL if there is none. */
void *sq_batch_memory(struct sq_batch *batch, size_t length);

/* A copy in the batch; false without memory. Empty texts stay empty. */
bool sq_batch_copy(struct sq_batch *batch, struct text *text);

/* An operation at the end of the open batch, whose body the caller fills; NULL: not stored. */
struct sq_op *sq_push(struct store_sqlite *store, enum sq_op_kind kind);

#endif
