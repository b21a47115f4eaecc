/*
 * The course of a replay: the setup, then one input after the other. Owns what is compared with
 * what, and the core's links, randomness and digests.
 */
#include "hub/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/record_private.h"
#include "hub/replay_private.h"

void
replay_differs(struct replay *replay, const char *recorded, const char *came)
{
	if (replay->state == REPLAY_STOPS)
		return;
	replay->state = REPLAY_STOPS;
	replay->result.end = REPLAY_DIFFERS;
	snprintf(replay->result.said, sizeof(replay->result.said),
	    "turn %llu, envelope %llu: recorded was %.400s; now came %.400s",
	    (unsigned long long)replay->result.turns + 1,
	    (unsigned long long)replay->result.envelopes, recorded, came);
}

void
replay_bad(struct replay *replay, const char *why)
{
	if (replay->state == REPLAY_STOPS)
		return;
	replay->state = REPLAY_STOPS;
	replay->result.end = REPLAY_BAD;
	snprintf(replay->result.said, sizeof(replay->result.said), "%s (behind turn %llu)", why,
	    (unsigned long long)replay->result.turns);
}

bool
replay_peek(struct replay *replay)
{
	if (replay->state != REPLAY_RUNS)
		return false;
	if (replay->entry.kind == RECORD_NONE && !record_next(&replay->left, &replay->entry)) {
		replay_bad(replay, "the record is damaged: what follows is no entry");
		return false;
	}
	if (replay->entry.kind == RECORD_NONE || replay->entry.kind == RECORD_END) {
		replay->state = REPLAY_OVER;
		replay->result.complete = replay->entry.kind == RECORD_END;
		return false;
	}
	return true;
}

bool
replay_take(struct replay *replay, enum record_kind kind, const char *came,
    struct record_fields *fields_out)
{
	struct buffer recorded;

	*fields_out = (struct record_fields){ .failed = true };
	if (!replay_peek(replay))
		return false;
	if (replay->entry.kind != kind) {
		buffer_init(&recorded, 0);
		replay_describe(&recorded, &replay->entry);
		buffer_append_byte(&recorded, '\0');
		replay_differs(replay, recorded.failed ? "" : recorded.data, came);
		buffer_free(&recorded);
		return false;
	}
	*fields_out = record_fields_of(replay->entry.fields);
	replay->entry.kind = RECORD_NONE;
	return true;
}

bool
replay_fields_end(struct replay *replay, const struct record_fields *fields)
{
	if (record_fields_end(fields))
		return true;
	replay_bad(replay, "the record is damaged: an entry has other fields than it must have");
	return false;
}

static void
draw(void *context, void *bytes, size_t length)
{
	struct replay *replay = context;
	struct random_source other = random_seeded(&replay->seed);
	struct record_fields fields;

	if (replay_take(replay, RECORD_RANDOM, "a draw of random bytes", &fields)) {
		record_bytes(&fields, bytes, length);
		if (replay_fields_end(replay, &fields))
			return;
	}
	other.fill(other.context, bytes, length);
}

static void
digest_made(void *context, unsigned char *digest)
{
	struct replay *replay = context;
	struct record_fields fields;

	if (!replay_take(replay, RECORD_DIGEST, "a digest", &fields))
		return;
	record_bytes(&fields, digest, DIGEST_SIZE);
	(void)replay_fields_end(replay, &fields);
}

static void
address_judged(void *context, bool *is_banned)
{
	struct replay *replay = context;
	struct record_fields fields;

	if (!replay_take(replay, RECORD_VERDICT, "whether an address is banned", &fields))
		return;
	*is_banned = record_bool(&fields);
	(void)replay_fields_end(replay, &fields);
}

/* Every frame in a line of its own. */
static void
print_frames(struct replay *replay, unsigned slot, const char *frames, size_t length)
{
	while (replay->setup->line != NULL && length >= ENVELOPE_HEADER_SIZE) {
		size_t size = ENVELOPE_HEADER_SIZE + envelope_header_read(frames);
		struct envelope envelope;

		if (size > length || !envelope_decode(replay->reader, frames + ENVELOPE_HEADER_SIZE,
					 size - ENVELOPE_HEADER_SIZE, &envelope))
			return;
		replay_print_envelope(replay, "  to", slot, &envelope);
		frames += size;
		length -= size;
	}
}

