/*
 * What the hub does with settings that are read again while it runs. Owns the list of who takes
 * part; how a reload goes is reload.c's, what may change at all stands in config_schema.c.
 */
#include "hub/hub_private.h"

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
prepare_users(void *context, const struct config *fresh, char *error, size_t error_size)
{
	struct hub *hub = context;

	return allowed_users_read(&hub->fresh_users, fresh->hub.allow_users, error, error_size);
}

static void
commit_users(void *context, const struct config *config)
{
	struct hub *hub = context;

	(void)config;
	gateways_allow(hub->gateways, &hub->fresh_users);
}

/*
 * Who takes part in a reload, in this order. What reads files of its own does so in `prepare`,
 * where it can still refuse, and keeps what it read until `commit` or `abandon`.
 */
static const struct reload_hook hooks[] = {
	{ .commit = commit_log },
	{ .prepare = prepare_users, .commit = commit_users },
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
