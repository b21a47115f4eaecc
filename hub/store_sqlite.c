/*
 * The store as the hub's loop sees it: gathers what a turn writes, hands it to the writer, tells
 * how it ended. What fails takes everything with it that was said before the loop heard of it, so
 * that nothing stands on what never was. Must not touch the file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hub/store_sqlite_loop.h"
#include "hub/store_sqlite_past.h"

/* Ordinals ahead of need: as many blocks of the hub's as come between two looks at the file. */
#define ORDINALS_AHEAD 65536u
#define ORDINALS_END ((uint64_t)UINT32_MAX + 1)

/* For a loop that took all of them before the writer came. */
#define ORDINALS_WAIT_SECONDS 2

static bool
wait_for_ordinals(struct store_sqlite *store, uint64_t needed)
{
	struct timespec until;
	int result = 0;

	if (store->world.stepped) {
		pthread_mutex_unlock(&store->lock);
		(void)sq_step_writer(store);
		pthread_mutex_lock(&store->lock);
		return store->ordinals.reserved >= needed;
	}
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ORDINALS_WAIT_SECONDS;
	while (store->ordinals.reserved < needed && store->ordinals.wanted != 0 && result == 0)
		result = pthread_cond_timedwait(&store->reserved, &store->lock, &until);
	return store->ordinals.reserved >= needed;
}

static bool
reserve_clients(struct store *base, uint32_t count, uint32_t *first_out, uint64_t *key_out)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_ordinals *ordinals = &store->ordinals;
	uint64_t needed = ordinals->next + count;
	bool enough;

	if (needed > ORDINALS_END)
		return false;
	pthread_mutex_lock(&store->lock);
	if (ordinals->reserved < needed + ORDINALS_AHEAD / 2 && ordinals->reserved < ORDINALS_END) {
		ordinals->wanted = needed + ORDINALS_AHEAD;
		if (ordinals->wanted > ORDINALS_END)
			ordinals->wanted = ORDINALS_END;
		pthread_cond_signal(&store->work);
	}
	enough = wait_for_ordinals(store, needed);
	pthread_mutex_unlock(&store->lock);
	if (!enough)
		return false;
	*first_out = (uint32_t)ordinals->next;
	*key_out = ordinals->key;
	ordinals->next = needed;
	return true;
}

static struct sq_outcomes *
outcomes_of(struct sq_batch *batch, struct text gateway, uint64_t epoch)
{
	struct sq_outcomes *outcomes;

	for (outcomes = batch->outcomes; outcomes != NULL; outcomes = outcomes->next) {
		if (outcomes->epoch == epoch && text_equal(outcomes->gateway, gateway))
			return outcomes;
	}
	outcomes = sq_batch_memory(batch, sizeof(*outcomes));
	if (outcomes == NULL)
		return NULL;
	memset(outcomes, 0, sizeof(*outcomes));
	outcomes->gateway = gateway;
	outcomes->epoch = epoch;
	buffer_init(&outcomes->encoded, 0);
	if (!sq_batch_copy(batch, &outcomes->gateway))
		return NULL;
	outcomes->next = batch->outcomes;
	batch->outcomes = outcomes;
	batch->empty = false;
	return outcomes;
}

static bool
put_outcome(struct store *base, const struct store_outcome *outcome)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_outcomes *outcomes;

	if (store->refusing)
		return false;
	if (store->open == NULL)
		store->open = sq_batch_create(&store->pool);
	if (store->open == NULL)
		return false;
	outcomes = outcomes_of(store->open, outcome->gateway, outcome->gateway_epoch);
	if (outcomes == NULL)
		return false;
	sq_outcome_encode(&outcomes->encoded, outcome);
	if (outcomes->encoded.failed)
		store->open->doomed = true;
	if (outcome->number > outcomes->last)
		outcomes->last = outcome->number;
	return !outcomes->encoded.failed;
}

