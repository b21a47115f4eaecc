/* See sim_bans.h. The operator's side: what is wished, and what the hub's answers mean. */
#include "sim_bans.h"

#include <stdio.h>
#include <string.h>

#include "hub/core_operator.h"
#include "hub/core_state.h"
#include "sim_bans_judge.h"
#include "sim_deeds.h"

#define SPAN_MS 15000u
#define BLOCK 16u /* addresses of a /28 */

void
sim_address(unsigned sender, char out[SIM_ADDRESS_SIZE])
{
	if (sender == 0)
		snprintf(out, SIM_ADDRESS_SIZE, "192.0.2.1");
	else if (sender < SIM_FIRST_DIRECT)
		snprintf(out, SIM_ADDRESS_SIZE, "198.51.100.%u", sender + 1);
	else
		snprintf(out, SIM_ADDRESS_SIZE, "2001:db8::%x", sender);
}

struct text
sim_realm(const struct sim_world *world, unsigned sender)
{
	return text_of(
	    sender < SIM_FIRST_DIRECT ? world->native_mount->realm : world->direct_mount->realm);
}

/* Which sender is meant; never client 0, whose word is the truth. */
static unsigned
some_sender(struct sim_world *world)
{
	unsigned among = (unsigned)random_below(world->random, 4);

	if (among == 0)
		return SIM_FIRST_DIRECT + (unsigned)random_below(world->random, SIM_DIRECTS);
	if (among == 1 || world->client_count < 2)
		return SIM_FIRST_NATIVE + (unsigned)random_below(world->random, SIM_NATIVES);
	return 1 + (unsigned)random_below(world->random, world->client_count - 1);
}

static void
whole_block(struct sim_ban *ban, unsigned sender)
{
	unsigned base = (sender + 1) / BLOCK * BLOCK;

	if (sender >= SIM_FIRST_DIRECT) {
		snprintf(ban->value, sizeof(ban->value), "2001:db8::/64");
		ban->first = SIM_FIRST_DIRECT;
		ban->last = SIM_SENDERS - 1;
		return;
	}
	snprintf(ban->value, sizeof(ban->value), "198.51.100.%u/28", base);
	ban->first = base > 2 ? base - 1 : 1;
	ban->last = base + BLOCK - 2;
	if (ban->last >= SIM_FIRST_DIRECT)
		ban->last = SIM_FIRST_DIRECT - 1;
}

/* False if nothing is known of it by which it could be banned like that. */
static bool
choose(struct sim_world *world, struct sim_ban *ban)
{
	unsigned sender = some_sender(world);
	uint64_t how = random_below(world->random, 8);

	*ban = (struct sim_ban){ .first = sender, .last = sender };
	if (how < 3) {
		ban->kind = STORE_BAN_ADDRESS;
		sim_address(sender, ban->value);
		if (how == 0)
			whole_block(ban, sender);
		return true;
	}
	ban->kind = how < 6 || sender >= SIM_FIRST_DIRECT ? STORE_BAN_USER : STORE_BAN_CLIENT;
	sim_bans_name(world, sender, ban->kind, ban->value);
	return ban->value[0] != '\0';
}

static struct sim_ban *
find(struct sim_world *world, const struct sim_ban *wanted)
{
	struct sim_ban *free_one = NULL;

	for (unsigned i = 0; i < SIM_BANS; i++) {
		struct sim_ban *ban = &world->bans.all[i];

		if (ban->count == 0)
			free_one = ban;
		else if (ban->kind == wanted->kind && strcmp(ban->value, wanted->value) == 0)
			return ban;
	}
	if (free_one == NULL)
		return NULL;
	*free_one = *wanted;
	free_one->versions[free_one->count++] = (struct sim_ban_version){ .banned = false };
	return free_one;
}

static struct store_ban
row_of(const struct sim_world *world, const struct sim_ban *ban)
{
	return (struct store_ban){
		.kind = ban->kind,
		.realm = ban->kind == STORE_BAN_USER ? sim_realm(world, ban->first) : TEXT(""),
		.value = text_of(ban->value),
		.reason = TEXT("enough"),
		.made_by = TEXT("sim"),
	};
}

const struct ban *
sim_bans_known(const struct sim_world *world, const struct sim_ban *ban)
{
	const struct store_ban row = row_of(world, ban);

	return bans_find(world->hub->bans.all, row.kind, row.realm, row.value);
}

/* It was there, and so it says. */
static void
check_former(struct sim_world *world, const struct sim_ban *ban, bool was_banned)
{
	const struct sim_ban_version *only = &ban->versions[0];
	bool was = only->banned && (only->until_ms == 0 || world->now.wall_ms < only->until_ms);

	if (ban->count == 1 && !only->over && was != was_banned)
		sim_wrong(world, "the hub says that %s was%s banned before", ban->value,
		    was_banned ? "" : " not");
}

