/*
 * The rules of one link, without a socket: cutting bytes into frames, who may send what and when,
 * the version, deadlines, heartbeats and the bound of the queue. Must not know what envelopes mean
 * beyond those of the opening, the heartbeat and the end; docs/protocol.md.
 */
#include "common/link.h"

#include <assert.h>
#include <stdlib.h>

#include "common/buffer.h"

/* An idle link gives back what a burst made its queue grow to. */
#define QUEUE_KEPT ((size_t)1024 * 1024)

/* Below this it is not worth moving what waits to the front of the queue. */
#define QUEUE_MOVED ((size_t)64 * 1024)

struct link {
	enum link_side side;
	struct link_limits limits;
	struct link_receiver receiver;
	enum link_loss state;
	unsigned version;
	bool spoken; /* something was sent, so the opening was: heartbeats may follow */
	struct envelope_decoder *decoder;
	struct buffer in;  /* the beginning of a frame whose end has not come */
	struct buffer out; /* what was queued; its first `taken` bytes are gone */
	size_t taken;
	uint64_t began_ms;
	uint64_t partial_ms; /* when the first byte of `in` came */
	uint64_t heard_ms;
	uint64_t sent_ms;
};

static const char *const loss_words[LINK_LOSS_COUNT] = {
	[LINK_ALIVE] = "alive",
	[LINK_CLOSED_BY_PEER] = "closed_by_peer",
	[LINK_SAID_GOODBYE] = "said_goodbye",
	[LINK_BAD_FRAME] = "bad_frame",
	[LINK_BAD_VERSION] = "bad_version",
	[LINK_WRONG_SENDER] = "wrong_sender",
	[LINK_OUT_OF_ORDER] = "out_of_order",
	[LINK_BAD_CONTENT] = "bad_content",
	[LINK_TOO_SLOW] = "too_slow",
	[LINK_SILENT] = "silent",
	[LINK_REFUSED] = "refused",
	[LINK_NO_MEMORY] = "no_memory",
	[LINK_STOPPED] = "stopped",
};

const char *
link_loss_word(enum link_loss loss)
{
	return (unsigned)loss < LINK_LOSS_COUNT ? loss_words[loss] : "unknown";
}

struct link_limits
link_limits_default(void)
{
	return (struct link_limits){
		.frame_max = ENVELOPE_FRAME_MAX,
		.queue_max = (size_t)32 * 1024 * 1024,
		.opening_ms = 1000,
		.partial_ms = 5000,
		.heartbeat_ms = 1000,
		/* Three heartbeats missed, and the granularity of two clocks. */
		.silent_ms = 4000,
	};
}

struct link *
link_create(
    enum link_side side, struct link_limits limits, struct link_receiver receiver, struct now now)
{
	struct link *link;

	assert(limits.frame_max > 0 && limits.frame_max <= ENVELOPE_FRAME_MAX);
	link = calloc(1, sizeof(*link));
	if (link == NULL)
		return NULL;
	link->decoder = envelope_decoder_create();
	if (link->decoder == NULL) {
		free(link);
		return NULL;
	}
	link->side = side;
	link->limits = limits;
	link->receiver = receiver;
	link->began_ms = link->heard_ms = link->sent_ms = now.mono_ms;
	buffer_init(&link->in, ENVELOPE_HEADER_SIZE + limits.frame_max);
	buffer_init(&link->out, 0);
	return link;
}

void
link_destroy(struct link **link)
{
	struct link *doomed = *link;

	if (doomed == NULL)
		return;
	*link = NULL;
	envelope_decoder_destroy(&doomed->decoder);
	buffer_free(&doomed->in);
	buffer_free(&doomed->out);
	free(doomed);
}

enum link_loss
link_state(const struct link *link)
{
	return link->state;
}

unsigned
link_version(const struct link *link)
{
	return link->version;
}

void
link_end(struct link *link, enum link_loss why)
{
	if (link->state == LINK_ALIVE)
		link->state = why;
}

