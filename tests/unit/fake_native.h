/* A native client on a fake session, and what its tests ask again and again. */
#ifndef HUBBUB_TESTS_UNIT_FAKE_NATIVE_H
#define HUBBUB_TESTS_UNIT_FAKE_NATIVE_H

#include "fake_session.h"

#define FAKE_NOON_MS 1741928740123 /* 2025-03-14 05:05:40.123 UTC */

/* Has said nothing. */
void fake_native_open(struct session *session);

/* The hub took its hello: user and client bf0c711b, inbox [77,9], read up to 7. */
void fake_native_online(struct session *session, bool resumed);
void fake_native_joined(
    struct session *session, const char *room, uint64_t epoch, uint64_t seq, uint32_t members);

/* Open, online and welcome in the room lobby; what it was told is forgotten. */
void fake_native_welcome(struct session *session);

void fake_native_assert_begins(const char *frame, const char *with);

/* The n-th reply is an error with that code and id; NULL for none. */
void fake_native_assert_error(
    const struct session *session, unsigned n, const char *code, const char *id);

#endif
