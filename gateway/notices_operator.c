/*
 * What an operator says to rooms. It is nothing of presence's, and its bytes are nobody's budget;
 * it goes the way of notices.
 */
#include "gateway/notices_private.h"

/* A notice that found no memory is lost; the next list tells the truth again. */
void
notices_say_to(struct notices *notices, struct channel *channel)
{
	if (notices->payload.failed ||
	    !fanout_say(channel, buffer_text(&notices->payload), DELIVERY_NOTICE))
		log_plain(
		    notices->sessions->log, LOG_LEVEL_ERROR, "no memory to tell a room something");
}

static void
say_notice(struct notices *notices, struct fanout_room *room, const struct envelope_notice *notice)
{
	struct channel *channel = fanout_channels(room);
	bool to_all = text_is_empty(notice->room);

	for (; channel != NULL; channel = channel->next) {
		buffer_clear(&notices->payload);
		if (channel->count == 0 || channel->dialect->render_notice == NULL)
			continue;
		if (to_all && channel->dialect->many_rooms)
			continue;
		channel->dialect->render_notice(&notices->payload, notice);
		notices_say_to(notices, channel);
	}
}

/* Who may be in many rooms hears once what is said to all, and also if it is in none. */
static void
say_to_each(struct notices *notices, const struct envelope_notice *notice)
{
	struct buffer *payload = &notices->payload;
	const struct dialect *rendered = NULL;
	struct session *session = TAILQ_FIRST(&notices->sessions->open);
	struct session *next;

	for (; session != NULL; session = next) {
		const struct dialect *dialect = session->dialect;

		next = TAILQ_NEXT(session, place);
		if (!dialect->many_rooms || !session->hears_inbox || dialect->render_notice == NULL)
			continue;
		if (rendered != dialect) {
			rendered = dialect;
			buffer_clear(payload);
			dialect->render_notice(payload, notice);
		}
		if (!payload->failed && payload->length > 0)
			session_send(session, FRAME_TEXT, buffer_text(payload));
	}
}

void
notices_say(struct notices *notices, const struct envelope_notice *notice)
{
	struct fanout_room *room = NULL;

	if (!text_is_empty(notice->room)) {
		room = fanout_find(notices->fanout, notice->room);
		if (room != NULL)
			say_notice(notices, room, notice);
		return;
	}
	while ((room = fanout_next_room(notices->fanout, room)) != NULL)
		say_notice(notices, room, notice);
	say_to_each(notices, notice);
}
