/*
 * Gives the core one recorded input after the other. What a process would never do to a core - an
 * envelope of a link that is not there, an answer nobody asked for - is a damaged record.
 */
#include <stdio.h>

#include "hub/record_admin.h"
#include "hub/replay_private.h"

static void
damaged(struct replay *replay)
{
	replay_bad(replay, "the record is damaged: an input that no hub can have had");
}

/* The end of an input that says one number: what came must be what is recorded. */
static void
compare_end(struct replay *replay, const char *what, uint64_t came)
{
	struct record_fields fields;
	uint64_t recorded;
	char was[64];
	char is[64];

	snprintf(is, sizeof(is), "%s %llu", what, (unsigned long long)came);
	if (!replay_take(replay, RECORD_RETURN, is, &fields))
		return;
	recorded = record_u64(&fields);
	if (!replay_fields_end(replay, &fields) || recorded == came)
		return;
	snprintf(was, sizeof(was), "%s %llu", what, (unsigned long long)recorded);
	replay_differs(replay, was, is);
}

static void
connected(struct replay *replay, struct record_fields *fields)
{
	struct now now = record_now(fields, &replay->last);
	struct store_process process = record_process(fields);
	int slot;

	if (!replay_fields_end(replay, fields))
		return;
	slot = core_gateway_connected(replay->core, now, &process);
	replay_print(replay, "gateway %d: connected", slot);
	if (slot >= 0)
		replay->links[slot] = (struct replay_link){ .connected = true };
	compare_end(replay, "a link in place", slot < 0 ? 0 : (uint64_t)slot + 1);
}

static void
envelope(struct replay *replay, struct record_fields *fields)
{
	struct now now = record_now(fields, &replay->last);
	unsigned slot = record_below(fields, CORE_GATEWAYS_MAX);
	const char *frame = (const char *)fields->next;
	struct envelope said;
	enum link_loss why;

	if (fields->failed || !replay->links[slot].connected || replay->links[slot].over ||
	    fields->left < ENVELOPE_HEADER_SIZE ||
	    envelope_header_read(frame) != fields->left - ENVELOPE_HEADER_SIZE ||
	    !envelope_decode(replay->decoder, frame + ENVELOPE_HEADER_SIZE,
		fields->left - ENVELOPE_HEADER_SIZE, &said)) {
		damaged(replay);
		return;
	}
	replay->result.envelopes++;
	replay_print_envelope(replay, "from", slot, &said);
	why = core_gateway_envelope(replay->core, slot, now, &said);
	replay->links[slot].over = why != LINK_ALIVE;
	compare_end(replay, "a verdict about the link of", why);
}

static void
detached(struct replay *replay, struct record_fields *fields)
{
	struct now now = record_now(fields, &replay->last);
	unsigned slot = record_below(fields, CORE_GATEWAYS_MAX);
	enum link_loss why = (enum link_loss)record_below(fields, LINK_LOSS_COUNT);
	uint32_t life;

	if (!replay_fields_end(replay, fields))
		return;
	if (!replay->links[slot].connected) {
		damaged(replay);
		return;
	}
	replay_print(replay, "gateway %u: its link is over, %s", slot, link_loss_word(why));
	replay->links[slot].connected = false;
	life = core_gateway_detached(replay->core, slot, now, why);
	compare_end(replay, "the end of a link of life", life);
}

static void
died(struct replay *replay, struct record_fields *fields)
{
	struct now now = record_now(fields, &replay->last);
	uint32_t life = record_u32(fields);

	if (!replay_fields_end(replay, fields))
		return;
	replay_print(replay, "the gateway of life %u has died", life);
	core_gateway_died(replay->core, life, now);
	compare_end(replay, "the end of a death", 0);
}

static void
turn(struct replay *replay, struct record_fields *fields)
{
	struct now now = record_now(fields, &replay->last);

	if (!replay_fields_end(replay, fields))
		return;
	replay_print(replay, "turn %llu ends", (unsigned long long)replay->result.turns + 1);
	core_turn(replay->core, now);
	compare_end(replay, "the end of a turn", 0);
	/* One that breaks off is none. */
	if (replay->state == REPLAY_RUNS)
		replay->result.turns++;
}

