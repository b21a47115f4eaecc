/*
 * What operators are told of clients that only a gateway sees. Bounded: whatever happens here, the
 * hub hears of so much of it and of how much it did not hear.
 */
#ifndef HUBBUB_GATEWAY_REPORTS_H
#define HUBBUB_GATEWAY_REPORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"
#include "gateway/ratelimit.h"

#define REPORTS_PER_SECOND 20u
#define REPORTS_BURST 100u

/* Who has not proved who it is, whether it was told so by HTTP or not. */
#define REPORTS_UNAUTHORIZED 401u

/* Of each text of a report. */
#define REPORTS_TEXT_MAX 128u

struct reports {
	struct ratelimit bucket;
	uint32_t missed; /* since the last that was told */
};

void reports_init(struct reports *reports, uint64_t now_ms);

/* One more: true if it may be told, with how many were not before it. Else it is counted. */
bool reports_take(struct reports *reports, uint64_t now_ms, uint32_t *missed_out);

/* It cannot be told at all. */
void reports_miss(struct reports *reports);

/* Whom a report is about, "REALM/ID"; empty if that does not fit as a whole: half is another. */
struct text reports_user(struct text realm, struct text id, char out[REPORTS_TEXT_MAX]);

/* A text from outside as a report may have it: short, UTF-8, without control characters. */
struct text reports_clean(struct text text, char out[REPORTS_TEXT_MAX]);

#endif
