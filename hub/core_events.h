/*
 * What the core's files note of their doings for operators; see events.h.
 */
#ifndef HUBBUB_HUB_CORE_EVENTS_H
#define HUBBUB_HUB_CORE_EVENTS_H

#include "common/outcomes.h"
#include "hub/core_state.h"
#include "hub/events.h"

/* An event of that client, with what is known of it; the caller adds the rest and notes it. */
struct event core_event(
    const struct core *core, const struct client *client, struct now now, enum event_kind kind);

/* Of a client, in a room or, with the empty text, in none. */
void core_note(struct core *core, const struct client *client, struct now now, enum event_kind kind,
    struct text room);

/* A client that has no place here: only its OPEN says who it is. */
void core_note_not_opened(struct core *core, const struct gateway *gateway, struct now now,
    const struct envelope_open *open, enum event_kind kind, enum outcome_code code);

/* A command or JOIN of a client was not carried out. */
void core_note_refused(struct core *core, const struct client *client, struct now now,
    struct text room, enum outcome_code code);

/* A message of so many bytes, for a room or a user, if anybody watches. */
void core_note_said(struct core *core, const struct client *client, struct now now,
    enum event_kind kind, struct text where, struct text content);

/* It has its private messages up to that one. */
void core_note_read(struct core *core, const struct client *client, struct now now, uint64_t seq);

/* Of a gateway: to all its clients, `count` of them. */
void core_note_gateway(struct core *core, const char *name, struct now now, enum event_kind kind,
    uint64_t count, const char *reason);

#endif