static void
settings(struct replay *replay, struct record_fields *fields)
{
	struct now now = record_now(fields, &replay->last);
	struct record_setup_read read = { .class_count = 0 };
	struct core_settings fresh;

	record_settings_get(fields, &read);
	if (replay_fields_end(replay, fields)) {
		replay_print(replay, "settings are read again");
		fresh = (struct core_settings){
			.limits = read.limits,
			.classes = read.classes,
			.class_count = read.class_count,
			.operators = read.operators,
		};
		compare_end(replay, "settings in force", core_set(replay->core, now, &fresh));
	}
	record_setup_free(&read);
}

/* What was answered in this piece. */
static void
compare_answer(struct replay *replay, const struct admin_action *action, struct buffer *out)
{
	struct record_fields fields;
	struct record_entry recorded;
	struct buffer *came = &replay->came;

	if (replay_peek(replay)) {
		recorded = replay->entry;
		buffer_clear(came);
		record_put_answer(came, action, buffer_text(out), replay->made.redacted);
		if (replay_take(replay, RECORD_RETURN, "an answer to an operator", &fields) &&
		    !text_equal(buffer_text(came), recorded.fields))
			replay_differs(replay, "another answer to the operator", "this one");
	}
	buffer_free(out);
}

/* The words as they are recorded; false if they are none. */
static bool
get_words(struct record_fields *fields, struct text words[ADMIN_WORDS_MAX], unsigned *count_out)
{
	*count_out = record_below(fields, ADMIN_WORDS_MAX + 1);
	for (unsigned i = 0; i < *count_out; i++)
		words[i] = record_text(fields);
	return record_fields_end(fields);
}

static void
ask(struct replay *replay, struct record_fields *fields)
{
	struct now now = record_now(fields, &replay->last);
	struct replay_visit *visit = &replay->visits[record_below(fields, RECORD_VISITS_MAX)];
	struct text made_by = record_text(fields);
	struct text words[ADMIN_WORDS_MAX];
	struct admin_request request;
	struct buffer scratch;
	struct buffer out;
	unsigned count;

	buffer_init(&scratch, 0);
	buffer_init(&out, 0);
	if (get_words(fields, words, &count) && !visit->used &&
	    admin_parse(words, count, &request, &scratch)) {
		replay_print(
		    replay, "an operator asks: %s", admin_command_info(request.command)->grammar);
		visit->used = true;
		request.made_by = made_by;
		admin_action_begin(&visit->action, replay->core, now, &request, &out);
		compare_answer(replay, &visit->action, &out);
	} else {
		damaged(replay);
	}
	buffer_free(&scratch);
}

static void
more(struct replay *replay, struct record_fields *fields)
{
	struct now now = record_now(fields, &replay->last);
	struct replay_visit *visit = &replay->visits[record_below(fields, RECORD_VISITS_MAX)];
	uint64_t enough = record_u64(fields);
	struct buffer out;

	if (!record_fields_end(fields) || !visit->used) {
		damaged(replay);
		return;
	}
	buffer_init(&out, 0);
	(void)admin_action_more(&visit->action, replay->core, now, (size_t)enough, &out);
	compare_answer(replay, &visit->action, &out);
}

static void
hung_up(struct replay *replay, struct record_fields *fields)
{
	struct replay_visit *visit = &replay->visits[record_below(fields, RECORD_VISITS_MAX)];

	if (!record_fields_end(fields) || !visit->used) {
		damaged(replay);
		return;
	}
	admin_action_free(&visit->action);
	visit->used = false;
}

void
replay_input(struct replay *replay)
{
	static void (*const inputs[])(struct replay *, struct record_fields *) = {
		[RECORD_CONNECTED] = connected,
		[RECORD_ENVELOPE] = envelope,
		[RECORD_DETACHED] = detached,
		[RECORD_DIED] = died,
		[RECORD_TURN] = turn,
		[RECORD_ASK] = ask,
		[RECORD_MORE] = more,
		[RECORD_HUNG_UP] = hung_up,
		[RECORD_SETTINGS] = settings,
	};
	enum record_kind kind = replay->entry.kind;
	struct record_fields fields;

	if (kind >= sizeof(inputs) / sizeof(inputs[0]) || inputs[kind] == NULL) {
		/* The core does nothing of itself. */
		(void)replay_take(replay, RECORD_TURN, "nothing before the next input", &fields);
		return;
	}
	if (replay_take(replay, kind, "", &fields))
		inputs[kind](replay, &fields);
}

void
replay_visits_free(struct replay *replay)
{
	for (unsigned i = 0; i < RECORD_VISITS_MAX; i++) {
		if (replay->visits[i].used)
			admin_action_free(&replay->visits[i].action);
		replay->visits[i].used = false;
	}
}
