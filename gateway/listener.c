/*
 * Accepts. Owns the listening descriptors, the reserve descriptor and the pause;
 * must not know what is spoken on a connection.
 */
#include "gateway/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/listener_address.h"
#include "gateway/listener_proxy.h"

/* Connections taken per turn and descriptor: a storm must not starve those who are in. */
#define BATCH 64

#define PAUSE_MS 100

struct listener {
	struct listener_setup setup;
	struct listener_sockets sockets;
	struct event *ready[LISTENER_SOCKETS_MAX];
	struct event *resume;
	struct address_set trusted; /* peers that may send a PROXY header */
	bool expects_proxy;         /* and must                           */
	struct log *log;
	int reserve; /* given up to turn a connection away when none other is free; -1 then */
	struct metric *accepted;
	struct metric *turned_away;
	struct metric *pauses;
};

static void
open_reserve(struct listener *listener)
{
	if (listener->reserve < 0)
		listener->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
pause_accepting(struct listener *listener, int error)
{
	const struct timeval pause = { 0, PAUSE_MS * 1000 };

	for (unsigned i = 0; i < listener->sockets.count; i++)
		event_del(listener->ready[i]);
	evtimer_add(listener->resume, &pause);
	metric_increment(listener->pauses);
	log_warn(listener->log, "accepting pauses", log_string("error", strerror(error)),
	    log_u64("pause_ms", PAUSE_MS));
}

static void
on_resume(evutil_socket_t fd, short what, void *context)
{
	struct listener *listener = context;

	(void)fd;
	(void)what;
	open_reserve(listener);
	for (unsigned i = 0; i < listener->sockets.count; i++)
		event_add(listener->ready[i], NULL);
}

/* Tells one waiting client at once, by a closed connection, instead of letting it hang. */
static void
turn_one_away(struct listener *listener, int socket)
{
	int fd;

	if (listener->reserve < 0)
		return;
	close(listener->reserve);
	listener->reserve = -1;
	fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		metric_increment(listener->turned_away);
	}
	open_reserve(listener);
}

/* True if the next connection may be tried. */
static bool
survive(struct listener *listener, int socket, int error)
{
	switch (error) {
	case EAGAIN:
		return false;
	case EMFILE:
	case ENFILE:
		turn_one_away(listener, socket);
		pause_accepting(listener, error);
		return false;
	case ENOBUFS:
	case ENOMEM:
	case EINVAL: /* somebody who shares the socket has shut it down: it would fail for ever */
		pause_accepting(listener, error);
		return false;
	default:
		/* A connection that died in the queue says so here (accept(2)). */
		return true;
	}
}

static void
hand_on(struct listener *listener, int fd, const struct sockaddr *socket_address)
{
	const struct listener_setup *setup = &listener->setup;
	const struct address peer = address_of(socket_address);
	const struct listener_proxy_taker taker = { setup->accepted, setup->context };

	if (listener->expects_proxy)
		listener_proxy_take(setup->proxy, fd, &peer, &listener->trusted, taker);
	else
		setup->accepted(setup->context, fd, &peer);
}

/* False once nothing is left to be accepted, or nothing can be for now. */
static bool
take_batch(struct listener *listener, int socket)
{
	for (int i = 0; i < BATCH; i++) {
		struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
		socklen_t size = sizeof(peer);
		int fd =
		    accept4(socket, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			if (!survive(listener, socket, errno))
				return false;
			continue;
		}
		if (listener->setup.full(listener->setup.context)) {
			close(fd);
			metric_increment(listener->turned_away);
			log_plain(listener->log, LOG_LEVEL_WARN,
			    "a connection is closed: the gateway is full");
			continue;
		}
		metric_increment(listener->accepted);
		hand_on(listener, fd, (const struct sockaddr *)&peer);
	}
	return true;
}

static void
on_ready(evutil_socket_t socket, short what, void *context)
{
	(void)what;
	(void)take_batch(context, (int)socket);
}

