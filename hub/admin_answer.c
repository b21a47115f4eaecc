/*
 * Checks and keeps an answer of the hub. Owns the bytes of the answer; knows
 * neither how it is printed nor what any command means.
 */
#include "hub/admin_answer.h"

#include <string.h>

/* Bytes of an answer that hubctl takes; beyond, something is wrong with the other side. */
#define ANSWER_BYTES_MAX (512UL * 1024 * 1024)

/* The first millisecond of the year 10000, which no printed time can hold. */
#define TIME_END UINT64_C(253402300800000)

#define NO_VALUE SIZE_MAX

struct span {
	size_t offset; /* NO_VALUE: there is none */
	size_t length;
};

void
admin_answer_init(struct admin_answer *answer)
{
	*answer = (struct admin_answer){ .end = ADMIN_END_NONE };
	buffer_init(&answer->sentence, 0);
	buffer_init(&answer->bytes, ANSWER_BYTES_MAX);
	buffer_init(&answer->spans, ANSWER_BYTES_MAX);
}

void
admin_answer_free(struct admin_answer *answer)
{
	buffer_free(&answer->sentence);
	buffer_free(&answer->bytes);
	buffer_free(&answer->spans);
	admin_answer_init(answer);
}

static bool
keep(struct admin_answer *answer, struct text value)
{
	struct span span = { NO_VALUE, 0 };

	if (value.data != NULL)
		span = (struct span){ answer->bytes.length, value.length };
	buffer_append_text(&answer->bytes, value);
	buffer_append(&answer->spans, &span, sizeof(span));
	return !answer->bytes.failed && !answer->spans.failed;
}

static struct text
kept(const struct admin_answer *answer, size_t index)
{
	struct span span;

	memcpy(&span, answer->spans.data + index * sizeof(span), sizeof(span));
	if (span.offset == NO_VALUE)
		return (struct text){ NULL, 0 };
	if (span.length == 0)
		return TEXT("");
	return (struct text){ answer->bytes.data + span.offset, span.length };
}

struct text
admin_answer_name(const struct admin_answer *answer, unsigned column)
{
	return kept(answer, column);
}

struct text
admin_answer_value(const struct admin_answer *answer, size_t row, unsigned column)
{
	return kept(answer, (row + 1) * answer->column_count + column);
}

/* Names are printed as they are, so they must be what names of columns are. */
static bool
is_name(struct text name)
{
	for (size_t i = 0; i < name.length; i++) {
		if ((name.data[i] < 'a' || name.data[i] > 'z') && name.data[i] != '_')
			return false;
	}
	return name.length > 0;
}

static bool
read_column(struct admin_answer *answer, struct text column)
{
	const char *colon = column.length > 0 ? memchr(column.data, ':', column.length) : NULL;
	struct text name = { column.data, colon != NULL ? (size_t)(colon - column.data) : 0 };

	if (colon == NULL || !is_name(name))
		return false;
	column = (struct text){ colon + 1, column.length - name.length - 1 };
	return admin_type_of_name(column, &answer->types[answer->column_count++]) &&
	       keep(answer, name);
}

static bool
read_columns(struct admin_answer *answer, const struct admin_fields *line)
{
	if (answer->column_count > 0 || line->count < 3 || line->count - 2 > ADMIN_COLUMNS_MAX)
		return false;
	answer->single = text_equal(line->fields[1], TEXT("row"));
	if (!answer->single && !text_equal(line->fields[1], TEXT("rows")))
		return false;
	for (unsigned i = 2; i < line->count; i++) {
		if (!read_column(answer, line->fields[i]))
			return false;
	}
	return true;
}

/* Printers write numbers as they came, so they must be what JSON takes for numbers. */
static bool
is_number(struct text value, uint64_t end)
{
	uint64_t number;

	if (!text_to_u64(value, &number) || (value.length > 1 && value.data[0] == '0'))
		return false;
	return number < end || end == 0;
}

static bool
has_type(struct text value, enum admin_type type)
{
	if (type == ADMIN_TYPE_NUMBER)
		return is_number(value, 0);
	if (type == ADMIN_TYPE_TIME)
		return is_number(value, TIME_END);
	if (type == ADMIN_TYPE_BOOL)
		return text_equal(value, TEXT("true")) || text_equal(value, TEXT("false"));
	return true;
}

static bool
read_row(struct admin_answer *answer, const struct admin_fields *line)
{
	if (answer->column_count == 0 || line->count != answer->column_count + 1)
		return false;
	if (answer->single && answer->row_count == 1)
		return false;
	for (unsigned i = 0; i < answer->column_count; i++) {
		struct text value = line->fields[i + 1];

		if (value.data != NULL && !has_type(value, answer->types[i]))
			return false;
		if (!keep(answer, value))
			return false;
	}
	answer->row_count++;
	return true;
}

static bool
read_end(struct admin_answer *answer, const struct admin_fields *line)
{
	if (!admin_end_of_name(line->fields[0], &answer->end))
		return false;
	if (answer->end == ADMIN_END_DONE) {
		if (line->count > 2 || (answer->single && answer->row_count != 1))
			return false;
		if (line->count == 1)
			return true;
		/* Where the next page begins. */
		if (line->fields[1].data == NULL || !is_number(line->fields[1], 0))
			return false;
	}
	if (line->count < 2)
		return false;
	buffer_append_text(&answer->sentence, line->fields[line->count - 1]);
	return !answer->sentence.failed;
}

static bool
read_line(struct admin_answer *answer, struct admin_fields *line, struct text bytes)
{
	if (answer->end != ADMIN_END_NONE || !admin_fields_read(line, bytes))
		return false;
	if (text_equal(line->fields[0], TEXT("row")))
		return read_row(answer, line);
	if (text_equal(line->fields[0], TEXT("columns")))
		return read_columns(answer, line);
	if (text_equal(line->fields[0], TEXT("wait")))
		return line->count == 1;
	return read_end(answer, line);
}

bool
admin_answer_add(struct admin_answer *answer, struct text said, size_t *used_out)
{
	struct admin_fields line;
	bool good = true;

	*used_out = 0;
	admin_fields_init(&line);
	while (good && *used_out < said.length) {
		const char *start = said.data + *used_out;
		const char *end = memchr(start, '\n', said.length - *used_out);

		if (end == NULL)
			break;
		good = read_line(answer, &line, (struct text){ start, (size_t)(end - start) });
		*used_out = (size_t)(end - said.data) + 1;
	}
	admin_fields_free(&line);
	return good;
}

bool
admin_answer_read(struct admin_answer *answer, struct text said)
{
	size_t used;

	return admin_answer_add(answer, said, &used) &&
	       (used == said.length || answer->end == ADMIN_END_NONE);
}

void
admin_answer_drop_rows(struct admin_answer *answer)
{
	size_t spans = answer->column_count * sizeof(struct span);
	struct text last;

	if (answer->row_count == 0)
		return;
	last = kept(answer, answer->column_count - 1);
	buffer_truncate(&answer->bytes, (size_t)(last.data - answer->bytes.data) + last.length);
	buffer_truncate(&answer->spans, spans);
	answer->row_count = 0;
}

bool
admin_answer_make(struct admin_answer *answer, const struct admin_column *columns,
    const struct admin_cell *cells, unsigned count)
{
	struct buffer said;
	bool good;

	buffer_init(&said, 0);
	admin_write_columns(&said, columns, count, true);
	admin_write_row(&said, columns, cells, count);
	admin_write_end(&said, ADMIN_END_DONE, TEXT(""));
	good = !said.failed && admin_answer_read(answer, buffer_text(&said));
	buffer_free(&said);
	return good;
}