static void
add_version(struct sim_ban *ban, bool banned, int64_t until_ms, uint64_t batch)
{
	ban->versions[ban->count++] = (struct sim_ban_version){
		.banned = banned, .open = true, .until_ms = until_ms, .batch = batch
	};
	ban->sure_turn = 0;
}

static void
forget_if_nothing(struct sim_ban *ban)
{
	if (ban->count == 1 && !ban->versions[0].banned)
		ban->count = 0;
}

static void
operator_bans(struct sim_world *world)
{
	struct core_ban_deed deed = { 0 };
	enum core_ban_result result;
	struct sim_ban wanted;
	struct store_ban row;
	struct sim_ban *ban;
	bool is_full;

	if (!choose(world, &wanted))
		return;
	row = row_of(world, &wanted);
	if (random_below(world->random, 2) == 0)
		row.until_ms =
		    world->now.wall_ms + 1 + (int64_t)random_below(world->random, SPAN_MS);
	ban = find(world, &wanted);
	if (ban == NULL || ban->count == SIM_BAN_VERSIONS)
		return;
	is_full = sim_bans_known(world, ban) == NULL &&
		  bans_count(world->hub->bans.all) >= world->settings.bans_max;
	sim_trace(world, "the operator bans %s %s", ban->value,
	    row.until_ms == 0 ? "for good" : "for a while");
	result = core_ban(world->hub, world->now, &row, &deed);
	if ((result == CORE_BAN_TOO_MANY) != is_full)
		sim_wrong(world, "the hub has %zu bans, may have %u, and %s one more",
		    bans_count(world->hub->bans.all), world->settings.bans_max,
		    is_full ? "takes" : "refuses");
	if (result == CORE_BAN_NOT_STORED && !sim_store_refuses(world))
		sim_wrong(world, "the ban of %s was not taken", ban->value);
	if (result == CORE_BAN_DONE) {
		check_former(world, ban, deed.was_banned);
		add_version(ban, true, row.until_ms, deed.deed.batch);
	}
	forget_if_nothing(ban);
}

static void
lift(struct sim_world *world, struct sim_ban *ban)
{
	const struct store_ban row = row_of(world, ban);
	struct core_ban_deed deed = { 0 };

	if (ban->count == SIM_BAN_VERSIONS)
		return;
	sim_trace(world, "the operator lifts the ban of %s", ban->value);
	if (core_unban(world->hub, world->now, &row, &deed) == CORE_BAN_DONE) {
		check_former(world, ban, deed.was_banned);
		add_version(ban, false, 0, deed.deed.batch);
	} else if (!sim_store_refuses(world)) {
		sim_wrong(world, "the ban of %s was not lifted", ban->value);
	}
}

/* One of those that there are, or were just lifted; NULL for none. */
static struct sim_ban *
some_ban(struct sim_world *world)
{
	unsigned first = (unsigned)random_below(world->random, SIM_BANS);

	for (unsigned i = 0; i < SIM_BANS; i++) {
		struct sim_ban *ban = &world->bans.all[(first + i) % SIM_BANS];

		if (ban->count > 0)
			return ban;
	}
	return NULL;
}

void
sim_bans_happen(struct sim_world *world)
{
	struct sim_ban *ban = some_ban(world);

	if (world->hub == NULL)
		return;
	if (random_below(world->random, 2) == 0)
		operator_bans(world);
	else if (ban != NULL)
		lift(world, ban);
	/* Whoever is closed for a ban that is not kept was closed all the same. */
	sim_bans_judge(world);
}

/* Whoever's mail is waited for at the end is let in again, and some of the others. */
static void
lift_at_the_end(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_BANS; i++) {
		struct sim_ban *ban = &world->bans.all[i];
		bool stays = i % 2 == 1 && ban->last < SIM_FIRST_DIRECT;

		if (ban->count > 0 && ban->versions[ban->count - 1].banned && !stays)
			lift(world, ban);
	}
}

/* Everything before it is over; it alone is true. */
static void
is_true(struct sim_ban *ban, unsigned at)
{
	ban->count -= at;
	memmove(&ban->versions[0], &ban->versions[at], ban->count * sizeof(ban->versions[0]));
	ban->versions[0].open = false;
}

static void
is_lost(struct sim_ban *ban, unsigned at)
{
	ban->count--;
	memmove(&ban->versions[at], &ban->versions[at + 1],
	    (ban->count - at) * sizeof(ban->versions[0]));
}

