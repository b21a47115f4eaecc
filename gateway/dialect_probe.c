/*
 * The probe dialects `echo`, `items` and `mirror`: they answer in the gateway and
 * never reach the hub, so they tell whether a gateway itself can be reached and logged in to.
 * Wire format: docs/dialects/probe.md.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/dialect.h"

static void
reply_built(struct session *session, struct buffer *payload)
{
	if (payload->failed)
		session_close(session, CLOSE_INTERNAL, "out of memory");
	else
		session_reply(session, FRAME_TEXT, buffer_text(payload));
	buffer_clear(payload);
}

static void
echo_received(struct session *session, enum frame_opcode opcode, struct text message)
{
	struct buffer payload;

	(void)opcode;
	buffer_init(&payload, 0);
	buffer_append_string(&payload, "小菠萝收到的消息是: ");
	buffer_append_text(&payload, message);
	reply_built(session, &payload);
	buffer_free(&payload);
}

extern const struct dialect dialect_echo;
const struct dialect dialect_echo = {
	.name = "echo",
	.received = echo_received,
};

static void
mirror_received(struct session *session, enum frame_opcode opcode, struct text message)
{
	session_reply(session, opcode, message);
}

extern const struct dialect dialect_mirror;
const struct dialect dialect_mirror = {
	.name = "mirror",
	.takes_binary = true,
	.received = mirror_received,
};

/* What the upgrade request said, for every answer of the connection's life. */
struct items_state {
	char *credential;
	char *query;
	char *item;
};

/* The session cookie counts before the token; an empty one is none. */
static bool
items_credential(const struct client_request *request, struct text *credential_out)
{
	if (request_cookie(request, "session", credential_out) && !text_is_empty(*credential_out))
		return true;
	return request_arg(request, "token", credential_out) && !text_is_empty(*credential_out);
}

static unsigned
items_admit(const struct client_request *request)
{
	struct text credential;
	struct text query;

	if (!items_credential(request, &credential))
		return 401;
	/* Both are sent back in text frames, which must be UTF-8. */
	if (!text_is_utf8(credential))
		return 400;
	return request_arg(request, "q", &query) && !text_is_utf8(query) ? 400 : 0;
}

static void
items_opened(struct session *session, const struct client_request *request)
{
	struct items_state *state = session_state(session);
	struct text credential = { "", 0 };
	struct text query = { "", 0 };

	if (!items_credential(request, &credential))
		credential = text_of("");
	if (!request_arg(request, "q", &query))
		query = text_of("");
	state->credential = text_duplicate(credential);
	state->query = text_duplicate(query);
	state->item = text_duplicate(request->segment);
	if (state->credential == NULL || state->query == NULL || state->item == NULL)
		session_close(session, CLOSE_INTERNAL, "out of memory");
}

static void
items_received(struct session *session, enum frame_opcode opcode, struct text message)
{
	const struct items_state *state = session_state(session);
	struct buffer payload;

	(void)opcode;
	if (state->credential == NULL || state->query == NULL || state->item == NULL)
		return;
	buffer_init(&payload, 0);
	buffer_append_string(&payload, "cookie or token value is:");
	buffer_append_string(&payload, state->credential);
	reply_built(session, &payload);
	if (state->query[0] != '\0') {
		buffer_append_string(&payload, "query param value is:");
		buffer_append_string(&payload, state->query);
		reply_built(session, &payload);
	}
	buffer_append_string(&payload, "Message text was: ");
	buffer_append_text(&payload, message);
	buffer_append_string(&payload, ", for item ID: ");
	buffer_append_string(&payload, state->item);
	reply_built(session, &payload);
	buffer_free(&payload);
}

static void
items_closed(struct session *session)
{
	struct items_state *state = session_state(session);

	free(state->credential);
	free(state->query);
	free(state->item);
}

extern const struct dialect dialect_items;
const struct dialect dialect_items = {
	.name = "items",
	.state_size = sizeof(struct items_state),
	.admit = items_admit,
	.opened = items_opened,
	.received = items_received,
	.closed = items_closed,
};
