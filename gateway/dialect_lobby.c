/*
 * The `lobby` dialect: plain text, everybody in one room under the name in the path. Wire format:
 * docs/dialects/lobby.md; its clients were written for another server and are right by definition.
 */
#include <inttypes.h>

#include "gateway/dialect.h"

static void
lobby_opened(struct session *session, const struct client_request *request)
{
	session_open(session, request->segment, session_room(session));
}

static void
lobby_received(struct session *session, enum frame_opcode opcode, struct text message)
{
	(void)opcode;
	session_publish(session, session_room(session), message);
}

/* There is no other way to say what went wrong than to say it. */
static void
lobby_refused(struct session *session, uint32_t code)
{
	session_reply(session, FRAME_TEXT, text_of(outcome_sentence(code)));
}

static void
lobby_outcome(
    struct session *session, const struct envelope *command, const struct envelope_outcome *outcome)
{
	if (command->kind == ENVELOPE_PUBLISH && outcome->code != OUTCOME_OK)
		lobby_refused(session, outcome->code);
}

/* The old server answered its clients itself, behind the echo. */
static void
lobby_spoken(struct session *session, const struct envelope_deliver *deliver)
{
	const struct text parts[] = { TEXT("服务端回复"), deliver->from_name,
		TEXT(":你发送的信息是:"), deliver->content };

	session_reply_parts(session, parts, sizeof(parts) / sizeof(parts[0]));
}

/* Only who speaks another dialect can write to one client alone. */
static void
reply_private(struct session *session, struct text name, struct text content)
{
	const struct text parts[] = { name, TEXT(" 私信:"), content };

	session_reply_parts(session, parts, sizeof(parts) / sizeof(parts[0]));
}

static void
lobby_whisper(struct session *session, const struct envelope_whisper *whisper)
{
	reply_private(session, whisper->from_name, whisper->content);
}

static void
lobby_item(struct session *session, enum fetch_purpose purpose, const struct envelope_item *item)
{
	if (purpose == FETCH_MISSED)
		reply_private(session, item->from_name, item->content);
}

static void
render_deliver(struct buffer *payload, const struct envelope_deliver *deliver)
{
	buffer_append_text(payload, deliver->from_name);
	buffer_append_string(payload, " 发送消息:");
	buffer_append_text(payload, deliver->content);
}

static void
render_notice(struct buffer *payload, const struct envelope_notice *notice)
{
	buffer_append_text(payload, notice->content);
}

static void
render_entered(struct buffer *payload, const struct envelope_entered *entered, size_t count)
{
	(void)count;
	buffer_append_text(payload, entered->name);
	buffer_append_string(payload, " 进入了聊天室");
}

static void
render_exited(
    struct buffer *payload, const struct envelope_exited *exited, struct text name, size_t count)
{
	(void)exited;
	(void)count;
	buffer_append_text(payload, name);
	buffer_append_string(payload, " 离开了聊天室");
}

static void
render_summary(struct buffer *payload, const struct presence_summary *summary)
{
	buffer_append_string(payload, "另有 ");
	if (summary->joined > 0)
		buffer_printf(payload, "%" PRIu64 " 人进入了聊天室,", summary->joined);
	if (summary->left > 0)
		buffer_printf(payload, "%" PRIu64 " 人离开了聊天室,", summary->left);
	buffer_printf(payload, "当前在线 %zu 人", summary->count);
}

extern const struct dialect dialect_lobby;
const struct dialect dialect_lobby = {
	.name = "lobby",
	.reaches_hub = true,
	.pong_receipts = true,
	.opened = lobby_opened,
	.received = lobby_received,
	.refused = lobby_refused,
	.outcome = lobby_outcome,
	.whisper = lobby_whisper,
	.item = lobby_item,
	.spoken = lobby_spoken,
	.render_deliver = render_deliver,
	.render_notice = render_notice,
	.render_entered = render_entered,
	.render_exited = render_exited,
	.render_summary = render_summary,
};
