/*
 * Keeps what a dialect asked of its session as text that a test can compare. Knows neither
 * the hub nor any dialect.
 */
#include "fake_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void
fake_session_open(
    struct session *session, const struct dialect *dialect, const struct client_request *request)
{
	struct config config;

	memset(session, 0, sizeof(*session));
	session->dialect = dialect;
	session->name = text_of("");
	session->user = text_of("");
	session->realm = text_of("open");
	session->room = text_of("lobby");
	config_defaults(&config);
	session->limits = config.limits;
	session->store = config.store;
	session->limits.content_bytes = 1000;
	config_free(&config);
	if (dialect->state_size > 0)
		session->state = calloc(1, dialect->state_size);
	if (dialect->opened != NULL)
		dialect->opened(session, request);
}

void
fake_session_receive(struct session *session, const char *message)
{
	session->dialect->received(session, FRAME_TEXT, text_of(message));
}

const char *
fake_session_reply(const struct session *session, unsigned n)
{
	assert_true(n < session->reply_count);
	return session->replies[n];
}

const char *
fake_session_wish(const struct session *session, unsigned n)
{
	assert_true(n < session->wish_count);
	return session->wishes[n];
}

void
fake_session_forget(struct session *session)
{
	for (unsigned i = 0; i < session->reply_count; i++)
		free(session->replies[i]);
	for (unsigned i = 0; i < session->wish_count; i++)
		free(session->wishes[i]);
	session->reply_count = 0;
	session->wish_count = 0;
	session->asked[0] = '\0';
}

void
fake_session_close(struct session *session)
{
	if (session->dialect->closed != NULL)
		session->dialect->closed(session);
	fake_session_forget(session);
	free(session->state);
	session->state = NULL;
}

static void
wish_text(struct buffer *wish, const char *before, struct text value, const char *after)
{
	if (text_is_empty(value))
		return;
	buffer_append_string(wish, before);
	buffer_append_text(wish, value);
	buffer_append_string(wish, after);
}

static void
wish_flags(struct buffer *wish, uint32_t flags)
{
	if (flags != 0)
		buffer_printf(wish, " flags=%u", (unsigned)flags);
}

/* Takes over the buffer. */
static void
wished(struct session *session, struct buffer *wish)
{
	assert_false(wish->failed);
	assert_true(wish->length < sizeof(session->asked));
	assert_true(session->wish_count < FAKE_WISHES_MAX);
	memcpy(session->asked, wish->data, wish->length);
	session->asked[wish->length] = '\0';
	session->wishes[session->wish_count++] = text_duplicate(buffer_text(wish));
	buffer_free(wish);
}

void *
session_state(struct session *session)
{
	return session->state;
}

void
session_reply(struct session *session, enum frame_opcode opcode, struct text payload)
{
	assert_true(session->reply_count < FAKE_REPLIES_MAX);
	session->opcodes[session->reply_count] = opcode;
	session->replies[session->reply_count++] = text_duplicate(payload);
}

bool
session_is_open(const struct session *session)
{
	return session->open;
}

bool
session_is_proved(const struct session *session)
{
	return session->proof == NULL || session->is_proved;
}

bool
session_prove(struct session *session, struct text token)
{
	if (text_is_empty(token))
		return session_is_proved(session);
	return session->proof == NULL || text_equal(token, text_of(session->proof));
}

