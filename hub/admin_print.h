/*
 * An answer as an aligned table for people, or as JSON or TSV for programs.
 * Which one is chosen once; commands do not know. Pure: bytes into a buffer.
 */
#ifndef HUBBUB_HUB_ADMIN_PRINT_H
#define HUBBUB_HUB_ADMIN_PRINT_H

#include <stdbool.h>

#include "common/buffer.h"
#include "hub/admin_answer.h"

enum admin_format { ADMIN_FORMAT_TABLE, ADMIN_FORMAT_JSON, ADMIN_FORMAT_TSV };

/*
 * Appends the whole answer. Foreign text is escaped so that a terminal shows it and does nothing
 * else. Table: local times, wide characters aligned (needs a UTF-8 LC_CTYPE), a single row as
 * "name  value" lines. JSON: an object for a single row, else an array of objects; times ISO 8601
 * in UTC. TSV: a line of names, then rows.
 */
void admin_print(struct buffer *out, enum admin_format format, const struct admin_answer *answer);

/*
 * The rows of one page of many: as JSON an object per line, without an array round them; as TSV
 * with names before the first page only.
 */
void admin_print_page(
    struct buffer *out, enum admin_format format, const struct admin_answer *answer, bool is_first);

/*
 * Events for people, one line each: when and what, what is known of it as name=value, and the event
 * in words. The first columns are the time and the event's word.
 */
void admin_print_events(struct buffer *out, const struct admin_answer *answer);

#endif
