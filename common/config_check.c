/*
 * Holds settings against each other: what no single one can know. Knows neither
 * files nor the command line.
 */
#include <string.h>

#include "common/config.h"
#include "common/config_complain.h"

static bool
check_limits(const struct config_limits *limits, char *error, size_t size)
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
		if (orders[i].small > orders[i].large)
			return config_complain(error, size,
			    "limits.%s is %u, more than limits.%s, which is %u; lower the one or "
			    "raise the other",
			    orders[i].small_name, orders[i].small, orders[i].large_name,
			    orders[i].large);
	}
	return true;
}

static bool
check_sockets(const struct config *config, char *error, size_t size)
{
	const struct config_hub *hub = &config->hub;

	if (strcmp(hub->socket, hub->admin_socket) == 0)
		return config_complain(error, size,
		    "hub.socket and hub.admin_socket are both %s; give one another path",
		    hub->socket);
	if (strncmp(hub->status, "unix:", 5) == 0 &&
	    (strcmp(hub->status + 5, hub->socket) == 0 ||
		strcmp(hub->status + 5, hub->admin_socket) == 0))
		return config_complain(error, size,
		    "hub.status is %s, another socket of the hub; give it another path",
		    hub->status);
	if (hub->status[0] != '\0' && strcmp(hub->status, config->gateway.status) == 0)
		return config_complain(error, size,
		    "hub.status and gateway.status are both %s; give one another address",
		    hub->status);
	return true;
}

static bool
check_listeners(const struct config *config, char *error, size_t size)
{
	for (unsigned i = 0; i < config->listener_count; i++) {
		const struct config_listener *one = &config->listeners[i];
		const char *port = strrchr(one->address, ':');

		if (one->proxy_protocol && one->trusted_proxies[0] == '\0')
			return config_complain(error, size,
			    "listener.%s.proxy_protocol is on, but listener.%s.trusted_proxies is "
			    "empty, so that every connection would be closed; name the balancers",
			    one->name, one->name);
		if (port != NULL && strcmp(port, ":0") == 0)
			continue;
		for (unsigned j = i + 1; j < config->listener_count; j++) {
			if (strcmp(one->address, config->listeners[j].address) == 0)
				return config_complain(error, size,
				    "listener.%s.address and listener.%s.address are both %s; give "
				    "one another port",
				    one->name, config->listeners[j].name, one->address);
		}
	}
	return true;
}

static bool
check_tls(const struct config *config, char *error, size_t size)
{
	for (unsigned i = 0; i < config->listener_count; i++) {
		const struct config_listener *one = &config->listeners[i];
		bool has_certificate = one->tls_certificate[0] != '\0';

		if (has_certificate == (one->tls_key[0] != '\0'))
			continue;
		return config_complain(error, size,
		    "listener.%s.tls_%s is set, but not listener.%s.tls_%s; set both or none",
		    one->name, has_certificate ? "certificate" : "key", one->name,
		    has_certificate ? "key" : "certificate");
	}
	return true;
}

static bool
check_auth(const struct config *config, char *error, size_t size)
{
	bool some_have_origins = false;

	if (strcmp(config->auth.mode, "open") != 0 &&
	    config->auth.keys[strspn(config->auth.keys, " \t")] == '\0')
		return config_complain(error, size,
		    "auth.mode is %s, but auth.keys is empty; name a key, as KID:FILE",
		    config->auth.mode);
	if (config->auth.cookie[strcspn(config->auth.cookie, " \t=;,\"\\")] != '\0')
		return config_complain(
		    error, size, "auth.cookie is no name of a cookie: '%s'", config->auth.cookie);
	for (unsigned i = 0; i < config->listener_count; i++)
		some_have_origins |= config->listeners[i].origins[0] != '\0';
	if (config->auth.cookie[0] != '\0' && !some_have_origins)
		return config_complain(error, size,
		    "auth.cookie is set, but no listener has origins: a browser sends the cookie "
		    "with any page's connections; list the origins of yours, or leave the cookie "
		    "empty");
	return true;
}

static bool
check_store(const struct config *config, char *error, size_t size)
{
	bool in_memory = strcmp(config->store.durability, "memory") == 0;

	if (!in_memory && config->store.path[0] == '\0')
		return config_complain(error, size,
		    "store.path is empty, but store.durability is %s; name a file, or set "
		    "store.durability to memory",
		    config->store.durability);
	for (unsigned i = 0; i < config->class_count; i++) {
		const struct config_class *one = &config->classes[i];

		if (in_memory && strcmp(one->durability, "store") != 0 &&
		    strcmp(one->durability, "memory") != 0)
			return config_complain(error, size,
			    "class.%s.durability is %s, but store.durability is memory and keeps "
			    "no file; lower the one or raise the other",
			    one->name, one->durability);
	}
	return true;
}

static bool
check_classes(const struct config *config, char *error, size_t size)
{
	for (unsigned i = 0; i < config->class_count; i++) {
		if (strcmp(config->classes[i].name, "default") == 0)
			return config_complain(error, size,
			    "[class default] is the class of all rooms that no other names; for "
			    "other rules give yours another name, and rooms = * as the last");
	}
	return true;
}

bool
config_check(const struct config *config, char *error, size_t error_size)
{
	return check_limits(&config->limits, error, error_size) &&
	       check_sockets(config, error, error_size) &&
	       check_listeners(config, error, error_size) && check_tls(config, error, error_size) &&
	       check_auth(config, error, error_size) && check_store(config, error, error_size) &&
	       check_classes(config, error, error_size);
}
