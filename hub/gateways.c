/*
 * The hub's Unix socket and the links over it. Who is let in is decided here by the credentials
 * that the kernel vouches for; what links say is the core's affair. Slots are the core's: a place
 * in `links` is one link for as long as it lives.
 */
#include "hub/gateways.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/link_socket.h"
#include "common/unix_listener.h"
#include "hub/process_watch.h"
#include "hub/record.h"

/* Connections taken in one turn, so that a flood of them does not hold up the others. */
#define ACCEPTS_PER_TURN 16

/*
 * Rest when there is no descriptor or memory for another connection: the listener stays readable.
 */
#define ACCEPT_REST_MS 200

struct gateway_link {
	struct gateways *owner;
	struct link_socket *socket; /* NULL: the place is free */
	int pidfd;                  /* of the peer, -1: none   */
	unsigned slot;
};

/* A gateway whose link is lost while its process lives, as far as one can tell. */
struct lost_life {
	struct gateways *owner;
	struct process_watch *watch; /* NULL: the place is free */
	uint32_t life;
};

struct gateways {
	struct gateways_setup setup;
	struct core *core;
	struct metric *refused;
	struct unix_listener listener;
	struct event *acceptable;
	struct event *rested;
	struct allowed_users allowed;
	struct gateway_link links[CORE_GATEWAYS_MAX];
	struct lost_life lost[CORE_GATEWAYS_MAX];
	unsigned link_count;
	bool stopping;
};

struct gateways *
gateways_create(const struct gateways_setup *setup)
{
	struct gateways *gateways = calloc(1, sizeof(*gateways));
	char labels[64];

	if (gateways == NULL)
		return NULL;
	gateways->setup = *setup;
	gateways->listener.fd = -1;
	/* The same counter as the core's: a link refused here never got as far. */
	snprintf(labels, sizeof(labels), "reason=\"%s\"", link_loss_word(LINK_REFUSED));
	gateways->refused = metrics_counter(
	    setup->metrics, "hubbub_hub_link_lost_total", labels, "Links to gateways that ended.");
	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++) {
		gateways->links[slot].owner = gateways;
		gateways->links[slot].slot = slot;
		gateways->links[slot].pidfd = -1;
		gateways->lost[slot].owner = gateways;
	}
	return gateways;
}

static void
send_frames(void *context, unsigned slot, const void *frames, size_t length)
{
	struct gateways *gateways = context;

	/* A link that refuses them is over; its `lost` comes from the loop. */
	if (gateways->links[slot].socket != NULL)
		(void)link_socket_send_frames(gateways->links[slot].socket, frames, length);
}

static void
drop(void *context, unsigned slot, enum link_loss why)
{
	struct gateways *gateways = context;

	if (gateways->links[slot].socket != NULL)
		link_socket_end(gateways->links[slot].socket, why);
}

static bool
is_busy(void *context, unsigned slot)
{
	struct gateways *gateways = context;
	const struct link_socket *socket = gateways->links[slot].socket;

	return socket == NULL || link_socket_queued(socket) > gateways->setup.queue_bytes / 2;
}

static bool
is_over(void *context, const struct store_process *process)
{
	(void)context;
	return process_is_over(process);
}

struct core_links
gateways_links(struct gateways *gateways)
{
	return (struct core_links){
		.send = send_frames,
		.drop = drop,
		.is_busy = is_busy,
		.is_over = is_over,
		.context = gateways,
	};
}

static enum link_loss
on_envelope(void *context, const struct envelope *envelope)
{
	struct gateway_link *link = context;

	return recorded_envelope(
	    link->owner->setup.record, link->owner->core, link->slot, clock_now(), envelope);
}

static void
on_drained(void *context)
{
	struct gateway_link *link = context;

	link->owner->setup.changed(link->owner->setup.context);
}

static void
on_process_told(void *context, struct process_watch *watch, bool ended)
{
	struct lost_life *lost = context;
	struct gateways *gateways = lost->owner;

	process_watch_destroy(&watch);
	lost->watch = NULL;
	if (!ended)
		return;
	recorded_died(gateways->setup.record, gateways->core, lost->life, clock_now());
	gateways->setup.changed(gateways->setup.context);
}

