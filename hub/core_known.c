/*
 * The stored list of gateways: a hub that starts again waits for those of the hub before it. A row
 * is written with the turn that takes the HELLO, so that nobody was told of a gateway's clients
 * before the row was kept, and goes when its process has ended, says goodbye, or is away for too
 * long. What the store did not keep is written again later, all of it. Must not decide what the hub
 * says meanwhile.
 */
#include <string.h>

#include "hub/core_state.h"

/* Between tries to write the list: a full disk is not asked all the time. */
#define KNOWN_AGAIN_MS 10000u

static bool
is_taken(const struct known_gateway *known)
{
	return known->name[0] != '\0';
}

static struct known_gateway *
find_named(struct core *core, struct text name)
{
	for (unsigned i = 0; i < CORE_GATEWAYS_MAX; i++) {
		struct known_gateway *known = &core->known.gateways[i];

		if (is_taken(known) && text_equal(text_of(known->name), name))
			return known;
	}
	return NULL;
}

static struct known_gateway *
find_life(struct core *core, uint32_t life)
{
	for (unsigned i = 0; i < CORE_GATEWAYS_MAX; i++) {
		struct known_gateway *known = &core->known.gateways[i];

		if (life != 0 && known->life == life)
			return known;
	}
	return NULL;
}

static struct known_gateway *
free_place(struct core *core)
{
	for (unsigned i = 0; i < CORE_GATEWAYS_MAX; i++) {
		if (!is_taken(&core->known.gateways[i]))
			return &core->known.gateways[i];
	}
	return NULL;
}

/* Something for the list was put into the open batch, or could not be. */
static void
written(struct core *core, bool taken)
{
	if (taken) {
		core->written = true;
		core->known.batch = core_open_batch(core);
		return;
	}
	if (!core->known.unsaved)
		log_warn(core->log, "the list of known gateways cannot be stored for now");
	core->known.unsaved = true;
}

static void
put_row(struct core *core, const struct known_gateway *known)
{
	const struct store_gateway row = {
		.name = text_of(known->name),
		.epoch = known->epoch,
		.process = known->process,
	};

	written(core, core->store->ops->put_gateway(core->store, &row));
}

static void
remove_row(struct core *core, struct text name)
{
	written(core, core->store->ops->remove_gateway(core->store, name));
}

static bool
is_away(const struct known_gateway *known)
{
	return is_taken(known) && known->life != 0 && !known->linked;
}

/* Looked at in each turn: who is away is counted when that changes. */
static void
note_away(struct known_gateways *list)
{
	list->away_ms = 0;
	for (unsigned i = 0; i < CORE_GATEWAYS_MAX; i++) {
		const struct known_gateway *known = &list->gateways[i];

		if (is_away(known) && (list->away_ms == 0 || known->until_ms < list->away_ms))
			list->away_ms = known->until_ms;
	}
}

static void
forget(struct core *core, struct known_gateway *known)
{
	remove_row(core, text_of(known->name));
	core->settling.gone += known->awaited ? 1 : 0;
	*known = (struct known_gateway){ 0 };
	note_away(&core->known);
}

static void
forget_the_away(struct core *core, struct now now)
{
	for (unsigned i = 0; i < CORE_GATEWAYS_MAX; i++) {
		struct known_gateway *known = &core->known.gateways[i];

		if (is_away(known) && known->until_ms <= now.mono_ms)
			forget(core, known);
	}
}

/*
 * There are as many places as links at a time, so that somebody is not linked if none is free:
 * whoever may come again the shortest makes place, then whoever has not come yet.
 */
static struct known_gateway *
make_place(struct core *core)
{
	struct known_gateway *first = free_place(core);

	if (first != NULL)
		return first;
	for (unsigned i = 0; i < CORE_GATEWAYS_MAX; i++) {
		struct known_gateway *known = &core->known.gateways[i];

		if (known->linked)
			continue;
		if (first == NULL || (first->life == 0 && known->life != 0) ||
		    (known->life != 0 && known->until_ms < first->until_ms))
			first = known;
	}
	if (first != NULL)
		forget(core, first);
	return first;
}

static bool
has_ended(const struct core *core, const struct store_process *process)
{
	return core->links.is_over != NULL && core->links.is_over(core->links.context, process);
}

static void
take(struct known_gateway *known, struct text name, uint64_t epoch,
    const struct store_process *process)
{
	*known = (struct known_gateway){
		.epoch = epoch,
		.process = *process,
		.awaited = known->awaited,
	};
	memcpy(known->name, name.data, name.length);
}

static bool
take_row(void *context, const struct store_gateway *row)
{
	struct core *core = context;
	struct known_gateway *known = NULL;

	if (has_ended(core, &row->process)) {
		log_info(core->log, "a known gateway has ended meanwhile",
		    log_text("gateway", row->name), log_i64("pid", row->process.pid));
		core->settling.gone++;
	} else if (row->name.length > 0 && row->name.length <= GATEWAY_NAME_MAX) {
		known = free_place(core);
	}
	if (known == NULL) {
		remove_row(core, row->name);
		return true;
	}
	take(known, row->name, row->epoch, &row->process);
	known->awaited = true;
	return true;
}

