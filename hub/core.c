/*
 * The hub's turns and the lives of links. A turn's frames leave when the store has kept what the
 * turn wrote; if it could not, they are rewritten so that senders hear "not stored" and nobody
 * hears the message. What envelopes do is in the core_*.c files beside this one.
 */
#include "hub/core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcomes.h"
#include "hub/core_fetch.h"
#include "hub/core_rooms.h"
#include "hub/core_roster.h"
#include "hub/core_settings.h"
#include "hub/core_users.h"
#include "hub/dispatch.h"

/* All that one turn may say. A turn is bounded by what links read in it; this is for the worst. */
#define TURN_MAX ((size_t)128 * 1024 * 1024)

_Static_assert(CORE_GATEWAYS_MAX == PRESENCE_SLOTS, "slots are bits of one word everywhere");
_Static_assert(CORE_GATEWAYS_MAX == HELD_SLOTS, "slots are bits of one word everywhere");

static void
leave(void *context, const struct outbox_run *run, const char *frames)
{
	struct core *core = context;
	struct text room;

	if (run->greets && run->slots != 0)
		core_greet(core, (unsigned)__builtin_ctzll(run->slots));
	if (run->length == 0)
		return;
	for (uint64_t left = run->slots; left != 0; left &= left - 1)
		core->links.send(
		    core->links.context, (unsigned)__builtin_ctzll(left), frames, run->length);
	if (run->stream == NULL)
		return;
	run->stream->committed = run->seq;
	room = streams_room_of(run->stream->name);
	if (text_is_empty(room))
		return;
	core->bus->ops->publish(core->bus, &(struct bus_message){
					       .room = room,
					       .epoch = run->stream->epoch,
					       .seq = run->seq,
					       .frame = frames,
					       .length = run->length,
					   });
}

static void
release(struct core *core)
{
	outbox_release(core->outbox, core->kept, (struct outbox_sink){ leave, core });
	streams_kept(core->streams, core->kept);
}

static void
note_lost(struct core *core, uint64_t first, uint64_t last)
{
	struct lost_batches *newest =
	    &core->lost[(core->lost_next + CORE_LOST_MAX - 1) % CORE_LOST_MAX];

	if (newest->last > 0 && newest->last + 1 == first) {
		newest->last = last;
		return;
	}
	core->lost[core->lost_next++ % CORE_LOST_MAX] = (struct lost_batches){ first, last };
}

static void
on_completed(void *context, uint64_t batch, bool committed)
{
	struct core *core = context;

	if (committed) {
		core->kept = batch;
		return;
	}
	/* The batches behind a failed one fail with it, one completion each; once is enough. */
	if (batch <= core->undone)
		return;
	log_error(core->log, "the store could not keep what was said", log_u64("batch", batch));
	core->undone = core->last_batch;
	note_lost(core, batch, core->last_batch);
	/* What was kept before leaves first: streams go back to what has left. */
	release(core);
	streams_roll_back(core->streams, core->kept);
	ids_roll_back(core->message_ids, core->kept);
	users_roll_back(core->users, core->kept);
	core->doomed |= outbox_undo(core->outbox, batch, core_undo_frame, core);
	if (core->rooms_changed >= batch)
		(void)core_rooms_load(core);
	core_known_undone(core, batch);
	core_bans_undone(core, batch);
}

static void
choose_secrets(struct core *core)
{
	core->key.words[0] = random_u64(core->random);
	core->key.words[1] = random_u64(core->random);
	/* On the link 0 means "no hub yet". */
	do
		core->epoch = random_u64(core->random);
	while (core->epoch == 0);
}

/* What users and their mail need; false without memory. */
static bool
create_users(struct core *core)
{
	old_conns_init(&core->old_conns, core->key);
	core->users = users_create(core->key);
	core->message_ids = ids_create(core->key, IDS_COUNT_MAX);
	core->digest = digest_create();
	core->events = events_create(core->key);
	core->inboxes = (struct inboxes){
		.store = core->store,
		.streams = core->streams,
		.messages_max = core->limits.inbox_messages,
		.bytes_max = core->limits.inbox_bytes,
		.read_keep_ms = core->limits.read_keep_ms,
		.batch = core_open_batch(core),
	};
	return core->users != NULL && core->message_ids != NULL && core->digest != NULL &&
	       core->events != NULL;
}

