/*
 * The hub's core between gateways that send whatever they like, operators and a store that may
 * refuse, delay or fail. A program of small steps; after each turn what was said must be well
 * formed, and at the end every command that was taken has exactly one outcome.
 *
 * Step: one byte, the deed in its upper half, the gateway in its lower; an envelope follows as two
 * bytes of length and its msgpack.
 */
#include <stdlib.h>
#include <string.h>

#include "hub/core.h"
#include "tests/fuzz/fuzz.h"

#define GATEWAYS 3u

static void
demand(bool kept)
{
	if (!kept)
		abort();
}

/* A store that may refuse, be late or fail. */
enum mood {
	STORE_WELL,
	STORE_REFUSES, /* messages are not taken                    */
	STORE_IS_LATE, /* commits complete when the mood is another */
	STORE_FAILS,   /* commits fail, the late ones with them     */
};

struct moody_store {
	struct store store;
	struct store *inner;
	enum mood mood;
	uint64_t first_late;
	uint64_t last_late;
};

static struct moody_store *
self_of(struct store *store)
{
	return (struct moody_store *)store;
}

static bool
store_reserve(struct store *store, uint32_t count, uint32_t *first_out, uint64_t *key_out)
{
	struct store *inner = self_of(store)->inner;

	return inner->ops->reserve_clients(inner, count, first_out, key_out);
}

static bool
store_open(
    struct store *store, const struct store_stream *stream, struct store_position *position_out)
{
	struct store *inner = self_of(store)->inner;

	return inner->ops->open_stream(inner, stream, position_out);
}

static void
store_let_go(struct store *store, struct text stream)
{
	struct store *inner = self_of(store)->inner;

	inner->ops->close_stream(inner, stream);
}

static bool
store_append(struct store *store, const struct store_message *message)
{
	(void)message;
	return self_of(store)->mood != STORE_REFUSES;
}

static bool
store_put_outcome(struct store *store, const struct store_outcome *outcome)
{
	(void)outcome;
	return self_of(store)->mood != STORE_REFUSES;
}

static void
store_commit(struct store *store, uint64_t batch)
{
	struct moody_store *self = self_of(store);

	if (self->first_late == 0)
		self->first_late = batch;
	self->last_late = batch;
}

static void
store_poll(struct store *store)
{
	struct moody_store *self = self_of(store);

	while (self->mood != STORE_IS_LATE && self->first_late != 0) {
		uint64_t batch = self->first_late++;

		if (batch == self->last_late)
			self->first_late = 0;
		store->completed(store->context, batch, self->mood != STORE_FAILS);
	}
}

static void
store_never_closes(struct store *store)
{
	(void)store;
}

static void
store_begin(struct moody_store *self)
{
	static const struct store_ops ops = {
		.name = "moody",
		.durability = STORE_MEMORY,
		.reserve_clients = store_reserve,
		.open_stream = store_open,
		.close_stream = store_let_go,
		.append = store_append,
		.put_outcome = store_put_outcome,
		.commit = store_commit,
		.poll = store_poll,
		.close = store_never_closes,
	};

	*self = (struct moody_store){ .store.ops = &ops, .inner = store_memory_open(11) };
	demand(self->inner != NULL);
}

static void
store_end(struct moody_store *self)
{
	store_close(&self->inner);
}

enum deed { DEED_ENVELOPE, DEED_CONNECT, DEED_LOSE, DEED_TURN, DEED_KICK, DEED_SAY, DEED_STORE };

/* What the hub said to one gateway, as far as it must add up. */
struct peer {
	bool connected;
	bool dropped; /* by the core; we owe it core_gateway_lost */
	bool welcomed;
	int slot;
	uint64_t commands;
	uint64_t outcomes;
	uint64_t last_outcome;
	uint64_t lobby_epoch;
	uint64_t lobby_seq;
	bool attached;   /* has said all, so it is told the roster */
	int64_t entered; /* minus exited                           */
};

struct world {
	struct core *core;
	struct moody_store store;
	struct bus *bus;
	struct envelope_decoder *decoder; /* of what the hub says     */
	struct envelope_decoder *reader;  /* of what gateways say     */
	struct now now;
	uint64_t seed;
	struct peer peers[GATEWAYS];
};

