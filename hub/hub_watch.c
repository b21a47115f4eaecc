/*
 * When the hub is well, in words and for the watchdog: it is as long as its store gets on with
 * what it was given. Must not know who is told.
 */
#include "hub/hub_watch.h"

#include <stdio.h>
#include <sys/stat.h>

#include "common/service.h"
#include "hub/core_operator.h"

static bool
is_ready(void *context)
{
	(void)context;
	return true;
}

static void
write_status(void *context, char *line)
{
	const struct core_status status = core_status(context);

	snprintf(line, SERVICE_STATUS_SIZE, "%u gateways, %u clients, %u rooms%s", status.gateways,
	    status.clients, status.rooms, status.settling ? "; waits for gateways it knew" : "");
}

/*
 * Nobody hears anything that the store has not kept: a thread that hangs in the disk stops the chat
 * while the loop still turns.
 */
static size_t
read_signs(void *context, struct watchdog_sign *signs)
{
	const struct core *core = context;

	signs[0] = (struct watchdog_sign){
		.name = "the store",
		.waits = core_is_waiting(core),
		.progress = core_batches_ended(core),
	};
	return 1;
}

struct service_watch *
hub_watch_create(struct event_base *base, struct core *core, struct log *log)
{
	const struct service_watch_setup setup = {
		.base = base,
		.log = log,
		.ready = is_ready,
		.status = write_status,
		.signs = read_signs,
		.context = core,
	};

	return service_watch_create(&setup);
}

static uint64_t
size_of(const char *path, const char *suffix)
{
	struct stat facts;
	char name[1024];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &facts) == 0 && facts.st_size > 0 ? (uint64_t)facts.st_size : 0;
}

void
hub_watch_opens(const struct config_store *store)
{
	service_say_opening(size_of(store->path, "") + size_of(store->path, "-wal"));
}