/*
 * A process that dies closes its sockets a moment before it is known to be dead, so what looks
 * like a break is watched: the kernel says within the same millisecond which of both it is.
 */
static bool
watch_process(struct gateways *gateways, int pidfd, uint32_t life)
{
	struct lost_life *lost = NULL;

	for (unsigned i = 0; i < CORE_GATEWAYS_MAX; i++) {
		if (gateways->lost[i].watch != NULL && gateways->lost[i].life == life) {
			process_watch_destroy(&gateways->lost[i].watch);
			lost = &gateways->lost[i];
		} else if (lost == NULL && gateways->lost[i].watch == NULL) {
			lost = &gateways->lost[i];
		}
	}
	if (life == 0 || lost == NULL || process_has_ended(pidfd)) {
		if (pidfd >= 0)
			(void)close(pidfd);
		return false;
	}
	lost->life = life;
	lost->watch = process_watch_create(
	    gateways->setup.base, pidfd, CORE_DETACH_MS, on_process_told, lost);
	return lost->watch != NULL;
}

static void
on_lost(void *context, enum link_loss why)
{
	struct gateway_link *link = context;
	struct gateways *gateways = link->owner;
	int pidfd = link->pidfd;
	struct record *record = gateways->setup.record;
	uint32_t life;

	link_socket_destroy(&link->socket);
	link->pidfd = -1;
	gateways->link_count--;
	life = recorded_detached(record, gateways->core, link->slot, clock_now(), why);
	/* Of whom nothing can be known, the worst is believed: nobody may stay as a ghost. */
	if (!watch_process(gateways, pidfd, life))
		recorded_died(record, gateways->core, life, clock_now());
	gateways->setup.changed(gateways->setup.context);
	if (gateways->stopping && gateways->link_count == 0)
		gateways->setup.stopped(gateways->setup.context);
}

static void
refuse(struct gateways *gateways, int fd, const struct peer_credentials *peer, const char *why)
{
	log_warn(gateways->setup.log, "gateway refused", log_string("reason", why),
	    log_u64("uid", peer->uid), log_i64("pid", peer->pid));
	metric_increment(gateways->refused);
	(void)close(fd);
}

static bool
is_allowed(const struct gateways *gateways, uid_t uid)
{
	return uid == 0 || uid == geteuid() || allowed_users_have(&gateways->allowed, uid);
}

static void
close_pidfd(struct gateway_link *link)
{
	if (link->pidfd >= 0)
		(void)close(link->pidfd);
	link->pidfd = -1;
}

static void
let_in(struct gateways *gateways, int fd, const struct peer_credentials *peer)
{
	struct link_limits limits = link_limits_default();
	struct link_socket_owner owner = {
		.envelope = on_envelope,
		.lost = on_lost,
		.drained = on_drained,
	};
	struct store_process process = process_identify((pid_t)peer->pid);
	struct record *record = gateways->setup.record;
	int slot = recorded_connected(record, gateways->core, clock_now(), &process);
	uint32_t life;

	if (slot < 0) {
		refuse(gateways, fd, peer, "hub.gateways_max gateways are linked");
		return;
	}
	limits.queue_max = gateways->setup.queue_bytes;
	owner.context = &gateways->links[slot];
	gateways->links[slot].pidfd = process_open((pid_t)peer->pid);
	gateways->links[slot].socket =
	    link_socket_create(gateways->setup.base, fd, LINK_SIDE_HUB, limits, owner);
	if (gateways->links[slot].socket == NULL) {
		close_pidfd(&gateways->links[slot]);
		life = recorded_detached(
		    record, gateways->core, (unsigned)slot, clock_now(), LINK_NO_MEMORY);
		recorded_died(record, gateways->core, life, clock_now());
		return;
	}
	gateways->link_count++;
}

