/*
 * What a native client is told of streams and of its own messages, held against its positions and
 * the book.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim_native_frame.h"

static const char *
stream_name(unsigned room)
{
	return room == SIM_INBOX ? "its inbox" : sim_rooms[room];
}

static struct sim_place *
place_of(const struct sim_frame *frame)
{
	return frame->room == SIM_INBOX ? &frame->native->inbox
					: &frame->native->rooms[frame->room].place;
}

/* The next one of its stream, or something was left out, or said twice. */
static void
step(const struct sim_frame *frame, uint64_t epoch, uint64_t seq)
{
	struct sim_place *place = place_of(frame);

	if (!place->known || (place->epoch != 0 && place->epoch != epoch) || seq != place->seq + 1)
		sim_frame_broken(frame,
		    "seq %" PRIu64 " of epoch %" PRIu64 " of %s behind %" PRIu64
		    " of epoch %" PRIu64,
		    seq, epoch, stream_name(frame->room), place->seq, place->epoch);
	*place = (struct sim_place){ true, epoch, seq };
}

void
sim_on_message(const struct sim_frame *frame)
{
	struct sim_native *native = frame->native;
	struct text content = sim_frame_text(frame, "content");
	struct sim_message *message = sim_book_read(native->book, content);
	uint64_t epoch = sim_frame_number(frame, "epoch");
	uint64_t seq = sim_frame_number(frame, "seq");

	if (frame->room != SIM_INBOX && !native->rooms[frame->room].member)
		sim_frame_broken(frame, "a message of %s, where it is not", sim_rooms[frame->room]);
	step(frame, epoch, seq);
	sim_log_add(&native->heard, "%s %" PRIu64 " %" PRIu64 " %.*s", stream_name(frame->room),
	    epoch, seq, (int)content.length, content.data);
	if (message == NULL || message->room != frame->room ||
	    (frame->room == SIM_INBOX &&
		(message->to != native->number ||
		    !text_equal(sim_frame_text(frame, "to"), text_of(native->user)))))
		sim_frame_broken(frame, "'%.*s' in %s, where it was never said",
		    (int)content.length, content.data, stream_name(frame->room));
	else if (!sim_book_place(native->book, message, epoch, seq))
		sim_frame_broken(frame, "'%.*s' at two places", (int)content.length, content.data);
	else if (message->fate == SIM_REFUSED && !sim_book_is_loose(message))
		sim_frame_broken(
		    frame, "'%.*s', which was refused", (int)content.length, content.data);
	else if (frame->room != SIM_INBOX && !sim_book_may_move(native->book, message) &&
		 message->placed_at < native->rooms[frame->room].came_at)
		sim_frame_broken(frame, "'%.*s', heard by others before it came",
		    (int)content.length, content.data);
	else if (message->from == native->number && message->asked && message->said == 1)
		sim_frame_broken(frame, "'%.*s' before its ack", (int)content.length, content.data);
}

static bool
may_begin_anew(const struct sim_frame *frame)
{
	return frame->room == SIM_MEMORY_ROOM ||
	       (frame->room == SIM_SHORT_ROOM && frame->native->book->renewed);
}

void
sim_on_gap(const struct sim_frame *frame)
{
	struct sim_place *place = place_of(frame);
	struct text reason = sim_frame_text(frame, "reason");
	uint64_t epoch = sim_frame_number(frame, "epoch");
	uint64_t from = sim_frame_number(frame, "from");
	uint64_t to = sim_frame_number(frame, "to");

	sim_log_add(&frame->native->heard, "gap of %s %.*s %" PRIu64 " %" PRIu64 "-%" PRIu64,
	    stream_name(frame->room), (int)reason.length, reason.data, epoch, from, to);
	if ((place->epoch != 0 && place->epoch != epoch) || from != place->seq + 1)
		sim_frame_broken(
		    frame, "a gap in %s that is not behind what it has", stream_name(frame->room));
	if (text_equal(reason, TEXT("epoch"))) {
		*place = (struct sim_place){ .known = true };
		if ((from > 1 && !may_begin_anew(frame)) || to != 0)
			sim_frame_broken(frame, "%s beginning anew behind %" PRIu64,
			    stream_name(frame->room), from - 1);
		return;
	}
	if (to < from)
		sim_frame_broken(frame, "a gap of nothing in %s", stream_name(frame->room));
	if (text_equal(reason, TEXT("read")) &&
	    (frame->room != SIM_INBOX || to > frame->native->read_said))
		sim_frame_broken(frame, "a gap of what it never read");
	if (text_equal(reason, TEXT("expired")) && frame->room != SIM_SHORT_ROOM)
		sim_frame_broken(
		    frame, "a gap in %s, of which all is kept", stream_name(frame->room));
	*place = (struct sim_place){ true, epoch, to };
}

