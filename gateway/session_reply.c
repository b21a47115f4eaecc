/*
 * What sessions do for dialects by means of other functions of session_api.h alone; knows nothing
 * of a session's inside.
 */
#include "common/buffer.h"
#include "gateway/session_api.h"

void
session_reply_parts(struct session *session, const struct text *parts, size_t count)
{
	struct buffer payload;

	buffer_init(&payload, 0);
	for (size_t i = 0; i < count; i++)
		buffer_append_text(&payload, parts[i]);
	if (payload.failed)
		session_close(session, CLOSE_INTERNAL, "out of memory");
	else
		session_reply(session, FRAME_TEXT, buffer_text(&payload));
	buffer_free(&payload);
}
