/*
 * Frames of a turn that the store did not keep, made anew: senders hear "not stored", nobody hears
 * the message, and whoever joined behind numbers that never were does not wait for them.
 */
#include "common/outcomes.h"
#include "hub/core_state.h"

bool
core_undo_frame(void *context, const char *frame, size_t length, struct buffer *out)
{
	struct core *core = context;
	struct envelope envelope;
	const struct stream *stream;
	const struct client *client;

	if (!envelope_decode(core->decoder, frame + ENVELOPE_HEADER_SIZE,
		length - ENVELOPE_HEADER_SIZE, &envelope))
		return false;
	switch (envelope.kind) {
	case ENVELOPE_DELIVER:
	case ENVELOPE_WHISPER:
		return true;
	case ENVELOPE_OUTCOME:
		if (envelope.outcome.code == OUTCOME_OK)
			envelope.outcome = (struct envelope_outcome){
				.number = envelope.outcome.number,
				.code = OUTCOME_NOT_STORED,
				.room = envelope.outcome.room,
				.time = envelope.outcome.time,
			};
		return envelope_encode(out, envelope.kind, &envelope.outcome);
	case ENVELOPE_JOINED:
		/* Whoever joined behind numbers that never were must not wait for them. */
		stream = streams_find_room(core->streams, envelope.joined.room);
		if (stream != NULL)
			envelope.joined.seq = stream->committed;
		if (envelope.joined.seq == 0)
			envelope.joined.epoch = 0;
		return envelope_encode(out, envelope.kind, &envelope.joined);
	case ENVELOPE_OPENED:
		client = presence_by_id(core->presence, envelope.opened.client);
		stream = client == NULL ? NULL : client->user->inbox;
		if (stream != NULL && envelope.opened.epoch != 0) {
			envelope.opened.seq = stream->committed;
			envelope.opened.read = stream->mark;
		}
		if (envelope.opened.seq == 0)
			envelope.opened.epoch = 0;
		return envelope_encode(out, envelope.kind, &envelope.opened);
	default:
		buffer_append(out, frame, length);
		return !out->failed;
	}
}
