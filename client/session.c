/*
 * The life of a connection and of the one after it: attempts, backoff, what is
 * said first. What frames mean is in session_native.c and session_room.c; no
 * socket, no clock and no screen is known here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/close_code.h"
#include "client/session_private.h"

#define OPEN_TIMEOUT_MS 10000
#define FIRST_DELAY_MS 500
#define LONGEST_DELAY_MS 30000

/* Who ends a connection sooner than this has failed once more, and is not asked often. */
#define SETTLED_MS 5000

/* Ids are remembered for ten minutes unless the server says otherwise; a tenth is in reserve. */
#define DEFAULT_SAFE_TO_REPEAT_MS (9 * 60 * 1000)

struct session *
session_create(
    const struct session_settings *settings, const struct session_effects *effects, void *context)
{
	struct session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return NULL;
	session->settings = *settings;
	session->effects = effects;
	session->context = context;
	session->offers = settings->dialect != DIALECT_ROOM;
	session->due_ms = NEVER;
	session->read_due_ms = NEVER;
	session->outbox_due_ms = NEVER;
	session->safe_to_repeat_ms = DEFAULT_SAFE_TO_REPEAT_MS;
	session->id_prefix = random_u64(settings->random);
	buffer_init(&session->user, 0);
	buffer_init(&session->name, 0);
	buffer_init(&session->resume, 0);
	buffer_init(&session->last_list, 0);
	streams_init(&session->streams, settings->rooms_max);
	outbox_init(&session->outbox, settings->outbox);
	session->people = people_create(settings->people_max);
	if (session->people == NULL)
		session_destroy(&session);
	return session;
}

void
session_destroy(struct session **session)
{
	struct session *doomed = *session;

	if (doomed == NULL)
		return;
	*session = NULL;
	people_destroy(&doomed->people);
	outbox_free(&doomed->outbox);
	streams_free(&doomed->streams);
	buffer_free(&doomed->last_list);
	buffer_free(&doomed->resume);
	buffer_free(&doomed->name);
	buffer_free(&doomed->user);
	free(doomed);
}

static void
tell_state(struct session *session, const struct session_state *state)
{
	session->phase = state->phase;
	session->effects->state(session->context, state);
}

void
session_heard(struct session *session, const struct frame *frame)
{
	session->effects->heard(session->context, frame);
}

void
session_send(struct session *session, struct buffer *frame)
{
	if (!frame->failed)
		session->effects->send(session->context, buffer_text(frame));
	buffer_free(frame);
}

void
session_unsent(
    struct session *session, struct outbox_entry *entry, struct text code, struct text why)
{
	session->effects->unsent(session->context, entry, code, why);
	outbox_remove(&session->outbox, entry);
}

void
session_new_id(struct session *session, char out[OUTBOX_ID_SIZE])
{
	snprintf(out, OUTBOX_ID_SIZE, "%016" PRIx64 "-%" PRIu64, session->id_prefix,
	    ++session->id_count);
}

void
session_set_room(struct session *session, struct text room)
{
	if (room.length >= sizeof(session->room))
		return;
	memset(session->room, 0, sizeof(session->room));
	memcpy(session->room, room.data, room.length);
}

void
session_end(struct session *session, enum session_end end, unsigned code, struct text reason)
{
	struct session_state state = {
		.phase = PHASE_ENDED,
		.protocol = session->protocol,
		.end = end,
		.code = code,
		.reason = reason,
		.was_online = session->phase == PHASE_ONLINE,
	};

	session->due_ms = NEVER;
	session->read_due_ms = NEVER;
	session->outbox_due_ms = NEVER;
	tell_state(session, &state);
}

static void
connect_now(struct session *session, struct now now)
{
	session->offered = session->offers;
	session->due_ms = now.mono_ms + OPEN_TIMEOUT_MS;
	tell_state(session, &(struct session_state){ .phase = PHASE_CONNECTING });
	/* The last thing that is done: it may already be over when it returns. */
	session->effects->connect(session->context, session->offered);
}

void
session_start(struct session *session, struct now now)
{
	if (session->settings.room.data != NULL) {
		streams_enter(&session->streams, session->settings.room);
		session_set_room(session, session->settings.room);
	}
	connect_now(session, now);
}

