/*
 * Reads PROXY headers off new connections and not one byte more. Owns those
 * connections until then; must not know what is spoken on them.
 */
#include "gateway/listener_proxy.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/proxy_header.h"

/* A connection whose header is not complete. */
struct waiting {
	TAILQ_ENTRY(waiting) link;
	struct listener_proxy *proxy;
	struct listener_proxy_taker taker;
	struct address peer;
	struct event *readable;
	struct event *late;
	int fd;
};

TAILQ_HEAD(waiting_list, waiting);

struct listener_proxy {
	struct listener_proxy_setup setup;
	struct waiting_list waiting;
	unsigned count;
	struct metric *refused[PROXY_OUTCOMES];
	uint8_t bytes[PROXY_HEADER_MAX]; /* what was looked at last */
};

static void
refuse(struct listener_proxy *proxy, int fd, const struct address *peer, enum proxy_outcome why)
{
	/* Who looks whether the port is open says nothing, as often as it likes. */
	enum log_level level = why == PROXY_ENDED ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN;
	char text[ADDRESS_TEXT_SIZE];

	close(fd);
	metric_increment(proxy->refused[why]);
	address_print(peer, text);
	log_write(proxy->setup.log, level, "a connection is closed for its PROXY header",
	    LOG_FIELDS(log_string("reason", proxy_outcome_name(why)), log_string("peer", text)), 2);
}

static void
waiting_free(struct waiting *waiting)
{
	TAILQ_REMOVE(&waiting->proxy->waiting, waiting, link);
	waiting->proxy->count--;
	if (waiting->readable != NULL)
		event_free(waiting->readable);
	if (waiting->late != NULL)
		event_free(waiting->late);
	free(waiting);
}

/* Looks without taking: what follows the header is not ours, nor in clear text for sure. */
static enum proxy_outcome
look(struct listener_proxy *proxy, int fd, struct proxy_header *header_out)
{
	ssize_t length = recv(fd, proxy->bytes, sizeof(proxy->bytes), MSG_PEEK | MSG_DONTWAIT);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return PROXY_INCOMPLETE;
	if (length <= 0)
		return PROXY_ENDED;
	return proxy_header_parse(proxy->bytes, (size_t)length, header_out);
}

/* Takes the header off the connection. It was seen, so all of it is there. */
static void
hand_on(struct listener_proxy *proxy, int fd, const struct address *peer,
    const struct proxy_header *header, struct listener_proxy_taker taker)
{
	if (recv(fd, proxy->bytes, header->length, MSG_DONTWAIT) != (ssize_t)header->length)
		refuse(proxy, fd, peer, PROXY_ENDED);
	else
		taker.accepted(taker.context, fd, header->has_client ? &header->client : peer);
}

static void
on_readable(evutil_socket_t fd, short what, void *context)
{
	struct waiting *waiting = context;
	struct waiting settled;
	struct proxy_header header;
	enum proxy_outcome outcome = look(waiting->proxy, (int)fd, &header);

	/* Half a header stays in the socket, so that its end cannot be read. */
	if (outcome == PROXY_INCOMPLETE && (what & EV_CLOSED) != 0)
		outcome = PROXY_ENDED;
	if (outcome == PROXY_INCOMPLETE)
		return;
	settled = *waiting;
	waiting_free(waiting);
	if (outcome == PROXY_COMPLETE)
		hand_on(settled.proxy, settled.fd, &settled.peer, &header, settled.taker);
	else
		refuse(settled.proxy, settled.fd, &settled.peer, outcome);
}

static void
on_late(evutil_socket_t fd, short what, void *context)
{
	const struct waiting late = *(struct waiting *)context;

	(void)fd;
	(void)what;
	waiting_free(context);
	refuse(late.proxy, late.fd, &late.peer, PROXY_LATE);
}

/*
 * Told of every arrival once (EV_ET), not for as long as there are bytes: they stay where they are
 * until the last one is there.
 */
static bool
watch(struct waiting *waiting)
{
	struct event_base *base = waiting->proxy->setup.base;
	const struct timeval until = { (time_t)waiting->proxy->setup.seconds, 0 };

	waiting->readable = event_new(
	    base, waiting->fd, EV_READ | EV_CLOSED | EV_ET | EV_PERSIST, on_readable, waiting);
	waiting->late = evtimer_new(base, on_late, waiting);
	return waiting->readable != NULL && waiting->late != NULL &&
	       event_add(waiting->readable, NULL) == 0 && evtimer_add(waiting->late, &until) == 0;
}

static bool
wait_for_more(struct listener_proxy *proxy, int fd, const struct address *peer,
    struct listener_proxy_taker taker)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (waiting == NULL)
		return false;
	*waiting = (struct waiting){ .proxy = proxy, .taker = taker, .peer = *peer, .fd = fd };
	TAILQ_INSERT_TAIL(&proxy->waiting, waiting, link);
	proxy->count++;
	if (watch(waiting))
		return true;
	waiting_free(waiting);
	return false;
}

void
listener_proxy_take(struct listener_proxy *proxy, int fd, const struct address *peer,
    const struct address_set *trusted, struct listener_proxy_taker taker)
{
	struct proxy_header header;
	enum proxy_outcome outcome = PROXY_UNTRUSTED;

	if (address_set_has(trusted, peer))
		outcome = look(proxy, fd, &header);
	if (outcome == PROXY_COMPLETE)
		hand_on(proxy, fd, peer, &header, taker);
	else if (outcome != PROXY_INCOMPLETE)
		refuse(proxy, fd, peer, outcome);
	else if (!wait_for_more(proxy, fd, peer, taker))
		close(fd);
}

unsigned
listener_proxy_waiting(const struct listener_proxy *proxy)
{
	return proxy->count;
}

struct listener_proxy *
listener_proxy_create(const struct listener_proxy_setup *setup)
{
	struct listener_proxy *proxy = calloc(1, sizeof(*proxy));

	if (proxy == NULL)
		return NULL;
	proxy->setup = *setup;
	TAILQ_INIT(&proxy->waiting);
	for (enum proxy_outcome why = PROXY_UNTRUSTED; why < PROXY_OUTCOMES; why++) {
		char labels[64];

		snprintf(labels, sizeof(labels), "reason=\"%s\"", proxy_outcome_name(why));
		proxy->refused[why] = metrics_counter(setup->metrics,
		    "hubbub_gateway_proxy_headers_refused_total", labels,
		    "Connections closed for a PROXY header that is missing or cannot be believed.");
	}
	return proxy;
}

void
listener_proxy_destroy(struct listener_proxy **proxy)
{
	struct listener_proxy *doomed = *proxy;
	struct waiting *next;

	if (doomed == NULL)
		return;
	*proxy = NULL;
	for (struct waiting *at = TAILQ_FIRST(&doomed->waiting); at != NULL; at = next) {
		int fd = at->fd;

		next = TAILQ_NEXT(at, link);
		waiting_free(at);
		close(fd);
	}
	free(doomed);
}
