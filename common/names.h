/*
 * Display names: free text from strangers made fit to be shown. The only
 * user of utf8proc. Names are shown, never used as keys.
 */
#ifndef HUBBUB_COMMON_NAMES_H
#define HUBBUB_COMMON_NAMES_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/text.h"

/*
 * Appends `raw` to `out` as a display name: NFC, without control, bidi,
 * zero-width and unassigned characters, blanks at both ends cut, at most
 * `code_points_max` code points. What is left may be empty: the caller then
 * gives a name of its own. False without memory or for malformed UTF-8.
 */
bool names_clean(struct text raw, size_t code_points_max, struct buffer *out);

/*
 * Appends `raw` in NFC as an id that strangers may choose: 1 to `code_points_max` code points, all
 * of them seen, no blank at either end. False for anything else, and without memory: what
 * names_clean would take out of a name for being unseen would make two ids of one here.
 */
bool names_key(struct text raw, size_t code_points_max, struct buffer *out);

/* Room names: 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit. */
bool names_is_room(struct text name);

#endif