static void
say_hello(struct session *session)
{
	struct buffer hello;

	buffer_init(&hello, 0);
	if (session->protocol == PROTOCOL_ROOM) {
		buffer_append_string(&hello, "{\"username\":");
		json_append_utf8(&hello, session->settings.name);
		buffer_append_byte(&hello, '}');
		session_send(session, &hello);
		return;
	}
	buffer_append_string(&hello, "{\"type\":\"hello\",\"username\":");
	json_append_utf8(&hello, session->settings.name);
	if (session->settings.token.data != NULL) {
		buffer_append_string(&hello, ",\"token\":");
		json_append_utf8(&hello, session->settings.token);
	}
	if (session->resume.length > 0) {
		buffer_append_string(&hello, ",\"resume\":");
		json_append_utf8(&hello, buffer_text(&session->resume));
	}
	buffer_append_string(&hello, ",\"since\":");
	streams_write(&session->streams, &hello);
	buffer_append_byte(&hello, '}');
	session_send(session, &hello);
}

/* The server speaks another protocol than the one we have to have. */
static bool
lacks_native(struct session *session, struct now now)
{
	if (session->settings.dialect != DIALECT_NATIVE && !session->knows_native)
		return false;
	session->effects->hang_up(session->context);
	if (session->knows_native)
		session_lost(session,
		    &(struct loss){ .kind = LOSS_CLOSED,
			.reason = TEXT("the server does not speak native now") },
		    now);
	else
		session_end(session, END_REFUSED, 0, TEXT("the server does not speak native"));
	return true;
}

void
session_opened(struct session *session, bool is_native, struct now now)
{
	if (session->phase != PHASE_CONNECTING || (!is_native && lacks_native(session, now)))
		return;
	session->protocol = is_native ? PROTOCOL_NATIVE : PROTOCOL_ROOM;
	session->knows_native |= is_native;
	session->offers = session->settings.dialect != DIALECT_ROOM;
	session->bad_frames = 0;
	session->due_ms = NEVER;
	people_clear(session->people);
	tell_state(session,
	    &(struct session_state){ .phase = PHASE_JOINING, .protocol = session->protocol });
	say_hello(session);
}

void
session_online(struct session *session, struct now now)
{
	session->was_welcomed = true;
	session->online_since_ms = now.mono_ms;
	tell_state(session,
	    &(struct session_state){ .phase = PHASE_ONLINE, .protocol = session->protocol });
}

/*
 * Half of the delay is fixed, half is chance: thousands of clients that lost the same gateway must
 * not come back in the same instant.
 */
static uint64_t
next_delay(struct session *session, unsigned code)
{
	uint64_t whole = FIRST_DELAY_MS;
	uint64_t at_least = code == CLOSE_RESTART ? 1500 : 0;

	if (code == CLOSE_LATER)
		at_least = 4000;
	for (unsigned i = 0; i < session->failures && whole < LONGEST_DELAY_MS; i++)
		whole *= 2;
	if (whole > LONGEST_DELAY_MS)
		whole = LONGEST_DELAY_MS;
	if (whole < at_least)
		whole = at_least;
	if (whole < session->patience_ms * 2)
		whole = session->patience_ms * 2;
	session->patience_ms = 0;
	return whole / 2 + random_below(session->settings.random, whole / 2 + 1);
}

/* Nobody can say whether what was said to a server without ids was heard: the writer must know. */
static void
forget_said(struct session *session)
{
	struct outbox_entry *entry = session->outbox.entries;

	while (entry != NULL) {
		struct outbox_entry *next = entry->next;

		if (entry->said)
			session_unsent(session, entry, TEXT("unconfirmed"),
			    TEXT("The connection ended before it was confirmed."));
		entry = next;
	}
}

static bool
is_forbidden(const struct loss *loss)
{
	return (loss->kind == LOSS_CLOSED && loss->code == CLOSE_POLICY) ||
	       (loss->kind == LOSS_STATUS && (loss->code == 401 || loss->code == 403));
}

