/*
 * What the hub does with settings that are read again while it runs. Owns the list of who takes
 * part; how a reload goes is reload.c's, what may change at all stands in config_schema.c.
 */
#include "hub/hub_private.h"

/* A gateway has missed its hub for longer than this before anything is decided without it. */
#define SETTLE_MS 2000u

/* Bytes of one code point at most: limits count those. */
#define UTF8_MAX 4u

struct core_limits
hub_core_limits(const struct config *config)
{
	return (struct core_limits){
		.gateways_max = config->hub.gateways_max,
		.clients_max = config->hub.clients_max,
		.content_bytes = config->limits.content_bytes,
		.name_bytes = config->limits.name_code_points * UTF8_MAX,
		.settle_ms = SETTLE_MS,
		.commands_max = config->limits.commands,
		.rooms_max = config->hub.rooms_max,
		.bans_max = config->hub.bans_max,
		.connections_max = config->limits.connections_per_user,
		.resume_ms = config->store.resume_hours * UINT64_C(3600000),
		.inbox_messages = config->store.inbox_messages,
		.inbox_bytes = config->store.inbox_kilobytes * UINT64_C(1024),
		.read_keep_ms =
		    config->store.read_hours > 0 ? config->store.read_hours * UINT64_C(3600000) : 1,
	};
}

static void
commit_log(void *context, const struct config *config)
{
	struct hub *hub = context;
	enum log_level level;

	if (log_level_of_name(text_of(config->log_level), &level))
		log_set_level(hub->setup.log, level);
}

/* Names become numbers before anything is changed: one that nobody has refuses all. */
static bool
prepare_users(void *context, const struct config *fresh, struct config_mistakes *mistakes)
{
	struct hub *hub = context;

	return allowed_users_read(&hub->fresh_users, fresh->hub.allow_users, mistakes);
}

static void
commit_users(void *context, const struct config *config)
{
	struct hub *hub = context;

	(void)config;
	gateways_allow(hub->gateways, &hub->fresh_users);
}

static void
commit_core(void *context, const struct config *config)
{
	struct hub *hub = context;
	const struct core_settings settings = {
		.limits = hub_core_limits(config),
		.classes = config->classes,
		.class_count = config->class_count,
		.operators = config->hub.operators,
	};

	if (!recorded_set(hub->record, hub->core, clock_now(), &settings))
		log_plain(hub->setup.log, LOG_LEVEL_ERROR,
		    "limits and rules for rooms stay as they were: no memory");
}

/*
 * Who takes part in a reload, in this order. What reads files of its own does so in `prepare`,
 * where it can still refuse, and keeps what it read until `commit` or `abandon`.
 */
static const struct reload_hook hooks[] = {
	{ .commit = commit_log },
	{ .prepare = prepare_users, .commit = commit_users },
	{ .commit = commit_core },
};

bool
hub_watch_settings(struct hub *hub)
{
	const struct reload_setup setup = {
		.role = CONFIG_ROLE_HUB,
		.argc = hub->setup.argc,
		.argv = hub->setup.argv,
		.config = hub->setup.config,
		.hooks = hooks,
		.hook_count = sizeof(hooks) / sizeof(hooks[0]),
		.context = hub,
		.log = hub->setup.log,
		.metrics = hub->metrics,
	};

	hub->reload = reload_create(&setup);
	return hub->reload != NULL;
}
