/*
 * What one client can do and what happens to it: the functions of dialect.h and their
 * counterparts for the core. Effects are queued in struct sessions; nothing is written or freed
 * from here.
 */
#include "gateway/session.h"

#include <stdlib.h>
#include <string.h>

#include "common/names.h"
#include "gateway/catch_up.h"
#include "gateway/session_proof.h"
#include "gateway/sessions.h"

/* Of a user's id or a secret; the hub says what is right, this keeps its rules for texts. */
#define IDENTITY_BYTES_MAX 256u

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

/* The n-th of the texts behind one another in session->name. */
static struct text
identity_part(const struct session *session, unsigned n)
{
	const char *part = session->name;

	if (part == NULL)
		return TEXT("");
	while (n-- > 0)
		part += strlen(part) + 1;
	return text_of(part);
}

struct text
session_name(const struct session *session)
{
	return identity_part(session, 0);
}

struct text
session_user(const struct session *session)
{
	return identity_part(session, 1);
}

struct text
session_resume(const struct session *session)
{
	return identity_part(session, 2);
}

struct text
session_realm(const struct session *session)
{
	return text_of(session->realm);
}

const struct config_limits *
session_limits(const struct session *session)
{
	return &session->sessions->limits;
}

struct text
session_room(const struct session *session)
{
	return text_of(session->room);
}

const struct config_store *
session_store(const struct session *session)
{
	return &session->sessions->store;
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
	session->closed_by_us = true;
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
	session_settle(session);
	if (session->phase != SESSION_CLOSING)
		close_with(session, code, reason, false);
}

void
session_close_text(struct session *session, enum close_code code, struct text reason)
{
	char *copy;

	session_settle(session);
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
	session_settle(session);
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

	if (session->phase == SESSION_CLOSING || session->leaving)
		return;
	metric_increment(sessions->metrics->dialects[session->dialect_metric].messages_in);
	ping_heard(&sessions->pings, &session->ping, sessions->now.mono_ms);
	if (opcode == FRAME_BINARY && !session->dialect->takes_binary) {
		session_close(
		    session, CLOSE_UNSUPPORTED, "binary messages are not understood here");
		return;
	}
	if (session_may_say(session)) {
		session->dialect->received(session, opcode, message);
		return;
	}
	gateway_metrics_refused(sessions->metrics, OUTCOME_RATE_LIMITED);
	sessions->uplink.report(sessions->uplink.context, session, REPORT_LIMITED, 0, "");
	if (!session_offence(session))
		return;
	if (session->dialect->limited != NULL)
		session->dialect->limited(session, message);
	else if (session->dialect->refused != NULL)
		session->dialect->refused(session, OUTCOME_RATE_LIMITED);
}

void
session_ponged(struct session *session, struct text payload)
{
	struct sessions *sessions = session->sessions;

	if (session->phase == SESSION_CLOSING || session_takes_receipt(session, payload))
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

/* One allocation for name, user and secret: there are 100,000 of them. */
static bool
set_identity(struct session *session, struct text name, struct text user, struct text resume)
{
	struct buffer parts;
	char *copy;

	buffer_init(&parts, 0);
	buffer_append_text(&parts, name);
	buffer_append_byte(&parts, 0);
	buffer_append_text(&parts, user);
	buffer_append_byte(&parts, 0);
	buffer_append_text(&parts, resume);
	copy = parts.failed ? NULL : text_duplicate(buffer_text(&parts));
	buffer_free(&parts);
	if (copy == NULL) {
		session_close(session, CLOSE_INTERNAL, "out of memory");
		return false;
	}
	free(session->name);
	session->name = copy;
	return true;
}

/* The hub holds all of a gateway's clients to its rules for texts; one must not cost the others. */
static bool
is_showable(struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
			return false;
	}
	return text.length <= IDENTITY_BYTES_MAX && text_is_utf8(text);
}

static bool
take_identity(struct session *session, const struct session_opening *opening)
{
	struct buffer cleaned;
	bool done;

	if (!is_showable(opening->user) || !is_showable(opening->resume)) {
		session_close(session, CLOSE_POLICY, "bad user");
		return false;
	}
	buffer_init(&cleaned, 0);
	done = names_clean(opening->name, session->sessions->limits.name_code_points, &cleaned) &&
	       set_identity(session, buffer_text(&cleaned), opening->user, opening->resume);
	buffer_free(&cleaned);
	if (done && session->dialect->many_rooms)
		done = text_is_empty(opening->room) || session_room_add(session, opening->room);
	else if (done)
		done = set_room(session, opening->room);
	if (!done)
		session_close(session, CLOSE_INTERNAL, "out of memory");
	return done;
}

