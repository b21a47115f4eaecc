/*
 * A replay as people read it: one line for each input and output. What comes from people is shown
 * as operators see it, cut when long.
 */
#include <stdarg.h>
#include <stdio.h>

#include "common/terminal_text.h"
#include "hub/record_private.h"
#include "hub/replay_private.h"

/* Of the names of frames in one sentence. */
#define NAMES_MAX 12u

static void
begin_line(struct replay *replay)
{
	char utc[CLOCK_UTC_SIZE];

	buffer_clear(&replay->line);
	clock_utc(replay->last.wall_ms, utc);
	buffer_printf(&replay->line, "%s ", utc);
}

static void
end_line(struct replay *replay)
{
	if (!replay->line.failed)
		replay->setup->line(replay->setup->context, buffer_text(&replay->line));
}

void
replay_print(struct replay *replay, const char *format, ...)
{
	char said[512];
	va_list values;

	if (replay->setup->line == NULL)
		return;
	va_start(values, format);
	vsnprintf(said, sizeof(said), format, values);
	va_end(values);
	begin_line(replay);
	buffer_append_string(&replay->line, said);
	end_line(replay);
}

void
replay_print_envelope(
    struct replay *replay, const char *who, unsigned slot, const struct envelope *envelope)
{
	struct envelope_field field;
	struct buffer *line = &replay->line;

	if (replay->setup->line == NULL)
		return;
	begin_line(replay);
	buffer_printf(line, "%s gateway %u: %s", who, slot, envelope_kind_name(envelope->kind));
	for (unsigned i = 0; envelope_field_at(envelope, i, &field); i++) {
		buffer_append_byte(line, ' ');
		buffer_append_text(line, field.name);
		buffer_append_byte(line, '=');
		if (field.is_text)
			terminal_text_quote(line, field.text);
		else
			buffer_append_u64(line, field.number);
	}
	end_line(replay);
}

static void
describe_send(struct buffer *out, struct record_fields *fields)
{
	uint64_t slot = record_u64(fields);
	uint64_t count = record_u64(fields);
	uint64_t length = record_u64(fields);

	buffer_printf(out, "%llu frames of %llu bytes to gateway %llu", (unsigned long long)count,
	    (unsigned long long)length, (unsigned long long)slot);
}

void
replay_describe(struct buffer *out, const struct record_entry *entry)
{
	struct record_fields fields = record_fields_of(entry->fields);
	const char *op;

	if (entry->kind == RECORD_SEND) {
		describe_send(out, &fields);
	} else if (entry->kind == RECORD_CALL) {
		op = record_op_name((unsigned)record_u64(&fields));
		buffer_printf(out, "%s of the store", op == NULL ? "something" : op);
	} else if (entry->kind == RECORD_RETURN) {
		buffer_append_string(out, "the end of what was done");
	} else {
		buffer_printf(out, "the entry \"%s\"", record_kind_word(entry->kind));
	}
}

void
replay_describe_frames(struct buffer *out, struct envelope_decoder *reader, unsigned slot,
    const void *frames, size_t length)
{
	const char *next = frames;
	size_t left = length;
	unsigned count = 0;
	struct buffer names;
	struct envelope envelope;

	buffer_init(&names, 0);
	for (; left >= ENVELOPE_HEADER_SIZE; count++) {
		size_t size = ENVELOPE_HEADER_SIZE + envelope_header_read(next);

		if (size > left || !envelope_decode(reader, next + ENVELOPE_HEADER_SIZE,
				       size - ENVELOPE_HEADER_SIZE, &envelope))
			break;
		if (count < NAMES_MAX)
			buffer_printf(&names, " %s", envelope_kind_name(envelope.kind));
		next += size;
		left -= size;
	}
	buffer_printf(out, "%u frames of %zu bytes to gateway %u:", count, length, slot);
	buffer_append_text(out, buffer_text(&names));
	buffer_free(&names);
}
