/* See rig_dialects.h. */
#include "rig_dialects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reply(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
reply(struct session *session, const char *format, ...)
{
	char word[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(word, sizeof(word), format, arguments);
	va_end(arguments);
	session_reply(session, FRAME_TEXT, text_of(word));
}

static void
many_open(struct session *session, struct text name)
{
	struct session_opening opening = {
		.name = name,
		.room = session_room(session),
		.flags = OPEN_KEEPS_MAIL | OPEN_WANTS_SECRET,
	};

	session_open_as(session, &opening);
}

static void
many_hear(struct session *session, const char *words)
{
	unsigned long long epoch, seq;
	char room[65] = "";

	if (words[0] == ' ')
		assert_int_equal(sscanf(words, " %llu %llu", &epoch, &seq), 2);
	else
		assert_int_equal(sscanf(words, "%64s %llu %llu", room, &epoch, &seq), 3);
	session_hear(session, text_of(room), epoch, seq);
}

static void
many_history(struct session *session, const char *words)
{
	unsigned long long before;
	char room[65];

	assert_int_equal(sscanf(words, "%64s %llu", room, &before), 2);
	if (!session_history(session, text_of(room), before, 3))
		reply(session, "busy");
}

static void
many_says(struct session *session, const char *words)
{
	const char *colon = strchr(words, ':');
	struct session_message message = { .id = TEXT("id") };

	assert_non_null(colon);
	message.to = (struct text){ words, (size_t)(colon - words) };
	message.content = text_of(colon + 1);
	session_publish_as(session, &message);
}

static void
many_received(struct session *session, enum frame_opcode opcode, struct text message)
{
	char words[256];
	struct text rest;

	(void)opcode;
	assert_true(message.length > 0 && message.length < sizeof(words));
	memcpy(words, message.data, message.length);
	words[message.length] = '\0';
	rest = text_of(words + 1);
	if (!session_is_open(session))
		many_open(session, message);
	else if (words[0] == '+')
		session_join(session, rest);
	else if (words[0] == '-')
		session_leave(session, rest);
	else if (words[0] == '#')
		many_hear(session, rest.data);
	else if (words[0] == '?')
		many_history(session, rest.data);
	else if (words[0] == '~')
		session_typing(session, rest, TEXT(""));
	else if (words[0] == '*')
		session_list(session, TEXT(""), 10);
	else if (words[0] == '=')
		session_read(session, strtoull(rest.data, NULL, 10));
	else
		many_says(session, words);
}

static void
many_online(struct session *session, const struct envelope_opened *opened)
{
	reply(session, "online %.*s %u", (int)opened->user.length, opened->user.data,
	    opened->resumed);
}

static void
many_joined(struct session *session, const struct envelope_joined *joined)
{
	reply(session, "joined %.*s %llu.%llu", (int)joined->room.length, joined->room.data,
	    (unsigned long long)joined->epoch, (unsigned long long)joined->seq);
}

static void
many_join_refused(struct session *session, struct text room, uint32_t code)
{
	reply(session, "no %.*s %s", (int)room.length, room.data, outcome_word(code));
}

static void
many_left(struct session *session, const struct envelope_left *left)
{
	reply(session, "left %.*s %u", (int)left->room.length, left->room.data, left->reason);
}

static void
many_item(struct session *session, enum fetch_purpose purpose, const struct envelope_item *item)
{
	reply(session, "%s %.*s %llu %.*s", purpose == FETCH_MISSED ? "item" : "past",
	    (int)item->room.length, item->room.data, (unsigned long long)item->seq,
	    (int)item->content.length, item->content.data);
}

static void
many_fetched(
    struct session *session, enum fetch_purpose purpose, const struct envelope_fetched *fetched)
{
	if (purpose == FETCH_MISSED)
		reply(session, "gap %.*s %llu-%llu %u", (int)fetched->room.length,
		    fetched->room.data, (unsigned long long)fetched->gap_from,
		    (unsigned long long)fetched->gap_to, fetched->gap_reason);
	else
		reply(session, "end %.*s %s %u", (int)fetched->room.length, fetched->room.data,
		    outcome_word(fetched->code), fetched->more);
}

static void
many_listed(struct session *session, const struct envelope_listed *room, bool more)
{
	if (room != NULL)
		reply(session, "room %.*s", (int)room->room.length, room->room.data);
	else
		reply(session, "rooms %d", more);
}

static void
many_whisper(struct session *session, const struct envelope_whisper *whisper)
{
	reply(session, "mail %llu %.*s", (unsigned long long)whisper->seq,
	    (int)whisper->content.length, whisper->content.data);
}

static void
many_outcome(
    struct session *session, const struct envelope *command, const struct envelope_outcome *outcome)
{
	reply(session, "%s %s", envelope_kind_name(command->kind), outcome_word(outcome->code));
}

static void
many_spoken(struct session *session, const struct envelope_deliver *deliver)
{
	reply(session, "spoken %llu", (unsigned long long)deliver->seq);
}

static void
many_deliver(struct buffer *payload, const struct envelope_deliver *deliver)
{
	buffer_append_text(payload, deliver->content);
}

static void
many_typed(struct buffer *payload, const struct envelope_typed *typed)
{
	buffer_append_string(payload, "typing ");
	buffer_append_text(payload, typed->from_name);
}

const struct dialect rig_many_dialect = {
	.name = "many",
	.reaches_hub = true,
	.many_rooms = true,
	.lingers = true,
	.received = many_received,
	.outcome = many_outcome,
	.whisper = many_whisper,
	.online = many_online,
	.joined = many_joined,
	.join_refused = many_join_refused,
	.left = many_left,
	.item = many_item,
	.fetched = many_fetched,
	.listed = many_listed,
	.spoken = many_spoken,
	.render_deliver = many_deliver,
	.render_typed = many_typed,
};

static void
mail_received(struct session *session, enum frame_opcode opcode, struct text message)
{
	struct session_opening opening = { .user = message, .flags = OPEN_KEEPS_MAIL };

	(void)opcode;
	session_open_as(session, &opening);
}

const struct dialect rig_mail_dialect = {
	.name = "mail",
	.reaches_hub = true,
	.pong_receipts = true,
	.received = mail_received,
	.whisper = many_whisper,
};

struct rig_peer *
rig_login_as(struct rig *rig, const struct dialect *dialect, struct envelope_opened opened)
{
	struct rig_peer *peer = rig_connect_as(rig, dialect);

	rig_send(peer, "ana");
	rig_turn(rig);
	peer->conn = rig_said(rig, ENVELOPE_OPEN).open.conn;
	rig_forget_said(rig);
	opened.conn = peer->conn;
	opened.name = TEXT("ana");
	rig_hub(rig, (struct envelope){ .kind = ENVELOPE_OPENED, .opened = opened });
	rig_turn(rig);
	return peer;
}

void
rig_joined(struct rig_peer *peer, const char *room, uint64_t epoch, uint64_t seq)
{
	rig_hub(peer->rig, (struct envelope){ .kind = ENVELOPE_JOINED,
			       .joined = { .conn = peer->conn,
				   .room = text_of(room),
				   .ordinal = ++peer->rig->ordinal,
				   .epoch = epoch,
				   .seq = seq } });
}

void
rig_say(struct rig *rig, const char *room, uint64_t epoch, uint64_t seq, const char *content)
{
	rig_hub(rig, (struct envelope){ .kind = ENVELOPE_DELIVER,
			 .deliver = { .room = text_of(room),
			     .epoch = epoch,
			     .seq = seq,
			     .content = text_of(content) } });
}

void
rig_item(struct rig_peer *peer, uint64_t token, const char *room, struct position at,
    const char *content)
{
	rig_hub(peer->rig, (struct envelope){ .kind = ENVELOPE_ITEM,
			       .item = { .token = token,
				   .conn = peer->conn,
				   .room = text_of(room),
				   .epoch = at.epoch,
				   .seq = at.seq,
				   .content = text_of(content) } });
}

void
rig_fetched(struct rig_peer *peer, uint64_t token, const char *room, struct position to)
{
	rig_hub(peer->rig, (struct envelope){ .kind = ENVELOPE_FETCHED,
			       .fetched = { .token = token,
				   .conn = peer->conn,
				   .room = text_of(room),
				   .epoch = to.epoch,
				   .to = to.seq } });
}

uint64_t
rig_fetch(struct rig *rig, const char *room, uint64_t epoch, uint64_t after)
{
	struct envelope_fetch fetch;

	rig_turn(rig);
	fetch = rig_said(rig, ENVELOPE_FETCH).fetch;
	assert_true(text_equal(fetch.room, text_of(room)));
	assert_int_equal(fetch.epoch, epoch);
	assert_int_equal(fetch.after, after);
	return fetch.token;
}

void
rig_again(struct rig *rig, struct rig_peer *peer, struct envelope_opened opened)
{
	rig_lose(rig);
	rig_after(rig, 1000);
	rig_welcome(rig, 78);
	rig_roster_end(rig);
	rig_turn(rig);
	rig_forget_said(rig);
	opened.conn = peer->conn;
	opened.client = 1;
	opened.name = TEXT("ana");
	rig_hub(rig, (struct envelope){ .kind = ENVELOPE_OPENED, .opened = opened });
}

struct rig_peer *
rig_member_of_lobby(struct rig *rig)
{
	struct rig_peer *ana = rig_login_as(
	    rig, &rig_many_dialect, (struct envelope_opened){ .client = 1, .user = TEXT("u1") });

	rig_joined(ana, "lobby", 5, 10);
	rig_send(ana, "#lobby 5 10");
	rig_turn(rig);
	rig_forget_said(rig);
	rig_forget_heard(ana);
	return ana;
}