/* Was this said then? Reads the recorded fields in their order. */
static bool
is_same(struct replay *replay, unsigned slot, const void *frames, size_t length)
{
	struct record_fields fields = record_fields_of(replay->entry.fields);
	struct record_frames stands = record_frames_check(
	    frames, length, replay->made.redacted, replay->reader, &replay->texts, &replay->frames);
	bool same = record_u64(&fields) == slot;

	same = record_u64(&fields) == stands.count && same;
	same = record_u64(&fields) == length && same;
	same = record_read_check(&fields) == stands.check && same;
	replay->result.frames += stands.count;
	return record_fields_end(&fields) && same;
}

static void
send_frames(void *context, unsigned slot, const void *frames, size_t length)
{
	struct replay *replay = context;
	struct buffer text;

	if (!replay_peek(replay))
		return;
	print_frames(replay, slot, frames, length);
	if (replay->entry.kind == RECORD_SEND && is_same(replay, slot, frames, length)) {
		replay->entry.kind = RECORD_NONE;
		return;
	}
	buffer_init(&text, 0);
	replay_describe(&text, &replay->entry);
	buffer_append_byte(&text, '\0');
	buffer_clear(&replay->came);
	replay_describe_frames(&replay->came, replay->reader, slot, frames, length);
	buffer_append_byte(&replay->came, '\0');
	replay_differs(
	    replay, text.failed ? "" : text.data, replay->came.failed ? "" : replay->came.data);
	buffer_free(&text);
}

static void
drop(void *context, unsigned slot, enum link_loss why)
{
	struct replay *replay = context;
	struct record_fields fields;
	uint64_t recorded_slot;
	uint64_t recorded_why;
	char was[64];
	char came[64];

	snprintf(came, sizeof(came), "gateway %u dropped: %s", slot, link_loss_word(why));
	if (!replay_take(replay, RECORD_DROP, came, &fields))
		return;
	replay_print(replay, "  %s", came);
	recorded_slot = record_u64(&fields);
	recorded_why = record_u64(&fields);
	if (!replay_fields_end(replay, &fields) || (recorded_slot == slot && recorded_why == why))
		return;
	snprintf(was, sizeof(was), "gateway %llu dropped, reason %llu",
	    (unsigned long long)recorded_slot, (unsigned long long)recorded_why);
	replay_differs(replay, was, came);
}

static bool
is_busy(void *context, unsigned slot)
{
	struct replay *replay = context;
	struct record_fields fields;
	bool busy;

	if (!replay_take(replay, RECORD_BUSY, "whether a link is busy", &fields))
		return false;
	if (record_u64(&fields) != slot)
		replay_differs(replay, "whether another link is busy", "whether this one is");
	busy = record_bool(&fields);
	return replay_fields_end(replay, &fields) && busy;
}

static bool
is_over(void *context, const struct store_process *process)
{
	struct replay *replay = context;
	struct record_fields fields;
	struct store_process recorded;
	bool over;

	if (!replay_take(replay, RECORD_OVER, "whether a process has ended", &fields))
		return false;
	recorded = record_process(&fields);
	if (recorded.pid != process->pid || recorded.started != process->started ||
	    recorded.space != process->space)
		replay_differs(replay, "whether another process has ended", "whether this one has");
	over = record_bool(&fields);
	return replay_fields_end(replay, &fields) && over;
}

/* The entry that everything begins with; false with the result. */
static bool
take_setup(struct replay *replay)
{
	struct record_fields unused;

	if (!replay_take(replay, RECORD_SETUP, "the beginning of a record", &unused)) {
		replay_bad(replay, "the record has no beginning");
		/* Another entry first is no difference. */
		replay->result.end = REPLAY_BAD;
		return false;
	}
	if (!record_setup_get((struct text){ (const char *)unused.next, unused.left },
		&replay->made, &replay->last)) {
		replay_bad(replay, "the record is damaged: its setup cannot be read");
		return false;
	}
	replay->result.redacted = replay->made.redacted;
	replay->result.other_version = !text_equal(replay->made.software, TEXT(HUBBUB_VERSION));
	if (!replay->result.other_version || replay->setup->any_version)
		return true;
	replay_bad(replay, "");
	snprintf(replay->result.said, sizeof(replay->result.said),
	    "the record is one of version %.*s, this is %s; --any-version replays it all the same",
	    (int)(replay->made.software.length < 40 ? replay->made.software.length : 40),
	    replay->made.software.data, HUBBUB_VERSION);
	return false;
}