/* Takes the version out of a HELLO or WELCOME. */
static enum link_loss
open_link(struct link *link, const struct envelope *envelope)
{
	unsigned version;

	if (link->side == LINK_SIDE_HUB) {
		/* A newer gateway speaks our version; it is told so by the WELCOME. */
		version = envelope->hello.link_version;
		if (version > LINK_VERSION)
			version = LINK_VERSION;
	} else {
		version = envelope->welcome.link_version;
	}
	if (version < LINK_VERSION_OLDEST || version > LINK_VERSION)
		return LINK_BAD_VERSION;
	link->version = version;
	return LINK_ALIVE;
}

/* Who may send it, and when. */
static enum link_loss
check_envelope(struct link *link, const struct envelope *envelope)
{
	bool hub = link->side == LINK_SIDE_HUB;
	enum envelope_sender peer = hub ? SENDER_GATEWAY : SENDER_HUB;
	enum envelope_kind opening = hub ? ENVELOPE_HELLO : ENVELOPE_WELCOME;
	bool opened = link->version != 0;

	if ((envelope_kind_sender(envelope->kind) & peer) == 0)
		return LINK_WRONG_SENDER;
	if ((envelope->kind == opening) == opened)
		return LINK_OUT_OF_ORDER;
	/* For the version of this link there is no such kind. */
	if (opened && envelope_kind_version(envelope->kind) > link->version)
		return LINK_BAD_FRAME;
	return opened ? LINK_ALIVE : open_link(link, envelope);
}

static void
receive_frame(struct link *link, const char *bytes, size_t length)
{
	struct envelope envelope;
	enum link_loss why = LINK_BAD_FRAME;

	if (envelope_decode(link->decoder, bytes, length, &envelope))
		why = check_envelope(link, &envelope);
	if (why == LINK_ALIVE && envelope.kind != ENVELOPE_HEARTBEAT)
		why = link->receiver.envelope(link->receiver.context, &envelope);
	if (why == LINK_ALIVE && envelope.kind == ENVELOPE_GOODBYE)
		why = LINK_SAID_GOODBYE;
	link_end(link, why);
}

/* The length in a frame's header; 0, and the end of the link, for one that may not be. */
static size_t
frame_length(struct link *link, const char *header)
{
	size_t length = envelope_header_read(header);

	if (length > 0 && length <= link->limits.frame_max)
		return length;
	link_end(link, LINK_BAD_FRAME);
	return 0;
}

static void
keep_partial(struct link *link, const char *bytes, size_t length)
{
	buffer_append(&link->in, bytes, length);
	if (link->in.failed)
		link_end(link, LINK_NO_MEMORY);
}

/* Takes one frame, or the beginning of one, from bytes at a frame's edge: how many it took. */
static size_t
take_frame(struct link *link, struct now now, const char *bytes, size_t length)
{
	size_t frame;

	if (length >= ENVELOPE_HEADER_SIZE) {
		frame = frame_length(link, bytes);
		if (frame == 0)
			return length;
		if (length - ENVELOPE_HEADER_SIZE >= frame) {
			receive_frame(link, bytes + ENVELOPE_HEADER_SIZE, frame);
			return ENVELOPE_HEADER_SIZE + frame;
		}
	}
	link->partial_ms = now.mono_ms;
	keep_partial(link, bytes, length);
	return length;
}

/* Takes what the frame begun in `in` still lacks: its header first, then the rest. */
static size_t
resume_frame(struct link *link, const char *bytes, size_t length)
{
	bool headless = link->in.length < ENVELOPE_HEADER_SIZE;
	size_t whole = ENVELOPE_HEADER_SIZE;
	size_t missing;

	if (!headless)
		whole += envelope_header_read(link->in.data);
	missing = whole - link->in.length;
	if (length > missing)
		length = missing;
	keep_partial(link, bytes, length);
	if (link->state != LINK_ALIVE || link->in.length < whole)
		return length;
	if (headless) {
		(void)frame_length(link, link->in.data);
		return length;
	}
	receive_frame(link, link->in.data + ENVELOPE_HEADER_SIZE, whole - ENVELOPE_HEADER_SIZE);
	buffer_clear(&link->in);
	return length;
}

static bool
is_over(uint64_t since_ms, uint64_t limit_ms, struct now now)
{
	return now.mono_ms >= since_ms && now.mono_ms - since_ms >= limit_ms;
}

static void
check_partial(struct link *link, struct now now)
{
	if (link->in.length > 0 && is_over(link->partial_ms, link->limits.partial_ms, now))
		link_end(link, LINK_SILENT);
}

