/*
 * See store_double.h: everything passes through to the store in RAM.
 */
#include "tests/store_double.h"

#include <stdlib.h>

#include "hub/store_memory.h"

static struct store_double *
self(struct store *store)
{
	return (struct store_double *)store;
}

static struct store *
inner(struct store *store)
{
	return self(store)->memory;
}

static bool
reserve_clients(struct store *store, uint32_t count, uint32_t *first_out, uint64_t *key_out)
{
	return inner(store)->ops->reserve_clients(inner(store), count, first_out, key_out);
}

static bool
open_stream(
    struct store *store, const struct store_stream *stream, struct store_position *position_out)
{
	return inner(store)->ops->open_stream(inner(store), stream, position_out);
}

static void
close_stream(struct store *store, struct text stream)
{
	inner(store)->ops->close_stream(inner(store), stream);
}

static bool
append(struct store *store, const struct store_message *message)
{
	if (self(store)->full || !inner(store)->ops->append(inner(store), message))
		return false;
	self(store)->appended++;
	return true;
}

static bool
set_mark(struct store *store, struct text stream, uint64_t seq)
{
	return !self(store)->full && inner(store)->ops->set_mark(inner(store), stream, seq);
}

/* Taken even when full: the hub's tests count what became of every command. */
static bool
put_outcome(struct store *store, const struct store_outcome *outcome)
{
	if (outcome->number == 0 || text_is_empty(outcome->gateway))
		abort();
	if (self(store)->no_outcomes)
		return false;
	self(store)->outcomes++;
	return inner(store)->ops->put_outcome(inner(store), outcome);
}

static bool
put_id(struct store *store, const struct store_id *id)
{
	return !self(store)->full && !self(store)->no_ids &&
	       inner(store)->ops->put_id(inner(store), id);
}

static bool
put_user(struct store *store, const struct store_user *user)
{
	return !self(store)->full && inner(store)->ops->put_user(inner(store), user);
}

static bool
remove_user(struct store *store, struct text realm, struct text id)
{
	return !self(store)->full && inner(store)->ops->remove_user(inner(store), realm, id);
}

static bool
put_room(struct store *store, const struct store_room *room)
{
	return !self(store)->full && inner(store)->ops->put_room(inner(store), room);
}

static bool
remove_room(struct store *store, struct text name)
{
	return !self(store)->full && inner(store)->ops->remove_room(inner(store), name);
}

static bool
put_gateway(struct store *store, const struct store_gateway *gateway)
{
	return !self(store)->full && inner(store)->ops->put_gateway(inner(store), gateway);
}

static bool
remove_gateway(struct store *store, struct text name)
{
	return !self(store)->full && inner(store)->ops->remove_gateway(inner(store), name);
}

static bool
put_ban(struct store *store, const struct store_ban *ban)
{
	return !self(store)->full && inner(store)->ops->put_ban(inner(store), ban);
}

static bool
remove_ban(struct store *store, const struct store_ban *ban)
{
	return !self(store)->full && inner(store)->ops->remove_ban(inner(store), ban);
}

static bool
rename_stream(struct store *store, struct text from, struct text to)
{
	return !self(store)->full && inner(store)->ops->rename_stream(inner(store), from, to);
}

static bool
remove_stream(struct store *store, struct text stream)
{
	return !self(store)->full && inner(store)->ops->remove_stream(inner(store), stream);
}

static bool
prune_outcomes(struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t number)
{
	return inner(store)->ops->prune_outcomes(inner(store), gateway, gateway_epoch, number);
}

static bool
forget(struct store *store, struct text realm, struct text user)
{
	return !self(store)->full && inner(store)->ops->forget(inner(store), realm, user);
}

bool
store_double_end(struct store_double *store, bool committed)
{
	return store_memory_end(store->memory, committed);
}

static void
spoil(struct store *store)
{
	inner(store)->ops->spoil(inner(store));
}

static void
commit(struct store *store, uint64_t batch)
{
	if (batch != self(store)->asked + 1)
		abort();
	self(store)->asked = batch;
	inner(store)->ops->commit(inner(store), batch);
	while (!self(store)->slow && !self(store)->late &&
	       store_double_end(self(store), !self(store)->fails))
		;
}

static void
poll(struct store *store)
{
	inner(store)->ops->poll(inner(store));
	while ((!self(store)->slow || self(store)->due > 0) &&
	       store_double_end(self(store), !self(store)->fails))
		self(store)->due -= self(store)->due > 0 ? 1 : 0;
}

static int
wake_fd(const struct store *store)
{
	(void)store;
	return -1;
}

static bool
read_range(
    struct store *store, const struct store_range *range, store_message_fn *row, void *context)
{
	return inner(store)->ops->read(inner(store), range, row, context);
}