static void
rest(struct gateways *gateways, int error)
{
	struct timeval pause = { .tv_usec = ACCEPT_REST_MS * 1000 };

	log_warn(gateways->setup.log, "no connection can be taken for now",
	    log_string("reason", strerror(error)));
	if (event_add(gateways->rested, &pause) == 0)
		(void)event_del(gateways->acceptable);
}

/* True if there may be another connection to take. */
static bool
accept_one(struct gateways *gateways)
{
	struct peer_credentials peer = { 0 };
	int fd = accept4(gateways->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
		return true;
	if (fd < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			rest(gateways, errno);
		return false;
	}
	if (!unix_socket_peer(fd, &peer))
		refuse(gateways, fd, &peer, "the kernel does not tell who it is");
	else if (!is_allowed(gateways, peer.uid))
		refuse(gateways, fd, &peer, "its user is not in hub.allow_users");
	else
		let_in(gateways, fd, &peer);
	return true;
}

static void
on_acceptable(evutil_socket_t fd, short what, void *context)
{
	struct gateways *gateways = context;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < ACCEPTS_PER_TURN && accept_one(gateways); i++)
		continue;
}

static void
on_rested(evutil_socket_t fd, short what, void *context)
{
	struct gateways *gateways = context;

	(void)fd;
	(void)what;
	(void)event_add(gateways->acceptable, NULL);
}

void
gateways_allow(struct gateways *gateways, const struct allowed_users *users)
{
	gateways->allowed = *users;
}

bool
gateways_listen(struct gateways *gateways, struct core *core, const struct config_hub *config,
    char *error, size_t error_size)
{
	struct event_base *base = gateways->setup.base;
	struct config_mistakes mistakes = { .count = 0 };
	const struct unix_listener_setup setup = {
		.name = "hub",
		.inherited = gateways->setup.inherited,
		.path = config->socket,
		.mode = config->socket_mode,
		.group = config->socket_group,
	};

	gateways->core = core;
	if (!allowed_users_read(&gateways->allowed, config->allow_users, &mistakes)) {
		config_mistakes_first(&mistakes, error, error_size);
		return false;
	}
	if (!unix_listener_open(&gateways->listener, &setup, error, error_size))
		return false;
	gateways->acceptable =
	    event_new(base, gateways->listener.fd, EV_READ | EV_PERSIST, on_acceptable, gateways);
	gateways->rested = evtimer_new(base, on_rested, gateways);
	if (gateways->acceptable != NULL && gateways->rested != NULL &&
	    event_add(gateways->acceptable, NULL) == 0)
		return true;
	snprintf(error, error_size, "no memory to listen on %s", gateways->listener.path);
	return false;
}

const char *
gateways_path(const struct gateways *gateways)
{
	return gateways->listener.path;
}

static void
stop_listening(struct gateways *gateways)
{
	if (gateways->acceptable != NULL)
		event_free(gateways->acceptable);
	if (gateways->rested != NULL)
		event_free(gateways->rested);
	gateways->acceptable = NULL;
	gateways->rested = NULL;
	unix_listener_close(&gateways->listener);
}

void
gateways_stop(struct gateways *gateways)
{
	struct envelope_goodbye goodbye = { .reason = TEXT("the hub stops") };

	stop_listening(gateways);
	gateways->stopping = true;
	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++) {
		struct link_socket *socket = gateways->links[slot].socket;

		if (socket == NULL)
			continue;
		(void)link_socket_send(socket, ENVELOPE_GOODBYE, &goodbye);
		link_socket_end(socket, LINK_STOPPED);
	}
	if (gateways->link_count == 0)
		gateways->setup.stopped(gateways->setup.context);
}

void
gateways_destroy(struct gateways **gateways)
{
	struct gateways *doomed = *gateways;

	if (doomed == NULL)
		return;
	*gateways = NULL;
	stop_listening(doomed);
	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++) {
		link_socket_destroy(&doomed->links[slot].socket);
		close_pidfd(&doomed->links[slot]);
		process_watch_destroy(&doomed->lost[slot].watch);
	}
	free(doomed);
}