static struct peer *
peer_of(struct world *world, unsigned slot)
{
	for (unsigned i = 0; i < GATEWAYS; i++) {
		if (world->peers[i].connected && world->peers[i].slot == (int)slot)
			return &world->peers[i];
	}
	return NULL;
}

static void
hear(struct peer *peer, const struct envelope *envelope)
{
	demand((envelope_kind_sender(envelope->kind) & SENDER_HUB) != 0);
	demand((envelope->kind == ENVELOPE_WELCOME) != peer->welcomed);
	peer->welcomed = true;
	if (envelope->kind == ENVELOPE_OUTCOME) {
		demand(envelope->outcome.number > peer->last_outcome);
		peer->last_outcome = envelope->outcome.number;
		peer->outcomes++;
	} else if (envelope->kind == ENVELOPE_DELIVER &&
		   text_equal(envelope->deliver.room, TEXT("lobby"))) {
		demand(envelope->deliver.epoch != peer->lobby_epoch ||
		       envelope->deliver.seq > peer->lobby_seq);
		peer->lobby_epoch = envelope->deliver.epoch;
		peer->lobby_seq = envelope->deliver.seq;
	} else if (envelope->kind == ENVELOPE_ENTERED) {
		demand(envelope->entered.client != 0 && envelope->entered.name.length > 0);
		peer->entered++;
	} else if (envelope->kind == ENVELOPE_EXITED) {
		peer->entered--;
		demand(peer->entered >= 0);
	}
}

static void
on_send(void *context, unsigned slot, const void *frames, size_t length)
{
	struct world *world = context;
	struct peer *peer = peer_of(world, slot);
	const char *next = frames;

	demand(peer != NULL && !peer->dropped);
	while (length > 0) {
		struct envelope envelope;
		size_t size;

		demand(length > ENVELOPE_HEADER_SIZE);
		size = envelope_header_read(next);
		demand(size <= length - ENVELOPE_HEADER_SIZE);
		demand(
		    envelope_decode(world->decoder, next + ENVELOPE_HEADER_SIZE, size, &envelope));
		hear(peer, &envelope);
		next += ENVELOPE_HEADER_SIZE + size;
		length -= ENVELOPE_HEADER_SIZE + size;
	}
}

static void
on_drop(void *context, unsigned slot, enum link_loss why)
{
	struct peer *peer = peer_of(context, slot);

	demand(peer != NULL && !peer->dropped && why != LINK_ALIVE);
	peer->dropped = true;
}

static void
lose(struct world *world, struct peer *peer, enum link_loss why)
{
	if (!peer->connected)
		return;
	core_gateway_lost(world->core, (unsigned)peer->slot, world->now, why);
	*peer = (struct peer){ .connected = false };
}

static void
lose_dropped(struct world *world)
{
	for (unsigned i = 0; i < GATEWAYS; i++) {
		if (world->peers[i].dropped)
			lose(world, &world->peers[i], LINK_STOPPED);
	}
}

static void
connect_peer(struct world *world, struct peer *peer)
{
	if (peer->connected)
		return;
	peer->slot = core_gateway_connected(world->core, world->now, 1);
	demand(peer->slot >= 0 && peer->slot < CORE_GATEWAYS_MAX);
	peer->connected = true;
}

static void
say(struct world *world, struct peer *peer, const uint8_t *bytes, size_t length)
{
	struct envelope envelope;
	enum link_loss why;

	if (!peer->connected || !envelope_decode(world->reader, bytes, length, &envelope))
		return;
	why = core_gateway_envelope(world->core, (unsigned)peer->slot, world->now, &envelope);
	if (why != LINK_ALIVE)
		lose(world, peer, why);
	else if (envelope.kind == ENVELOPE_PUBLISH || envelope.kind == ENVELOPE_TELL)
		peer->commands++;
	else if (envelope.kind == ENVELOPE_ROSTER_END)
		peer->attached = true;
}

