/*
 * Holds settings against each other: what no single one can know. Where one of them is doubted,
 * nothing is said: what is wrong there was said before. Knows neither files nor the command line.
 */
#include <string.h>

#include "common/config.h"

static void
check_limits(const struct config_limits *limits, struct config_mistakes *mistakes)
{
	const struct {
		const char *small_name, *large_name;
		unsigned small, large;
	} orders[] = {
		{ "content_bytes", "message_bytes", limits->content_bytes, limits->message_bytes },
		{ "message_bytes", "queue_bytes", limits->message_bytes, limits->queue_bytes },
		{ "queue_bytes", "pinned_bytes", limits->queue_bytes, limits->pinned_bytes },
		{ "messages_per_second", "messages_burst", limits->messages_per_second,
		    limits->messages_burst },
	};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (orders[i].small <= orders[i].large ||
		    config_is_doubted(mistakes, "limits.%s", orders[i].small_name) ||
		    config_is_doubted(mistakes, "limits.%s", orders[i].large_name))
			continue;
		config_mistake(mistakes,
		    "limits.%s is %u, more than limits.%s, which is %u; lower the one or "
		    "raise the other",
		    orders[i].small_name, orders[i].small, orders[i].large_name, orders[i].large);
	}
}

/* Two of them with one address; those that are not opened are "". */
static void
check_sockets(const struct config *config, struct config_mistakes *mistakes)
{
	const struct config_hub *hub = &config->hub;
	bool status_counts = hub->status[0] != '\0' && !config_is_doubted(mistakes, "hub.status");
	bool socket_counts = !config_is_doubted(mistakes, "hub.socket");
	bool admin_counts = !config_is_doubted(mistakes, "hub.admin_socket");
	const char *path = strncmp(hub->status, "unix:", 5) == 0 ? hub->status + 5 : "";

	if (socket_counts && admin_counts && strcmp(hub->socket, hub->admin_socket) == 0)
		config_mistake(mistakes,
		    "hub.socket and hub.admin_socket are both %s; give one another path",
		    hub->socket);
	if (!status_counts)
		return;
	if ((socket_counts && strcmp(path, hub->socket) == 0) ||
	    (admin_counts && strcmp(path, hub->admin_socket) == 0))
		config_mistake(mistakes,
		    "hub.status is %s, another socket of the hub; give it another path",
		    hub->status);
	if (strcmp(hub->status, config->gateway.status) == 0 &&
	    !config_is_doubted(mistakes, "gateway.status"))
		config_mistake(mistakes,
		    "hub.status and gateway.status are both %s; give one another address",
		    hub->status);
}

static void
check_address(const struct config *config, unsigned i, struct config_mistakes *mistakes)
{
	const struct config_listener *one = &config->listeners[i];
	const char *port = strrchr(one->address, ':');

	if ((port != NULL && strcmp(port, ":0") == 0) ||
	    config_is_doubted(mistakes, "listener.%s.address", one->name))
		return;
	for (unsigned j = i + 1; j < config->listener_count; j++) {
		const struct config_listener *other = &config->listeners[j];

		if (strcmp(one->address, other->address) == 0 &&
		    !config_is_doubted(mistakes, "listener.%s.address", other->name))
			config_mistake(mistakes,
			    "listener.%s.address and listener.%s.address are both %s; give "
			    "one another port",
			    one->name, other->name, one->address);
	}
}

static void
check_proxies(const struct config_listener *one, struct config_mistakes *mistakes)
{
	if (one->proxy_protocol && one->trusted_proxies[0] == '\0' &&
	    !config_is_doubted(mistakes, "listener.%s.proxy_protocol", one->name) &&
	    !config_is_doubted(mistakes, "listener.%s.trusted_proxies", one->name))
		config_mistake(mistakes,
		    "listener.%s.proxy_protocol is on, but listener.%s.trusted_proxies is "
		    "empty, so that every connection would be closed; name the balancers",
		    one->name, one->name);
}

