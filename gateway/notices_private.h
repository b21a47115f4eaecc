/*
 * What notices.c, notices_operator.c and crowd.c share, for them alone.
 */
#ifndef HUBBUB_GATEWAY_NOTICES_PRIVATE_H
#define HUBBUB_GATEWAY_NOTICES_PRIVATE_H

#include "gateway/notices.h"

uint64_t notices_now_ms(const struct notices *notices);

/* The room's, NULL if nobody here is in it. */
struct channel *notices_first_channel(struct notices *notices, struct text name);

/* A change of the roster as users see it: differences, and partners that leave. */
void notices_user_joined(struct notices *notices, const struct envelope_entered *entered);
void notices_user_left(struct notices *notices, struct text room);

/* Says notices->payload to the whole channel; the second one counts it. */
void notices_say_to(struct notices *notices, struct channel *channel);
void notices_put(struct notices *notices, struct channel *channel, enum presence_metric kind);

/* The same to one client. */
void notices_send(
    struct notices *notices, struct session *session, enum presence_metric kind, bool shortened);

/* notices_tick looks at it from now on. */
void notices_pend(struct notices *notices, struct channel *channel);

#endif