static struct sim_message *
answered(const struct sim_frame *frame)
{
	struct sim_native *native = frame->native;
	char id[32];
	struct sim_message *message;

	sim_copy_text(id, sizeof(id), frame->id);
	message = sim_book_find(native->book, native->number, (unsigned)strtoul(id + 1, NULL, 10));
	if (message == NULL || !message->asked) {
		sim_frame_broken(frame, "an answer to %s, which waits for none", id);
		return NULL;
	}
	message->asked = false;
	return message;
}

void
sim_on_ack(const struct sim_frame *frame)
{
	struct sim_message *message = answered(frame);

	if (message == NULL)
		return;
	if (message->room != frame->room)
		sim_frame_broken(frame, "an ack for another room");
	if (!sim_book_place(frame->native->book, message, sim_frame_number(frame, "epoch"),
		sim_frame_number(frame, "seq")))
		sim_frame_broken(frame, "an ack of m%u with another place", message->number);
	message->fate = SIM_ACKED;
}

static bool
is_among(struct text word, const char *const *words)
{
	while (*words != NULL && !text_equal(word, text_of(*words)))
		words++;
	return *words != NULL;
}

/* Whether a message may end like that. */
static bool
is_fair(const struct sim_native *native, const struct sim_message *message, struct text code)
{
	static const char *const always[] = { "not_stored", "unavailable", NULL };
	const struct sim_native_room *room;

	if (is_among(code, always))
		return true;
	if (message->room == SIM_INBOX)
		return text_equal(code, TEXT("mailbox_full")) ||
		       (text_equal(code, TEXT("no_such_user")) &&
			   native->all[message->to - SIM_FIRST_NATIVE].risky);
	room = &native->rooms[message->room];
	if (text_equal(code, TEXT("read_only")))
		return message->room == SIM_SHORT_ROOM && native->book->short_was_closed;
	return text_equal(code, TEXT("no_such_room")) && (!room->member || room->leaving);
}

static void
on_refused(const struct sim_frame *frame, struct text code)
{
	struct sim_message *message = answered(frame);

	if (message == NULL)
		return;
	if (!is_fair(frame->native, message, code))
		sim_frame_broken(
		    frame, "m%u refused as %.*s", message->number, (int)code.length, code.data);
	message->was_refused = true;
	if (message->fate != SIM_ACKED)
		message->fate = SIM_REFUSED;
}

/* The answer to an id that was said for something else. */
static bool
was_reused(const struct sim_frame *frame, struct text code)
{
	char id[32];

	snprintf(id, sizeof(id), "m%u", frame->native->reused);
	if (!text_equal(frame->id, text_of(id)) || text_equal(code, TEXT("mailbox_full")))
		return false;
	frame->native->reused = 0;
	return true;
}

static bool
begins(struct text id, char letter)
{
	return id.length > 0 && id.data[0] == letter;
}

void
sim_on_error(const struct sim_frame *frame)
{
	static const char *const fair[] = { "not_stored", "unavailable", NULL };
	struct sim_native *native = frame->native;
	struct text code = sim_frame_text(frame, "code");

	if (begins(frame->id, 'm')) {
		if (!was_reused(frame, code))
			on_refused(frame, code);
		return;
	}
	if (!is_among(code, fair))
		sim_frame_broken(frame, "the error %.*s for '%.*s'", (int)code.length, code.data,
		    (int)frame->id.length, frame->id.data);
	if (begins(frame->id, 'j') && frame->room != SIM_INBOX)
		native->rooms[frame->room].wanted = false;
}
