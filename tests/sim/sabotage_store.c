/*
 * Bugs between the hub's core and its store: the table of the store double is replaced by one that
 * does most of it.
 */
#include "sabotage.h"

#include "hub/core.h"
#include "hub/store_memory_private.h"
#include "tests/store_double.h"

static const struct store_ops *honest;
static struct store_ops ops;
static store_completed_fn *core_completed;
static uint64_t completed_max;
static uint32_t first_ordinal;
static bool has_first_ordinal;

SABOTAGE_WRAP(bool, store_double_open, struct store_double *store, uint64_t seed);
SABOTAGE_WRAP(struct core *, core_create, const struct core_setup *setup);

static void
commit(struct store *store, uint64_t batch)
{
	honest->commit(store, batch);
	if (sabotage() == SABOTAGE_ACK_FIRST && batch > completed_max) {
		completed_max = batch;
		core_completed(store->context, batch, true);
	}
}

static void
completed(void *context, uint64_t batch, bool committed)
{
	if (sabotage() == SABOTAGE_ACK_FIRST)
		return;
	if (sabotage() == SABOTAGE_FAILURE_KEPT)
		committed = true;
	core_completed(context, batch, committed);
}

/* Epochs are drawn from the store's seed: the same seed, the same epoch. */
static bool
open_stream(
    struct store *store, const struct store_stream *stream, struct store_position *position_out)
{
	struct store_memory *memory = (struct store_memory *)((struct store_double *)store)->memory;

	if (sabotage() == SABOTAGE_EPOCH_KEPT && text_equal(stream->name, TEXT("room/den")))
		memory->seed = 1;
	return honest->open_stream(store, stream, position_out);
}

static bool
append(struct store *store, const struct store_message *message)
{
	if (sabotage() == SABOTAGE_APPEND_LOST && sabotage_each(9))
		return true;
	return honest->append(store, message);
}

static bool
put_outcome(struct store *store, const struct store_outcome *outcome)
{
	return sabotage() == SABOTAGE_OUTCOME_NOT_STORED || honest->put_outcome(store, outcome);
}

static bool
put_id(struct store *store, const struct store_id *id)
{
	return sabotage() == SABOTAGE_ID_NOT_STORED || honest->put_id(store, id);
}

static bool
put_user(struct store *store, const struct store_user *user)
{
	return sabotage() == SABOTAGE_USER_NOT_STORED || honest->put_user(store, user);
}

static bool
put_gateway(struct store *store, const struct store_gateway *gateway)
{
	return sabotage() == SABOTAGE_GATEWAYS_FORGOTTEN || honest->put_gateway(store, gateway);
}

static bool
put_ban(struct store *store, const struct store_ban *ban)
{
	return sabotage() == SABOTAGE_BAN_NOT_STORED || honest->put_ban(store, ban);
}

static bool
remove_ban(struct store *store, const struct store_ban *ban)
{
	return sabotage() == SABOTAGE_UNBAN_NOT_STORED || honest->remove_ban(store, ban);
}

static bool
has_ended(void *context, const struct store_process *process)
{
	(void)context;
	(void)process;
	return true;
}

static bool
set_mark(struct store *store, struct text stream, uint64_t seq)
{
	return sabotage() == SABOTAGE_MARK_NOT_STORED || honest->set_mark(store, stream, seq);
}

static bool
last_outcome(struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t *number_out)
{
	if (!honest->last_outcome(store, gateway, gateway_epoch, number_out))
		return false;
	if (sabotage() == SABOTAGE_COMMITTED_FORGOTTEN)
		*number_out = 0;
	return true;
}

static bool
reserve_clients(struct store *store, uint32_t count, uint32_t *first_out, uint64_t *key_out)
{
	if (!honest->reserve_clients(store, count, first_out, key_out))
		return false;
	if (!has_first_ordinal)
		first_ordinal = *first_out;
	has_first_ordinal = true;
	if (sabotage() == SABOTAGE_CLIENT_IDS_AGAIN)
		*first_out = first_ordinal;
	return true;
}

static void
sabotage_ops(const struct store_ops *table)
{
	honest = table;
	ops = *table;
	ops.commit = commit;
	ops.open_stream = open_stream;
	ops.append = append;
	ops.put_outcome = put_outcome;
	ops.put_id = put_id;
	ops.put_user = put_user;
	ops.put_gateway = put_gateway;
	ops.put_ban = put_ban;
	ops.remove_ban = remove_ban;
	ops.set_mark = set_mark;
	ops.last_outcome = last_outcome;
	ops.reserve_clients = reserve_clients;
}

bool
__wrap_store_double_open(struct store_double *store, uint64_t seed)
{
	if (!__real_store_double_open(store, seed))
		return false;
	sabotage_ops(store->store.ops);
	store->store.ops = &ops;
	has_first_ordinal = false;
	return true;
}

struct core *
__wrap_core_create(const struct core_setup *setup)
{
	struct core_setup mine = *setup;
	struct core *core;

	if (sabotage() == SABOTAGE_MAILBOX_UNBOUNDED)
		mine.limits.inbox_messages = UINT32_MAX;
	if (sabotage() == SABOTAGE_LIVING_COUNT_DEAD)
		mine.links.is_over = has_ended;
	core = __real_core_create(&mine);
	if (core == NULL)
		return NULL;
	core_completed = setup->store->completed;
	setup->store->completed = completed;
	completed_max = 0;
	return core;
}
