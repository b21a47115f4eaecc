/*
 * Says what the hub said of a room to its members here, rendered once per dialect.
 */
#ifndef HUBBUB_GATEWAY_DELIVERY_H
#define HUBBUB_GATEWAY_DELIVERY_H

#include <stdbool.h>

#include "common/envelope.h"
#include "gateway/sessions.h"

/* A message. False without memory: a gap that nobody sees is worse than a new link. */
bool delivery_say(struct sessions *sessions, const struct envelope_deliver *deliver);

/* Somebody is writing. Not for who is behind, nor for itself. */
void delivery_typed(struct sessions *sessions, const struct envelope_typed *typed);

/* What is no longer kept of a room, to each member whose dialect wants to know. */
void delivery_gap(
    struct sessions *sessions, struct text room, const struct envelope_fetched *fetched);

#endif
