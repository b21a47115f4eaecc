/*
 * The certificates of all listeners: in force, or ready to be; how long each is good, in the log
 * and in the metrics. Files are read when they are loaded, never by a client's doing.
 */
#ifndef HUBBUB_GATEWAY_CERTIFICATES_H
#define HUBBUB_GATEWAY_CERTIFICATES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/log.h"
#include "common/metrics.h"
#include "gateway/tls.h"

struct certificates;

/* Whether all can be put in force; an expired one is a mistake, too. */
void certificates_check(
    const struct config *config, struct now now, struct config_mistakes *mistakes);

struct certificates_setup {
	const struct config *config; /* borrowed for the time of the call */
	struct log *log;
	struct metrics *metrics;
	struct now now;
};

/* They are in force. NULL with a sentence. */
struct certificates *certificates_create(
    const struct certificates_setup *setup, char *error, size_t error_size);
void certificates_destroy(struct certificates **certificates);

/*
 * Where the one of the config's listener `i` is found, which a commit changes; NULL if it speaks no
 * TLS.
 */
const struct tls *const *certificates_place(const struct certificates *certificates, unsigned i);

/* True if any listener speaks TLS. */
bool certificates_are_there(const struct certificates *certificates);

/*
 * Reads those of a new configuration. False with mistakes, and nothing is prepared: one of them
 * is bad, has expired and is another one than is in force, or a listener would begin or cease to
 * speak TLS, which only a restart does.
 */
bool certificates_prepare(struct certificates *certificates, const struct config *config,
    struct now now, struct config_mistakes *mistakes);

/* Puts what was prepared in force; who is connected stays with what it has. */
void certificates_commit(struct certificates *certificates, struct now now);

/* Forgets what was prepared. */
void certificates_abandon(struct certificates *certificates);

/* In each turn: a warning a day if one of them expires soon. */
void certificates_turn(struct certificates *certificates, struct now now);

#endif
