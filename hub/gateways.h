/*
 * Gateways' links on the event loop: listens, lets in who may come, carries envelopes to the core
 * and frames back.
 */
#ifndef HUBBUB_HUB_GATEWAYS_H
#define HUBBUB_HUB_GATEWAYS_H

#include <event2/event.h>

#include "common/config.h"
#include "common/log.h"
#include "common/metrics.h"
#include "hub/allowed_users.h"
#include "hub/core.h"

struct gateways;
struct record;
struct service_sockets;

struct gateways_setup {
	struct event_base *base;
	size_t queue_bytes;      /* waiting for one gateway at most */
	struct log *log;         /* borrowed; may be NULL */
	struct metrics *metrics; /* borrowed; may be NULL */
	struct record *record;   /* borrowed; NULL: nothing is recorded */
	/* Where a socket may be that was handed over, as "hub"; borrowed, may be NULL. */
	struct service_sockets *inherited;
	/* The core was told something: the owner ends the turn soon. Never calls back. */
	void (*changed)(void *context);
	/* The last link is over after gateways_stop. */
	void (*stopped)(void *context);
	void *context;
};

/* Listens nowhere yet. NULL without memory. */
struct gateways *gateways_create(const struct gateways_setup *setup);

/* What the core needs of us. */
struct core_links gateways_links(struct gateways *gateways);

/*
 * Opens the hub's socket for the core, which must outlive the links. False with one sentence in
 * `error`.
 */
bool gateways_listen(struct gateways *gateways, struct core *core, const struct config_hub *config,
    char *error, size_t error_size);

/* Where it listens, which whoever handed the socket over has chosen. */
const char *gateways_path(const struct gateways *gateways);

/* Others may connect from now on; copied. Links of those who no longer may go on. */
void gateways_allow(struct gateways *gateways, const struct allowed_users *users);

/* Lets nobody in any more and says goodbye to everybody; `stopped` follows from the loop. */
void gateways_stop(struct gateways *gateways);

/* Cuts what is left and removes the socket file. */
void gateways_destroy(struct gateways **gateways);

#endif
