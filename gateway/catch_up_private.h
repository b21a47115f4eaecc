/*
 * What catch_up.c and catch_up_answers.c share.
 */
#ifndef HUBBUB_GATEWAY_CATCH_UP_PRIVATE_H
#define HUBBUB_GATEWAY_CATCH_UP_PRIVATE_H

#include "gateway/catch_up.h"

/* Its inbox is heard up to here. */
void catch_up_move_inbox(struct session *session, uint64_t epoch, uint64_t seq);

/* Finds somebody who fetches for the room's members, if nobody does. */
void catch_up_nudge(struct sessions *sessions, const struct room_position *room);

/* The room has come as far as it could: those who waited for it go on. */
void catch_up_wake(struct room_position *position);

/* The hub could not answer: it is asked again later, not at once and for ever. */
void catch_up_rest(struct session *session);

/* No FETCH is under way any more. */
void catch_up_end_fetch(struct session_more *more);

#endif
