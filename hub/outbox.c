/*
 * A queue of turns, each an arena of frames and a list of runs over it. Emptied turns are used
 * again, so that a hub in its stride allocates nothing here. Knows frames by their length only.
 */
#include "hub/outbox.h"

#include <stdlib.h>
#include <string.h>

/* A turn that grew beyond this gives its memory back: one burst must not be paid for ever. */
#define TURN_KEPT_MAX (1024u * 1024u)

struct turn {
	struct buffer frames;
	struct outbox_run *runs;
	size_t run_count;
	size_t run_capacity;
	uint64_t batch; /* to wait for */
	struct turn *next;
};

struct outbox {
	size_t turn_max;
	struct turn *open;
	struct turn *first; /* sealed, oldest first */
	struct turn *last;
	struct turn *spare;
};

static void
turn_destroy(struct turn *turn)
{
	if (turn == NULL)
		return;
	buffer_free(&turn->frames);
	free(turn->runs);
	free(turn);
}

static struct turn *
turn_take(struct outbox *outbox)
{
	struct turn *turn = outbox->spare;

	if (turn != NULL) {
		outbox->spare = turn->next;
		turn->next = NULL;
		return turn;
	}
	turn = calloc(1, sizeof(*turn));
	if (turn != NULL)
		buffer_init(&turn->frames, outbox->turn_max);
	return turn;
}

static void
turn_give_back(struct outbox *outbox, struct turn *turn)
{
	if (turn->frames.capacity > TURN_KEPT_MAX) {
		turn_destroy(turn);
		return;
	}
	buffer_clear(&turn->frames);
	turn->run_count = 0;
	turn->batch = 0;
	turn->next = outbox->spare;
	outbox->spare = turn;
}

static void
turns_destroy(struct turn *turn)
{
	while (turn != NULL) {
		struct turn *next = turn->next;

		turn_destroy(turn);
		turn = next;
	}
}

struct outbox *
outbox_create(size_t turn_max)
{
	struct outbox *outbox = calloc(1, sizeof(*outbox));

	if (outbox != NULL)
		outbox->turn_max = turn_max;
	return outbox;
}

void
outbox_destroy(struct outbox **outbox)
{
	struct outbox *doomed = *outbox;

	if (doomed == NULL)
		return;
	*outbox = NULL;
	turn_destroy(doomed->open);
	turns_destroy(doomed->first);
	turns_destroy(doomed->spare);
	free(doomed);
}

static struct outbox_run *
run_add(struct turn *turn, const struct outbox_run *run)
{
	if (turn->run_count == turn->run_capacity) {
		size_t capacity = turn->run_capacity == 0 ? 16 : turn->run_capacity * 2;
		struct outbox_run *grown = realloc(turn->runs, capacity * sizeof(*grown));

		if (grown == NULL)
			return NULL;
		turn->runs = grown;
		turn->run_capacity = capacity;
	}
	turn->runs[turn->run_count] = *run;
	return &turn->runs[turn->run_count++];
}

/* The frames behind `before` become part of the last run if that goes to the same gateways. */
static bool
run_extend(struct turn *turn, const struct outbox_run *like, size_t before)
{
	struct outbox_run *run = NULL;

	if (turn->run_count > 0 && like->stream == NULL) {
		struct outbox_run *last = &turn->runs[turn->run_count - 1];

		if (last->slots == like->slots && last->stream == NULL && !last->greets)
			run = last;
	}
	if (run == NULL)
		run = run_add(turn, like);
	if (run == NULL)
		return false;
	run->length += turn->frames.length - before;
	return true;
}

static bool
put(struct outbox *outbox, enum envelope_kind kind, const void *body, const struct outbox_run *run)
{
	size_t before;

	if (run->slots == 0 && run->stream == NULL)
		return true;
	if (outbox->open == NULL)
		outbox->open = turn_take(outbox);
	if (outbox->open == NULL)
		return false;
	before = outbox->open->frames.length;
	if (!envelope_encode(&outbox->open->frames, kind, body))
		return false;
	if (!run_extend(outbox->open, run, before)) {
		buffer_truncate(&outbox->open->frames, before);
		return false;
	}
	return true;
}