bool
session_open_as(struct session *session, const struct session_opening *opening)
{
	struct buffer wish;

	buffer_init(&wish, 0);
	buffer_printf(&wish, "open [%.*s]", (int)opening->name.length, opening->name.data);
	/* The blank before the room is always there, as it was before rooms could be none. */
	buffer_append_byte(&wish, ' ');
	buffer_append_text(&wish, opening->room);
	wish_text(&wish, " user=", opening->user, "");
	wish_text(&wish, " resume=", opening->resume, "");
	wish_flags(&wish, opening->flags);
	wished(session, &wish);
	session->open = !session->refuses_open;
	return session->open;
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

static void
say(struct session *session, const char *verb, const struct session_message *message)
{
	struct buffer wish;

	buffer_init(&wish, 0);
	buffer_printf(&wish, "%s %.*s [%.*s]", verb, (int)message->to.length, message->to.data,
	    (int)message->content.length, message->content.data);
	wish_text(&wish, " id=", message->id, "");
	wish_text(&wish, " extra=", message->extra, "");
	wish_flags(&wish, message->flags);
	wished(session, &wish);
}

void
session_publish_as(struct session *session, const struct session_message *message)
{
	say(session, "publish", message);
}

void
session_tell_as(struct session *session, const struct session_message *message)
{
	say(session, "tell", message);
}

void
session_publish(struct session *session, struct text room, struct text content)
{
	struct session_message message = { .to = room, .content = content };

	say(session, "publish", &message);
}

void
session_tell(struct session *session, struct text to, struct text content)
{
	struct session_message message = { .to = to, .content = content };

	say(session, "tell", &message);
}

void
session_read(struct session *session, uint64_t seq)
{
	struct buffer wish;

	buffer_init(&wish, 0);
	buffer_append_string(&wish, "read ");
	buffer_append_u64(&wish, seq);
	wished(session, &wish);
}

static void
ask_of_room(struct session *session, const char *verb, struct text room)
{
	struct buffer wish;

	buffer_init(&wish, 0);
	buffer_append_string(&wish, verb);
	wish_text(&wish, " ", room, "");
	wished(session, &wish);
}

void
session_join(struct session *session, struct text name)
{
	ask_of_room(session, "join", name);
}

void
session_leave(struct session *session, struct text name)
{
	ask_of_room(session, "leave", name);
}

bool
session_is_member(const struct session *session, struct text room)
{
	const char *const *name = session->rooms;

	for (; name != NULL && *name != NULL; name++) {
		if (text_equal(text_of(*name), room))
			return true;
	}
	return false;
}

unsigned
session_rooms(const struct session *session)
{
	unsigned count = 0;

	while (session->rooms != NULL && session->rooms[count] != NULL)
		count++;
	return count;
}

static void
ask_with_numbers(struct session *session, const char *verb, struct text of, const uint64_t *numbers,
    size_t count)
{
	struct buffer wish;

	buffer_init(&wish, 0);
	buffer_append_string(&wish, verb);
	wish_text(&wish, " ", of, "");
	for (size_t i = 0; i < count; i++) {
		buffer_append_byte(&wish, ' ');
		buffer_append_u64(&wish, numbers[i]);
	}
	wished(session, &wish);
}

void
session_hear(struct session *session, struct text name, uint64_t epoch, uint64_t seq)
{
	ask_with_numbers(session, "hear", name, (const uint64_t[]){ epoch, seq }, 2);
}

bool
session_history(struct session *session, struct text room, uint64_t before, unsigned limit)
{
	ask_with_numbers(session, "history", room, (const uint64_t[]){ before, limit }, 2);
	return !session->busy;
}

bool
session_list(struct session *session, struct text after, unsigned limit)
{
	ask_with_numbers(session, "list", after, (const uint64_t[]){ limit }, 1);
	return !session->busy;
}

void
session_typing(struct session *session, struct text room, struct text to)
{
	struct buffer wish;

	buffer_init(&wish, 0);
	buffer_append_string(&wish, "typing");
	wish_text(&wish, " ", room, "");
	wish_text(&wish, " ", to, "");
	wished(session, &wish);
}

bool
session_offence(struct session *session)
{
	session->offences++;
	return true;
}

void
session_close(struct session *session, enum close_code code, const char *reason)
{
	session->close_code = code;
	session->close_reason = reason;
}

uint32_t
session_client(const struct session *session)
{
	return session->client;
}

struct text
session_name(const struct session *session)
{
	return session->name;
}

struct text
session_user(const struct session *session)
{
	return session->user;
}

struct text
session_realm(const struct session *session)
{
	return session->realm;
}

struct text
session_room(const struct session *session)
{
	return session->room;
}

const struct config_limits *
session_limits(const struct session *session)
{
	return &session->limits;
}

const struct config_store *
session_store(const struct session *session)
{
	return &session->store;
}

unsigned
session_content_max(const struct session *session)
{
	return session->limits.content_bytes;
}

const struct roster_room *
session_roster(const struct session *session, struct text name)
{
	return session_is_member(session, name) ? session->roster : NULL;
}

size_t
session_snapshot_share(const struct session *session, struct text room)
{
	(void)room;
	return session->snapshot_share == 0 ? SIZE_MAX : session->snapshot_share;
}

void
session_snapshot_said(struct session *session, struct text room, size_t bytes, bool shortened)
{
	(void)room;
	session->snapshot_bytes += bytes;
	session->snapshots_shortened += shortened;
}

size_t
roster_room_size(const struct roster_room *room)
{
	return room->count;
}

bool
roster_room_next(const struct roster_room *room, size_t *cursor, struct roster_member *member_out)
{
	if (*cursor >= room->count)
		return false;
	*member_out = room->members[(*cursor)++];
	return true;
}

size_t
roster_room_users(const struct roster_room *room)
{
	return room->user_count;
}

bool
roster_room_has_user(const struct roster_room *room, struct text user)
{
	for (size_t i = 0; i < room->user_count; i++) {
		if (text_equal(room->users[i].user, user))
			return true;
	}
	return false;
}

bool
roster_room_next_user(const struct roster_room *room, size_t *cursor, struct roster_user *user_out)
{
	if (*cursor >= room->user_count)
		return false;
	*user_out = room->users[(*cursor)++];
	return true;
}
