/* See fake_native.h. */
#include "fake_native.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

extern const struct dialect dialect_native;

static const char *const lobby[] = { "lobby", NULL };

void
fake_native_open(struct session *session)
{
	fake_session_open(session, &dialect_native, NULL);
}

void
fake_native_online(struct session *session, bool resumed)
{
	struct envelope_opened opened = {
		.client = 0xbf0c711b,
		.resume = TEXT("s3cret"),
		.resumed = resumed,
		.epoch = 77,
		.seq = 9,
		.read = 7,
	};

	session->client = opened.client;
	session->name = text_of("ana");
	session->user = text_of("bf0c711b");
	session->dialect->online(session, &opened);
}

void
fake_native_joined(
    struct session *session, const char *room, uint64_t epoch, uint64_t seq, uint32_t members)
{
	struct envelope_joined joined = {
		.room = text_of(room),
		.epoch = epoch,
		.seq = seq,
		.members = members,
	};

	session->dialect->joined(session, &joined);
}

void
fake_native_welcome(struct session *session)
{
	fake_native_open(session);
	fake_session_receive(session, "{\"type\":\"hello\",\"username\":\"ana\"}");
	fake_native_online(session, false);
	session->rooms = lobby;
	fake_native_joined(session, "lobby", 5, 41, 2);
	fake_session_forget(session);
}

void
fake_native_assert_begins(const char *frame, const char *with)
{
	if (strncmp(frame, with, strlen(with)) != 0)
		assert_string_equal(frame, with);
}

void
fake_native_assert_error(
    const struct session *session, unsigned n, const char *code, const char *id)
{
	const char *frame = fake_session_reply(session, n);
	char expected[128];

	snprintf(
	    expected, sizeof(expected), "{\"type\":\"error\",\"code\":\"%s\",\"content\":\"", code);
	fake_native_assert_begins(frame, expected);
	if (id == NULL) {
		assert_null(strstr(frame, "\"id\":"));
		return;
	}
	snprintf(expected, sizeof(expected), ",\"id\":\"%s\"}", id);
	assert_non_null(strstr(frame, expected));
}