struct core *
core_create(const struct core_setup *setup)
{
	struct core *core = calloc(1, sizeof(*core));

	if (core == NULL)
		return NULL;
	core->limits = setup->limits;
	core_limits_complete(&core->limits);
	core->links = setup->links;
	core->store = setup->store;
	core->bus = setup->bus;
	core->random = setup->random;
	core->digests = setup->digests;
	core->log = setup->log;
	core->started_wall_ms = setup->now.wall_ms;
	core->started_mono_ms = setup->now.mono_ms;
	core->sweep_ms = setup->now.mono_ms + CORE_SWEEP_MS;
	choose_secrets(core);
	core_metrics_init(&core->metrics, setup->metrics);
	held_init(&core->held);
	questions_init(&core->questions);
	buffer_init(&core->answer, 0);
	client_ids_init(&core->ids, core->store);
	core->presence = presence_create(core->key);
	core->rules = room_rules_create(setup->classes, setup->class_count, setup->operators);
	core->streams = streams_create(core->store, core->key, core->limits.rooms_max);
	core->outbox = outbox_create(TURN_MAX);
	core->decoder = envelope_decoder_create();
	core->listing = calloc(1, sizeof(*core->listing));
	if (core->presence == NULL || core->rules == NULL || core->streams == NULL ||
	    !create_users(core) || core->outbox == NULL || core->decoder == NULL ||
	    core->listing == NULL || !core_rooms_load(core) || !core_bans_begin(core, setup))
		core_destroy(&core);
	if (core == NULL)
		return NULL;
	core->store->completed = on_completed;
	core->store->context = core;
	core_known_load(core, setup->now);
	return core;
}

void
core_destroy(struct core **core)
{
	struct core *doomed = *core;

	if (doomed == NULL)
		return;
	*core = NULL;
	held_clear(&doomed->held);
	questions_clear(&doomed->questions);
	buffer_free(&doomed->answer);
	old_conns_free(&doomed->old_conns);
	presence_destroy(&doomed->presence);
	users_destroy(&doomed->users);
	ids_destroy(&doomed->message_ids);
	digest_destroy(&doomed->digest);
	events_destroy(&doomed->events);
	inboxes_clear(&doomed->inboxes);
	buffer_free(&doomed->sender);
	streams_destroy(&doomed->streams);
	room_rules_destroy(&doomed->rules);
	core_bans_free(doomed);
	outbox_destroy(&doomed->outbox);
	envelope_decoder_destroy(&doomed->decoder);
	if (doomed->listing != NULL) {
		buffer_free(&doomed->listing->rooms);
		buffer_free(&doomed->listing->awaited);
		free(doomed->listing->clients);
	}
	free(doomed->listing);
	free(doomed);
}

static void
count_said(struct core *core, uint64_t slots, bool said)
{
	if (!said) {
		core->doomed |= slots;
		return;
	}
	for (uint64_t left = slots; left != 0; left &= left - 1)
		core->gateways[__builtin_ctzll(left)].delivered++;
}

void
core_tell(struct core *core, uint64_t slots, enum envelope_kind kind, const void *body)
{
	count_said(core, slots, outbox_put(core->outbox, slots, kind, body));
}

void
core_tell_message(struct core *core, uint64_t slots, enum envelope_kind kind, const void *body,
    struct stream *stream)
{
	count_said(
	    core, slots, outbox_put_message(core->outbox, slots, kind, body, stream, stream->seq));
}

int
core_gateway_connected(struct core *core, struct now now, const struct store_process *process)
{
	for (unsigned slot = 0; slot < core->limits.gateways_max; slot++) {
		struct gateway *gateway = &core->gateways[slot];

		if (gateway->state != GATEWAY_FREE)
			continue;
		*gateway = (struct gateway){
			.state = GATEWAY_CONNECTED,
			.slot = slot,
			.process = *process,
			.since_wall_ms = now.wall_ms,
		};
		return (int)slot;
	}
	return -1;
}

enum link_loss
core_gateway_envelope(
    struct core *core, unsigned slot, struct now now, const struct envelope *envelope)
{
	struct gateway *gateway = &core->gateways[slot];

	assert(slot < CORE_GATEWAYS_MAX && gateway->state != GATEWAY_FREE);
	/* What a dropped link still had under way is nothing to us. */
	if (gateway->state == GATEWAY_LEAVING)
		return LINK_ALIVE;
	return dispatch(core, gateway, now, envelope);
}

/*
 * What becomes of the clients of a link that is over: whoever could come again with the next link
 * waits for it. If the process is known to be dead, core_detached_gone follows at once.
 */
