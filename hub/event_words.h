/*
 * Events in words, for people who ask why.
 */
#ifndef HUBBUB_HUB_EVENT_WORDS_H
#define HUBBUB_HUB_EVENT_WORDS_H

#include "common/buffer.h"
#include "hub/events.h"

/* Appends one sentence without its end, e.g. "its gateway closed it with 1013: slow reader". */
void event_words(struct buffer *out, const struct event *event);

#endif
