/*
 * The recorder's half towards operators. A command is recorded as the words that the grammar takes
 * back to the same request; what it answers stands in the record as a check.
 */
#include "hub/record_admin.h"

#include "hub/record_private.h"

/* What an operator says to people is theirs as much as what people say. */
static void
redact_request(struct record *record, struct admin_request *request)
{
	struct buffer *texts = &record->texts;
	struct text *said[] = { &request->text, &request->reason };

	buffer_clear(texts);
	if (buffer_reserve(texts, request->text.length + request->reason.length) == NULL)
		return;
	for (unsigned i = 0; i < 2; i++) {
		size_t before = texts->length;

		if (said[i]->data == NULL)
			continue;
		redact_shape(texts, *said[i]);
		*said[i] = (struct text){ texts->data + before, texts->length - before };
	}
}

static uint64_t
lines_of(struct text piece)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < piece.length; i++)
		lines += piece.data[i] == '\n' ? 1 : 0;
	return lines;
}

void
record_put_answer(
    struct buffer *out, const struct admin_action *action, struct text piece, bool redacted)
{
	record_put_u64(out, action->end);
	record_put_bool(out, admin_action_waits(action));
	record_put_u64(out, action->affected);
	record_put_u64(out, lines_of(piece));
	record_put_u64(out, redacted ? 0 : piece.length);
	record_put_check(out, redacted ? 0 : record_check(piece));
}

/* From `before` on. */
static void
write_answer(struct record *record, const struct admin_action *action, const struct buffer *out,
    size_t before)
{
	record_put_answer(record_begin(record), action,
	    (struct text){ out->data + before, out->length - before }, record->redactor != NULL);
	record_write(record, RECORD_RETURN);
}

void
recorded_action_begin(struct record *record, unsigned visit, struct admin_action *action,
    struct core *core, struct now now, const struct admin_request *request, struct buffer *out)
{
	struct admin_request own = *request;
	struct text words[ADMIN_WORDS_MAX];
	size_t before = out->length;
	struct buffer *fields;
	unsigned count;

	if (record == NULL) {
		admin_action_begin(action, core, now, request, out);
		return;
	}
	if (record->redactor != NULL)
		redact_request(record, &own);
	count = admin_words(&own, words);
	fields = record_begin(record);
	record_put_now(fields, &record->last, now);
	record_put_u64(fields, visit);
	record_put_text(fields, own.made_by);
	record_put_u64(fields, count);
	for (unsigned i = 0; i < count; i++)
		record_put_text(fields, words[i]);
	record_write(record, RECORD_ASK);
	admin_action_begin(action, core, now, request, out);
	write_answer(record, action, out, before);
}

bool
recorded_action_more(struct record *record, unsigned visit, struct admin_action *action,
    struct core *core, struct now now, size_t enough, struct buffer *out)
{
	size_t before = out->length;
	struct buffer *fields;
	bool more;

	if (record == NULL)
		return admin_action_more(action, core, now, enough, out);
	fields = record_begin(record);
	record_put_now(fields, &record->last, now);
	record_put_u64(fields, visit);
	/* Of what is there already nothing is known to who replays. */
	record_put_u64(fields, enough > before ? enough - before : 0);
	record_write(record, RECORD_MORE);
	more = admin_action_more(action, core, now, enough, out);
	write_answer(record, action, out, before);
	return more;
}

void
recorded_action_free(struct record *record, unsigned visit, struct admin_action *action)
{
	if (record != NULL)
		record_write_number(record, RECORD_HUNG_UP, visit);
	admin_action_free(action);
}