static void
hear_answers(struct sim_world *world, struct sim_ban *ban)
{
	for (unsigned i = 1; i < ban->count; i++) {
		enum core_batch batch = CORE_BATCH_OPEN;

		if (ban->versions[i].open)
			batch = core_batch(world->hub, ban->versions[i].batch);
		if (batch == CORE_BATCH_KEPT) {
			is_true(ban, i);
			i = 0;
		} else if (batch == CORE_BATCH_LOST) {
			is_lost(ban, i--);
		}
	}
	forget_if_nothing(ban);
}

/* The newest version that is what the hub has; -1: none is. */
static int
version_of(const struct sim_ban *ban, const struct ban *known)
{
	int over = -1;

	for (unsigned i = ban->count; i-- > 0;) {
		const struct sim_ban_version *version = &ban->versions[i];

		if (known == NULL ? !version->banned
				  : version->banned && version->until_ms == known->row.until_ms)
			return (int)i;
		if (known == NULL && version->over && over < 0)
			over = (int)i;
	}
	return over;
}

static void
check_known(struct sim_world *world, const struct sim_ban *ban)
{
	const struct ban *known = sim_bans_known(world, ban);

	if (version_of(ban, known) >= 0)
		return;
	if (known == NULL)
		sim_wrong(world, "the hub has forgotten the ban of %s", ban->value);
	else
		sim_wrong(world, "the hub has a ban of %s that nobody made", ban->value);
}

void
sim_bans_begin(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_BANS; i++) {
		struct sim_ban *ban = &world->bans.all[i];
		int now;

		if (ban->count == 0)
			continue;
		check_known(world, ban);
		now = version_of(ban, sim_bans_known(world, ban));
		if (now >= 0) {
			is_true(ban, (unsigned)now);
			ban->count = 1;
		}
		forget_if_nothing(ban);
	}
}

static void
time_passes(struct sim_world *world, struct sim_ban *ban)
{
	bool surely = ban->count > 0;

	for (unsigned i = 0; i < ban->count; i++) {
		struct sim_ban_version *version = &ban->versions[i];

		if (version->banned && version->until_ms != 0 &&
		    world->now.wall_ms >= version->until_ms)
			version->over = true;
		surely = surely && version->banned && !version->over;
	}
	if (!surely) {
		ban->sure_turn = 0;
	} else if (ban->sure_turn == 0) {
		ban->sure_turn = world->turns;
		ban->sure_ms = world->now.mono_ms;
	}
}

static void
check_number(struct sim_world *world)
{
	size_t known = 0;

	for (unsigned i = 0; i < SIM_BANS; i++) {
		const struct sim_ban *ban = &world->bans.all[i];

		if (ban->count > 0)
			known += sim_bans_known(world, ban) != NULL;
	}
	if (bans_count(world->hub->bans.all) != known)
		sim_wrong(world, "the hub has %zu bans, of which %zu were made",
		    bans_count(world->hub->bans.all), known);
}

void
sim_bans_watch(struct sim_world *world)
{
	if (world->settling && world->hub != NULL)
		lift_at_the_end(world);
	for (unsigned i = 0; i < SIM_BANS; i++) {
		struct sim_ban *ban = &world->bans.all[i];

		/* Operators ask now and then: what came behind it must not answer for it. */
		if (world->hub != NULL && ban->count > 0 &&
		    (world->settling || random_below(world->random, 3) == 0))
			hear_answers(world, ban);
		time_passes(world, ban);
		if (world->hub != NULL && ban->count > 0)
			check_known(world, ban);
	}
	if (world->hub != NULL)
		check_number(world);
	sim_bans_judge(world);
}

struct reading {
	struct sim_world *world;
	bool found[SIM_BANS];
	bool made_up;
};

static bool
on_row(void *context, const struct store_ban *row)
{
	struct reading *reading = context;
	bool found = false;

	for (unsigned i = 0; i < SIM_BANS; i++) {
		const struct sim_ban *ban = &reading->world->bans.all[i];

		if (ban->count == 0 || ban->kind != row->kind ||
		    !text_equal(row->value, text_of(ban->value)))
			continue;
		found = true;
		reading->found[i] = true;
	}
	reading->made_up |= !found;
	return true;
}

const char *
sim_bans_reborn(struct sim_world *world)
{
	struct reading reading = { .world = world };
	struct store *store = sim_store(world);

	if (!store->ops->read_bans(store, on_row, &reading))
		return "the store cannot tell who is banned";
	if (reading.made_up)
		return "the store has a ban that nobody made";
	for (unsigned i = 0; i < SIM_BANS; i++) {
		if (world->bans.all[i].sure_turn != 0 && !reading.found[i])
			return "a ban did not outlive the machine";
	}
	return NULL;
}
