/*
 * Long work on the file, in a thread and on a connection of its own: what its parts share. Only
 * the files that do such work include this.
 */
#ifndef HUBBUB_HUB_STORE_SQLITE_JOBS_H
#define HUBBUB_HUB_STORE_SQLITE_JOBS_H

#include "hub/store_sqlite_private.h"

struct sq_job {
	struct store_sqlite *store;
	pthread_t thread;

	/* The loop's. */
	store_job_fn *done; /* NULL: nobody asked for anything */
	void *context;
	bool running;  /* the thread is to be joined                            */
	bool clearing; /* it clears what was forgotten, not what was asked for */

	/* The thread's while it runs. */
	enum store_job kind;
	char *path;
	bool succeeded;
	char sentence[240];

	/* Everybody's, behind the store's lock. */
	bool ended;
	bool stop;
	sqlite3 *db; /* what the thread works on; NULL: nothing that takes long */
};

/* True once the hub stops: work is left undone. From any thread. */
int sq_job_stops(void *context);

/*
 * The thread works on that connection from now on, until it says NULL. A stop of the hub interrupts
 * it: a check walks through the whole file within one step, and asks nobody in between.
 */
void sq_job_works_on(struct sq_job *job, sqlite3 *db);

/* Says how it ended; returns `succeeded`. */
bool sq_job_say(struct sq_job *job, bool succeeded, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One number; left alone if there is none. An SQLite result. */
int sq_ask(sqlite3 *db, const char *sql, int64_t *value_out);

/* Makes names in the folder of `path` outlast the machine. */
bool sq_sync_folder(const char *path);

/* Checks the file and lays a copy beside the store, to be taken at the next start. */
bool sq_stage_restore(struct sq_job *job);

/* Before something is forgotten, on the loop; false without memory. */
bool sq_prepare_to_forget(struct store_sqlite *store);

/* Something was: the file and its log are to be cleared behind it. On the writer's thread. */
void sq_forgotten(struct store_sqlite *store);

/* At the start: what a life before had forgotten and not cleared is cleared now. */
void sq_resume_clearing(struct store_sqlite *store);

#endif
