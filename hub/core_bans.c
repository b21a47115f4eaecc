/*
 * Bans at work. They are asked for when a client opens, whether it is new, comes again, or was
 * there before the hub; and a new one is held against everybody who is online. What is banned is
 * bans.c's to know.
 */
#include "hub/core_bans.h"

#include "hub/core_operator.h"
#include "hub/core_users.h"

/* Of bans whose time is over, in one turn. */
#define ENDS_MAX 1000u

/* Between attempts to read again what could not be read. */
#define LOAD_AGAIN_MS 1000u

struct loading {
	struct bans *bans;
	bool failed;
};

static bool
load_ban(void *context, const struct store_ban *row)
{
	struct loading *loading = context;

	loading->failed = !bans_put(loading->bans, row);
	return !loading->failed;
}

static void
counted(struct core *core)
{
	metric_set(core->bans.count, (int64_t)bans_count(core->bans.all));
}

/* In the place of those that are known, which stay if not all can be read. */
static bool
load(struct core *core)
{
	struct loading loading = { .bans = bans_create_anew(core->bans.all) };

	loading.failed = loading.bans == NULL ||
			 !core->store->ops->read_bans(core->store, load_ban, &loading) ||
			 loading.failed;
	if (loading.failed) {
		log_error(core->log, "the bans could not be read",
		    log_u64("known", bans_count(core->bans.all)));
	} else {
		bans_destroy(&core->bans.all);
		core->bans.all = loading.bans;
		loading.bans = NULL;
	}
	bans_destroy(&loading.bans);
	counted(core);
	return !loading.failed;
}

bool
core_bans_begin(struct core *core, const struct core_setup *setup)
{
	core->bans.watch = setup->bans;
	core->bans.count = metrics_gauge(setup->metrics, "hubbub_hub_bans", NULL, "Bans in force.");
	core->bans.banned = metrics_counter(setup->metrics, "hubbub_hub_banned_total", NULL,
	    "Clients refused or closed because of a ban.");
	core->bans.all = bans_create(core->key);
	return core->bans.all != NULL && load(core);
}

void
core_bans_free(struct core *core)
{
	bans_destroy(&core->bans.all);
}

void
core_bans_undone(struct core *core, uint64_t batch)
{
	if (core->bans.changed >= batch)
		core->bans.is_stale = !load(core);
}

/* Something about bans was put into the open batch. Its number. */
static uint64_t
changed(struct core *core)
{
	core->written = true;
	core->bans.changed = core_open_batch(core);
	return core->bans.changed;
}

/* Where contents are not recorded, addresses are not: a replay asks what came of them. */
bool
core_bans_address(struct core *core, struct now now, struct text text)
{
	struct address address;
	bool is_banned;

	if (bans_count_of(core->bans.all, STORE_BAN_ADDRESS) == 0)
		return false;
	is_banned = address_parse(text, &address) &&
		    bans_address(core->bans.all, &address, now.wall_ms) != NULL;
	if (core->bans.watch.judged != NULL)
		core->bans.watch.judged(core->bans.watch.context, &is_banned);
	return is_banned;
}

/*
 * A client_id is also the id of the user that the client began as, and may come again as by its
 * secret. Whoever is only called like one is somebody else.
 */
static bool
is_of_client(const struct user *user, uint32_t *first_out)
{
	return user->has_secret && text_to_client_id(user->id, first_out);
}

bool
core_bans_identity(
    const struct core *core, struct now now, const struct user *user, uint32_t client)
{
	uint32_t first;

	if (bans_user(core->bans.all, user->realm, user->id, now.wall_ms) != NULL ||
	    bans_client(core->bans.all, client, now.wall_ms) != NULL)
		return true;
	return is_of_client(user, &first) &&
	       bans_client(core->bans.all, first, now.wall_ms) != NULL;
}

void
core_bans_refuse(struct core *core, const struct gateway *gateway, const struct envelope_open *open)
{
	const struct envelope_close order = {
		.conn = open->conn,
		.client = open->client,
		.code = CLOSE_POLICY,
		.reason = TEXT(CORE_BANNED),
	};

	metric_increment(core->bans.banned);
	log_info(core->log, "a banned client is refused", log_string("gateway", gateway->name),
	    log_text("dialect", open->dialect), log_text("address", open->address));
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_CLOSE, &order);
}

static bool
concerns(
    struct core *core, struct now now, const struct store_ban *ban, const struct client *client)
{
	uint32_t first;
	uint32_t id;

	if (ban->kind == STORE_BAN_ADDRESS)
		return core_bans_address(core, now, client->address);
	return text_to_client_id(ban->value, &id) &&
	       (client->id == id || (is_of_client(client->user, &first) && first == id));
}

