/*
 * The bench of the hub core's tests; see hub_rig.h.
 */
#include "tests/unit/hub_rig.h"

#include <stdio.h>

static bool
publish(struct bus *bus, const struct bus_message *message)
{
	struct rig *rig = (struct rig *)((char *)bus - offsetof(struct rig, bus));

	assert_true(message->length > ENVELOPE_HEADER_SIZE);
	assert_true(
	    text_equal(message->room, TEXT("lobby")) || text_equal(message->room, TEXT("hall")));
	rig->bus_seqs[rig->bus_count++ % 64] = message->seq;
	return true;
}

static const struct bus_ops bus_ops = { .name = "rig", .publish = publish };

static void
take_frames(void *context, unsigned slot, const void *frames, size_t length)
{
	struct rig *rig = context;

	buffer_append(&rig->sent[slot], frames, length);
}

static void
take_drop(void *context, unsigned slot, enum link_loss why)
{
	struct rig *rig = context;

	rig->dropped[slot] = why;
}

struct core_limits
rig_limits(void)
{
	return (struct core_limits){
		.gateways_max = 4,
		.clients_max = 1000,
		.content_bytes = 100,
		.name_bytes = 40,
		.settle_ms = 2000,
	};
}

static bool
is_over(void *context, const struct store_process *process)
{
	const struct rig *rig = context;

	for (size_t i = 0; i < sizeof(rig->ended) / sizeof(rig->ended[0]); i++) {
		if (rig->ended[i] != 0 && rig->ended[i] == process->pid)
			return true;
	}
	return false;
}

static void
create_core(struct rig *rig)
{
	struct core_setup setup = {
		.limits = rig->limits,
		.links = { .send = take_frames,
		    .drop = take_drop,
		    .is_over = is_over,
		    .context = rig },
		.store = &rig->store.store,
		.bus = &rig->bus,
		.random = random_seeded(&rig->seed),
		.now = rig->now,
	};

	rig->core = core_create(&setup);
	assert_non_null(rig->core);
}

void
rig_start(struct rig *rig, struct core_limits limits)
{
	*rig = (struct rig){
		.seed = 4711,
		.now = { 1000, 1700000000000 },
		.limits = limits,
		.pid = 77,
	};
	assert_true(store_double_open(&rig->store, 5));
	rig->bus.ops = &bus_ops;
	rig->decoder = envelope_decoder_create();
	create_core(rig);
}

void
rig_restart(struct rig *rig, unsigned kept)
{
	core_destroy(&rig->core);
	store_double_crash(&rig->store, kept);
	rig_forget(rig);
	create_core(rig);
}

void
rig_stop(struct rig *rig)
{
	core_destroy(&rig->core);
	assert_null(rig->core);
	store_double_close(&rig->store);
	envelope_decoder_destroy(&rig->decoder);
	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++)
		buffer_free(&rig->sent[slot]);
}

void
rig_turn(struct rig *rig, uint64_t ms)
{
	rig->now.mono_ms += ms;
	rig->now.wall_ms += (int64_t)ms;
	core_turn(rig->core, rig->now);
}

void
rig_complete(struct rig *rig, bool committed)
{
	while (store_double_end(&rig->store, committed))
		;
	rig_turn(rig, 0);
}

void
rig_complete_one(struct rig *rig, bool committed)
{
	assert_true(store_double_end(&rig->store, committed));
}

enum link_loss
rig_say(struct rig *rig, unsigned slot, enum envelope_kind kind, const struct envelope *envelope)
{
	struct envelope said = *envelope;

	said.kind = kind;
	return core_gateway_envelope(rig->core, slot, rig->now, &said);
}

unsigned
rig_link(struct rig *rig)
{
	struct store_process process = { .pid = rig->pid, .started = 1, .space = 1 };
	int slot = core_gateway_connected(rig->core, rig->now, &process);

	assert_in_range(slot, 0, CORE_GATEWAYS_MAX - 1);
	return (unsigned)slot;
}

void
rig_hello(struct rig *rig, unsigned slot, const char *name, uint64_t epoch, uint64_t hub_epoch,
    unsigned known)
{
	RIG_SAY(rig, slot, HELLO, hello, .link_version = LINK_VERSION, .gateway = text_of(name),
	    .epoch = epoch, .software = TEXT("rig"), .hub_epoch = hub_epoch,
	    .gateways_known = known);
}

unsigned
rig_gateway(struct rig *rig, const char *name)
{
	unsigned slot = rig_link(rig);

	rig_hello(rig, slot, name, 100 + slot, 0, 0);
	RIG_SAY(rig, slot, ROSTER_END, roster_end, 0);
	rig_turn(rig, 1);
	rig->hub_epoch = rig_hear(rig, slot, ENVELOPE_WELCOME).welcome.hub_epoch;
	rig_forget(rig);
	return slot;
}

uint32_t
rig_client(struct rig *rig, unsigned slot, uint64_t conn, const char *name)
{
	uint32_t client;

	rig_turn(rig, 0);
	rig_forget(rig);
	RIG_SAY(rig, slot, OPEN, open, .conn = conn, .dialect = TEXT("room"), .realm = TEXT("open"),
	    .name = text_of(name), .address = TEXT("127.0.0.1"));
	RIG_SAY(rig, slot, JOIN, join, .conn = conn, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	client = rig_hear(rig, slot, ENVELOPE_OPENED).opened.client;
	rig_forget(rig);
	return client;
}

bool
rig_next(struct rig *rig, unsigned slot, struct envelope *envelope_out)
{
	const char *frame;
	size_t length;

	if (rig_unheard(rig, slot) == 0)
		return false;
	frame = rig->sent[slot].data + rig->heard[slot];
	length = envelope_header_read(frame);
	assert_true(rig_unheard(rig, slot) >= ENVELOPE_HEADER_SIZE + length);
	assert_true(
	    envelope_decode(rig->decoder, frame + ENVELOPE_HEADER_SIZE, length, envelope_out));
	rig->heard[slot] += ENVELOPE_HEADER_SIZE + length;
	return true;
}

struct envelope
rig_hear(struct rig *rig, unsigned slot, enum envelope_kind kind)
{
	struct envelope envelope = { 0 };

	if (!rig_next(rig, slot, &envelope))
		fail_msg("gateway %u was not told %s", slot, envelope_kind_name(kind));
	assert_string_equal(envelope_kind_name(envelope.kind), envelope_kind_name(kind));
	return envelope;
}

void
rig_silent(struct rig *rig, unsigned slot)
{
	struct envelope envelope;

	if (rig_next(rig, slot, &envelope))
		fail_msg("gateway %u was told %s", slot, envelope_kind_name(envelope.kind));
}

size_t
rig_unheard(const struct rig *rig, unsigned slot)
{
	return rig->sent[slot].length - rig->heard[slot];
}

void
rig_forget(struct rig *rig)
{
	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++) {
		buffer_clear(&rig->sent[slot]);
		rig->heard[slot] = 0;
	}
}