static void
turn(struct world *world, uint64_t ms)
{
	world->now.mono_ms += ms;
	world->now.wall_ms += (int64_t)ms;
	core_turn(world->core, world->now);
	lose_dropped(world);
}

/* Takes one step off the program: how many bytes it was. */
static size_t
step(struct world *world, const uint8_t *bytes, size_t length)
{
	struct peer *peer = &world->peers[(bytes[0] & 0xf) % GATEWAYS];
	struct text rest = { (const char *)bytes + 1, length - 1 };
	size_t size;

	switch ((enum deed)(bytes[0] >> 4)) {
	case DEED_CONNECT:
		connect_peer(world, peer);
		return 1;
	case DEED_LOSE:
		lose(world, peer, LINK_CLOSED_BY_PEER);
		return 1;
	case DEED_TURN:
		turn(world, (uint64_t)(bytes[0] & 0xf) * 100);
		return 1;
	case DEED_KICK:
		if (rest.length > 8)
			rest.length = 8;
		(void)core_kick(world->core, world->now, rest, TEXT("kicked"));
		return 1 + rest.length;
	case DEED_SAY:
		(void)core_say(world->core, world->now, TEXT("hear, hear"));
		return 1;
	case DEED_STORE:
		world->store.mood = (enum mood)(bytes[0] & 3);
		return 1;
	case DEED_ENVELOPE:
		break;
	}
	if (length < 3)
		return length;
	size = (size_t)bytes[1] << 8 | bytes[2];
	if (size > length - 3)
		size = length - 3;
	say(world, peer, bytes + 3, size);
	lose_dropped(world);
	return 3 + size;
}

static void
begin(struct world *world)
{
	*world = (struct world){ .now = { 1000, 1700000000000 }, .seed = 7 };
	store_begin(&world->store);
	world->bus = bus_local_open();
	world->decoder = envelope_decoder_create();
	world->reader = envelope_decoder_create();
	demand(world->bus != NULL && world->decoder != NULL && world->reader != NULL);
	world->core = core_create(&(struct core_setup){
	    .limits = { .gateways_max = 8,
		.clients_max = 20,
		.content_bytes = 64,
		.name_bytes = 64,
		.settle_ms = 2000,
		.rooms_max = 3 },
	    .links = { on_send, on_drop, world },
	    .store = &world->store.store,
	    .bus = world->bus,
	    .random = random_seeded(&world->seed),
	    .now = world->now,
	});
	demand(world->core != NULL);
}

/* Whoever is told the roster was told of exactly those who are in it. */
static void
check_roster(struct world *world)
{
	struct core_client_info info;
	void *cursor = NULL;
	unsigned clients = 0;
	int64_t memberships = 0;

	for (; core_next_client(world->core, TEXT(""), &cursor, &info); clients++) {
		demand(info.client != 0 && info.name != NULL);
		memberships += info.rooms[0] != '\0' ? 1 : 0;
		for (const char *blank = info.rooms; (blank = strchr(blank, ' ')) != NULL; blank++)
			memberships++;
	}
	demand(clients == core_status(world->core).clients);
	for (unsigned i = 0; i < GATEWAYS; i++)
		demand(!world->peers[i].attached || world->peers[i].entered == memberships);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct world world;

	begin(&world);
	while (length > 0) {
		size_t took = step(&world, bytes, length);

		bytes += took;
		length -= took;
	}
	world.store.mood = STORE_WELL;
	for (int i = 0; i < 4; i++)
		turn(&world, 1000);
	for (unsigned i = 0; i < GATEWAYS; i++)
		demand(world.peers[i].commands == world.peers[i].outcomes);
	check_roster(&world);
	for (unsigned i = 0; i < GATEWAYS; i++)
		lose(&world, &world.peers[i], LINK_CLOSED_BY_PEER);
	turn(&world, 1000);
	demand(core_status(world.core).clients == 0);
	demand(core_status(world.core).gateways == 0);
	core_destroy(&world.core);
	store_end(&world.store);
	bus_close(&world.bus);
	envelope_decoder_destroy(&world.decoder);
	envelope_decoder_destroy(&world.reader);
	return 0;
}