static bool
put_id(struct store *base, const struct store_id *id)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_op *op = sq_push(store, SQ_PUT_ID);

	if (op == NULL)
		return false;
	op->body.id = *id;
	op->row = store->ids.next_row++;
	return sq_batch_copy(store->open, &op->body.id.sender) &&
	       sq_batch_copy(store->open, &op->body.id.id) &&
	       sq_batch_copy(store->open, &op->body.id.room) &&
	       sq_batch_copy(store->open, &op->body.id.user);
}

static bool
put_user(struct store *base, const struct store_user *user)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_op *op = sq_push(store, SQ_PUT_USER);

	if (op == NULL)
		return false;
	op->body.user = *user;
	return sq_batch_copy(store->open, &op->body.user.realm) &&
	       sq_batch_copy(store->open, &op->body.user.id) &&
	       sq_batch_copy(store->open, &op->body.user.name);
}

static bool
remove_user(struct store *base, struct text realm, struct text id)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_op *op = sq_push(store, SQ_REMOVE_USER);

	if (op == NULL)
		return false;
	op->body.user.realm = realm;
	op->body.user.id = id;
	return sq_batch_copy(store->open, &op->body.user.realm) &&
	       sq_batch_copy(store->open, &op->body.user.id);
}

static bool
put_room(struct store *base, const struct store_room *room)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_op *op = sq_push(store, SQ_PUT_ROOM);

	if (op == NULL)
		return false;
	op->body.room = *room;
	store->open->synced = true;
	return sq_batch_copy(store->open, &op->body.room.name) &&
	       sq_batch_copy(store->open, &op->body.room.class_name) &&
	       sq_batch_copy(store->open, &op->body.room.read) &&
	       sq_batch_copy(store->open, &op->body.room.write) &&
	       sq_batch_copy(store->open, &op->body.room.list);
}

static bool
remove_room(struct store *base, struct text name)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_op *op = sq_push(store, SQ_REMOVE_ROOM);

	if (op == NULL)
		return false;
	op->body.room.name = name;
	store->open->synced = true;
	return sq_batch_copy(store->open, &op->body.room.name);
}

static bool
prune_outcomes(struct store *base, struct text gateway, uint64_t epoch, uint64_t number)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_op *op = sq_push(store, SQ_PRUNE);

	if (op == NULL)
		return false;
	op->body.prune.gateway = gateway;
	op->body.prune.epoch = epoch;
	op->body.prune.number = number;
	return sq_batch_copy(store->open, &op->body.prune.gateway);
}

static void
spoil(struct store *base)
{
	struct store_sqlite *store = sq_self(base);

	if (store->open == NULL)
		store->open = sq_batch_create(&store->pool);
	/* Without memory for an empty batch the commit ends the process. */
	if (store->open != NULL)
		store->open->doomed = true;
}

static void
tell(struct store_sqlite *store, uint64_t number, bool committed)
{
	if (store->store.completed != NULL)
		store->store.completed(store->store.context, number, committed);
}

static void
commit(struct store *base, uint64_t number)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_batch *batch = store->open != NULL ? store->open : sq_batch_create(&store->pool);

	bool rotated;
	int64_t keep_from = 0;

	store->open = NULL;
	if (batch == NULL) {
		/* A batch without an end would hold up all that follows for ever. */
		fputs("hubbub: not enough memory to store\n", stderr);
		abort();
	}
	batch->number = number;
	for (struct sq_touch *each = batch->touches; each != NULL; each = each->next)
		each->stream->touch = NULL;
	if (batch->empty && !batch->doomed && store->pending == 0) {
		sq_batch_destroy(&store->pool, &batch);
		tell(store, number, true);
		return;
	}
	store->pending++;
	rotated =
	    !store->past.reading &&
	    sq_ids_rotate(&store->ids, store->world.wall_ms(store->world.context), &keep_from);
	pthread_mutex_lock(&store->lock);
	if (rotated)
		store->ids_from = keep_from;
	sq_batch_list_append(&store->queue, batch);
	pthread_cond_signal(&store->work);
	pthread_mutex_unlock(&store->lock);
}

