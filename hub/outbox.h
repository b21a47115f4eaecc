/*
 * What a turn says to gateways, held until the store has kept what the turn wrote. Frames are
 * encoded once however many gateways get them, and leave in the order they were put.
 */
#ifndef HUBBUB_HUB_OUTBOX_H
#define HUBBUB_HUB_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/envelope.h"

struct outbox;
struct stream;

/* Frames that go to the same gateways, one behind the other. */
struct outbox_run {
	uint64_t slots;        /* gateways, as bits                                        */
	size_t length;         /* of the frames                                            */
	struct stream *stream; /* of the message it tells of, which is then a run of its own */
	uint64_t seq;
	bool greets; /* no frames: the place of those that are made when it leaves */
};

/* Gets each run that may leave. Must not call the outbox. */
struct outbox_sink {
	void (*leave)(void *context, const struct outbox_run *run, const char *frames);
	void *context;
};

/*
 * What becomes of a frame (whole, with its header) whose turn the store did not keep: appends what
 * is said instead to `out`, or nothing. False if that could not be done.
 */
typedef bool outbox_undo_fn(void *context, const char *frame, size_t length, struct buffer *out);

/* `turn_max`: bytes that one turn may say. NULL without memory. */
struct outbox *outbox_create(size_t turn_max);
void outbox_destroy(struct outbox **outbox);

/* Adds one envelope for those gateways. False, with nothing added, without memory or space. */
bool outbox_put(struct outbox *outbox, uint64_t slots, enum envelope_kind kind, const void *body);

/*
 * The same for what tells of message `seq` of `stream`; there is a run of it even if no gateway
 * hears it.
 */
bool outbox_put_message(struct outbox *outbox, uint64_t slots, enum envelope_kind kind,
    const void *body, struct stream *stream, uint64_t seq);

/* A run that greets. */
bool outbox_put_greeting(struct outbox *outbox, unsigned slot);

/* A link is over: what is held for its slot must not reach the next link there. */
void outbox_forget(struct outbox *outbox, unsigned slot);

/*
 * Ends the open turn; it may leave once batch `batch` is kept (0: at once, after what is held
 * before).
 */
void outbox_seal(struct outbox *outbox, uint64_t batch);

/* Hands over every sealed turn up to the first that waits for a batch above `kept`. */
void outbox_release(struct outbox *outbox, uint64_t kept, struct outbox_sink sink);

/*
 * Batch `batch` and what was sealed behind it were not kept: rewrites those turns and frees them
 * to leave. The gateways, as bits, that miss a frame because `undo` failed.
 */
uint64_t outbox_undo(struct outbox *outbox, uint64_t batch, outbox_undo_fn *undo, void *context);

/* Bytes said in the open turn. */
size_t outbox_open_length(const struct outbox *outbox);

#endif
