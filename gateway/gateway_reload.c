/*
 * What a gateway does with settings that are read again while it runs. Owns the list of who takes
 * part; how a reload goes is reload.c's, what may change at all stands in config_schema.c.
 */
#include "gateway/gateway_private.h"

/* For requests from now on, on connections that are there already as well. */
static void
commit_door(struct door *door, const struct config_listener *config)
{
	door->entrance.origins = config->origins;
	door->entrance.cookies_count = config->origins[0] != '\0';
	/* Was found good when it was read. */
	(void)address_set_parse(text_of(config->trusted_proxies), &door->entrance.trusted_proxies);
	/* In a drain there is none any more. */
	if (door->listener != NULL)
		listener_set_trusted(door->listener, config->trusted_proxies);
}

/* For everybody that is here and everything that is made from now on. */
static void
commit_settings(void *context, const struct config *config)
{
	struct gateway *gateway = context;
	const struct gateway_core_settings settings = {
		.limits = &config->limits,
		.store = &config->store,
		.drain_ms = config->gateway.drain_seconds * 1000,
	};
	enum log_level level;

	if (log_level_of_name(text_of(config->log_level), &level))
		log_set_level(gateway->log, level);
	gateway_core_set(gateway->core, clock_now(), &settings);
	websocket_set_limits(gateway->websocket, &config->limits);
	for (unsigned i = 0; i < config->listener_count; i++)
		commit_door(&gateway->doors[i], &config->listeners[i]);
}

static bool
prepare_certificates(void *context, const struct config *fresh, struct config_mistakes *mistakes)
{
	struct gateway *gateway = context;

	return certificates_prepare(gateway->certificates, fresh, clock_now(), mistakes);
}

static void
commit_certificates(void *context, const struct config *config)
{
	struct gateway *gateway = context;

	(void)config;
	certificates_commit(gateway->certificates, clock_now());
}

static void
abandon_certificates(void *context)
{
	struct gateway *gateway = context;

	certificates_abandon(gateway->certificates);
}

/* Certificates are not among it: one that is in force may have expired since. */
static void
check_settings(const struct config *fresh, bool will_run, struct config_mistakes *mistakes)
{
	(void)will_run;
	mounts_check(fresh, dialects, mistakes);
}

/*
 * Who takes part in a reload, in this order. What reads files of its own (keys, certificates) does
 * so in `prepare`, where it can still refuse, and keeps what it read until `commit` or `abandon`.
 */
static const struct reload_hook hooks[] = {
	{ .prepare = gateway_prepare_auth,
	    .commit = gateway_commit_auth,
	    .abandon = gateway_abandon_auth },
	{ .commit = commit_settings },
	{ prepare_certificates, commit_certificates, abandon_certificates },
};

bool
gateway_watch_settings(struct gateway *gateway)
{
	const struct reload_setup setup = {
		.role = CONFIG_ROLE_GATEWAY,
		.check = check_settings,
		.argc = gateway->setup.argc,
		.argv = gateway->setup.argv,
		.config = gateway->setup.config,
		.hooks = hooks,
		.hook_count = sizeof(hooks) / sizeof(hooks[0]),
		.context = gateway,
		.log = gateway->log,
		.metrics = gateway->metrics,
	};

	gateway->reload = reload_create(&setup);
	return gateway->reload != NULL;
}
