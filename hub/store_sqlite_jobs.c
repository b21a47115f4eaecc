/*
 * Long work beside everything else, and what reads or changes all of the file.
 */
#include <stdio.h>

#include "hub/store_sqlite_private.h"

bool
sq_take_restore(const struct store_sqlite_setup *setup, char *error, size_t error_size)
{
	(void)setup;
	(void)error;
	(void)error_size;
	return true;
}

int
sq_apply_forget(struct store_sqlite *store, struct text realm, struct text user)
{
	(void)store;
	(void)realm;
	(void)user;
	return SQLITE_OK;
}

bool
sq_start_job(
    struct store *store, enum store_job job, struct text path, store_job_fn *done, void *context)
{
	(void)store;
	(void)job;
	(void)path;
	(void)done;
	(void)context;
	return false;
}

bool
sq_export_page(
    struct store *store, uint64_t *cursor, unsigned limit, store_message_fn *row, void *context)
{
	(void)store;
	(void)cursor;
	(void)limit;
	(void)row;
	(void)context;
	return false;
}

void
sq_stats(struct store *store, struct store_stats *stats_out)
{
	(void)store;
	*stats_out = (struct store_stats){ 0 };
}

bool
sq_forget(struct store *store, struct text realm, struct text user)
{
	(void)store;
	(void)realm;
	(void)user;
	return false;
}

void
sq_job_poll(struct store_sqlite *store)
{
	(void)store;
}

void
sq_job_close(struct store_sqlite *store)
{
	(void)store;
}