/* Those of a user are found by it, all others by looking at everybody. */
static unsigned
put_out(struct core *core, struct now now, const struct store_ban *ban)
{
	struct user *user = NULL;
	struct client *next;
	unsigned count = 0;

	if (ban->kind == STORE_BAN_USER) {
		user = users_find(core->users, ban->realm, ban->value);
		for (struct client *client = user == NULL ? NULL : user->clients; client != NULL;
		     client = next) {
			next = client->sibling;
			core_close_client(core, now, client, TEXT(CORE_BANNED));
			count++;
		}
		return count;
	}
	for (unsigned slot = 0; slot <= PRESENCE_DETACHED; slot++) {
		for (struct client *client = presence_first_of(core->presence, slot);
		     client != NULL; client = next) {
			next = client->neighbour;
			if (!concerns(core, now, ban, client))
				continue;
			core_close_client(core, now, client, TEXT(CORE_BANNED));
			count++;
		}
	}
	return count;
}

enum core_ban_result
core_ban(struct core *core, struct now now, const struct store_ban *wanted,
    struct core_ban_deed *deed_out)
{
	const struct ban *former =
	    bans_find(core->bans.all, wanted->kind, wanted->realm, wanted->value);
	struct store_ban ban = *wanted;

	if (former == NULL && bans_count(core->bans.all) >= core->limits.bans_max)
		return CORE_BAN_TOO_MANY;
	ban.since_ms = now.wall_ms;
	deed_out->was_banned = former != NULL && bans_holds(former, now.wall_ms);
	if (!core->store->ops->put_ban(core->store, &ban))
		return CORE_BAN_NOT_STORED;
	deed_out->deed.batch = changed(core);
	if (!bans_put(core->bans.all, &ban)) {
		core->store->ops->spoil(core->store);
		return CORE_BAN_NOT_STORED;
	}
	deed_out->deed.affected = put_out(core, now, &ban);
	counted(core);
	metric_add(core->bans.banned, deed_out->deed.affected);
	return CORE_BAN_DONE;
}

enum core_ban_result
core_unban(struct core *core, struct now now, const struct store_ban *wanted,
    struct core_ban_deed *deed_out)
{
	const struct ban *ban =
	    bans_find(core->bans.all, wanted->kind, wanted->realm, wanted->value);

	deed_out->was_banned = ban != NULL && bans_holds(ban, now.wall_ms);
	/* That it is not there is only true once whatever lifted it is kept. */
	deed_out->deed.batch = core->bans.changed > core->kept ? core->bans.changed : core->kept;
	if (ban == NULL)
		return CORE_BAN_DONE;
	if (!core->store->ops->remove_ban(core->store, wanted))
		return CORE_BAN_NOT_STORED;
	(void)bans_remove(core->bans.all, wanted->kind, wanted->realm, wanted->value);
	deed_out->deed.batch = changed(core);
	counted(core);
	deed_out->deed.affected = 1;
	return CORE_BAN_DONE;
}

const struct store_ban *
core_next_ban(const struct core *core, struct now now, uint64_t *cursor)
{
	const struct ban *ban = bans_next(core->bans.all, *cursor);

	while (ban != NULL && !bans_holds(ban, now.wall_ms))
		ban = ban->next;
	if (ban == NULL)
		return NULL;
	*cursor = ban->serial;
	return &ban->row;
}

unsigned
core_ban_realms(const struct core *core, struct text id, struct text *realm_out)
{
	unsigned count = 0;

	for (const struct ban *ban = bans_next(core->bans.all, 0); ban != NULL; ban = ban->next) {
		if (ban->row.kind != STORE_BAN_USER || !text_equal(ban->row.value, id))
			continue;
		*realm_out = ban->row.realm;
		count++;
	}
	return count;
}

static bool
on_over(void *context, const struct store_ban *row)
{
	struct core *core = context;

	if (!core->store->ops->remove_ban(core->store, row))
		return false;
	(void)changed(core);
	return true;
}

void
core_bans_turn(struct core *core, struct now now)
{
	if (core->bans.is_stale && now.mono_ms >= core->bans.load_ms) {
		core->bans.load_ms = now.mono_ms + LOAD_AGAIN_MS;
		core->bans.is_stale =
		    core_batch(core, core->bans.changed) == CORE_BATCH_OPEN || !load(core);
	}
	if (now.mono_ms < core->bans.sweep_ms)
		return;
	core->bans.sweep_ms = now.mono_ms + CORE_SWEEP_MS;
	bans_end(core->bans.all, now.wall_ms, ENDS_MAX, on_over, core);
	counted(core);
}