static void
gateway_gone(struct core *core, struct gateway *gateway, struct now now)
{
	bool was_attached = gateway->state == GATEWAY_ATTACHED;

	gateway->state = GATEWAY_LEAVING;
	outbox_forget(core->outbox, gateway->slot);
	held_forget(&core->held, gateway->slot);
	questions_forget(&core->questions, gateway->slot);
	core->doomed &= ~core_slot_bit(gateway->slot);
	if (gateway->name[0] != '\0')
		core_past_keep(core, gateway);
	core_known_lost(core, gateway, now);
	core_detach(core, gateway, now);
	if (!was_attached)
		return;
	core->attached--;
	metric_set(core->metrics.gateways, core->attached);
	core_roster_counted(core);
}

void
core_drop(struct core *core, struct gateway *gateway, struct now now, enum link_loss why)
{
	gateway_gone(core, gateway, now);
	core->links.drop(core->links.context, gateway->slot, why);
}

uint32_t
core_gateway_detached(struct core *core, unsigned slot, struct now now, enum link_loss why)
{
	struct gateway *gateway = &core->gateways[slot];
	unsigned clients = gateway->clients;
	uint32_t life = gateway->life;

	assert(slot < CORE_GATEWAYS_MAX && gateway->state != GATEWAY_FREE);
	if (gateway->state != GATEWAY_LEAVING)
		gateway_gone(core, gateway, now);
	/* A planned end: nobody comes again. */
	if (why == LINK_SAID_GOODBYE)
		core_gateway_died(core, life, now);
	gateway->state = GATEWAY_FREE;
	if ((unsigned)why < LINK_LOSS_COUNT)
		metric_increment(core->metrics.lost[why]);
	if (gateway->name[0] == '\0') {
		log_info(core->log, "link over before its HELLO",
		    log_i64("pid", gateway->process.pid),
		    log_string("reason", link_loss_word(why)));
		return 0;
	}
	core_past_lost(core, gateway, why);
	log_info(core->log, "gateway lost", log_string("gateway", gateway->name),
	    log_i64("pid", gateway->process.pid), log_string("reason", link_loss_word(why)),
	    log_u64("clients", clients));
	return life;
}

void
core_gateway_died(struct core *core, uint32_t life, struct now now)
{
	core_detached_gone(core, life, now);
	core_known_over(core, life);
}

void
core_gateway_lost(struct core *core, unsigned slot, struct now now, enum link_loss why)
{
	core_gateway_died(core, core_gateway_detached(core, slot, now, why), now);
}

static void
drop_doomed(struct core *core, struct now now)
{
	while (core->doomed != 0) {
		unsigned slot = (unsigned)__builtin_ctzll(core->doomed);

		core->doomed &= core->doomed - 1;
		if (core->gateways[slot].state != GATEWAY_FREE &&
		    core->gateways[slot].state != GATEWAY_LEAVING)
			core_drop(core, &core->gateways[slot], now, LINK_NO_MEMORY);
	}
}

void
core_turn(struct core *core, struct now now)
{
	core_known_turn(core, now);
	core_roster_turn(core, now);
	core_linger_turn(core, now);
	core_users_turn(core, now);
	core_bans_turn(core, now);
	drop_doomed(core, now);
	if (core->written) {
		core->written = false;
		core->last_batch++;
		core->inboxes.batch = core_open_batch(core);
		outbox_seal(core->outbox, core->last_batch);
		core->store->ops->commit(core->store, core->last_batch);
	} else {
		outbox_seal(core->outbox, core->last_batch > core->undone ? core->last_batch : 0);
	}
	core->store->ops->poll(core->store);
	metric_set(core->metrics.rooms, presence_rooms(core->presence));
	release(core);
	core_questions_turn(core);
}

bool
core_is_waiting(const struct core *core)
{
	return core_batch(core, core->last_batch) == CORE_BATCH_OPEN;
}

enum core_batch
core_batch(const struct core *core, uint64_t batch)
{
	for (unsigned i = 0; i < CORE_LOST_MAX; i++) {
		if (batch > 0 && batch >= core->lost[i].first && batch <= core->lost[i].last)
			return CORE_BATCH_LOST;
	}
	if (core->kept >= batch)
		return CORE_BATCH_KEPT;
	return core->undone >= batch ? CORE_BATCH_LOST : CORE_BATCH_OPEN;
}

static uint64_t
sooner(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

uint64_t
core_next_deadline(const struct core *core, struct now now)
{
	if (outbox_open_length(core->outbox) > 0 || core->written || core->doomed != 0 ||
	    core_questions_wait(core))
		return 0;
	return sooner(sooner(core_known_deadline(core, now), core_roster_deadline(core, now)),
	    sooner(core_linger_deadline(core, now), core_users_deadline(core, now)));
}