/* A server that does not know the subprotocol may refuse the handshake for it. */
static bool
may_do_without_native(const struct session *session, const struct loss *loss)
{
	return loss->kind == LOSS_STATUS && session->offered && !session->knows_native &&
	       session->settings.dialect == DIALECT_AUTO;
}

void
session_lost(struct session *session, const struct loss *loss, struct now now)
{
	struct session_state state = {
		.phase = PHASE_WAITING,
		.protocol = session->protocol,
		.code = loss->code,
		.reason = loss->reason,
		.was_online = session->phase == PHASE_ONLINE,
	};

	if (session->phase == PHASE_ENDED || session->phase == PHASE_WAITING)
		return;
	if (session->phase == PHASE_ONLINE && session->protocol == PROTOCOL_ROOM)
		forget_said(session);
	outbox_lost(&session->outbox);
	session->open_questions = 0;
	session->read_due_ms = NEVER;
	session->outbox_due_ms = NEVER;
	if (is_forbidden(loss)) {
		session_end(session, END_REFUSED, loss->code, loss->reason);
		return;
	}
	if (may_do_without_native(session, loss)) {
		session->offers = false;
		connect_now(session, now);
		return;
	}
	if (!session->was_welcomed && loss->kind != LOSS_CLOSED) {
		session_end(session, END_UNREACHABLE, loss->code, loss->reason);
		return;
	}
	session->offers = session->settings.dialect != DIALECT_ROOM;
	if (state.was_online && now.mono_ms - session->online_since_ms > SETTLED_MS)
		session->failures = 0;
	state.retry_ms = next_delay(session, loss->kind == LOSS_CLOSED ? loss->code : 0);
	session->failures++;
	session->due_ms = now.mono_ms + state.retry_ms;
	tell_state(session, &state);
}

static void
give_up(struct session *session)
{
	session->effects->hang_up(session->context);
	session_end(session, END_REFUSED, 0,
	    TEXT("what answers there does not speak a protocol of this client"));
}

static void
count_bad(struct session *session, struct now now)
{
	if (++session->bad_frames < session->settings.bad_frames_max)
		return;
	if (!session->was_welcomed) {
		give_up(session);
		return;
	}
	session->effects->hang_up(session->context);
	session_lost(session,
	    &(struct loss){ .kind = LOSS_CLOSED, .reason = TEXT("too many unfit frames") }, now);
}

void
session_received(struct session *session, struct text message, struct now now)
{
	struct frame frame;

	if (session->phase != PHASE_JOINING && session->phase != PHASE_ONLINE)
		return;
	frame_read(&frame, session->protocol, message);
	if (frame.kind == FRAME_BAD) {
		session_heard(session, &frame);
		count_bad(session, now);
	} else if (session->protocol == PROTOCOL_NATIVE) {
		session_take_native(session, &frame, now);
	} else {
		session_take_room(session, &frame, message, now);
	}
	frame_free(&frame);
}

uint64_t
session_due(const struct session *session)
{
	uint64_t due = session->due_ms;

	if (session->read_due_ms < due)
		due = session->read_due_ms;
	return session->outbox_due_ms < due ? session->outbox_due_ms : due;
}

static void
say_read(struct session *session)
{
	struct buffer read;

	buffer_init(&read, 0);
	buffer_printf(
	    &read, "{\"type\":\"read\",\"inbox\":%" PRIu64 "}", session->streams.inbox.seq);
	session_send(session, &read);
}

void
session_tick(struct session *session, struct now now)
{
	if (session->read_due_ms <= now.mono_ms) {
		session->read_due_ms = NEVER;
		say_read(session);
	}
	if (session->outbox_due_ms <= now.mono_ms)
		session_flush(session, now);
	if (session->due_ms > now.mono_ms)
		return;
	session->due_ms = NEVER;
	if (session->phase == PHASE_CONNECTING) {
		session->effects->hang_up(session->context);
		session_lost(session,
		    &(struct loss){
			.kind = LOSS_UNREACHABLE, .reason = TEXT("no answer within 10 seconds") },
		    now);
	} else if (session->phase == PHASE_WAITING) {
		connect_now(session, now);
	}
}
