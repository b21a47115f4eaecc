/*
 * What one client can do and what happens to it: the functions of dialect.h and their
 * counterparts for the core. Effects are queued in struct sessions; nothing is written or freed
 * from here.
 */
#include "gateway/session.h"

#include <stdlib.h>
#include <string.h>

#include "common/names.h"
#include "gateway/sessions.h"

void *
session_state(struct session *session)
{
	return session->state;
}

bool
session_is_open(const struct session *session)
{
	return session->name != NULL;
}

uint32_t
session_client(const struct session *session)
{
	return session->client;
}

struct text
session_name(const struct session *session)
{
	return text_of(session->name);
}

struct text
session_room(const struct session *session)
{
	return text_of(session->room);
}

unsigned
session_content_max(const struct session *session)
{
	return session->sessions->limits.content_bytes;
}

static void
close_with(struct session *session, enum close_code code, const char *reason, bool mine)
{
	session->phase = SESSION_CLOSING;
	session->close_code = (uint16_t)code;
	session->close_reason = reason;
	session->reason_mine = mine;
	sessions_end(session);
}

void
session_close(struct session *session, enum close_code code, const char *reason)
{
	/*
	 * What it was told up to here goes out before the CLOSE; short memory may close it at
	 * that.
	 */
	fanout_settle(&session->home);
	if (session->phase != SESSION_CLOSING)
		close_with(session, code, reason, false);
}

void
session_close_text(struct session *session, enum close_code code, struct text reason)
{
	char *copy;

	fanout_settle(&session->home);
	if (session->phase == SESSION_CLOSING)
		return;
	if (reason.length > CLOSE_REASON_MAX) {
		reason.length = CLOSE_REASON_MAX;
		/* Never half a character: continuation bytes are 10xxxxxx. */
		while (
		    reason.length > 0 && ((unsigned char)reason.data[reason.length] & 0xC0) == 0x80)
			reason.length--;
	}
	copy = text_duplicate(reason);
	close_with(session, code, copy == NULL ? "" : copy, copy != NULL);
}

void
session_close_slow(struct session *session, const char *what)
{
	if (session->phase == SESSION_CLOSING)
		return;
	metric_increment(session->sessions->metrics->slow_readers);
	log_info(session->sessions->log, "client reads too slowly", log_string("limit", what),
	    log_u64("conn", session->conn), log_client("client", session->client),
	    log_u64("bytes", session->output.bytes));
	session_close(session, CLOSE_TRY_LATER, "slow reader");
	outbound_clear(&session->output);
}

void
session_queue(struct session *session, struct slab *slab, uint32_t from, uint32_t to)
{
	if (session->phase == SESSION_CLOSING)
		return;
	if (!outbound_append(&session->output, slab, from, to, session->sessions->now.mono_ms)) {
		close_with(session, CLOSE_INTERNAL, "out of memory", false);
		return;
	}
	sessions_touch(session);
}

void
session_send(struct session *session, enum frame_opcode opcode, struct text payload)
{
	struct slab *slab;
	uint32_t from;

	if (session->phase == SESSION_CLOSING)
		return;
	fanout_settle(&session->home);
	slab = sessions_personal(session->sessions);
	from = slab == NULL ? 0 : slab->length;
	if (slab == NULL || !slab_frame(slab, opcode, payload)) {
		session_close(session, CLOSE_INTERNAL, "out of memory");
		return;
	}
	metric_increment(session->sessions->metrics->frames);
	session_queue(session, slab, from, slab->length);
}

void
session_reply(struct session *session, enum frame_opcode opcode, struct text payload)
{
	session_send(session, opcode, payload);
}

bool
session_offence(struct session *session)
{
	struct sessions *sessions = session->sessions;

	if (session->phase == SESSION_CLOSING)
		return false;
	if (ratelimit_take(&session->offences, &sessions->offence_rule, sessions->now.mono_ms, 1))
		return true;
	session_close(session, CLOSE_POLICY, "too many errors");
	return false;
}

void
session_received(struct session *session, enum frame_opcode opcode, struct text message)
{
	struct sessions *sessions = session->sessions;

	if (session->phase == SESSION_CLOSING)
		return;
	metric_increment(sessions->metrics->messages_in[session->dialect_metric]);
	ping_heard(&sessions->pings, &session->ping, sessions->now.mono_ms);
	if (opcode == FRAME_BINARY && !session->dialect->takes_binary) {
		session_close(
		    session, CLOSE_UNSUPPORTED, "binary messages are not understood here");
		return;
	}
	if (ratelimit_take(&session->messages, &sessions->message_rule, sessions->now.mono_ms, 1)) {
		session->dialect->received(session, opcode, message);
		return;
	}
	gateway_metrics_refused(sessions->metrics, OUTCOME_RATE_LIMITED);
	if (session_offence(session) && session->dialect->refused != NULL)
		session->dialect->refused(session, OUTCOME_RATE_LIMITED);
}

