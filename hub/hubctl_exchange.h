/* One request to the hub and its answer, as bytes. */
#ifndef HUBBUB_HUB_HUBCTL_EXCHANGE_H
#define HUBBUB_HUB_HUBCTL_EXCHANGE_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/text.h"

/*
 * Connects to the socket at `path`, sends `request` and appends all that the hub says until it
 * closes. False with the reason in `sentence`: nobody is there, or the hub was silent for
 * `timeout_seconds`. What came until then is in `said` all the same.
 */
bool hubctl_exchange(const char *path, unsigned timeout_seconds, struct text request,
    struct buffer *said, struct buffer *sentence);

/* Takes bytes as they come; false: that was enough. */
typedef bool hubctl_take_fn(void *context, struct text said);

/* The same for an answer that may have no end: hands over what comes. */
bool hubctl_exchange_follow(const char *path, unsigned timeout_seconds, struct text request,
    hubctl_take_fn *take, void *context, struct buffer *sentence);

#endif
