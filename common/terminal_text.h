/*
 * Foreign text made fit for a terminal, where a control byte is a
 * command and an invisible character a lie.
 */
#ifndef HUBBUB_COMMON_TERMINAL_TEXT_H
#define HUBBUB_COMMON_TERMINAL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/text.h"

/*
 * True for well-formed UTF-8 without unsafe code points: those that could move the cursor, hide or
 * reorder text.
 */
bool terminal_text_is_plain(struct text text);

/*
 * Appends text for people: \t, \n and \r, \xNN for other control bytes and malformed ones, \uNNNN
 * for other unsafe code points. A backslash stays one.
 */
void terminal_text_show(struct buffer *out, struct text foreign);

/* The same with every backslash doubled, so that programs can tell what was there. */
void terminal_text_escape(struct buffer *out, struct text foreign);

/* Appends what terminal_text_show makes of it, in double quotes and cut when long. */
void terminal_text_quote(struct buffer *out, struct text foreign);

/*
 * Columns that shown text takes on a terminal; wide East Asian characters take two. Needs a UTF-8
 * LC_CTYPE; characters that the C library does not know count as one.
 */
size_t terminal_text_columns(struct text shown);

#endif