static void
create_core(struct replay *replay)
{
	const struct record_setup_read *made = &replay->made;
	struct core_setup setup = {
		.limits = made->limits,
		.links = { .send = send_frames, .drop = drop, .context = replay },
		.store = &replay->store,
		.bus = replay->bus,
		.random = { draw, replay },
		.classes = made->classes,
		.class_count = made->class_count,
		.operators = made->operators,
		.now = made->now,
	};
	struct record_fields fields;

	if (made->asks_busy)
		setup.links.is_busy = is_busy;
	if (made->asks_over)
		setup.links.is_over = is_over;
	if (made->redacted)
		setup.digests = (struct digest_watch){ digest_made, replay };
	if (made->redacted)
		setup.bans = (struct ban_watch){ address_judged, replay };
	replay_store_init(replay);
	replay->core = core_create(&setup);
	if (!replay_take(replay, RECORD_RETURN, "the end of the beginning", &fields))
		return;
	if (record_bool(&fields) != (replay->core != NULL))
		replay_differs(replay, "a hub that starts, or does not", "the other of both");
	(void)replay_fields_end(replay, &fields);
}

static bool
replay_init(struct replay *replay, const struct replay_setup *setup)
{
	*replay = (struct replay){ .setup = setup, .left = setup->record, .seed = 1 };
	buffer_init(&replay->arguments, 0);
	buffer_init(&replay->texts, 0);
	buffer_init(&replay->frames, 0);
	buffer_init(&replay->line, 0);
	buffer_init(&replay->came, 0);
	replay->decoder = envelope_decoder_create();
	replay->reader = envelope_decoder_create();
	replay->bus = bus_local_open();
	if (replay->decoder != NULL && replay->reader != NULL && replay->bus != NULL)
		return true;
	replay_bad(replay, "there is not enough memory");
	return false;
}

static void
replay_free(struct replay *replay)
{
	replay->state = REPLAY_STOPS;
	replay_visits_free(replay);
	core_destroy(&replay->core);
	bus_close(&replay->bus);
	record_setup_free(&replay->made);
	envelope_decoder_destroy(&replay->decoder);
	envelope_decoder_destroy(&replay->reader);
	buffer_free(&replay->arguments);
	buffer_free(&replay->texts);
	buffer_free(&replay->frames);
	buffer_free(&replay->line);
	buffer_free(&replay->came);
}

static void
go_through(struct replay *replay)
{
	struct text *left = &replay->left;

	if (left->length < RECORD_MAGIC_SIZE ||
	    memcmp(left->data, RECORD_MAGIC, RECORD_MAGIC_SIZE) != 0) {
		replay_bad(replay, "");
		snprintf(replay->result.said, sizeof(replay->result.said),
		    "that is no record of a hub, or one of another format");
		return;
	}
	left->data += RECORD_MAGIC_SIZE;
	left->length -= RECORD_MAGIC_SIZE;
	if (!take_setup(replay))
		return;
	create_core(replay);
	while (replay->core != NULL && replay_peek(replay)) {
		if (replay->setup->until != 0 && replay->result.turns >= replay->setup->until)
			return;
		replay_input(replay);
	}
}

struct replay_result
replay_run(const struct replay_setup *setup)
{
	struct replay *replay = malloc(sizeof(*replay));
	struct replay_result result = { .end = REPLAY_BAD };

	if (replay == NULL) {
		snprintf(result.said, sizeof(result.said), "there is not enough memory");
		return result;
	}
	if (replay_init(replay, setup))
		go_through(replay);
	result = replay->result;
	replay_free(replay);
	free(replay);
	return result;
}
