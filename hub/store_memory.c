/*
 * A store that keeps nothing beyond the process. What is written waits as deeds in the order it
 * came and is done when its batch is committed, which is at once; only tests hold commits back or
 * let them fail. What the rows are is known to the store_memory_*.c beside this one.
 */
#include <stdlib.h>
#include <string.h>

#include "common/random.h"
#include "hub/store_memory.h"
#include "hub/store_memory_bans.h"

static struct store_memory *
self(struct store *store)
{
	return (struct store_memory *)store;
}

void *
store_memory_copy(const void *row, size_t size, const size_t *texts, unsigned count)
{
	size_t length = size;
	char *copy;

	for (unsigned i = 0; i < count; i++)
		length += ((const struct text *)((const char *)row + texts[i]))->length;
	copy = malloc(length);
	if (copy == NULL)
		return NULL;
	memcpy(copy, row, size);
	length = size;
	for (unsigned i = 0; i < count; i++) {
		struct text *text = (struct text *)(copy + texts[i]);

		if (text->length > 0)
			memcpy(copy + length, text->data, text->length);
		text->data = copy + length;
		length += text->length;
	}
	return copy;
}

bool
store_memory_deed(struct store_memory *memory, const struct memory_deed_kind *kind,
    struct memory_stream *stream, void *row, uint64_t number)
{
	struct memory_deed *deed = malloc(sizeof(*deed));

	if (deed == NULL) {
		free(row);
		return false;
	}
	*deed = (struct memory_deed){
		.kind = kind,
		.stream = stream,
		.row = row,
		.number = number,
		.previous = memory->last_deed,
	};
	if (memory->last_deed != NULL)
		memory->last_deed->next = deed;
	else
		memory->first_deed = deed;
	memory->last_deed = deed;
	memory->open_deeds++;
	if (stream != NULL)
		stream->waiting++;
	return true;
}

static void
deed_end(struct memory_deed *deed)
{
	free(deed->row);
	free(deed);
}

/* Does the first so many of what waits. */
static void
apply(struct store_memory *memory, size_t deeds)
{
	for (; deeds > 0; deeds--) {
		struct memory_deed *deed = memory->first_deed;

		memory->first_deed = deed->next;
		if (deed->next != NULL)
			deed->next->previous = NULL;
		else
			memory->last_deed = NULL;
		if (deed->stream != NULL)
			deed->stream->waiting--;
		deed->kind->apply(memory, deed);
		deed_end(deed);
	}
}

/* Drops all that waits, the latest first, so that streams stand where they stood. */
static void
undo(struct store_memory *memory)
{
	while (memory->last_deed != NULL) {
		struct memory_deed *deed = memory->last_deed;

		memory->last_deed = deed->previous;
		if (deed->stream != NULL)
			deed->stream->waiting--;
		if (deed->kind->undo != NULL)
			deed->kind->undo(memory, deed);
		deed_end(deed);
	}
	memory->first_deed = NULL;
	memory->open_deeds = 0;
	for (struct memory_batch *batch = memory->first_batch; batch != NULL; batch = batch->next) {
		batch->deeds = 0;
		batch->doomed = true;
	}
}

static void
tell(struct store_memory *memory, uint64_t batch, bool committed)
{
	memory->batches += committed ? 1 : 0;
	memory->failures += committed ? 0 : 1;
	memory->store.completed(memory->store.context, batch, committed);
}

static void
commit(struct store *store, uint64_t number)
{
	struct store_memory *memory = self(store);
	struct memory_batch *batch;
	size_t deeds = memory->open_deeds;
	bool spoiled = memory->spoiled;

	memory->open_deeds = 0;
	memory->spoiled = false;
	if (!memory->held) {
		if (spoiled)
			undo(memory);
		else
			apply(memory, deeds);
		tell(memory, number, !spoiled);
		return;
	}
	batch = malloc(sizeof(*batch));
	if (batch == NULL)
		abort(); /* only a test holds batches */
	*batch = (struct memory_batch){ .number = number, .deeds = deeds, .spoiled = spoiled };
	if (memory->last_batch != NULL)
		memory->last_batch->next = batch;
	else
		memory->first_batch = batch;
	memory->last_batch = batch;
}

void
store_memory_hold(struct store *store, bool held)
{
	struct store_memory *memory = self(store);

	memory->held = held;
	while (!held && memory->first_batch != NULL)
		store_memory_end(store, true);
}

static void
spoil(struct store *store)
{
	self(store)->spoiled = true;
}

