/* What client_rig.h tells of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client_rig.h"

static void
on_connect(void *context, bool offer_native)
{
	struct client_rig *rig = context;

	rig->attempts++;
	rig->offered = offer_native;
}

static void
on_hang_up(void *context)
{
	((struct client_rig *)context)->hung_up++;
}

static void
on_send(void *context, struct text frame)
{
	struct client_rig *rig = context;

	buffer_append_text(&rig->sent, frame);
	buffer_append_byte(&rig->sent, '\n');
}

static void
on_state(void *context, const struct session_state *state)
{
	struct client_rig *rig = context;

	rig->state = *state;
	snprintf(rig->reason, sizeof(rig->reason), "%.*s", (int)state->reason.length,
	    state->reason.length > 0 ? state->reason.data : "");
}

static void
on_heard(void *context, const struct frame *frame)
{
	struct client_rig *rig = context;

	frame_write_json(frame, &rig->heard);
	buffer_append_byte(&rig->heard, '\n');
}

static void
on_unsent(void *context, const struct outbox_entry *entry, struct text code, struct text why)
{
	struct client_rig *rig = context;

	(void)why;
	buffer_append_text(&rig->unsent, entry->content);
	buffer_append_byte(&rig->unsent, ':');
	buffer_append_text(&rig->unsent, code);
	buffer_append_byte(&rig->unsent, '\n');
}

static void
on_changed(void *context)
{
	(void)context;
}

const struct session_effects rig_effects = { on_connect, on_hang_up, on_send, on_state, on_heard,
	on_unsent, on_changed };

void
rig_start(struct client_rig *rig, enum dialect_choice dialect)
{
	struct session_settings settings = {
		.name = TEXT("ana"),
		.dialect = dialect,
		.outbox = { .messages_max = 100, .window = 4 },
		.rooms_max = 10,
		.people_max = 100,
		.bad_frames_max = 3,
	};

	*rig = (struct client_rig){ .seed = 7, .now = { .mono_ms = 1000 } };
	buffer_init(&rig->sent, 0);
	buffer_init(&rig->heard, 0);
	buffer_init(&rig->unsent, 0);
	settings.random = random_seeded(&rig->seed);
	rig->session = session_create(&settings, &rig_effects, rig);
	assert_non_null(rig->session);
	session_start(rig->session, rig->now);
}

void
rig_stop(struct client_rig *rig)
{
	session_destroy(&rig->session);
	buffer_free(&rig->sent);
	buffer_free(&rig->heard);
	buffer_free(&rig->unsent);
}

void
rig_hear(struct client_rig *rig, const char *frame)
{
	session_received(rig->session, text_of(frame), rig->now);
}

bool
rig_has(const struct buffer *buffer, const char *part)
{
	return buffer->length > 0 && memmem(buffer->data, buffer->length, part, strlen(part));
}

unsigned
rig_count(const struct buffer *buffer, const char *part)
{
	struct text rest = buffer_text(buffer);
	const char *found;
	unsigned count = 0;

	while (rest.length > 0 &&
	       (found = memmem(rest.data, rest.length, part, strlen(part))) != NULL) {
		rest.length -= (size_t)(found + 1 - rest.data);
		rest.data = found + 1;
		count++;
	}
	return count;
}

void
rig_forget(struct client_rig *rig)
{
	buffer_clear(&rig->sent);
	buffer_clear(&rig->heard);
}

void
rig_welcome(struct client_rig *rig, const char *user, unsigned seq, bool resumed)
{
	char frame[512];

	session_opened(rig->session, true, rig->now);
	snprintf(frame, sizeof(frame),
	    "{\"type\":\"welcome\",\"client_id\":\"0000000a\",\"user\":\"%s\",\"username\":\"ana\","
	    "\"resume\":\"%s-secret\",\"rooms\":[{\"room\":\"lobby\",\"epoch\":5,\"seq\":%u,"
	    "\"members\":1}],\"inbox\":[9,3],\"read\":3,\"resumed\":%s,\"limits\":{}}",
	    user, user, seq, resumed ? "true" : "false");
	rig_hear(rig, frame);
	assert_int_equal(rig->state.phase, PHASE_ONLINE);
}

void
rig_lose(struct client_rig *rig, unsigned code)
{
	session_lost(rig->session, &(struct loss){ .kind = LOSS_CLOSED, .code = code }, rig->now);
}

void
rig_wait_for_attempt(struct client_rig *rig)
{
	unsigned attempts = rig->attempts;

	assert_int_equal(rig->state.phase, PHASE_WAITING);
	rig->now.mono_ms += rig->state.retry_ms - 1;
	session_tick(rig->session, rig->now);
	assert_int_equal(rig->attempts, attempts);
	rig->now.mono_ms += 1;
	session_tick(rig->session, rig->now);
	assert_int_equal(rig->attempts, attempts + 1);
}

void
rig_hear_public(struct client_rig *rig, unsigned seq, const char *content)
{
	char frame[256];

	snprintf(frame, sizeof(frame),
	    "{\"type\":\"public\",\"room\":\"lobby\",\"epoch\":5,\"seq\":%u,\"user\":\"b\","
	    "\"sender_name\":\"ben\",\"content\":\"%s\"}",
	    seq, content);
	rig_hear(rig, frame);
}

void
rig_last_id(const struct client_rig *rig, char id[64])
{
	struct text rest = buffer_text(&rig->sent);
	const char *at = memrchr(rest.data, '"', rest.length);
	const char *found = NULL;
	const char *next = rest.data;

	assert_non_null(at);
	while (
	    (next = memmem(next, (size_t)(rest.data + rest.length - next), "\"id\":\"", 6)) != NULL)
		found = next += 6;
	assert_non_null(found);
	if (found != NULL)
		snprintf(id, 64, "%.*s", (int)strcspn(found, "\""), found);
}