bool
outbox_put(struct outbox *outbox, uint64_t slots, enum envelope_kind kind, const void *body)
{
	struct outbox_run run = { .slots = slots };

	return put(outbox, kind, body, &run);
}

bool
outbox_put_message(struct outbox *outbox, uint64_t slots, enum envelope_kind kind, const void *body,
    struct stream *stream, uint64_t seq)
{
	struct outbox_run run = { .slots = slots, .stream = stream, .seq = seq };

	return put(outbox, kind, body, &run);
}

bool
outbox_put_greeting(struct outbox *outbox, unsigned slot)
{
	struct outbox_run run = { .slots = UINT64_C(1) << slot, .greets = true };

	if (outbox->open == NULL)
		outbox->open = turn_take(outbox);
	return outbox->open != NULL && run_add(outbox->open, &run) != NULL;
}

static void
turn_forget(struct turn *turn, unsigned slot)
{
	for (size_t i = 0; i < turn->run_count; i++)
		turn->runs[i].slots &= ~(UINT64_C(1) << slot);
}

void
outbox_forget(struct outbox *outbox, unsigned slot)
{
	if (outbox->open != NULL)
		turn_forget(outbox->open, slot);
	for (struct turn *turn = outbox->first; turn != NULL; turn = turn->next)
		turn_forget(turn, slot);
}

void
outbox_seal(struct outbox *outbox, uint64_t batch)
{
	struct turn *turn = outbox->open;

	if (turn == NULL)
		return;
	outbox->open = NULL;
	turn->batch = batch;
	if (outbox->last != NULL)
		outbox->last->next = turn;
	else
		outbox->first = turn;
	outbox->last = turn;
}

void
outbox_release(struct outbox *outbox, uint64_t kept, struct outbox_sink sink)
{
	while (outbox->first != NULL && outbox->first->batch <= kept) {
		struct turn *turn = outbox->first;
		const char *frames = turn->frames.data;

		for (size_t i = 0; i < turn->run_count; i++) {
			sink.leave(sink.context, &turn->runs[i], frames);
			if (turn->runs[i].length > 0)
				frames += turn->runs[i].length;
		}
		outbox->first = turn->next;
		if (outbox->first == NULL)
			outbox->last = NULL;
		turn_give_back(outbox, turn);
	}
}

static uint64_t
turn_undo(struct turn *turn, outbox_undo_fn *undo, void *context)
{
	struct buffer rewritten;
	const char *frames = turn->frames.data;
	uint64_t missing = 0;

	buffer_init(&rewritten, turn->frames.limit);
	for (size_t i = 0; i < turn->run_count; i++) {
		struct outbox_run *run = &turn->runs[i];
		size_t before = rewritten.length;

		for (size_t left = run->length; left > 0;) {
			size_t length = ENVELOPE_HEADER_SIZE + envelope_header_read(frames);

			if (!undo(context, frames, length, &rewritten))
				missing |= run->slots;
			frames += length;
			left -= length;
		}
		run->length = rewritten.length - before;
		run->stream = NULL;
	}
	buffer_free(&turn->frames);
	turn->frames = rewritten;
	turn->batch = 0;
	return missing;
}

uint64_t
outbox_undo(struct outbox *outbox, uint64_t batch, outbox_undo_fn *undo, void *context)
{
	uint64_t missing = 0;

	for (struct turn *turn = outbox->first; turn != NULL; turn = turn->next) {
		if (turn->batch >= batch)
			missing |= turn_undo(turn, undo, context);
	}
	return missing;
}

size_t
outbox_open_length(const struct outbox *outbox)
{
	return outbox->open == NULL ? 0 : outbox->open->frames.length;
}
