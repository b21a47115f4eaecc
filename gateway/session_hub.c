/*
 * What clients are told of the hub itself: that it is away for longer than a restart takes, and
 * that it is back. Whether that is so is the link's to know, how it is said the dialects'.
 */
#include "gateway/sessions.h"

void
sessions_hub_away(struct sessions *sessions, bool away)
{
	struct buffer *payload = &sessions->payload;
	const struct dialect *rendered = NULL;
	struct session *session = TAILQ_FIRST(&sessions->open);
	struct session *next;

	if (sessions->hub_away == away)
		return;
	sessions->hub_away = away;
	for (; session != NULL; session = next) {
		const struct dialect *dialect = session->dialect;

		/* It may close at that, for want of memory. */
		next = TAILQ_NEXT(session, place);
		if (dialect->render_hub == NULL)
			continue;
		if (rendered != dialect) {
			rendered = dialect;
			buffer_clear(payload);
			dialect->render_hub(payload, away);
		}
		if (!payload->failed)
			session_send(session, FRAME_TEXT, buffer_text(payload));
	}
}

void
sessions_tell_newcomer(struct session *session)
{
	struct buffer *payload = &session->sessions->payload;

	if (!session->sessions->hub_away || session->dialect->render_hub == NULL)
		return;
	buffer_clear(payload);
	session->dialect->render_hub(payload, true);
	if (!payload->failed)
		session_send(session, FRAME_TEXT, buffer_text(payload));
}
