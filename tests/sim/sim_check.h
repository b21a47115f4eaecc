/*
 * The judge: holds what clients heard against what must be true.
 *
 * Room clients. Without faults: what client 0 heard is the one order of the room, and everybody
 * else heard exactly the part of it from their own joining on. Always: no message twice or left
 * out, every sender's messages in order, each answered exactly once, private mail only where it
 * belongs, lists true once all is quiet. What a gateway took is heard, also of who left before it
 * was; forgiven is what the store, or a gateway that holds too much or for too long, may have
 * refused, and what died with its gateway.
 *
 * Native clients. Always: every stream heard in order from the position on, exactly once, with
 * gaps only where messages were named as gone and could be; one message at one place, in every
 * ack, echo and store; an ack before its echo; each message answered once per connection; what was
 * refused nowhere; what was acknowledged in the store and with every member and recipient that is
 * there; what was taken in the lobby heard, whatever became of its sender; marks never back; the
 * same user after any restart; presence true once all is quiet.
 *
 * Direct clients. Always: what was not refused is heard, in order, by who it was for; nothing again
 * once its receipt has arrived.
 *
 * Not checked: private messages between room and native clients, several connections of one user,
 * history and paging, closing and renaming rooms. A user that came while the store refused may be
 * unknown later, and a receipt that the store refused may be lost; both are forgiven.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_CHECK_H
#define HUBBUB_TESTS_SIM_SIM_CHECK_H

#include "sim_world.h"

/* NULL if all holds, else a sentence, valid until the next call. */
const char *sim_check(struct sim_world *world);

/* Its part for native and direct clients. */
const char *sim_check_kept(struct sim_world *world);

/* Keeps a sentence until the next one. */
const char *sim_found(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool sim_is_message(const char *line);

/* Everything that anybody heard, as one number: equal runs give equal numbers. */
uint64_t sim_digest(const struct sim_world *world);

/* Changes what one client heard in a way that must be caught. */
void sim_lie(struct sim_world *world, const char *word);
bool sim_lie_is_known(const char *word);

#endif
