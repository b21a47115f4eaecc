/*
 * What there is to run: programs, their settings, the descriptors they inherit.
 * Starts nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deploy/supervisor_private.h"
#include "deploy/supervisor_text.h"

static bool
program_find(const struct supervisor *supervisor, const char *name, char *path_out)
{
	if (snprintf(path_out, PATH_MAX, "%s/%s", supervisor->options.programs, name) < PATH_MAX &&
	    access(path_out, X_OK) == 0)
		return true;
	complain("%s cannot be run: %s; build it, or name its folder with --programs", path_out,
	    strerror(errno));
	return false;
}

bool
programs_find(struct supervisor *supervisor)
{
	return program_find(supervisor, "hubbub-hub", supervisor->hub_program) &&
	       program_find(supervisor, "hubbub-gateway", supervisor->gateway_program);
}

static bool
hub_describe(struct supervisor *supervisor)
{
	struct child *child = &supervisor->children[0];
	char path[4][PATH_MAX];

	snprintf(child->name, sizeof child->name, "hub");
	child->program = supervisor->hub_program;
	child->config = supervisor->options.config;
	supervisor_state_hub_socket(&supervisor->state, path[0]);
	supervisor_state_admin_socket(&supervisor->state, path[1]);
	supervisor_state_status_socket(&supervisor->state, 0, 1, path[2]);
	supervisor_state_store(&supervisor->state, path[3]);
	return child_set(child, "hub.socket=%s", path[0]) &&
	       child_set(child, "hub.admin_socket=%s", path[1]) &&
	       child_set(child, "hub.status=unix:%s", path[2]) &&
	       child_set(child, "store.path=%s", path[3]);
}

static bool
tls_describe(const struct supervisor_options *options, struct child *child, const char *name)
{
	return options->tls_certificate[0] == '\0' ||
	       (child_set(
		    child, "listener.%s.tls_certificate=%s", name, options->tls_certificate) &&
		   child_set(child, "listener.%s.tls_key=%s", name, options->tls_key));
}

/* A descriptor and the listener that takes it over. */
static bool
listener_describe(
    struct supervisor *supervisor, struct child *child, const char *name, int fd, unsigned port)
{
	char address[128];

	child->descriptors[child->descriptor_count] = fd;
	child->descriptor_names[child->descriptor_count++] = name;
	supervisor_ports_name(supervisor->options.address, port, false, address, sizeof address);
	return child_set(child, "listener.%s.address=%s", name, address) &&
	       tls_describe(&supervisor->options, child, name);
}

bool
gateway_describe(
    struct supervisor *supervisor, struct child *child, unsigned number, unsigned generation)
{
	const struct supervisor_ports *ports = &supervisor->ports;
	unsigned slot = number - 1;
	char path[2][PATH_MAX];

	if (generation == 1)
		snprintf(child->name, sizeof child->name, "gw-%u", number);
	else
		snprintf(child->name, sizeof child->name, "gw-%u-%u", number, generation);
	child->notify = supervisor->notify_path;
	child->program = supervisor->gateway_program;
	child->config = supervisor->options.config;
	supervisor_state_hub_socket(&supervisor->state, path[0]);
	supervisor_state_status_socket(&supervisor->state, number, generation, path[1]);
	if (!child_set(child, "gateway.name=%s", child->name) ||
	    !child_set(child, "gateway.hub_socket=%s", path[0]) ||
	    /* Another one on the same sockets takes its place before it drains, or at once. */
	    !child_set(child, "gateway.drain_accepts=no") ||
	    !child_set(child, "gateway.status=unix:%s", path[1]) ||
	    !listener_describe(
		supervisor, child, "chat", ports->chat.fds[slot], ports->chat.port) ||
	    !listener_describe(supervisor, child, "own", ports->own[slot], ports->own_port[slot]))
		return false;
	return !supervisor->options.demo || (listener_describe(supervisor, child, "demo",
						 ports->demo.fds[slot], ports->demo.port) &&
						child_set(child, "listener.demo.profile=demo"));
}

bool
children_describe(struct supervisor *supervisor)
{
	supervisor->child_count = 1 + supervisor->options.gateways;
	if (!hub_describe(supervisor))
		return false;
	for (unsigned number = 1; number < supervisor->child_count; number++) {
		supervisor->generations[number] = 1;
		supervisor_state_show_status(&supervisor->state, number, 1);
		if (!gateway_describe(supervisor, &supervisor->children[number], number, 1))
			return false;
	}
	return true;
}
