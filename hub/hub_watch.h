/* What the service manager is told of the hub. */
#ifndef HUBBUB_HUB_HUB_WATCH_H
#define HUBBUB_HUB_HUB_WATCH_H

#include "common/config.h"
#include "common/log.h"
#include "common/service_watch.h"
#include "hub/core.h"

/* For a hub that listens: the start is over with the loop's first turn. NULL without memory. */
struct service_watch *hub_watch_create(struct event_base *base, struct core *core, struct log *log);

/* Before the store is opened, which takes the longer the more there is to be read. */
void hub_watch_opens(const struct config_store *store);

#endif
