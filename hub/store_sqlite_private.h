/*
 * The inside of the SQLite store, shared by the store_sqlite*.c files, which alone know SQLite.
 * Three threads, one connection each: the hub's loop gathers batches in memory and reads, the
 * writer commits batches, the keeper checks the file and checkpoints. What two of them touch lies
 * behind `lock`; only the loop's thread logs, counts and calls back.
 */
#ifndef HUBBUB_HUB_STORE_SQLITE_PRIVATE_H
#define HUBBUB_HUB_STORE_SQLITE_PRIVATE_H

#include <pthread.h>

#include "hub/store_sqlite.h"
#include "hub/store_sqlite_batch.h"
#include "hub/store_sqlite_db.h"
#include "hub/store_sqlite_ids.h"
#include "hub/store_sqlite_world.h"
#include "hub/table.h"

/* "HUBB": says in the file's header whose it is. */
#define SQ_APPLICATION_ID 0x48554242

#define SQ_PAGE_BYTES 4096
#define SQ_BOOT_SIZE 40

struct sq_metrics {
	struct metric *commit_seconds;
	struct metric *batches;
	struct metric *failures;
	struct metric *file_bytes;
	struct metric *wal_bytes;
};

/* Ordinals of clients: reserved in the file ahead of need, for nobody waits for a disk here. */
struct sq_ordinals {
	uint64_t key;
	uint64_t next;     /* loop                                */
	uint64_t reserved; /* lock: up to here, in the file       */
	uint64_t wanted;   /* lock: the writer shall reserve up to here */
};

/* As many gateways as a hub has; a name is a little longer than a gateway's may be. */
#define SQ_LIVES 64u
#define SQ_LIFE_NAME_SIZE 72

/* The row of a gateway's life, as the writer last saw it; id 0: none. */
struct sq_life {
	uint64_t epoch;
	int64_t id;
	int64_t used_ms; /* as the row says */
	char gateway[SQ_LIFE_NAME_SIZE];
};

/* The writer's own. */
struct sq_upkeep {
	int64_t swept_ms; /* when streams were last looked at          */
	int64_t swept_to; /* id of the stream the sweep stopped at     */
	unsigned ids_put; /* since the last sweep                     */
	int synchronous;  /* as the connection was last told; -1: never */
};

struct store_sqlite {
	struct store store;   /* first: the loop knows this alone */
	struct store_ops ops; /* with the durability of this one */
	char *path;
	char *lock_path;
	int lock_fd;
	enum store_durability durability;
	uint64_t bytes_max;
	uint64_t read_keep_ms;
	struct log *log;
	struct sq_world world;
	char boot[SQ_BOOT_SIZE];

	/* The loop's. */
	struct sq_connection reader;
	struct store *memory; /* keeps the streams of durability memory */
	struct table_key key;
	struct table by_name;
	struct sq_stream *first_stream;
	int64_t next_stream;
	unsigned moves; /* names that are changed or given up by what is under way */
	struct sq_batch *open;
	struct sq_batch_pool pool;
	struct sq_ordinals ordinals;
	struct sq_ids ids;
	struct sq_past past; /* store_sqlite_past.c */
	struct sq_metrics metrics;
	uint64_t batches;
	uint64_t failures;
	uint64_t pending; /* batches committed by the loop, not yet heard of */
	bool told_broken;
	bool refusing; /* nothing durable is taken any more */
	void *job;     /* store_sqlite_jobs.c */

	/* The writer's. */
	pthread_t writer_thread;
	struct sq_connection writer;
	struct sq_upkeep upkeep;
	struct sq_life lives[SQ_LIVES];
	uint64_t rests_until_us; /* monotonic: the next transaction does not begin before */
	uint64_t restart_bytes;  /* the WAL is to begin anew once it is as long as this   */

	/* The keeper's. */
	pthread_t keeper_thread;
	sqlite3 *keeper;
	pthread_mutex_t checkpointing;