void
core_known_load(struct core *core, struct now now)
{
	struct buffer *names = &core->listing->awaited;
	unsigned awaited;

	if (!core->store->ops->read_gateways(core->store, take_row, core))
		log_warn(core->log, "the list of known gateways cannot be read");
	buffer_clear(names);
	awaited = core_known_awaited(core, names);
	if (awaited == 0)
		return;
	core->settling.active = true;
	core->settling.deadline_ms = now.mono_ms + core->limits.settle_ms;
	log_info(core->log, "waiting for known gateways", log_u64("gateways", awaited),
	    log_text("names", buffer_text(names)), log_u64("milliseconds", core->limits.settle_ms));
}

void
core_known_hello(struct core *core, const struct gateway *gateway)
{
	struct known_gateway *known = find_named(core, text_of(gateway->name));
	bool is_new;

	if (known == NULL)
		known = make_place(core);
	if (known == NULL)
		return;
	is_new = known->epoch != gateway->epoch ||
		 memcmp(&known->process, &gateway->process, sizeof(known->process)) != 0;
	take(known, text_of(gateway->name), gateway->epoch, &gateway->process);
	known->life = gateway->life;
	known->linked = true;
	note_away(&core->known);
	if (is_new)
		put_row(core, known);
}

void
core_known_attached(struct core *core, const struct gateway *gateway)
{
	struct known_gateway *known = find_life(core, gateway->life);

	if (known != NULL)
		known->awaited = false;
}

void
core_known_lost(struct core *core, const struct gateway *gateway, struct now now)
{
	struct known_gateway *known = find_life(core, gateway->life);

	if (known == NULL)
		return;
	known->linked = false;
	known->until_ms = now.mono_ms + core->limits.detach_ms;
	note_away(&core->known);
}

void
core_known_over(struct core *core, uint32_t life)
{
	struct known_gateway *known = find_life(core, life);

	/* What ended may be an older link of a life that has another by now. */
	if (known != NULL && !known->linked)
		forget(core, known);
}

void
core_known_undone(struct core *core, uint64_t batch)
{
	if (core->known.batch >= batch)
		core->known.unsaved = true;
}

static bool
remove_stranger(void *context, const struct store_gateway *row)
{
	struct core *core = context;

	if (find_named(core, row->name) == NULL)
		remove_row(core, row->name);
	return true;
}

/* What the store has is not known: what must not be there goes, what must be there comes. */
static void
write_again(struct core *core)
{
	core->known.unsaved = false;
	if (!core->store->ops->read_gateways(core->store, remove_stranger, core))
		core->known.unsaved = true;
	for (unsigned i = 0; i < CORE_GATEWAYS_MAX; i++) {
		if (is_taken(&core->known.gateways[i]))
			put_row(core, &core->known.gateways[i]);
	}
}

void
core_known_turn(struct core *core, struct now now)
{
	struct known_gateways *list = &core->known;

	if (list->away_ms != 0 && list->away_ms <= now.mono_ms)
		forget_the_away(core, now);
	if (!list->unsaved)
		return;
	if (list->again_ms == 0)
		list->again_ms = now.mono_ms + KNOWN_AGAIN_MS;
	if (now.mono_ms < list->again_ms)
		return;
	list->again_ms = 0;
	write_again(core);
}

uint64_t
core_known_deadline(const struct core *core, struct now now)
{
	const struct known_gateways *list = &core->known;
	uint64_t first = list->unsaved ? list->again_ms : UINT64_MAX;

	if (list->away_ms != 0 && list->away_ms < first)
		first = list->away_ms;
	if (first == UINT64_MAX)
		return UINT64_MAX;
	return first > now.mono_ms ? first - now.mono_ms : 0;
}

bool
core_known_is_awaiting(const struct core *core)
{
	for (unsigned i = 0; i < CORE_GATEWAYS_MAX; i++) {
		if (core->known.gateways[i].awaited)
			return true;
	}
	return false;
}

unsigned
core_known_awaited(const struct core *core, struct buffer *out)
{
	unsigned count = 0;

	for (unsigned i = 0; i < CORE_GATEWAYS_MAX; i++) {
		const struct known_gateway *known = &core->known.gateways[i];

		if (!known->awaited)
			continue;
		buffer_append_string(out, count++ > 0 ? " " : "");
		buffer_append_string(out, known->name);
	}
	return count;
}

void
core_known_settled(struct core *core, struct buffer *out)
{
	for (unsigned i = 0; i < CORE_GATEWAYS_MAX; i++) {
		struct known_gateway *known = &core->known.gateways[i];

		if (known->awaited && known->life == 0) {
			buffer_append_string(out, out->length > 0 ? " " : "");
			buffer_append_string(out, known->name);
			forget(core, known);
		}
		known->awaited = false;
	}
}