static bool
read_outcomes(struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t above,
    store_outcome_fn *row, void *context)
{
	return inner(store)->ops->read_outcomes(
	    inner(store), gateway, gateway_epoch, above, row, context);
}

static bool
last_outcome(struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t *number_out)
{
	return inner(store)->ops->last_outcome(inner(store), gateway, gateway_epoch, number_out);
}

static bool
find_id(struct store *store, struct text sender, struct text id, store_id_fn *row, void *context)
{
	return inner(store)->ops->find_id(inner(store), sender, id, row, context);
}

static bool
find_user(struct store *store, struct text realm, struct text id, store_user_fn *row, void *context)
{
	return inner(store)->ops->find_user(inner(store), realm, id, row, context);
}

static bool
stale_users(
    struct store *store, int64_t before_ms, unsigned limit, store_user_fn *row, void *context)
{
	return inner(store)->ops->stale_users(inner(store), before_ms, limit, row, context);
}

static bool
read_rooms(
    struct store *store, struct text after, unsigned limit, store_room_fn *row, void *context)
{
	return inner(store)->ops->read_rooms(inner(store), after, limit, row, context);
}

static bool
read_gateways(struct store *store, store_gateway_fn *row, void *context)
{
	return inner(store)->ops->read_gateways(inner(store), row, context);
}

static bool
read_bans(struct store *store, store_ban_fn *row, void *context)
{
	return inner(store)->ops->read_bans(inner(store), row, context);
}

static bool
export_page(
    struct store *store, uint64_t *cursor, unsigned limit, store_message_fn *row, void *context)
{
	return inner(store)->ops->export_page(inner(store), cursor, limit, row, context);
}

static void
stats(struct store *store, struct store_stats *stats_out)
{
	inner(store)->ops->stats(inner(store), stats_out);
}

static bool
start_job(
    struct store *store, enum store_job job, struct text path, store_job_fn *done, void *context)
{
	return inner(store)->ops->start_job(inner(store), job, path, done, context);
}

static void
never_closes(struct store *store)
{
	(void)store;
}

static const struct store_ops ops = {
	.name = "rig",
	.durability = STORE_MEMORY,
	.reserve_clients = reserve_clients,
	.open_stream = open_stream,
	.close_stream = close_stream,
	.append = append,
	.set_mark = set_mark,
	.put_outcome = put_outcome,
	.put_id = put_id,
	.put_user = put_user,
	.remove_user = remove_user,
	.put_room = put_room,
	.remove_room = remove_room,
	.put_gateway = put_gateway,
	.remove_gateway = remove_gateway,
	.put_ban = put_ban,
	.remove_ban = remove_ban,
	.rename_stream = rename_stream,
	.remove_stream = remove_stream,
	.prune_outcomes = prune_outcomes,
	.forget = forget,
	.commit = commit,
	.spoil = spoil,
	.poll = poll,
	.wake_fd = wake_fd,
	.read = read_range,
	.read_outcomes = read_outcomes,
	.last_outcome = last_outcome,
	.find_id = find_id,
	.find_user = find_user,
	.stale_users = stale_users,
	.read_rooms = read_rooms,
	.read_gateways = read_gateways,
	.read_bans = read_bans,
	.export_page = export_page,
	.stats = stats,
	.start_job = start_job,
	.close = never_closes,
};

static void
on_completed(void *context, uint64_t batch, bool committed)
{
	struct store_double *store = context;

	store->told = batch;
	store->store.completed(store->store.context, batch, committed);
}

static void
nobody_hears(void *context, uint64_t batch, bool committed)
{
	(void)context;
	(void)batch;
	(void)committed;
}

void
store_double_crash(struct store_double *store, unsigned kept)
{
	struct store *memory = store->memory;

	memory->completed = nobody_hears;
	while (kept > 0 && store_memory_end(memory, true))
		kept--;
	memory->ops->commit(memory, UINT64_MAX);
	while (store_memory_end(memory, false))
		;
	if (store->in_memory != NULL) {
		memory->ops->close_stream(memory, text_of(store->in_memory));
		(void)memory->ops->remove_stream(memory, text_of(store->in_memory));
		memory->ops->commit(memory, UINT64_MAX);
		(void)store_memory_end(memory, true);
	}
	memory->completed = on_completed;
	store->asked = 0;
	store->told = 0;
	store->due = 0;
}

bool
store_double_open(struct store_double *store, uint64_t seed)
{
	*store = (struct store_double){ .store.ops = &ops, .memory = store_memory_open(seed) };
	if (store->memory == NULL)
		return false;
	store_memory_hold(store->memory, true);
	store->memory->completed = on_completed;
	store->memory->context = store;
	return true;
}

void
store_double_close(struct store_double *store)
{
	store_close(&store->memory);
}