enum link_loss
link_receive(struct link *link, struct now now, const void *bytes, size_t length)
{
	const char *next = bytes;
	size_t took;

	if (link->state == LINK_ALIVE && length > 0)
		link->heard_ms = now.mono_ms;
	while (link->state == LINK_ALIVE && length > 0) {
		took = link->in.length > 0 ? resume_frame(link, next, length)
					   : take_frame(link, now, next, length);
		next += took;
		length -= took;
	}
	/* A peer that sends a byte now and then must not keep the link alive with half a frame. */
	check_partial(link, now);
	return link->state;
}

/* True with room for `length` more bytes in the queue. */
static bool
may_queue(struct link *link, size_t length)
{
	size_t waiting = link->out.length - link->taken;

	if (link->state != LINK_ALIVE)
		return false;
	if (length <= link->limits.queue_max && waiting <= link->limits.queue_max - length)
		return true;
	link_end(link, LINK_TOO_SLOW);
	return false;
}

static bool
queued(struct link *link, bool taken)
{
	if (!taken)
		link_end(link, LINK_NO_MEMORY);
	link->spoken = true;
	return taken;
}

bool
link_send(struct link *link, enum envelope_kind kind, const void *body)
{
	size_t size = envelope_frame_size(kind, body);

	if (size == 0 || size - ENVELOPE_HEADER_SIZE > link->limits.frame_max)
		return false;
	return may_queue(link, size) && queued(link, envelope_encode(&link->out, kind, body));
}

bool
link_send_frames(struct link *link, const void *frames, size_t length)
{
	if (length == 0)
		return link->state == LINK_ALIVE;
	if (!may_queue(link, length))
		return false;
	buffer_append(&link->out, frames, length);
	return queued(link, !link->out.failed);
}

struct text
link_output(const struct link *link)
{
	struct text all = buffer_text(&link->out);

	return (struct text){ all.data + link->taken, all.length - link->taken };
}

void
link_sent(struct link *link, size_t length, struct now now)
{
	assert(length <= link->out.length - link->taken);
	link->sent_ms = now.mono_ms;
	link->taken += length;
	if (link->taken == link->out.length) {
		link->taken = 0;
		if (link->out.capacity > QUEUE_KEPT)
			buffer_free(&link->out);
		else
			buffer_clear(&link->out);
	} else if (link->taken >= QUEUE_MOVED && link->taken >= link->out.length / 2) {
		/* At most as many bytes are moved as were taken since: constant per byte. */
		buffer_consume(&link->out, link->taken);
		link->taken = 0;
	}
}

static void
check_silence(struct link *link, struct now now)
{
	bool silent = link->version == 0 ? is_over(link->began_ms, link->limits.opening_ms, now)
					 : is_over(link->heard_ms, link->limits.silent_ms, now);

	if (silent)
		link_end(link, LINK_SILENT);
}

/* What still waits in the queue is a sign of life already. */
static bool
needs_heartbeats(const struct link *link)
{
	return link->version != 0 && link->spoken && link->out.length == link->taken;
}

static void
send_heartbeat(struct link *link, struct now now)
{
	struct envelope_heartbeat body = { (uint64_t)now.wall_ms };

	if (needs_heartbeats(link) && is_over(link->sent_ms, link->limits.heartbeat_ms, now))
		(void)link_send(link, ENVELOPE_HEARTBEAT, &body);
}

enum link_loss
link_tick(struct link *link, struct now now)
{
	if (link->state != LINK_ALIVE)
		return link->state;
	check_silence(link, now);
	check_partial(link, now);
	send_heartbeat(link, now);
	return link->state;
}

static uint64_t
earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

uint64_t
link_deadline_ms(const struct link *link)
{
	const struct link_limits *limits = &link->limits;
	uint64_t due = link->version == 0 ? link->began_ms + limits->opening_ms
					  : link->heard_ms + limits->silent_ms;

	if (link->in.length > 0)
		due = earlier(due, link->partial_ms + limits->partial_ms);
	if (needs_heartbeats(link))
		due = earlier(due, link->sent_ms + limits->heartbeat_ms);
	return due;
}

uint64_t
link_heard_ms(const struct link *link)
{
	return link->heard_ms;
}