/* What the loop hears of in one poll. */
struct news {
	struct sq_batch_list ended;
	char broken[160];
	char state[160];
	int failed; /* why a batch was not kept; SQLITE_OK: all were */
	bool past_read;
	uint64_t wal_bytes;
	uint64_t file_bytes;
};

/* False if there is none: most turns come to ask in vain, and must not pay for that. */
static bool
listen_to_threads(struct store_sqlite *store, struct news *news)
{
	uint64_t count;

	pthread_mutex_lock(&store->lock);
	if (!store->news) {
		pthread_mutex_unlock(&store->lock);
		return false;
	}
	store->news = false;
	while (read(store->wake_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		continue;
	news->ended = store->ended;
	store->ended = (struct sq_batch_list){ 0 };
	if (store->failing) {
		struct sq_batch *batch;

		/* Everything that was said before this was heard. */
		while ((batch = sq_batch_list_take(&store->queue)) != NULL)
			sq_batch_list_append(&news->ended, batch);
		store->failing = false;
		news->failed = store->last_result;
	}
	memcpy(news->broken, store->broken, sizeof(news->broken));
	memcpy(news->state, store->state, sizeof(news->state));
	news->wal_bytes = store->wal_bytes;
	news->file_bytes = store->file_bytes;
	news->past_read = store->past.ended;
	pthread_mutex_unlock(&store->lock);
	return true;
}

static void
undo_list(struct store_sqlite *store, struct sq_batch_list *failed)
{
	struct sq_batch_list reversed = { 0 };
	struct sq_batch *batch;

	while ((batch = sq_batch_list_take(failed)) != NULL) {
		batch->next = reversed.first;
		reversed.first = batch;
	}
	while ((batch = reversed.first) != NULL) {
		reversed.first = batch->next;
		sq_batch_undone(store, batch);
		batch->next = failed->first;
		failed->first = batch;
		if (failed->last == NULL)
			failed->last = batch;
	}
}

/* The open batch stands on what failed: it will fail under its own number. */
static void
undo_open(struct store_sqlite *store)
{
	struct sq_batch *batch = store->open;

	if (batch == NULL || batch->empty)
		return;
	sq_batch_undone(store, batch);
	sq_batch_destroy(&store->pool, &batch);
	store->open = sq_batch_create(&store->pool);
	if (store->open != NULL)
		store->open->doomed = true;
}

static void
tell_failed(struct store_sqlite *store, struct sq_batch_list *failed)
{
	struct sq_batch *batch;

	if (failed->first == NULL)
		return;
	undo_open(store);
	undo_list(store, failed);
	sq_streams_roll_back(store);
	while ((batch = sq_batch_list_take(failed)) != NULL) {
		store->failures++;
		store->pending--;
		metric_increment(store->metrics.failures);
		tell(store, batch->number, false);
		sq_batch_destroy(&store->pool, &batch);
	}
}

static void
tell_ended(struct store_sqlite *store, struct sq_batch_list *ended)
{
	struct sq_batch_list failed = { 0 };
	struct sq_batch *batch;

	while ((batch = sq_batch_list_take(ended)) != NULL) {
		if (!batch->committed) {
			sq_batch_list_append(&failed, batch);
			continue;
		}
		sq_batch_kept(store, batch);
		store->batches++;
		store->pending--;
		metric_increment(store->metrics.batches);
		metric_observe(store->metrics.commit_seconds, batch->commit_us);
		tell(store, batch->number, true);
		sq_batch_destroy(&store->pool, &batch);
	}
	tell_failed(store, &failed);
}

static void
destroy_list(struct store_sqlite *store, struct sq_batch_list *list)
{
	struct sq_batch *batch;

	while ((batch = sq_batch_list_take(list)) != NULL)
		sq_batch_destroy(&store->pool, &batch);
}

static void
poll_sqlite(struct store *base)
{
	struct store_sqlite *store = sq_self(base);
	struct news news = { 0 };

	if (!listen_to_threads(store, &news))
		return;
	metric_set(store->metrics.wal_bytes, (int64_t)news.wal_bytes);
	metric_set(store->metrics.file_bytes, (int64_t)news.file_bytes);
	if (news.broken[0] != '\0') {
		/* What was asked for stays unanswered: only recovery can tell what was kept. */
		destroy_list(store, &news.ended);
		if (!store->told_broken && store->store.broken != NULL)
			store->store.broken(store->store.broken_context, news.broken);
		store->told_broken = true;
		return;
	}
	if (news.state[0] != '\0' && !store->refusing) {
		store->refusing = true;
		log_error(store->log, "nothing is stored any more", log_string("file", store->path),
		    log_string("reason", news.state));
	}
	if (news.failed != SQLITE_OK)
		log_error(store->log, "a batch is refused", log_string("file", store->path),
		    log_string("reason", sqlite3_errstr(news.failed)));
	if (news.past_read)
		(void)sq_past_known(store);
	tell_ended(store, &news.ended);
	sq_job_poll(store);
}

static int
wake_fd(const struct store *base)
{
	return ((const struct store_sqlite *)base)->wake_fd;
}

static void
close_sqlite(struct store *base)
{
	struct store_sqlite *store = sq_self(base);

	if (store->threads) {
		sq_job_close(store);
		sq_threads_stop(store);
	}
	destroy_list(store, &store->queue);
	destroy_list(store, &store->ended);
	sq_batch_destroy(&store->pool, &store->open);
	sq_batch_pool_close(&store->pool);
	sq_streams_free(store);
	sq_ids_free(&store->ids);
	sq_disconnect(&store->reader);
	sqlite3_close(store->keeper);
	sq_disconnect(&store->writer);
	if (store->wake_fd >= 0)
		close(store->wake_fd);
	sq_file_close(store);
	store_close(&store->memory);
	pthread_mutex_destroy(&store->checkpointing);
	pthread_mutex_destroy(&store->lock);
	pthread_cond_destroy(&store->work);
	pthread_cond_destroy(&store->upkept);
	pthread_cond_destroy(&store->reserved);
	free(store);
}

const struct store_ops sq_ops = {
	.name = "sqlite",
	.durability = STORE_DISK,
	.reserve_clients = reserve_clients,
	.open_stream = sq_open_stream,
	.close_stream = sq_close_stream,
	.append = sq_append,
	.set_mark = sq_set_mark,
	.put_outcome = put_outcome,
	.put_id = put_id,
	.put_user = put_user,
	.remove_user = remove_user,
	.put_room = put_room,
	.remove_room = remove_room,
	.put_gateway = sq_put_gateway,
	.remove_gateway = sq_remove_gateway,
	.put_ban = sq_put_ban,
	.remove_ban = sq_remove_ban,
	.rename_stream = sq_rename_stream,
	.remove_stream = sq_remove_stream,
	.prune_outcomes = prune_outcomes,
	.forget = sq_forget,
	.commit = commit,
	.spoil = spoil,
	.poll = poll_sqlite,
	.wake_fd = wake_fd,
	.read = sq_read,
	.read_outcomes = sq_read_outcomes,
	.last_outcome = sq_last_outcome,
	.find_id = sq_find_id,
	.find_user = sq_find_user,
	.stale_users = sq_stale_users,
	.read_rooms = sq_read_rooms,
	.read_gateways = sq_read_gateways,
	.read_bans = sq_read_bans,
	.export_page = sq_export_page,
	.stats = sq_stats,
	.start_job = sq_start_job,
	.close = close_sqlite,
};
