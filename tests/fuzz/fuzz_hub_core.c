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
#include "tests/store_double.h"

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

static void
store_feels(struct store_double *store, enum mood mood)
{
	store->full = mood == STORE_REFUSES;
	store->slow = mood == STORE_IS_LATE;
	store->fails = mood == STORE_FAILS;
}

enum deed { DEED_ENVELOPE, DEED_CONNECT, DEED_LOSE, DEED_TURN, DEED_KICK, DEED_SAY, DEED_STORE };

/* What the hub said to one gateway, as far as it must add up. */
struct peer {
	bool connected;
	bool dropped; /* by the core; we owe it core_gateway_lost */
	bool welcomed;
	int slot;
	uint64_t commands_least; /* that the hub cannot have ignored         */
	uint64_t commands_most;  /* of any number                            */
	uint64_t outcomes;       /* of this link's commands                  */
	uint64_t committed;      /* what WELCOME said of those before        */
	uint64_t last_number;    /* the highest that was sent                */
	uint64_t last_outcome;
	uint64_t lobby_epoch;
	uint64_t lobby_seq;
	bool attached;   /* has said all, so it is told the roster */
	int64_t entered; /* minus exited                           */
};

struct world {
	struct core *core;
	uint32_t detached; /* life of the link that was lost last */
	struct store_double store;
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
		peer->outcomes += envelope->outcome.number > peer->committed ? 1 : 0;
	} else if (envelope->kind == ENVELOPE_WELCOME) {
		peer->committed = envelope->welcome.committed;
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
	/* Of some the kernel says later that the process has ended, of others never. */
	if (peer->slot % 2 == 0)
		core_gateway_died(world->core, world->detached, world->now);
	world->detached = core_gateway_detached(world->core, (unsigned)peer->slot, world->now, why);
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
	peer->slot =
	    core_gateway_connected(world->core, world->now, &(struct store_process){ .pid = 1 });
	demand(peer->slot >= 0 && peer->slot < CORE_GATEWAYS_MAX);
	peer->connected = true;
}

/* Numbers that do not rise are ignored; before WELCOME a peer cannot know from where they must. */
static void
count_command(struct peer *peer, uint64_t number)
{
	peer->commands_most++;
	if (peer->welcomed && number > peer->committed && number > peer->last_number)
		peer->commands_least++;
	if (number > peer->last_number)
		peer->last_number = number;
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
	else if (envelope.kind == ENVELOPE_PUBLISH)
		count_command(peer, envelope.publish.number);
	else if (envelope.kind == ENVELOPE_TELL)
		count_command(peer, envelope.tell.number);
	else if (envelope.kind == ENVELOPE_READ)
		count_command(peer, envelope.read.number);
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
		store_feels(&world->store, (enum mood)(bytes[0] & 3));
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
	demand(store_double_open(&world->store, 11));
	world->store.late = true;
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
	store_feels(&world.store, STORE_WELL);
	for (int i = 0; i < 4; i++)
		turn(&world, 1000);
	for (unsigned i = 0; i < GATEWAYS; i++)
		demand(world.peers[i].commands_least <= world.peers[i].outcomes &&
		       world.peers[i].outcomes <= world.peers[i].commands_most);
	check_roster(&world);
	for (unsigned i = 0; i < GATEWAYS; i++)
		lose(&world, &world.peers[i], LINK_CLOSED_BY_PEER);
	turn(&world, CORE_DETACH_MS);
	demand(core_status(world.core).clients == 0);
	demand(core_status(world.core).gateways == 0);
	core_destroy(&world.core);
	store_double_close(&world.store);
	bus_close(&world.bus);
	envelope_decoder_destroy(&world.decoder);
	envelope_decoder_destroy(&world.reader);
	return 0;
}
