/*
 * Writes and reads the lines between hubctl and the hub. Owns escapes and the
 * names of types and ends; knows no command and no socket. Every byte read
 * here may come from anybody who can open the socket.
 */
#include "hub/admin_protocol.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GREETING "hubctl"

static const char *const type_names[ADMIN_TYPE_COUNT] = {
	[ADMIN_TYPE_TEXT] = "text",
	[ADMIN_TYPE_LIST] = "list",
	[ADMIN_TYPE_NUMBER] = "number",
	[ADMIN_TYPE_TIME] = "time",
	[ADMIN_TYPE_BOOL] = "bool",
};

static const char *const end_names[ADMIN_END_COUNT] = {
	[ADMIN_END_DONE] = "done",
	[ADMIN_END_REFUSED] = "refused",
	[ADMIN_END_USAGE] = "usage",
	[ADMIN_END_VERSION] = "version",
};

/* The letter of an escape and the byte it stands for. */
static const struct {
	char letter;
	char byte;
} escapes[] = { { 't', '\t' }, { 'n', '\n' }, { 'r', '\r' }, { '\\', '\\' } };

#define ESCAPES (sizeof(escapes) / sizeof(escapes[0]))

static bool
is_control(char byte)
{
	return (unsigned char)byte < 0x20 || byte == 0x7f;
}

static void
append_byte(struct buffer *out, char byte)
{
	for (size_t i = 0; i < ESCAPES; i++) {
		if (escapes[i].byte == byte) {
			buffer_append_byte(out, '\\');
			buffer_append_byte(out, (uint8_t)escapes[i].letter);
			return;
		}
	}
	buffer_printf(out, "\\x%02x", (unsigned char)byte);
}

static void
append_field(struct buffer *out, struct text field)
{
	size_t done = 0;

	if (field.data == NULL) {
		buffer_append_string(out, "\\N");
		return;
	}
	for (size_t i = 0; i < field.length; i++) {
		if (!is_control(field.data[i]) && field.data[i] != '\\')
			continue;
		buffer_append(out, field.data + done, i - done);
		append_byte(out, field.data[i]);
		done = i + 1;
	}
	if (done < field.length)
		buffer_append(out, field.data + done, field.length - done);
}

static void
append_next_field(struct buffer *out, struct text field)
{
	buffer_append_byte(out, '\t');
	append_field(out, field);
}

void
admin_fields_init(struct admin_fields *fields)
{
	fields->count = 0;
	buffer_init(&fields->bytes, 0);
}

void
admin_fields_free(struct admin_fields *fields)
{
	fields->count = 0;
	buffer_free(&fields->bytes);
}

static int
hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return -1;
}

/* The byte that the escape behind a backslash stands for; bytes of it, 0 if there is no such. */
static size_t
read_escape(struct text rest, char *byte_out)
{
	if (rest.length == 0)
		return 0;
	for (size_t i = 0; i < ESCAPES; i++) {
		if (escapes[i].letter == rest.data[0]) {
			*byte_out = escapes[i].byte;
			return 1;
		}
	}
	if (rest.data[0] != 'x' || rest.length < 3 || hex_digit(rest.data[1]) < 0 ||
	    hex_digit(rest.data[2]) < 0)
		return 0;
	*byte_out = (char)(unsigned char)(hex_digit(rest.data[1]) * 16 + hex_digit(rest.data[2]));
	return 3;
}

/* Writes the field's bytes to `to`, which has room for as many as the field has. */
static bool
read_field(struct text field, char *to, struct text *value_out)
{
	size_t length = 0;

	if (text_equal(field, TEXT("\\N"))) {
		*value_out = (struct text){ NULL, 0 };
		return true;
	}
	for (size_t i = 0; i < field.length; i++) {
		char byte = field.data[i];

		if (is_control(byte))
			return false;
		if (byte == '\\') {
			struct text rest = { field.data + i + 1, field.length - i - 1 };
			size_t used = read_escape(rest, &byte);

			if (used == 0)
				return false;
			i += used;
		}
		to[length++] = byte;
	}
	*value_out = (struct text){ to, length };
	return true;
}

bool
admin_fields_read(struct admin_fields *fields, struct text line)
{
	char *to;

	fields->count = 0;
	buffer_clear(&fields->bytes);
	/* One byte more, so that even an empty line has somewhere to point to. */
	to = buffer_reserve(&fields->bytes, line.length + 1);
	if (to == NULL)
		return false;
	for (;;) {
		const char *tab = line.length > 0 ? memchr(line.data, '\t', line.length) : NULL;
		size_t length = tab != NULL ? (size_t)(tab - line.data) : line.length;
		struct text *field = &fields->fields[fields->count];

		if (fields->count == ADMIN_FIELDS_MAX ||
		    !read_field((struct text){ line.data, length }, to, field))
			return false;
		to += field->length;
		fields->count++;
		if (tab == NULL)
			return true;
		line = (struct text){ tab + 1, line.length - length - 1 };
	}
}

struct admin_cell
admin_cell_text(struct text value)
{
	return (struct admin_cell){ .text = value };
}

