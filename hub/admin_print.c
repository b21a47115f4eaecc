/*
 * The printers of hubctl. A column's type decides how a value looks; a printer
 * decides where it stands. Knows no command.
 */
#include "hub/admin_print.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/terminal_text.h"

/* Columns between two cells. */
#define GAP 2

/* Milliseconds since the epoch, checked when the answer was read. */
static int64_t
time_of(struct text value)
{
	uint64_t wall_ms = 0;

	text_to_u64(value, &wall_ms);
	return (int64_t)wall_ms;
}

/* YYYY-MM-DDTHH:MM:SS.mmmZ */
static void
append_iso_time(struct buffer *out, struct text value)
{
	int64_t wall_ms = time_of(value);
	time_t seconds = (time_t)(wall_ms / 1000);
	char date[32];
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc) == 0)
		date[0] = '\0';
	buffer_printf(out, "%s.%03dZ", date, (int)(wall_ms % 1000));
}

static void
append_local_time(struct buffer *out, struct text value)
{
	char local[CLOCK_LOCAL_SIZE];

	clock_local(time_of(value), local);
	buffer_append_string(out, local);
}

/* A value as people read it. */
static void
show_value(struct buffer *out, struct text value, enum admin_type type)
{
	if (value.data == NULL)
		buffer_append_byte(out, '-');
	else if (type == ADMIN_TYPE_TIME)
		append_local_time(out, value);
	else if (type == ADMIN_TYPE_BOOL)
		buffer_append_string(out, text_equal(value, TEXT("true")) ? "yes" : "no");
	else
		terminal_text_show(out, value);
}

/* A name of a column as people read it: in words, for headings in capitals. */
static void
show_name(struct buffer *out, struct text name, bool heading)
{
	for (size_t i = 0; i < name.length; i++) {
		int byte = name.data[i] == '_' ? ' ' : name.data[i];

		buffer_append_byte(out, (uint8_t)(heading ? toupper(byte) : byte));
	}
}

static void
pad(struct buffer *out, size_t columns)
{
	while (columns-- > 0)
		buffer_append_byte(out, ' ');
}

/* The columns that `shown` takes beyond its first `start` bytes. */
static size_t
width_from(const struct buffer *shown, size_t start)
{
	return terminal_text_columns((struct text){ shown->data + start, shown->length - start });
}

static void
print_list(struct buffer *out, const struct admin_answer *answer)
{
	size_t widest = 0;

	for (unsigned i = 0; i < answer->column_count; i++) {
		size_t width = admin_answer_name(answer, i).length;

		widest = width > widest ? width : widest;
	}
	for (unsigned i = 0; i < answer->column_count; i++) {
		struct text name = admin_answer_name(answer, i);

		show_name(out, name, false);
		pad(out, widest - name.length + GAP);
		show_value(out, admin_answer_value(answer, 0, i), answer->types[i]);
		buffer_append_byte(out, '\n');
	}
}

static void
measure(const struct admin_answer *answer, size_t *widths_out)
{
	struct buffer shown;

	buffer_init(&shown, 0);
	for (unsigned i = 0; i < answer->column_count; i++)
		widths_out[i] = admin_answer_name(answer, i).length;
	for (size_t row = 0; row < answer->row_count; row++) {
		for (unsigned i = 0; i < answer->column_count; i++) {
			size_t width;

			buffer_clear(&shown);
			show_value(&shown, admin_answer_value(answer, row, i), answer->types[i]);
			width = terminal_text_columns(buffer_text(&shown));
			widths_out[i] = width > widths_out[i] ? width : widths_out[i];
		}
	}
	buffer_free(&shown);
}

/* Puts what was appended from `start` on into its column; nothing trails the last one. */
static void
align(struct buffer *out, size_t start, size_t width, enum admin_type type, bool last)
{
	size_t missing = width - width_from(out, start);
	size_t length = out->length - start;

	if (type == ADMIN_TYPE_NUMBER) {
		pad(out, missing);
		if (!out->failed) {
			memmove(out->data + start + missing, out->data + start, length);
			memset(out->data + start, ' ', missing);
		}
	} else if (!last) {
		pad(out, missing);
	}
	pad(out, last ? 0 : GAP);
}

static void
print_table_line(struct buffer *out, const struct admin_answer *answer, const size_t *widths,
    size_t row, bool heading)
{
	for (unsigned i = 0; i < answer->column_count; i++) {
		size_t start = out->length;

		if (heading)
			show_name(out, admin_answer_name(answer, i), true);
		else
			show_value(out, admin_answer_value(answer, row, i), answer->types[i]);
		if (out->failed)
			return;
		align(out, start, widths[i], answer->types[i], i + 1 == answer->column_count);
	}
	buffer_append_byte(out, '\n');
}