bool
store_memory_end(struct store *store, bool committed)
{
	struct store_memory *memory = self(store);
	struct memory_batch *batch = memory->first_batch;
	uint64_t number;

	if (batch == NULL)
		return false;
	number = batch->number;
	committed = committed && !batch->doomed && !batch->spoiled;
	if (committed)
		apply(memory, batch->deeds);
	else if (!batch->doomed)
		undo(memory);
	memory->first_batch = batch->next;
	if (memory->first_batch == NULL)
		memory->last_batch = NULL;
	free(batch);
	tell(memory, number, committed);
	return true;
}

static bool
reserve_clients(struct store *store, uint32_t count, uint32_t *first_out, uint64_t *key_out)
{
	struct store_memory *memory = self(store);

	if (memory->clients_next + count > (uint64_t)UINT32_MAX + 1)
		return false;
	*first_out = (uint32_t)memory->clients_next;
	*key_out = memory->clients_key;
	memory->clients_next += count;
	return true;
}

static void
stats(struct store *store, struct store_stats *stats_out)
{
	const struct store_memory *memory = self(store);

	*stats_out = (struct store_stats){
		.streams = memory->by_stream.count,
		.messages = memory->message_count,
		.users = memory->users.count,
		.batches = memory->batches,
		.failures = memory->failures,
		.state = "ok",
	};
}

static bool
start_job(
    struct store *store, enum store_job job, struct text path, store_job_fn *done, void *context)
{
	struct store_memory *memory = self(store);

	(void)job;
	(void)path;
	if (memory->job_done != NULL)
		return false;
	memory->job_done = done;
	memory->job_context = context;
	return true;
}

static void
poll_jobs(struct store *store)
{
	struct store_memory *memory = self(store);
	store_job_fn *done = memory->job_done;

	memory->job_done = NULL;
	if (done != NULL)
		done(memory->job_context, false,
		    "this store is kept in memory: there is no file to check, copy or restore");
}

static int
wake_fd(const struct store *store)
{
	(void)store;
	return -1;
}

static void
close_memory(struct store *store)
{
	struct store_memory *memory = self(store);

	while (memory->first_batch != NULL) {
		struct memory_batch *batch = memory->first_batch;

		memory->first_batch = batch->next;
		free(batch);
	}
	undo(memory);
	store_memory_free_rows(memory);
	store_memory_free_outcomes(memory);
	store_memory_free_streams(memory);
	free(memory);
}

static const struct store_ops ops = {
	.name = "memory",
	.durability = STORE_MEMORY,
	.reserve_clients = reserve_clients,
	.open_stream = store_memory_open_stream,
	.close_stream = store_memory_close_stream,
	.append = store_memory_append,
	.set_mark = store_memory_set_mark,
	.put_outcome = store_memory_put_outcome,
	.put_id = store_memory_put_id,
	.put_user = store_memory_put_user,
	.remove_user = store_memory_remove_user,
	.put_room = store_memory_put_room,
	.remove_room = store_memory_remove_room,
	.put_gateway = store_memory_put_gateway,
	.remove_gateway = store_memory_remove_gateway,
	.put_ban = store_memory_put_ban,
	.remove_ban = store_memory_remove_ban,
	.rename_stream = store_memory_rename_stream,
	.remove_stream = store_memory_remove_stream,
	.prune_outcomes = store_memory_prune_outcomes,
	.forget = store_memory_forget,
	.commit = commit,
	.spoil = spoil,
	.poll = poll_jobs,
	.wake_fd = wake_fd,
	.read = store_memory_read,
	.read_outcomes = store_memory_read_outcomes,
	.last_outcome = store_memory_last_outcome,
	.find_id = store_memory_find_id,
	.find_user = store_memory_find_user,
	.stale_users = store_memory_stale_users,
	.read_rooms = store_memory_read_rooms,
	.read_gateways = store_memory_read_gateways,
	.read_bans = store_memory_read_bans,
	.export_page = store_memory_export_page,
	.stats = stats,
	.start_job = start_job,
	.close = close_memory,
};

struct store *
store_memory_open(uint64_t seed)
{
	struct store_memory *memory = calloc(1, sizeof(*memory));

	if (memory == NULL)
		return NULL;
	memory->store.ops = &ops;
	memory->seed = seed;
	memory->clients_key = random_u64(random_seeded(&memory->seed));
	memory->key.words[0] = random_u64(random_seeded(&memory->seed));
	memory->key.words[1] = random_u64(random_seeded(&memory->seed));
	table_init(&memory->by_stream);
	return &memory->store;
}
