/*
 * What hubctl and the hub say to each other: lines of fields between tabs, one
 * request and one answer per connection. Shared by both ends; pure.
 *
 *   hubctl <tab> 1 <tab> SOFTWARE <tab> WORD ...         the request
 *   columns <tab> row|rows <tab> NAME:TYPE ...           the answer, if it has any rows
 *   row <tab> CELL ...
 *   wait                                                 an answer will come; often
 *   done [<tab> NEXT] | refused <tab> SENTENCE | usage <tab> SENTENCE
 *   version <tab> 1 <tab> SOFTWARE
 *
 * The last line ends the answer and the hub closes. In fields, \t \n \r \\ and \xNN stand for bytes
 * that a line cannot carry; a field \N is no value. The number 1 changes when an older reader would
 * misread a line; what stands before it never does.
 */
#ifndef HUBBUB_HUB_ADMIN_PROTOCOL_H
#define HUBBUB_HUB_ADMIN_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/text.h"

#define ADMIN_PROTOCOL_VERSION 1
#define ADMIN_REQUEST_BYTES_MAX 65536
#define ADMIN_FIELDS_MAX 32
#define ADMIN_COLUMNS_MAX 16

/* Numbers are unsigned; times are milliseconds since the Unix epoch; lists are blank-separated. */
enum admin_type {
	ADMIN_TYPE_TEXT,
	ADMIN_TYPE_LIST,
	ADMIN_TYPE_NUMBER,
	ADMIN_TYPE_TIME,
	ADMIN_TYPE_BOOL,
	ADMIN_TYPE_COUNT
};

/* Names are a contract with scripts: a-z and _. */
struct admin_column {
	const char *name;
	enum admin_type type;
};

/* Read by its column's type: `text` for texts and lists (no data: no value), else `number`. */
struct admin_cell {
	struct text text;
	uint64_t number;
	bool is_nothing; /* no value, whatever the type */
};

/* How an answer ends. */
enum admin_end {
	ADMIN_END_NONE,
	ADMIN_END_DONE,
	ADMIN_END_REFUSED,
	ADMIN_END_USAGE,
	ADMIN_END_VERSION, /* the other side speaks another version */
	ADMIN_END_COUNT
};

/* A line taken apart. Fields without a value have no data; the others point into `bytes`. */
struct admin_fields {
	struct text fields[ADMIN_FIELDS_MAX];
	unsigned count;
	struct buffer bytes;
};

void admin_fields_init(struct admin_fields *fields);
void admin_fields_free(struct admin_fields *fields);

/* Reads a line without its end. False: too many fields, a control byte, an escape unknown. */
bool admin_fields_read(struct admin_fields *fields, struct text line);

struct admin_cell admin_cell_text(struct text value);
struct admin_cell admin_cell_string(const char *value);
struct admin_cell admin_cell_number(uint64_t value);
struct admin_cell admin_cell_time(int64_t wall_ms);
struct admin_cell admin_cell_bool(bool value);
struct admin_cell admin_cell_nothing(void);

/* Each appends one line. */
void admin_write_request(
    struct buffer *out, struct text software, const struct text *words, unsigned count);
/* `single`: exactly one row will follow. */
void admin_write_columns(
    struct buffer *out, const struct admin_column *columns, unsigned count, bool single);
void admin_write_row(struct buffer *out, const struct admin_column *columns,
    const struct admin_cell *cells, unsigned count);
/*
 * For every end but ADMIN_END_VERSION; the sentence is left out where there is none. A page that
 * is done carries where the next one begins.
 */
void admin_write_end(struct buffer *out, enum admin_end end, struct text sentence);
void admin_write_version(struct buffer *out, struct text software);
void admin_write_wait(struct buffer *out);

/* What a request line is. */
enum admin_heard {
	ADMIN_HEARD_REQUEST, /* words from fields[ADMIN_REQUEST_WORDS] on */
	ADMIN_HEARD_OTHER_VERSION,
	ADMIN_HEARD_NOISE,
};

#define ADMIN_REQUEST_WORDS 3

/* Reads a request line without its end. A word without a value is noise. */
enum admin_heard admin_read_request(struct admin_fields *fields, struct text line);

/* The type or end with that name; false if there is none. */
bool admin_type_of_name(struct text name, enum admin_type *type_out);
bool admin_end_of_name(struct text name, enum admin_end *end_out);

#endif
