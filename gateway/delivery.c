/*
 * From an envelope to channels. Owns what is rendered for whom; the words are the dialects', the
 * members fan-out's.
 */
#include "gateway/delivery.h"

/* The sender's dialect may have a word for it alone, behind what all hear. */
static void
tell_sender(struct sessions *sessions, const struct envelope_deliver *deliver)
{
	struct session *sender = sessions_find_client(sessions, deliver->from);
	const struct membership *membership;

	if (sender == NULL || sender->dialect->spoken == NULL || sender->phase != SESSION_ONLINE)
		return;
	membership = session_membership(sender, deliver->room);
	if (membership != NULL && membership->channel != NULL)
		sender->dialect->spoken(sender, deliver);
}

bool
delivery_say(struct sessions *sessions, const struct envelope_deliver *deliver)
{
	struct fanout_room *room = fanout_find(sessions->fanout, deliver->room);
	struct buffer *payload = &sessions->payload;
	struct channel *channel;

	if (room == NULL)
		return true;
	for (channel = fanout_channels(room); channel != NULL; channel = channel->next) {
		if (channel->count == 0 || channel->dialect->render_deliver == NULL)
			continue;
		buffer_clear(payload);
		channel->dialect->render_deliver(payload, deliver);
		if (payload->failed || !fanout_say(channel, buffer_text(payload), DELIVERY_PUBLIC))
			return false;
	}
	tell_sender(sessions, deliver);
	return true;
}

/* Each gets a range of its own, since not all get one. */
static void
say_lightly(struct channel *channel, struct slab *slab, uint32_t from, uint32_t client)
{
	for (uint32_t i = 0; i < channel->count; i++) {
		struct session *session = channel->members[i]->session;

		if (session->backlogged || session->client == client)
			continue;
		session_settle(session);
		session_queue(session, slab, from, slab->length);
	}
}

void
delivery_typed(struct sessions *sessions, const struct envelope_typed *typed)
{
	struct fanout_room *room = fanout_find(sessions->fanout, typed->room);
	struct channel *channel = room == NULL ? NULL : fanout_channels(room);
	struct buffer *payload = &sessions->payload;

	for (; channel != NULL; channel = channel->next) {
		struct slab *slab = sessions_personal(sessions);
		uint32_t from = slab == NULL ? 0 : slab->length;

		if (channel->count == 0 || channel->dialect->render_typed == NULL)
			continue;
		buffer_clear(payload);
		channel->dialect->render_typed(payload, typed);
		if (slab == NULL || payload->failed || payload->length == 0 ||
		    !slab_frame(slab, FRAME_TEXT, buffer_text(payload)))
			continue;
		metric_increment(sessions->metrics->frames);
		say_lightly(channel, slab, from, typed->from);
	}
}

void
delivery_gap(struct sessions *sessions, struct text room, const struct envelope_fetched *fetched)
{
	struct fanout_room *found = fanout_find(sessions->fanout, room);
	struct channel *channel = found == NULL ? NULL : fanout_channels(found);

	for (; channel != NULL; channel = channel->next) {
		if (channel->dialect->fetched == NULL)
			continue;
		for (uint32_t i = 0; i < channel->count; i++) {
			struct session *session = channel->members[i]->session;

			channel->dialect->fetched(session, FETCH_MISSED, fetched);
		}
	}
}
