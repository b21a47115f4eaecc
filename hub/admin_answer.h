/*
 * hubctl's end of an answer: the lines of the hub checked and kept as typed
 * columns and rows. Pure; the hub is not trusted more than its socket.
 */
#ifndef HUBBUB_HUB_ADMIN_ANSWER_H
#define HUBBUB_HUB_ADMIN_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/text.h"
#include "hub/admin_protocol.h"

struct admin_answer {
	enum admin_type types[ADMIN_COLUMNS_MAX];
	unsigned column_count;
	bool single; /* made to have exactly one row */
	size_t row_count;
	enum admin_end end;
	struct buffer sentence; /* of the end; for ADMIN_END_VERSION the hub's software, for
				   ADMIN_END_DONE where the next page begins */
	struct buffer bytes;    /* all names and values */
	struct buffer spans;    /* where in `bytes` each begins and ends: names first */
};

void admin_answer_init(struct admin_answer *answer);
void admin_answer_free(struct admin_answer *answer);

/*
 * Reads everything the hub said. False if it is not an answer: a line that the protocol does not
 * have, a value of the wrong type, bytes behind the end, no memory. Without an end line the bytes
 * were cut short: true, and `end` is ADMIN_END_NONE.
 */
bool admin_answer_read(struct admin_answer *answer, struct text said);

/*
 * The same for some lines of it, as they come: what has no line's end yet is left, and *used_out
 * says where it begins. Rows may be dropped in between; the columns stay.
 */
bool admin_answer_add(struct admin_answer *answer, struct text said, size_t *used_out);
void admin_answer_drop_rows(struct admin_answer *answer);

/* Starts an answer of hubctl's own: one row, `end` ADMIN_END_DONE. False without memory. */
bool admin_answer_make(struct admin_answer *answer, const struct admin_column *columns,
    const struct admin_cell *cells, unsigned count);

struct text admin_answer_name(const struct admin_answer *answer, unsigned column);

/* As it was written, checked to be of its column's type; no data if there is no value. */
struct text admin_answer_value(const struct admin_answer *answer, size_t row, unsigned column);

#endif