static void
announce(struct listener *listener, int fd)
{
	struct sockaddr_storage storage = { .ss_family = AF_UNSPEC };
	const struct sockaddr *address = (const struct sockaddr *)&storage;
	char text[LISTENER_ADDRESS_TEXT_SIZE];
	socklen_t size = sizeof(storage);

	getsockname(fd, (struct sockaddr *)&storage, &size);
	listener_address_print(address, text);
	log_info(listener->log, "listening", log_string("address", text),
	    log_string("profile", listener->setup.config->profile),
	    log_string("tls", listener->setup.config->tls_certificate[0] != '\0' ? "yes" : "no"),
	    log_string("socket", listener->sockets.inherited ? "inherited" : "own"));
	if (listener->setup.open_mode && !listener_address_is_local(address))
		log_warn(listener->log,
		    "OPEN MODE ON A PUBLIC ADDRESS: whoever reaches it may chat under any name",
		    log_string("address", text));
}

static bool
watch(struct listener *listener)
{
	struct event_base *base = listener->setup.base;

	listener->resume = evtimer_new(base, on_resume, listener);
	if (listener->resume == NULL)
		return false;
	for (unsigned i = 0; i < listener->sockets.count; i++) {
		listener->ready[i] = event_new(
		    base, listener->sockets.fds[i], EV_READ | EV_PERSIST, on_ready, listener);
		if (listener->ready[i] == NULL || event_add(listener->ready[i], NULL) != 0)
			return false;
		announce(listener, listener->sockets.fds[i]);
	}
	return true;
}

struct listener *
listener_create(const struct listener_setup *setup, char *error, size_t error_size)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (listener == NULL) {
		snprintf(error, error_size, "listener %s: no memory", setup->config->name);
		return NULL;
	}
	listener->setup = *setup;
	listener->expects_proxy = setup->config->proxy_protocol;
	listener_set_trusted(listener, setup->config->trusted_proxies);
	listener->reserve = -1;
	listener->log = log_child(setup->log, "listener", text_of(setup->config->name));
	listener->accepted = metrics_counter(
	    setup->metrics, "hubbub_gateway_accepted_total", NULL, "Connections accepted.");
	listener->turned_away = metrics_counter(setup->metrics, "hubbub_gateway_turned_away_total",
	    NULL, "Connections closed as soon as they were accepted.");
	listener->pauses = metrics_counter(setup->metrics, "hubbub_gateway_accept_pauses_total",
	    NULL, "Pauses of accepting for want of descriptors or memory.");
	if (!listener_sockets_open(
		setup->config, setup->inherited, &listener->sockets, error, error_size)) {
		listener_destroy(&listener);
		return NULL;
	}
	open_reserve(listener);
	if (!watch(listener)) {
		snprintf(error, error_size, "listener %s: no memory", setup->config->name);
		listener_destroy(&listener);
		return NULL;
	}
	listener->setup.config = NULL;
	listener->setup.inherited = NULL;
	return listener;
}

void
listener_take_waiting(struct listener *listener)
{
	unsigned batches = SOMAXCONN / BATCH + 1;

	for (unsigned i = 0; !listener->sockets.inherited && i < listener->sockets.count; i++) {
		while (batches > 0 && take_batch(listener, listener->sockets.fds[i]))
			batches--;
	}
}

bool
listener_is_inherited(const struct listener *listener)
{
	return listener->sockets.inherited;
}

void
listener_set_trusted(struct listener *listener, const char *trusted_proxies)
{
	/* Was found good when it was read. */
	(void)address_set_parse(text_of(trusted_proxies), &listener->trusted);
}

void
listener_destroy(struct listener **listener)
{
	struct listener *doomed = *listener;

	if (doomed == NULL)
		return;
	*listener = NULL;
	for (unsigned i = 0; i < doomed->sockets.count; i++) {
		if (doomed->ready[i] != NULL)
			event_free(doomed->ready[i]);
		close(doomed->sockets.fds[i]);
	}
	if (doomed->resume != NULL)
		event_free(doomed->resume);
	if (doomed->reserve >= 0)
		close(doomed->reserve);
	log_destroy(&doomed->log);
	free(doomed);
}
