/* Frames as lines for people. Whatever is foreign in them has become harmless. */
#ifndef HUBBUB_CLIENT_RENDER_H
#define HUBBUB_CLIENT_RENDER_H

#include "client/session.h"

struct render {
	bool color;
	struct text room; /* the present one, which is not named on every line */
	const struct people *people;
	struct text user; /* oneself */
	int64_t wall_ms;
};

/* Appends lines with their ends; nothing for what people need not see. */
void render_frame(const struct render *look, const struct frame *frame, struct buffer *out);
void render_state(const struct render *look, const struct session_state *state, struct buffer *out);
void render_unsent(const struct render *look, const struct outbox_entry *entry, struct text code,
    struct text why, struct buffer *out);

/* A word of the program's own, which may be several lines. */
void render_notice(const struct render *look, struct text words, struct buffer *out);

/* One sentence why it is over, of foreign words made harmless. */
void render_ending(const struct session_state *state, struct buffer *out);

/* The same for programs: one JSON object and a line end each. */
void render_json_frame(const struct frame *frame, struct buffer *out);
void render_json_state(const struct session_state *state, struct buffer *out);
void render_json_unsent(
    const struct outbox_entry *entry, struct text code, struct text why, struct buffer *out);

#endif
