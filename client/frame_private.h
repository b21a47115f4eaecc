/* Between the files of frame.h: nobody else includes it. */
#ifndef HUBBUB_CLIENT_FRAME_PRIVATE_H
#define HUBBUB_CLIENT_FRAME_PRIVATE_H

#include "client/frame.h"

/* Makes it a FRAME_BAD; `what` and `key` are put together as its reason. */
void frame_spoil(struct frame *frame, const char *what, const char *key);

void frame_read_native(struct frame *frame, const struct json_node *object);
void frame_read_room(struct frame *frame, const struct json_node *object);

/* Appends ,"key":[...] for a list of the table. */
void frame_write_list(const struct frame *frame, const char *key, struct buffer *out);

#endif
