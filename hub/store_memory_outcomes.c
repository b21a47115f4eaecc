/*
 * Outcomes in the store in RAM, by life of a gateway, until they are confirmed.
 */
#include <stdlib.h>
#include <string.h>

#include "hub/store_memory_private.h"

static struct store_memory *
self(struct store *store)
{
	return (struct store_memory *)store;
}

static struct memory_life *
find(const struct store_memory *memory, struct text gateway, uint64_t epoch)
{
	struct memory_life *life = memory->lives;

	while (
	    life != NULL && (life->epoch != epoch ||
				!text_equal((struct text){ life->gateway, life->length }, gateway)))
		life = life->next;
	return life;
}

static void
drop_first(struct memory_life *life)
{
	free(life->outcomes[life->head++]);
	life->count--;
}

static void
life_free(struct memory_life *life)
{
	while (life->count > 0)
		drop_first(life);
	free(life->outcomes);
	free(life->gateway);
	free(life);
}

static void
forget_the_oldest(struct store_memory *memory)
{
	struct memory_life **last = &memory->lives;
	unsigned lives = 0;

	for (; *last != NULL && lives < MEMORY_LIVES; lives++)
		last = &(*last)->next;
	while (*last != NULL) {
		struct memory_life *life = *last;

		*last = life->next;
		life_free(life);
	}
}

static struct memory_life *
life_create(struct store_memory *memory, struct text gateway, uint64_t epoch)
{
	struct memory_life *life = calloc(1, sizeof(*life));
	char *name = text_duplicate(gateway);

	if (life == NULL || name == NULL) {
		free(life);
		free(name);
		return NULL;
	}
	life->gateway = name;
	life->length = gateway.length;
	life->epoch = epoch;
	life->next = memory->lives;
	memory->lives = life;
	forget_the_oldest(memory);
	return life;
}

static bool
make_room(struct memory_life *life)
{
	size_t capacity = life->capacity == 0 ? 64 : life->capacity * 2;
	struct store_outcome **grown;

	if (life->head + life->count < life->capacity)
		return true;
	if (life->head > life->count) {
		memmove(life->outcomes, life->outcomes + life->head,
		    life->count * sizeof(struct store_outcome *));
		life->head = 0;
		return true;
	}
	grown = realloc(life->outcomes, capacity * sizeof(struct store_outcome *));
	if (grown == NULL)
		return false;
	life->outcomes = grown;
	life->capacity = capacity;
	return true;
}

static void
put_apply(struct store_memory *memory, struct memory_deed *deed)
{
	struct store_outcome *outcome = deed->row;
	struct memory_life *life = find(memory, outcome->gateway, outcome->gateway_epoch);

	memory->now_ms = outcome->wall_ms;
	if (life == NULL)
		life = life_create(memory, outcome->gateway, outcome->gateway_epoch);
	if (life == NULL || !make_room(life))
		return;
	deed->row = NULL;
	if (outcome->number > life->last)
		life->last = outcome->number;
	life->outcomes[life->head + life->count++] = outcome;
	if (life->count > MEMORY_OUTCOMES)
		drop_first(life);
}

bool
store_memory_put_outcome(struct store *store, const struct store_outcome *outcome)
{
	static const struct memory_deed_kind kind = { put_apply, NULL };
	static const size_t texts[] = { offsetof(struct store_outcome, gateway),
		offsetof(struct store_outcome, room), offsetof(struct store_outcome, user) };
	void *copy = store_memory_copy(outcome, sizeof(*outcome), texts, 3);

	return copy != NULL && store_memory_deed(self(store), &kind, NULL, copy, 0);
}

static void
prune_apply(struct store_memory *memory, struct memory_deed *deed)
{
	const struct store_outcome *upto = deed->row;
	struct memory_life *life = find(memory, upto->gateway, upto->gateway_epoch);

	while (
	    life != NULL && life->count > 0 && life->outcomes[life->head]->number <= deed->number)
		drop_first(life);
}

bool
store_memory_prune_outcomes(
    struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t number)
{
	static const struct memory_deed_kind kind = { prune_apply, NULL };
	static const size_t texts[] = { offsetof(struct store_outcome, gateway) };
	const struct store_outcome upto = { .gateway = gateway, .gateway_epoch = gateway_epoch };
	void *copy = store_memory_copy(&upto, sizeof(upto), texts, 1);

	return copy != NULL && store_memory_deed(self(store), &kind, NULL, copy, number);
}

bool
store_memory_read_outcomes(struct store *store, struct text gateway, uint64_t gateway_epoch,
    uint64_t above, store_outcome_fn *row, void *context)
{
	const struct memory_life *life = find(self(store), gateway, gateway_epoch);

	for (size_t i = 0; life != NULL && i < life->count; i++) {
		const struct store_outcome *outcome = life->outcomes[life->head + i];

		if (outcome->number > above && !row(context, outcome))
			break;
	}
	return true;
}

bool
store_memory_last_outcome(
    struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t *number_out)
{
	const struct memory_life *life = find(self(store), gateway, gateway_epoch);

	*number_out = life == NULL ? 0 : life->last;
	return true;
}

void
store_memory_forget_outcomes(struct store_memory *memory, struct text user)
{
	for (const struct memory_life *life = memory->lives; life != NULL; life = life->next) {
		for (size_t i = 0; i < life->count; i++) {
			struct store_outcome *outcome = life->outcomes[life->head + i];

			if (text_equal(outcome->user, user))
				outcome->user.length = 0;
		}
	}
}

void
store_memory_free_outcomes(struct store_memory *memory)
{
	while (memory->lives != NULL) {
		struct memory_life *life = memory->lives;

		memory->lives = life->next;
		life_free(life);
	}
}
