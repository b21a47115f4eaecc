/*
 * Catching up with streams by FETCH: a client with what it missed of its inbox or of a room that it
 * is in, or all members of a room here with what was said while there was no link. A client has one
 * FETCH under way at a time, and its own are paced by what it reads.
 */
#ifndef HUBBUB_GATEWAY_CATCH_UP_H
#define HUBBUB_GATEWAY_CATCH_UP_H

#include <stdbool.h>

#include "common/envelope.h"
#include "gateway/sessions.h"

/* Messages of one part. */
#define CATCH_UP_LIMIT 256u

/* No further part while so much waits for the client. */
#define CATCH_UP_QUEUE (64u * 1024u)

/* What could not be answered is asked again so much later. */
#define CATCH_UP_REST_MS 1000u

/* Sends the next FETCH that the client needs, if none is under way and it may. */
void catch_up_next(struct session *session);

/* From here on it hears its inbox from behind `position`; the inbox stands at `end`. */
void catch_up_inbox(struct session *session, struct position position, struct position end);

/* The inbox stands at `end`, as a new link tells; a `position` of nothing ever said is (0, 0). */
void catch_up_inbox_again(struct session *session, struct position end);

/* True if a whisper at (epoch, seq) is to be handed out now. */
bool catch_up_inbox_takes(struct session *session, uint64_t epoch, uint64_t seq);

/* A private message went out: dialects with pong_receipts owe a receipt. */
void catch_up_sent(struct session *session, uint64_t seq);

/* A room of a session goes on, or begins, to be heard from behind room->heard. */
void catch_up_room(struct session *session, struct session_room *room);

/* The room stands at `end`, as a JOINED tells: what its members here missed is fetched. */
void catch_up_channel(struct sessions *sessions, struct room_position *room, struct position end);

/* A message of a room: true if its members here hear it now. */
bool catch_up_channel_takes(
    struct sessions *sessions, struct room_position *room, const struct envelope_deliver *deliver);

/* Answers. A part that nobody waits for any more is ignored. False without memory. */
bool catch_up_item(struct session *session, const struct envelope_item *item);
void catch_up_fetched(struct session *session, const struct envelope_fetched *fetched);

/* The link is lost: what was under way is asked again on the next. */
void catch_up_link_lost(struct session *session);

/* The session leaves a room, or all: somebody else reads for its members. */
void catch_up_forget_room(struct session *session, struct session_room *room);
void catch_up_left(struct sessions *sessions, struct session *session, struct room_position *room);
void catch_up_stop(struct session *session);

/* Those who rested long enough ask again; when the next has (monotonic; UINT64_MAX: nobody). */
void catch_up_tick(struct sessions *sessions);
uint64_t catch_up_deadline_ms(const struct sessions *sessions);

#endif