static void
print_table(struct buffer *out, const struct admin_answer *answer)
{
	size_t widths[ADMIN_COLUMNS_MAX];

	if (answer->single) {
		print_list(out, answer);
		return;
	}
	measure(answer, widths);
	print_table_line(out, answer, widths, 0, true);
	for (size_t row = 0; row < answer->row_count; row++)
		print_table_line(out, answer, widths, row, false);
}

/* Programs read any escape; text that a terminal would not just show is escaped throughout. */
static void
append_json_text(struct buffer *out, struct text value)
{
	if (terminal_text_is_plain(value))
		json_append_utf8(out, value);
	else
		json_append_ascii(out, value);
}

/* Blank-separated words as an array of strings. */
static void
append_json_list(struct buffer *out, struct text value)
{
	const char *separator = "";

	buffer_append_byte(out, '[');
	while (value.length > 0) {
		const char *blank = memchr(value.data, ' ', value.length);
		size_t length = blank != NULL ? (size_t)(blank - value.data) : value.length;
		size_t step = length + (blank != NULL ? 1 : 0);

		if (length > 0) {
			buffer_append_string(out, separator);
			append_json_text(out, (struct text){ value.data, length });
			separator = ",";
		}
		value = (struct text){ value.data + step, value.length - step };
	}
	buffer_append_byte(out, ']');
}

static void
append_json_value(struct buffer *out, struct text value, enum admin_type type)
{
	if (value.data == NULL) {
		buffer_append_string(out, "null");
	} else if (type == ADMIN_TYPE_TEXT) {
		append_json_text(out, value);
	} else if (type == ADMIN_TYPE_LIST) {
		append_json_list(out, value);
	} else if (type == ADMIN_TYPE_TIME) {
		buffer_append_byte(out, '"');
		append_iso_time(out, value);
		buffer_append_byte(out, '"');
	} else {
		buffer_append_text(out, value);
	}
}

static void
append_json_object(struct buffer *out, const struct admin_answer *answer, size_t row)
{
	for (unsigned i = 0; i < answer->column_count; i++) {
		buffer_append_string(out, i == 0 ? "{\"" : ",\"");
		buffer_append_text(out, admin_answer_name(answer, i));
		buffer_append_string(out, "\":");
		append_json_value(out, admin_answer_value(answer, row, i), answer->types[i]);
	}
	buffer_append_byte(out, '}');
}

static void
print_json(struct buffer *out, const struct admin_answer *answer)
{
	if (answer->single) {
		append_json_object(out, answer, 0);
		buffer_append_byte(out, '\n');
		return;
	}
	buffer_append_byte(out, '[');
	for (size_t row = 0; row < answer->row_count; row++) {
		buffer_append_string(out, row == 0 ? "\n" : ",\n");
		append_json_object(out, answer, row);
	}
	buffer_append_string(out, answer->row_count > 0 ? "\n]\n" : "]\n");
}

static void
print_tsv_names(struct buffer *out, const struct admin_answer *answer)
{
	for (unsigned i = 0; i < answer->column_count; i++) {
		if (i > 0)
			buffer_append_byte(out, '\t');
		buffer_append_text(out, admin_answer_name(answer, i));
	}
	buffer_append_byte(out, '\n');
}

static void
print_tsv_rows(struct buffer *out, const struct admin_answer *answer)
{
	for (size_t row = 0; row < answer->row_count; row++) {
		for (unsigned i = 0; i < answer->column_count; i++) {
			struct text value = admin_answer_value(answer, row, i);

			if (i > 0)
				buffer_append_byte(out, '\t');
			if (value.data != NULL && answer->types[i] == ADMIN_TYPE_TIME)
				append_iso_time(out, value);
			else
				terminal_text_escape(out, value);
		}
		buffer_append_byte(out, '\n');
	}
}

void
admin_print_page(
    struct buffer *out, enum admin_format format, const struct admin_answer *answer, bool is_first)
{
	if (format == ADMIN_FORMAT_TSV) {
		if (is_first)
			print_tsv_names(out, answer);
		print_tsv_rows(out, answer);
		return;
	}
	for (size_t row = 0; row < answer->row_count; row++) {
		append_json_object(out, answer, row);
		buffer_append_byte(out, '\n');
	}
}

void
admin_print(struct buffer *out, enum admin_format format, const struct admin_answer *answer)
{
	if (format == ADMIN_FORMAT_JSON)
		print_json(out, answer);
	else if (format == ADMIN_FORMAT_TSV)
		admin_print_page(out, format, answer, true);
	else
		print_table(out, answer);
}
