/*
 * The gateway's way to its hub: connects the Unix socket when the core asks and keeps the link's
 * socket. What is said over it, and when to try again, is the core's.
 */
#ifndef HUBBUB_GATEWAY_UPLINK_H
#define HUBBUB_GATEWAY_UPLINK_H

#include <stddef.h>

#include "common/link.h"
#include "common/log.h"
#include "gateway/gateway_core.h"
#include "gateway/loop.h"

struct uplink;

struct uplink_setup {
	struct loop *loop;
	const char *path; /* of the hub's socket; copied */
	struct link_limits limits;
	struct log *log;
};

/* NULL without memory. Connects only when it is asked to. */
struct uplink *uplink_create(const struct uplink_setup *setup);

/* The core hears no more of it. */
void uplink_destroy(struct uplink **uplink);

/* To be called before the loop runs. */
void uplink_set_core(struct uplink *uplink, struct gateway_core *core);

/* For struct gateway_core_setup. */
struct gateway_uplink uplink_effects(struct uplink *uplink);

/* Bytes that the kernel has not taken yet. */
size_t uplink_queued(const struct uplink *uplink);

/* Another number whenever the hub was heard, or looked for, since. */
uint64_t uplink_progress(const struct uplink *uplink);

#endif
