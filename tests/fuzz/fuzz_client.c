/*
 * What a server may say to the client: the first byte picks the protocol, then
 * come frames, a line each. Every line goes through a session, a printer for
 * people and one for programs.
 */
#include <stdlib.h>
#include <string.h>

#include "client/render.h"
#include "client/session.h"
#include "common/terminal_text.h"
#include "tests/fuzz/fuzz.h"

static void
demand(bool promise)
{
	if (!promise)
		abort();
}

struct world {
	struct session *session;
	struct buffer out;
};

static struct render
look_of(const struct world *world)
{
	return (struct render){ .room = session_room(world->session),
		.people = session_people(world->session),
		.user = session_user(world->session) };
}

/* Whatever was said, lines stay lines of harmless characters. */
static void
check_lines(struct world *world)
{
	struct text rest = buffer_text(&world->out);

	demand(!world->out.failed);
	for (size_t i = 0; i < rest.length; i++) {
		if (rest.data[i] == '\n')
			world->out.data[i] = ' ';
	}
	demand(terminal_text_is_plain(rest));
	buffer_clear(&world->out);
}

static void
check_json(struct world *world)
{
	const char *why;
	struct json *json;

	demand(!world->out.failed);
	if (world->out.length > 0) {
		demand(world->out.data[world->out.length - 1] == '\n');
		json = json_parse_object(buffer_text(&world->out), &why);
		demand(json != NULL);
		json_destroy(&json);
	}
	buffer_clear(&world->out);
}

static void
on_connect(void *context, bool offer_native)
{
	(void)context;
	(void)offer_native;
}

static void
on_hang_up(void *context)
{
	(void)context;
}

/* What we say ourselves is always JSON. */
static void
on_send(void *context, struct text frame)
{
	const char *why;
	struct json *json = json_parse_object(frame, &why);

	(void)context;
	demand(json != NULL);
	json_destroy(&json);
}

static void
on_state(void *context, const struct session_state *state)
{
	struct world *world = context;
	struct render look = look_of(world);

	render_state(&look, state, &world->out);
	check_lines(world);
	render_json_state(state, &world->out);
	check_json(world);
	render_ending(state, &world->out);
	check_lines(world);
}

static void
on_heard(void *context, const struct frame *frame)
{
	struct world *world = context;
	struct render look = look_of(world);

	render_frame(&look, frame, &world->out);
	check_lines(world);
	render_json_frame(frame, &world->out);
	check_json(world);
}

static void
on_unsent(void *context, const struct outbox_entry *entry, struct text code, struct text why)
{
	struct world *world = context;
	struct render look = look_of(world);

	render_unsent(&look, entry, code, why, &world->out);
	check_lines(world);
	render_json_unsent(entry, code, why, &world->out);
	check_json(world);
}

static void
on_changed(void *context)
{
	(void)context;
}

static const struct session_effects effects = { on_connect, on_hang_up, on_send, on_state, on_heard,
	on_unsent, on_changed };

static void
take_line(struct world *world, bool is_native, struct text line, struct now *now)
{
	now->mono_ms += 300;
	if (session_phase(world->session) == PHASE_WAITING)
		now->mono_ms = session_due(world->session);
	session_tick(world->session, *now);
	session_opened(world->session, is_native, *now);
	session_received(world->session, line, *now);
	if (line.length == 0)
		session_lost(world->session, &(struct loss){ .kind = LOSS_CLOSED }, *now);
	session_post(world->session, (struct text){ NULL, 0 }, TEXT("hi"), *now);
	session_post(world->session, TEXT("b"), TEXT("hi"), *now);
	session_ask(world->session, line.length % 5, (struct text){ NULL, 0 }, 5);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint64_t seed = 0; /* ids of ours are then known to whoever writes a seed */
	struct session_settings settings = { .name = TEXT("ana"),
		.random = random_seeded(&seed),
		.outbox = { .messages_max = 8, .window = 4 },
		.rooms_max = 4,
		.people_max = 16,
		.bad_frames_max = 50 };
	struct world world = { NULL, { 0 } };
	struct now now = { .mono_ms = 1 };
	struct text rest;

	if (length == 0)
		return 0;
	buffer_init(&world.out, 0);
	world.session = session_create(&settings, &effects, &world);
	demand(world.session != NULL);
	session_start(world.session, now);
	for (rest = (struct text){ (const char *)bytes + 1, length - 1 }; rest.length > 0;) {
		const char *end = memchr(rest.data, '\n', rest.length);
		size_t step = end != NULL ? (size_t)(end - rest.data) : rest.length;

		take_line(&world, bytes[0] % 2 == 0, (struct text){ rest.data, step }, &now);
		step += end != NULL ? 1 : 0;
		rest = (struct text){ rest.data + step, rest.length - step };
	}
	session_destroy(&world.session);
	buffer_free(&world.out);
	return 0;
}
