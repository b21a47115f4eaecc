#include "fake_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void
fake_session_open(
    struct session *session, const struct dialect *dialect, const struct client_request *request)
{
	memset(session, 0, sizeof(*session));
	session->dialect = dialect;
	session->name = text_of("");
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

void
fake_session_forget(struct session *session)
{
	for (unsigned i = 0; i < session->reply_count; i++)
		free(session->replies[i]);
	session->reply_count = 0;
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

void
session_open(struct session *session, struct text name, struct text room)
{
	session->open = true;
	snprintf(session->asked, sizeof(session->asked), "open [%.*s] %.*s", (int)name.length,
	    name.data, (int)room.length, room.data);
}

void
session_publish(struct session *session, struct text room, struct text content)
{
	snprintf(session->asked, sizeof(session->asked), "publish %.*s [%.*s]", (int)room.length,
	    room.data, (int)content.length, content.data);
}

void
session_tell(struct session *session, struct text to, struct text content)
{
	snprintf(session->asked, sizeof(session->asked), "tell %.*s [%.*s]", (int)to.length,
	    to.data, (int)content.length, content.data);
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
session_room(const struct session *session)
{
	(void)session;
	return text_of("lobby");
}

unsigned
session_content_max(const struct session *session)
{
	(void)session;
	return 1000;
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
