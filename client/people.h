/*
 * Who is in which room, as far as the server told, and who was heard: to find
 * whom a person means by a name.
 */
#ifndef HUBBUB_CLIENT_PEOPLE_H
#define HUBBUB_CLIENT_PEOPLE_H

#include "client/frame.h"

struct people;

/* At most `max` places in rooms are kept; who comes after that is not found by name. */
struct people *people_create(size_t max);
void people_destroy(struct people **people);

/* Learns from a presence, a message or a `left`. */
void people_heard(struct people *people, const struct frame *frame);

/* Forgets all, as before another connection. */
void people_clear(struct people *people);

enum people_found { PEOPLE_NONE, PEOPLE_ONE, PEOPLE_SEVERAL };

/*
 * Whom `words` begins with: the longest name before a blank. *user_out is the id, which lasts until
 * the next change, *rest_out what follows.
 */
enum people_found people_find(
    const struct people *people, struct text words, struct text *user_out, struct text *rest_out);

/* True if the user is in the room, as far as is known. */
bool people_has(const struct people *people, struct text room, struct text user);

/* A name of the user's; without data if none is known. */
struct text people_name(const struct people *people, struct text user);

#endif
