/*
 * A store that forgets: it knows where streams stand and hands out ordinals, for as long as the
 * process lives. Nothing reads messages back, so it keeps none; every batch is complete at
 * once.
 */
#include <stdlib.h>

#include "common/random.h"
#include "hub/store.h"
#include "hub/table.h"

struct position {
	struct text stream;
	uint64_t epoch;
	uint64_t seq;
	struct position *next;
	struct position *previous;
};

struct store_memory {
	struct store store;
	uint64_t seed;        /* of epochs and keys */
	uint64_t clients_key; /* permutes client_ids */
	uint64_t clients_next;
	struct table_key key;
	struct table by_stream;
	struct position *first;
};

static struct store_memory *
self(struct store *store)
{
	return (struct store_memory *)store;
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

static bool
has_name(const void *item, const void *key)
{
	return text_equal(((const struct position *)item)->stream, *(const struct text *)key);
}

static struct position *
find(const struct store_memory *memory, struct text stream)
{
	return table_find(
	    &memory->by_stream, table_hash_text(memory->key, stream), has_name, &stream);
}

static struct position *
position_create(struct store_memory *memory, struct text stream)
{
	struct position *position = calloc(1, sizeof(*position));
	char *name = text_duplicate(stream);

	if (position == NULL || name == NULL ||
	    !table_insert(&memory->by_stream, table_hash_text(memory->key, stream), position)) {
		free(position);
		free(name);
		return NULL;
	}
	position->stream = (struct text){ name, stream.length };
	/* 0 means "none" wherever an epoch is written. */
	do
		position->epoch = random_u64(random_seeded(&memory->seed));
	while (position->epoch == 0);
	position->next = memory->first;
	if (memory->first != NULL)
		memory->first->previous = position;
	memory->first = position;
	return position;
}

static bool
open_stream(
    struct store *store, const struct store_stream *wanted, struct store_position *position_out)
{
	struct position *position = find(self(store), wanted->name);

	if (position == NULL)
		position = position_create(self(store), wanted->name);
	if (position == NULL)
		return false;
	*position_out = (struct store_position){
		.epoch = position->epoch,
		.first = position->seq + 1,
		.seq = position->seq,
	};
	return true;
}

static void
position_free(struct position *position)
{
	free((char *)position->stream.data);
	free(position);
}

/* Nothing else knows where the stream stood, so it begins anew when it comes back. */
static void
close_stream(struct store *store, struct text stream)
{
	struct store_memory *memory = self(store);
	struct position *position = find(memory, stream);

	if (position == NULL)
		return;
	table_remove(&memory->by_stream, table_hash_text(memory->key, stream), position);
	if (position->next != NULL)
		position->next->previous = position->previous;
	if (position->previous != NULL)
		position->previous->next = position->next;
	else
		memory->first = position->next;
	position_free(position);
}

static bool
append(struct store *store, const struct store_message *message)
{
	struct position *position = find(self(store), message->stream);

	/*
	 * A stream is gapless: a number out of turn is a mistake of the hub's, which the store
	 * must not hide.
	 */
	if (position == NULL || message->epoch != position->epoch ||
	    message->seq != position->seq + 1)
		return false;
	position->seq = message->seq;
	return true;
}

static bool
put_outcome(struct store *store, const struct store_outcome *outcome)
{
	(void)store;
	(void)outcome;
	return true;
}

static void
commit(struct store *store, uint64_t batch)
{
	store->completed(store->context, batch, true);
}

static void
poll_nothing(struct store *store)
{
	(void)store;
}

static void
close_memory(struct store *store)
{
	struct store_memory *memory = self(store);

	while (memory->first != NULL) {
		struct position *position = memory->first;

		memory->first = position->next;
		position_free(position);
	}
	table_free(&memory->by_stream);
	free(memory);
}

static const struct store_ops ops = {
	.name = "memory",
	.durability = STORE_MEMORY,
	.reserve_clients = reserve_clients,
	.open_stream = open_stream,
	.close_stream = close_stream,
	.append = append,
	.put_outcome = put_outcome,
	.commit = commit,
	.poll = poll_nothing,
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
