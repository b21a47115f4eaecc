/*
 * What a client says and asks: commands, which end in one outcome each, and questions to the hub.
 * Limits are checked here; numbers and the link are the uplink's.
 */
#include <stdlib.h>

#include "gateway/catch_up.h"
#include "gateway/sessions.h"

/* A client says at most so often that it is writing. */
#define TYPING_MS 1000u

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
command(struct session *session, struct envelope *envelope, size_t content_length,
    enum command_metric kind)
{
	struct sessions *sessions = session->sessions;
	uint32_t code;

	if (session->phase == SESSION_CLOSING)
		return;
	metric_increment(sessions->metrics->dialects[session->dialect_metric].commands[kind]);
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
session_publish_as(struct session *session, const struct session_message *message)
{
	struct envelope envelope = {
		.kind = ENVELOPE_PUBLISH,
		.publish = {
			.conn = session->conn,
			.client = session->client,
			.room = message->to,
			.content = message->content,
			.id = message->id,
		},
	};

	command(session, &envelope, message->content.length, COMMAND_PUBLIC);
}

void
session_tell_as(struct session *session, const struct session_message *message)
{
	struct envelope envelope = {
		.kind = ENVELOPE_TELL,
		.tell = {
			.conn = session->conn,
			.client = session->client,
			.to = message->to,
			.content = message->content,
			.id = message->id,
			.extra = message->extra,
			.flags = message->flags,
		},
	};

	command(
	    session, &envelope, message->content.length + message->extra.length, COMMAND_PRIVATE);
}

void
session_publish(struct session *session, struct text room, struct text content)
{
	struct session_message message = { .to = room, .content = content };

	session_publish_as(session, &message);
}

void
session_tell(struct session *session, struct text to, struct text content)
{
	struct session_message message = { .to = to, .content = content };

	session_tell_as(session, &message);
}

void
session_read(struct session *session, uint64_t seq)
{
	struct envelope envelope = {
		.kind = ENVELOPE_READ,
		.read = {
			.conn = session->conn,
			.client = session->client,
			.epoch = session->inbox.epoch,
			.seq = seq,
		},
	};

	command(session, &envelope, 0, COMMAND_READ);
}

static bool
is_away(const struct sessions *sessions)
{
	return !sessions->uplink.is_up(sessions->uplink.context);
}

bool
session_history(struct session *session, struct text room, uint64_t before, unsigned limit)
{
	struct session_more *more;

	if (session->phase != SESSION_ONLINE || is_away(session->sessions))
		return false;
	more = session_more_get(session);
	if (more == NULL || more->history_room != NULL)
		return false;
	more->history_room = text_duplicate(room);
	if (more->history_room == NULL)
		return false;
	more->history_before = before == 0 ? UINT64_MAX : before;
	more->history_limit = limit;
	more->wants_fetch = true;
	catch_up_next(session);
	return true;
}

bool
session_list(struct session *session, struct text after, unsigned limit)
{
	struct sessions *sessions = session->sessions;
	struct session_more *more;
	struct envelope_list list = {
		.token = sessions->next_token + 1,
		.conn = session->conn,
		.after = after,
		.limit = limit,
	};

	if (session->phase != SESSION_ONLINE)
		return false;
	more = session_more_get(session);
	if (more == NULL || more->list_token != 0 ||
	    !sessions->uplink.say(sessions->uplink.context, session, ENVELOPE_LIST, &list))
		return false;
	more->list_token = ++sessions->next_token;
	return true;
}

void
session_listed(struct session *session, const struct envelope_listed *listed)
{
	if (session->more == NULL || session->more->list_token != listed->token ||
	    session->phase != SESSION_ONLINE || session->dialect->listed == NULL)
		return;
	session->dialect->listed(session, listed, true);
}

void
session_list_ended(struct session *session, const struct envelope_list_end *end)
{
	if (session->more == NULL || session->more->list_token != end->token ||
	    session->phase != SESSION_ONLINE)
		return;
	session->more->list_token = 0;
	if (session->dialect->listed != NULL)
		session->dialect->listed(session, NULL, end->more != 0);
}

void
session_typing(struct session *session, struct text room, struct text to)
{
	struct sessions *sessions = session->sessions;
	struct session_more *more;
	struct envelope_typing typing = { .conn = session->conn, .room = room, .to = to };

	if (session->phase != SESSION_ONLINE || is_away(sessions))
		return;
	more = session_more_get(session);
	if (more == NULL ||
	    (more->typed_ms != 0 && sessions->now.mono_ms < more->typed_ms + TYPING_MS))
		return;
	more->typed_ms = sessions->now.mono_ms;
	sessions->uplink.say(sessions->uplink.context, session, ENVELOPE_TYPING, &typing);
}
