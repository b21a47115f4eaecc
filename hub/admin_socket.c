/*
 * Where operators come in, on libevent: who may, and how many at once. What they ask is
 * admin_visit.c's.
 */
#include "hub/admin_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/unix_listener.h"
#include "hub/admin_protocol.h"
#include "hub/admin_visit.h"

/* How long accepting pauses when there are no descriptors. */
#define PAUSE_MS 200

struct admin_socket {
	struct event_base *base;
	struct log *log;
	struct visits visits;

	struct unix_listener listener;
	struct event *acceptable;
	struct event *pause;
};

/*
 * Root, our own user, and whom the mode of the socket lets in. The file system has asked the same
 * at connect(); this holds when its directory or mode was changed behind our back.
 */
static bool
may_operate(const struct admin_socket *owner, int fd, const struct peer_credentials *peer)
{
	if (peer->uid == 0 || peer->uid == geteuid() || (owner->listener.mode & S_IWOTH) != 0)
		return true;
	if ((owner->listener.mode & S_IWGRP) == 0)
		return false;
	return peer->gid == owner->listener.group ||
	       unix_socket_peer_has_group(fd, owner->listener.group);
}

/* Turns a connection away that gets no place; what the kernel does not take at once is lost. */
static void
turn_away(int fd, const char *sentence)
{
	struct buffer out;

	buffer_init(&out, 0);
	admin_write_end(&out, ADMIN_END_REFUSED, text_of(sentence));
	if (!out.failed)
		(void)!send(fd, out.data, out.length, MSG_NOSIGNAL | MSG_DONTWAIT);
	buffer_free(&out);
	close(fd);
}

static void
admit(struct admin_socket *owner, int fd)
{
	struct peer_credentials peer;

	if (!unix_socket_peer(fd, &peer)) {
		log_plain(owner->log, LOG_LEVEL_WARN, "operator without credentials refused");
		turn_away(fd, "the hub cannot see who you are");
	} else if (!may_operate(owner, fd, &peer)) {
		log_warn(owner->log, "operator refused", log_i64("uid", peer.uid),
		    log_i64("gid", peer.gid), log_i64("pid", peer.pid));
		turn_away(fd, "your user may not operate this hub");
	} else if (!visits_begin(&owner->visits, fd, &peer)) {
		log_warn(owner->log, "too many operators", log_i64("uid", peer.uid));
		turn_away(fd, "too many operators at once; try again");
	}
}

static void
on_acceptable(evutil_socket_t listener, short events, void *context)
{
	const struct timeval pause = { .tv_usec = PAUSE_MS * 1000 };
	struct admin_socket *owner = context;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0) {
		admit(owner, fd);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		/* The connection stays in the queue, so accepting again at once would only spin. */
		log_warn(
		    owner->log, "cannot accept operators", log_string("error", strerror(errno)));
		event_del(owner->acceptable);
		event_add(owner->pause, &pause);
	}
}

static void
on_pause_over(evutil_socket_t fd, short events, void *context)
{
	struct admin_socket *owner = context;

	(void)fd;
	(void)events;
	event_add(owner->acceptable, NULL);
}

static bool
listen_on(struct admin_socket *owner, const struct admin_socket_setup *setup, char *error,
    size_t error_size)
{
	const struct unix_listener_setup listener = {
		.name = "admin",
		.inherited = setup->inherited,
		.path = setup->config->admin_socket,
		.mode = setup->config->admin_mode,
		.group = setup->config->admin_group,
	};

	if (!unix_listener_open(&owner->listener, &listener, error, error_size))
		return false;
	owner->acceptable =
	    event_new(owner->base, owner->listener.fd, EV_READ | EV_PERSIST, on_acceptable, owner);
	owner->pause = evtimer_new(owner->base, on_pause_over, owner);
	if (owner->acceptable != NULL && owner->pause != NULL &&
	    event_add(owner->acceptable, NULL) == 0)
		return true;
	snprintf(error, error_size, "the event loop cannot watch %s", owner->listener.path);
	return false;
}

struct admin_socket *
admin_socket_create(const struct admin_socket_setup *setup, char *error, size_t error_size)
{
	struct admin_socket *owner = calloc(1, sizeof(*owner));

	if (owner == NULL) {
		snprintf(error, error_size, "there is no memory for the admin socket");
		return NULL;
	}
	owner->listener.fd = -1;
	owner->base = setup->base;
	owner->log = setup->log;
	owner->visits = (struct visits){
		.base = setup->base,
		.core = setup->core,
		.record = setup->record,
		.process = setup->process,
		.log = setup->log,
		.changed = setup->changed,
		.ended = setup->ended,
		.context = setup->context,
	};
	if (!listen_on(owner, setup, error, error_size))
		admin_socket_destroy(&owner);
	return owner;
}

void
admin_socket_destroy(struct admin_socket **socket)
{
	struct admin_socket *doomed = *socket;

	if (doomed == NULL)
		return;
	*socket = NULL;
	visits_end(&doomed->visits);
	if (doomed->acceptable != NULL)
		event_free(doomed->acceptable);
	if (doomed->pause != NULL)
		event_free(doomed->pause);
	unix_listener_close(&doomed->listener);
	free(doomed);
}

void
admin_socket_turned(struct admin_socket *socket)
{
	visits_turned(&socket->visits);
}