bool
session_open_as(struct session *session, const struct session_opening *said)
{
	struct sessions *sessions = session->sessions;
	struct session_opening opening = *said;

	if (session->phase != SESSION_CONNECTED)
		return false;
	if (!session_proof_apply(session, &opening)) {
		session_close(session, CLOSE_POLICY, "unauthorized");
		return false;
	}
	if (!take_identity(session, &opening))
		return false;
	session->open_flags = (uint8_t)opening.flags;
	if (session->dialect->pong_receipts || session->dialect->many_rooms)
		session->open_flags |= OPEN_HAS_RECEIPTS;
	session->phase = SESSION_OPENING;
	session->since_ms = sessions->now.wall_ms;
	sessions_opened(session);
	sessions_tell_newcomer(session);
	sessions->uplink.open(sessions->uplink.context, session);
	return session->phase != SESSION_CLOSING;
}

void
session_open(struct session *session, struct text name, struct text room)
{
	struct session_opening opening = {
		.user = TEXT(""),
		.name = name,
		.room = room,
		.resume = TEXT(""),
	};

	session_open_as(session, &opening);
}

/* Where the inbox begins to be heard; with many_rooms the dialect says it itself. */
static void
begin_inbox(struct session *session, const struct envelope_opened *opened)
{
	struct position begin = { opened->epoch, opened->seq };
	struct position end = begin;

	if (session->dialect->many_rooms)
		return;
	if (session->dialect->pong_receipts)
		begin.seq = opened->read;
	catch_up_inbox(session, begin, end);
}

void
session_opened(struct session *session, const struct envelope_opened *opened)
{
	struct position inbox = { opened->epoch, opened->seq };

	if (session->phase != SESSION_OPENING && session->phase != SESSION_ONLINE)
		return;
	if (!set_identity(session, opened->name, opened->user, opened->resume))
		return;
	if (!sessions_identify(session, opened->client)) {
		session_close(session, CLOSE_INTERNAL, "out of memory");
		return;
	}
	session_left_meanwhile(session);
	if (session->phase == SESSION_ONLINE) {
		catch_up_inbox_again(session, inbox);
		catch_up_next(session);
		return;
	}
	session->phase = SESSION_ONLINE;
	session->inbox = inbox;
	if (opened->resumed != 0)
		metric_increment(session->sessions->metrics->resumes);
	if (session->dialect->online != NULL)
		session->dialect->online(session, opened);
	if (session->phase == SESSION_ONLINE)
		begin_inbox(session, opened);
}

void
session_whispered(struct session *session, const struct envelope_whisper *whisper)
{
	if (session->phase != SESSION_ONLINE || session->client != whisper->to ||
	    !catch_up_inbox_takes(session, whisper->epoch, whisper->seq))
		return;
	if (session->dialect->whisper == NULL)
		return;
	gateway_metrics_delivered(
	    session->sessions->metrics, session->dialect_metric, DELIVERY_PRIVATE);
	session->dialect->whisper(session, whisper);
	catch_up_sent(session, whisper->seq);
}

void
session_refused(struct session *session, struct text room, uint32_t code)
{
	if (session->phase == SESSION_CLOSING)
		return;
	gateway_metrics_refused(session->sessions->metrics, code);
	if (!text_is_empty(room) && session_room_refused(session, room, code))
		return;
	if (session->dialect->refused != NULL)
		session->dialect->refused(session, code);
	if (code == OUTCOME_FULL)
		session_end_full(session);
	else if (text_is_empty(room))
		session_close(session, CLOSE_POLICY, "refused");
}

struct session_more *
session_more_get(struct session *session)
{
	if (session->more == NULL)
		session->more = calloc(1, sizeof(*session->more));
	if (session->more == NULL)
		session_close(session, CLOSE_INTERNAL, "out of memory");
	if (session->more == NULL || session->more->receipts.conn != 0)
		return session->more;
	TAILQ_INIT(&session->more->rooms);
	session->more->receipts.conn = session->conn;
	return session->more;
}

void
session_more_free(struct session *session)
{
	struct session_more *more = session->more;
	struct session_room *room;

	if (more == NULL)
		return;
	while ((room = TAILQ_FIRST(&more->rooms)) != NULL) {
		TAILQ_REMOVE(&more->rooms, room, place);
		free(room);
	}
	free(more->history_room);
	free(more);
	session->more = NULL;
}

bool
session_lingers(const struct session *session)
{
	/* Lost, or cut off by us because nothing came through; not after a word of either side. */
	return session->dialect->lingers &&
	       (!session->closed_by_us || session->close_code == CLOSE_DROP);
}

void
session_link_lost(struct session *session)
{
	if (session->more == NULL || session->phase == SESSION_CLOSING)
		return;
	catch_up_link_lost(session);
	if (session->more->list_token == 0)
		return;
	session->more->list_token = 0;
	/* What came is true; that it was all would not be. */
	if (session->dialect->listed != NULL)
		session->dialect->listed(session, NULL, true);
}