	/* Everybody's, behind the lock. */
	pthread_mutex_t lock;
	pthread_cond_t work;     /* to the writer: look at the queue    */
	pthread_cond_t upkept;   /* to the keeper: look at the WAL      */
	pthread_cond_t reserved; /* to the loop: look at the ordinals   */
	int64_t ids_from;        /* rows before it are needed no more */
	struct sq_batch_list queue;
	struct sq_batch_list ended; /* committed or failed, to be told */
	bool news;                  /* the loop has something to hear: wake_fd is readable */
	bool failing;               /* until the loop has heard of it  */
	bool closing;
	bool paused;    /* nothing is written: the file is written anew */
	bool forgotten; /* the file holds what must not be kept */
	bool threads;
	bool keeping;          /* the keeper's thread is there         */
	bool checked;          /* all of the file has been read        */
	int last_result;       /* of the writer's last transaction     */
	uint64_t checkpointed; /* keeper's: the WAL's length when it last looked */
	uint64_t wal_bytes;
	uint64_t file_bytes;
	char broken[160]; /* not empty: the process must end                 */
	char state[160];  /* not empty: why nothing is stored any more       */
	int wake_fd;
};

static inline struct store_sqlite *
sq_self(struct store *store)
{
	return (struct store_sqlite *)store;
}

extern const struct store_ops sq_ops;

/* store_sqlite_file.c: the file is ours, nobody else's hub has it; nothing is opened in vain. */
bool sq_file_open(struct store_sqlite *store, const struct store_sqlite_setup *setup, char *error,
    size_t error_size);
void sq_file_close(struct store_sqlite *store);

/* store_sqlite_writer.c */
bool sq_threads_start(struct store_sqlite *store);
void sq_threads_stop(struct store_sqlite *store);
/* From a thread that is not the loop: what came of using the file, if it is serious. */
void sq_note(struct store_sqlite *store, int result);
/* Makes wake_fd readable; from any thread. */
void sq_wake(struct store_sqlite *store);

/* store_sqlite_keeper.c */
void *sq_keeper_main(void *context);
/* Looks how large the file is: only checkpoints change that. From any thread. */
void sq_measure(struct store_sqlite *store);

/* store_sqlite_apply.c: does a batch's operations on the writer; an SQLite result. */
int sq_apply(struct store_sqlite *store, struct sq_batch *batch);
/* store_sqlite_bans.c: likewise, of theirs. */
int sq_apply_put_ban(struct store_sqlite *store, const struct sq_op *op);
int sq_apply_remove_ban(struct store_sqlite *store, const struct sq_op *op);
/* Rows of lives were rolled back or removed. */
void sq_forget_lives(struct store_sqlite *store);

/* store_sqlite_retention.c: on the writer, within a transaction. */
int sq_retain(struct store_sqlite *store, int64_t stream, unsigned rows_max);
int sq_retain_touched(struct store_sqlite *store, const struct sq_touch *touch);
/* The round over everything that only time decides: a part of it, once a second. */
bool sq_sweep_is_due(const struct store_sqlite *store);
int sq_sweep(struct store_sqlite *store);
/* Forgets what streams have left behind, at most so many rows. */
int sq_sweep_doomed(struct store_sqlite *store, unsigned rows_max);

/* store_sqlite_jobs.c. The loop's thread but for the second. */
bool sq_take_restore(const struct store_sqlite_setup *setup, char *error, size_t error_size);
int sq_apply_forget(struct store_sqlite *store, struct text realm, struct text user);
bool sq_start_job(
    struct store *base, enum store_job kind, struct text path, store_job_fn *done, void *context);
bool sq_export_page(
    struct store *base, uint64_t *cursor, unsigned limit, store_message_fn *row, void *context);
void sq_stats(struct store *base, struct store_stats *stats_out);
bool sq_forget(struct store *base, struct text realm, struct text user);
/* Calls `done` of a job that has ended; from poll. */
void sq_job_poll(struct store_sqlite *store);
/* Interrupts a job and waits for its thread. */
void sq_job_close(struct store_sqlite *store);

#endif