static void
check_tls(const struct config_listener *one, struct config_mistakes *mistakes)
{
	bool has_certificate = one->tls_certificate[0] != '\0';

	if (has_certificate == (one->tls_key[0] != '\0') ||
	    config_is_doubted(mistakes, "listener.%s.tls_certificate", one->name) ||
	    config_is_doubted(mistakes, "listener.%s.tls_key", one->name))
		return;
	config_mistake(mistakes,
	    "listener.%s.tls_%s is set, but not listener.%s.tls_%s; set both or none", one->name,
	    has_certificate ? "certificate" : "key", one->name,
	    has_certificate ? "key" : "certificate");
}

static void
check_listeners(const struct config *config, struct config_mistakes *mistakes)
{
	for (unsigned i = 0; i < config->listener_count; i++) {
		check_proxies(&config->listeners[i], mistakes);
		check_address(config, i, mistakes);
		check_tls(&config->listeners[i], mistakes);
	}
}

/* One whose origins are doubted may be meant to have some. */
static bool
some_have_origins(const struct config *config, const struct config_mistakes *mistakes)
{
	for (unsigned i = 0; i < config->listener_count; i++) {
		const struct config_listener *one = &config->listeners[i];

		if (one->origins[0] != '\0' ||
		    config_is_doubted(mistakes, "listener.%s.origins", one->name))
			return true;
	}
	return config_is_doubted(mistakes, "listener");
}

static void
check_auth(const struct config *config, struct config_mistakes *mistakes)
{
	const struct config_auth *auth = &config->auth;

	if (strcmp(auth->mode, "open") != 0 && auth->keys[strspn(auth->keys, " \t")] == '\0' &&
	    !config_is_doubted(mistakes, "auth.mode") && !config_is_doubted(mistakes, "auth.keys"))
		config_mistake(mistakes,
		    "auth.mode is %s, but auth.keys is empty; name a key, as KID:FILE", auth->mode);
	if (auth->cookie[0] == '\0' || config_is_doubted(mistakes, "auth.cookie"))
		return;
	if (auth->cookie[strcspn(auth->cookie, " \t=;,\"\\")] != '\0')
		config_mistake(mistakes, "auth.cookie is no name of a cookie: '%s'", auth->cookie);
	if (!some_have_origins(config, mistakes))
		config_mistake(mistakes,
		    "auth.cookie is set, but no listener has origins: a browser sends the cookie "
		    "with any page's connections; list the origins of yours, or leave the cookie "
		    "empty");
}

static void
check_class(const struct config_class *one, bool in_memory, struct config_mistakes *mistakes)
{
	if (strcmp(one->name, "default") == 0)
		config_mistake(mistakes,
		    "[class default] is the class of all rooms that no other names; for other "
		    "rules give yours another name, and rooms = * as the last");
	if (in_memory && strcmp(one->durability, "store") != 0 &&
	    strcmp(one->durability, "memory") != 0 &&
	    !config_is_doubted(mistakes, "class.%s.durability", one->name))
		config_mistake(mistakes,
		    "class.%s.durability is %s, but store.durability is memory and keeps no "
		    "file; lower the one or raise the other",
		    one->name, one->durability);
}

static void
check_store(const struct config *config, struct config_mistakes *mistakes)
{
	const struct config_store *store = &config->store;
	bool is_doubted = config_is_doubted(mistakes, "store.durability");
	bool in_memory = strcmp(store->durability, "memory") == 0;

	if (!in_memory && store->path[0] == '\0' && !is_doubted &&
	    !config_is_doubted(mistakes, "store.path"))
		config_mistake(mistakes,
		    "store.path is empty, but store.durability is %s; name a file, or set "
		    "store.durability to memory",
		    store->durability);
	for (unsigned i = 0; i < config->class_count; i++)
		check_class(&config->classes[i], in_memory && !is_doubted, mistakes);
}

void
config_check(const struct config *config, struct config_mistakes *mistakes)
{
	check_limits(&config->limits, mistakes);
	check_sockets(config, mistakes);
	check_listeners(config, mistakes);
	check_auth(config, mistakes);
	check_store(config, mistakes);
}
