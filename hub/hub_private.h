/*
 * The parts of the hub's process, for hub.c and hub_reload.c alone.
 */
#ifndef HUBBUB_HUB_HUB_PRIVATE_H
#define HUBBUB_HUB_HUB_PRIVATE_H

#include "common/metrics.h"
#include "common/reload.h"
#include "common/status_http.h"
#include "hub/admin_socket.h"
#include "hub/core.h"
#include "hub/gateways.h"
#include "hub/hub.h"
#include "hub/hub_watch.h"
#include "hub/record.h"

enum hub_signal { HUB_TERM, HUB_INT, HUB_HUP, HUB_SIGNALS };

struct hub {
	struct hub_setup setup;
	struct event_base *base;
	struct reload *reload;
	struct metrics *metrics;
	struct metric *turn_seconds;
	struct metric *turn_longest;
	struct store *store;
	struct bus *bus;
	struct gateways *gateways;
	struct core *core;
	struct allowed_users fresh_users; /* of a reload that is being prepared */
	struct record *record;            /* NULL: nothing is recorded */
	struct admin_socket *admin;
	struct status_http *status;
	struct service_watch *watch;
	struct event *turn;  /* made active when the core was told something */
	struct event *clock; /* the core's own deadline                      */
	struct event *second;
	struct event *kept; /* the store has something to tell */
	struct event *signals[HUB_SIGNALS];
	uint64_t turn_began_us;   /* 0: none is under way */
	unsigned restart_seconds; /* for which the next life has been awaited */
	bool listening;
	bool stopping;
	bool broken; /* the store says that going on would risk what was promised */
};

/* What the core may take of anything. */
struct core_limits hub_core_limits(const struct config *config);

/* Gets ready for reloads; false without memory. */
bool hub_watch_settings(struct hub *hub);

#endif
