/*
 * The bench of tests about rooms; see rooms_rig.h.
 */
#include "tests/unit/rooms_rig.h"

static void
take_frames(void *context, unsigned slot, const void *frames, size_t length)
{
	struct rooms_rig *rooms = context;

	buffer_append(&rooms->rig.sent[slot], frames, length);
}

static void
take_drop(void *context, unsigned slot, enum link_loss why)
{
	struct rooms_rig *rooms = context;

	rooms->rig.dropped[slot] = why;
}

static bool
is_busy(void *context, unsigned slot)
{
	struct rooms_rig *rooms = context;

	return rooms->busy[slot];
}

static bool
publish(struct bus *bus, const struct bus_message *message)
{
	(void)bus;
	(void)message;
	return true;
}

static const struct bus_ops bus_ops = { .name = "rig", .publish = publish };

/* Settings have strings that may be changed; the tests' may not. */
static char *
s(const char *string)
{
	return (char *)(uintptr_t)string;
}

void
rooms_start(struct rooms_rig *rooms)
{
	const struct config_class classes[] = {
		{ .name = s("news"),
		    .rooms = s("news*"),
		    .durability = s("store"),
		    .read = s("everyone"),
		    .write = s("operators"),
		    .list = s("everyone"),
		    .create = s("everyone") },
		{ .name = s("secret"),
		    .rooms = s("s-*"),
		    .durability = s("store"),
		    .read = s("boss"),
		    .write = s("boss"),
		    .list = s("boss"),
		    .create = s("everyone") },
		{ .name = s("small"),
		    .rooms = s("tiny"),
		    .durability = s("store"),
		    .keep_messages = 2,
		    .read = s("everyone"),
		    .write = s("everyone"),
		    .list = s("everyone"),
		    .create = s("everyone") },
		{ .name = s("shut"),
		    .rooms = s("shut*"),
		    .durability = s("store"),
		    .read = s("everyone"),
		    .write = s("everyone"),
		    .list = s("everyone"),
		    .create = s("nobody-at-all") },
	};
	struct core_setup setup = {
		.limits = rig_limits(),
		.links = { .send = take_frames,
		    .drop = take_drop,
		    .context = rooms,
		    .is_busy = is_busy },
		.classes = classes,
		.class_count = 4,
		.operators = "boss",
	};

	*rooms = (struct rooms_rig){ .rig = { .seed = 11, .now = { 1000, 1700000000000 } } };
	rooms->store = store_memory_open(5);
	rooms->rig.bus.ops = &bus_ops;
	rooms->rig.decoder = envelope_decoder_create();
	setup.limits.content_bytes = 4000;
	setup.random = random_seeded(&rooms->rig.seed);
	setup.now = rooms->rig.now;
	setup.store = rooms->store;
	setup.bus = &rooms->rig.bus;
	rooms->rig.core = core_create(&setup);
	assert_non_null(rooms->rig.core);
	rooms->gateway = rig_gateway(&rooms->rig, "gw");
}

void
rooms_stop(struct rooms_rig *rooms)
{
	core_destroy(&rooms->rig.core);
	store_close(&rooms->store);
	envelope_decoder_destroy(&rooms->rig.decoder);
	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++)
		buffer_free(&rooms->rig.sent[slot]);
}

uint32_t
rooms_client(struct rooms_rig *rooms, uint64_t conn, const char *user)
{
	struct rig *rig = &rooms->rig;
	uint32_t client;

	rig_turn(rig, 0);
	rig_forget(rig);
	RIG_SAY(rig, rooms->gateway, OPEN, open, .conn = conn, .dialect = TEXT("native"),
	    .realm = TEXT("open"), .name = text_of(user), .user = text_of(user),
	    .address = TEXT("127.0.0.1"));
	rig_turn(rig, 1);
	client = rig_hear(rig, rooms->gateway, ENVELOPE_OPENED).opened.client;
	assert_int_equal(rooms_join(rooms, conn, "lobby"), OUTCOME_OK);
	return client;
}

uint32_t
rooms_join(struct rooms_rig *rooms, uint64_t conn, const char *room)
{
	struct rig *rig = &rooms->rig;
	struct envelope heard;
	uint32_t code;

	rig_turn(rig, 0);
	rig_forget(rig);
	RIG_SAY(rig, rooms->gateway, JOIN, join, .conn = conn, .room = text_of(room));
	rig_turn(rig, 1);
	assert_true(rig_next(rig, rooms->gateway, &heard));
	assert_true(heard.kind == ENVELOPE_JOINED || heard.kind == ENVELOPE_REFUSED);
	code = heard.kind == ENVELOPE_REFUSED ? heard.refused.code : OUTCOME_OK;
	rig_forget(rig);
	return code;
}

void
rooms_say(struct rooms_rig *rooms, uint64_t conn, const char *room, const char *content)
{
	struct rig *rig = &rooms->rig;

	rig_turn(rig, 0);
	rig_forget(rig);
	RIG_SAY(rig, rooms->gateway, PUBLISH, publish, .number = ++rooms->said, .conn = conn,
	    .room = text_of(room), .content = text_of(content));
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, rooms->gateway, ENVELOPE_OUTCOME).outcome.code, OUTCOME_OK);
	rig_forget(rig);
}