struct admin_cell
admin_cell_string(const char *value)
{
	return admin_cell_text(text_of(value));
}

struct admin_cell
admin_cell_number(uint64_t value)
{
	return (struct admin_cell){ .number = value };
}

struct admin_cell
admin_cell_time(int64_t wall_ms)
{
	return (struct admin_cell){ .number = wall_ms > 0 ? (uint64_t)wall_ms : 0 };
}

struct admin_cell
admin_cell_bool(bool value)
{
	return (struct admin_cell){ .number = value };
}

struct admin_cell
admin_cell_nothing(void)
{
	return (struct admin_cell){ .is_nothing = true };
}

void
admin_write_request(
    struct buffer *out, struct text software, const struct text *words, unsigned count)
{
	buffer_printf(out, "%s\t%d", GREETING, ADMIN_PROTOCOL_VERSION);
	append_next_field(out, software);
	for (unsigned i = 0; i < count; i++)
		append_next_field(out, words[i]);
	buffer_append_byte(out, '\n');
}

void
admin_write_columns(
    struct buffer *out, const struct admin_column *columns, unsigned count, bool single)
{
	buffer_printf(out, "columns\t%s", single ? "row" : "rows");
	for (unsigned i = 0; i < count; i++)
		buffer_printf(out, "\t%s:%s", columns[i].name, type_names[columns[i].type]);
	buffer_append_byte(out, '\n');
}

void
admin_write_row(struct buffer *out, const struct admin_column *columns,
    const struct admin_cell *cells, unsigned count)
{
	buffer_append_string(out, "row");
	for (unsigned i = 0; i < count; i++) {
		if (cells[i].is_nothing)
			append_next_field(out, (struct text){ 0 });
		else if (columns[i].type == ADMIN_TYPE_TEXT || columns[i].type == ADMIN_TYPE_LIST)
			append_next_field(out, cells[i].text);
		else if (columns[i].type == ADMIN_TYPE_BOOL)
			append_next_field(out, text_of(cells[i].number != 0 ? "true" : "false"));
		else
			buffer_printf(out, "\t%" PRIu64, cells[i].number);
	}
	buffer_append_byte(out, '\n');
}

void
admin_write_end(struct buffer *out, enum admin_end end, struct text sentence)
{
	buffer_append_string(out, end_names[end]);
	if (!text_is_empty(sentence))
		append_next_field(out, sentence);
	buffer_append_byte(out, '\n');
}

void
admin_write_version(struct buffer *out, struct text software)
{
	buffer_printf(out, "%s\t%d", end_names[ADMIN_END_VERSION], ADMIN_PROTOCOL_VERSION);
	append_next_field(out, software);
	buffer_append_byte(out, '\n');
}

void
admin_write_wait(struct buffer *out)
{
	buffer_append_string(out, "wait\n");
}

/* Looks at the greeting and the number behind it, which every version has. */
static enum admin_heard
read_greeting(struct text line)
{
	struct text greeting = TEXT(GREETING "\t");
	uint64_t version;
	struct text number;
	const char *tab;

	if (line.length < greeting.length ||
	    !text_equal((struct text){ line.data, greeting.length }, greeting))
		return ADMIN_HEARD_NOISE;
	number = (struct text){ line.data + greeting.length, line.length - greeting.length };
	tab = number.length > 0 ? memchr(number.data, '\t', number.length) : NULL;
	if (tab != NULL)
		number.length = (size_t)(tab - number.data);
	if (!text_to_u64(number, &version))
		return ADMIN_HEARD_NOISE;
	return version == ADMIN_PROTOCOL_VERSION ? ADMIN_HEARD_REQUEST : ADMIN_HEARD_OTHER_VERSION;
}

enum admin_heard
admin_read_request(struct admin_fields *fields, struct text line)
{
	enum admin_heard heard = read_greeting(line);

	if (heard != ADMIN_HEARD_REQUEST)
		return heard;
	if (!admin_fields_read(fields, line) || fields->count < ADMIN_REQUEST_WORDS)
		return ADMIN_HEARD_NOISE;
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->fields[i].data == NULL)
			return ADMIN_HEARD_NOISE;
	}
	return ADMIN_HEARD_REQUEST;
}

static bool
find_name(struct text name, const char *const *names, unsigned count, unsigned *index_out)
{
	for (unsigned i = 0; i < count; i++) {
		if (names[i] != NULL && text_equal(name, text_of(names[i]))) {
			*index_out = i;
			return true;
		}
	}
	return false;
}

bool
admin_type_of_name(struct text name, enum admin_type *type_out)
{
	unsigned found;

	if (!find_name(name, type_names, ADMIN_TYPE_COUNT, &found))
		return false;
	*type_out = (enum admin_type)found;
	return true;
}

bool
admin_end_of_name(struct text name, enum admin_end *end_out)
{
	unsigned found;

	if (!find_name(name, end_names, ADMIN_END_COUNT, &found))
		return false;
	*end_out = (enum admin_end)found;
	return true;
}