void
session_ponged(struct session *session, struct text payload)
{
	struct sessions *sessions = session->sessions;

	if (session->phase == SESSION_CLOSING)
		return;
	switch (ping_pong(&sessions->pings, &session->ping, payload, sessions->now.mono_ms)) {
	case PING_ANSWERED:
		break;
	case PING_FLOOD:
		session_close(session, CLOSE_POLICY, "too many pongs");
		/* fall through */
	case PING_STRAY:
		metric_increment(sessions->metrics->stray_pongs);
		break;
	}
}

/* Nearly all enter the room of their mount, whose name is then not copied. */
static bool
set_room(struct session *session, struct text room)
{
	char *copy;

	if (text_equal(room, session_room(session)))
		return true;
	copy = text_duplicate(room);
	if (copy == NULL)
		return false;
	session->room = copy;
	session->room_mine = true;
	return true;
}

static bool
set_identity(struct session *session, struct text name, struct text room)
{
	struct buffer cleaned;
	bool done;

	buffer_init(&cleaned, 0);
	if (names_clean(name, session->sessions->limits.name_code_points, &cleaned))
		session->name = text_duplicate(buffer_text(&cleaned));
	buffer_free(&cleaned);
	done = session->name != NULL && set_room(session, room);
	if (!done)
		session_close(session, CLOSE_INTERNAL, "out of memory");
	return done;
}

void
session_open(struct session *session, struct text name, struct text room)
{
	if (session->phase != SESSION_CONNECTED || !set_identity(session, name, room))
		return;
	session->phase = SESSION_OPENING;
	session->since_ms = session->sessions->now.wall_ms;
	sessions_opened(session);
	session->sessions->uplink.open(session->sessions->uplink.context, session);
}

void
session_outcome(
    struct session *session, const struct envelope *command, const struct envelope_outcome *outcome)
{
	if (outcome->code != OUTCOME_OK)
		gateway_metrics_refused(session->sessions->metrics, outcome->code);
	if (session->phase != SESSION_CLOSING && session->dialect->outcome != NULL)
		session->dialect->outcome(session, command, outcome);
}

/* Ends a command here: the hub never sees it. */
static void
refuse(struct session *session, const struct envelope *command, uint32_t code)
{
	struct envelope_outcome outcome = {
		.code = code,
		.room = TEXT(""),
		.time = (uint64_t)session->sessions->now.wall_ms,
	};

	session_outcome(session, command, &outcome);
}

static void
command(struct session *session, struct envelope *envelope, size_t content_length)
{
	struct sessions *sessions = session->sessions;
	uint32_t code;

	if (session->phase == SESSION_CLOSING)
		return;
	if (content_length > sessions->limits.content_bytes)
		code = OUTCOME_TOO_LONG;
	else if (session->phase == SESSION_CONNECTED)
		code = OUTCOME_BAD_MESSAGE;
	else
		code = sessions->uplink.command(sessions->uplink.context, session, envelope);
	if (code != OUTCOME_OK)
		refuse(session, envelope, code);
}

void
session_publish(struct session *session, struct text room, struct text content)
{
	struct envelope envelope = {
		.kind = ENVELOPE_PUBLISH,
		.publish = {
			.conn = session->conn,
			.client = session->client,
			.room = room,
			.content = content,
		},
	};

	command(session, &envelope, content.length);
}

void
session_tell(struct session *session, struct text to, struct text content)
{
	struct envelope envelope = {
		.kind = ENVELOPE_TELL,
		.tell = {
			.conn = session->conn,
			.client = session->client,
			.to = to,
			.content = content,
		},
	};

	command(session, &envelope, content.length);
}

void
session_opened(struct session *session, uint32_t client, struct text name)
{
	char *copy;

	if (session->phase != SESSION_OPENING && session->phase != SESSION_ONLINE)
		return;
	copy = text_duplicate(name);
	if (copy == NULL || !sessions_identify(session, client)) {
		free(copy);
		session_close(session, CLOSE_INTERNAL, "out of memory");
		return;
	}
	free(session->name);
	session->name = copy;
	session->phase = SESSION_ONLINE;
}

void
session_joined(struct session *session, struct text room, uint64_t ordinal)
{
	if (session->phase != SESSION_ONLINE || !text_equal(room, session_room(session)))
		return;
	session->home.ordinal = ordinal;
	if (!fanout_join(session->sessions->fanout, &session->home, room))
		session_close(session, CLOSE_INTERNAL, "out of memory");
}

void
session_refused(struct session *session, struct text room, uint32_t code)
{
	if (session->phase == SESSION_CLOSING)
		return;
	gateway_metrics_refused(session->sessions->metrics, code);
	if (session->dialect->refused != NULL)
		session->dialect->refused(session, code);
	if (code == OUTCOME_FULL)
		session_close(session, CLOSE_TRY_LATER, "full");
	else if (text_is_empty(room))
		session_close(session, CLOSE_POLICY, "refused");
}
