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

#include "common/clock.h"
#include "gateway/proxy_header.h"

/* A connection whose header is not complete. */
struct waiting {
	TAILQ_ENTRY(waiting) link;
	struct listener_proxy *proxy;
	struct listener_proxy_taker taker;
	struct address peer;
	struct event *readable;
	uint64_t deadline_ms;
	int fd;
};

TAILQ_HEAD(waiting_list, waiting);

struct listener_proxy {
	struct listener_proxy_setup setup;
	struct waiting_list waiting; /* by deadline: all have the same time */
	struct event *deadline;      /* of the first                        */
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
set_deadline(struct listener_proxy *proxy, uint64_t mono_ms)
{
	const struct waiting *first = TAILQ_FIRST(&proxy->waiting);
	uint64_t rest =
	    first != NULL && first->deadline_ms > mono_ms ? first->deadline_ms - mono_ms : 0;
	const struct timeval until = { (time_t)(rest / 1000), (suseconds_t)(rest % 1000 * 1000) };

	if (first != NULL)
		evtimer_add(proxy->deadline, &until);
	else
		evtimer_del(proxy->deadline);
}

static void
waiting_free(struct waiting *waiting)
{
	TAILQ_REMOVE(&waiting->proxy->waiting, waiting, link);
	waiting->proxy->count--;
	event_free(waiting->readable);
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
settle(struct listener_proxy *proxy, const struct waiting *waiting, enum proxy_outcome outcome,
    const struct proxy_header *header)
{
	if (outcome == PROXY_COMPLETE)
		hand_on(proxy, waiting->fd, &waiting->peer, header, waiting->taker);
	else
		refuse(proxy, waiting->fd, &waiting->peer, outcome);
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
	settle(settled.proxy, &settled, outcome, &header);
}

static void
on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct listener_proxy *proxy = context;
	const uint64_t mono_ms = clock_now().mono_ms;
	struct waiting *first;

	(void)fd;
	(void)what;
	while ((first = TAILQ_FIRST(&proxy->waiting)) != NULL && first->deadline_ms <= mono_ms) {
		struct waiting settled = *first;

		waiting_free(first);
		settle(proxy, &settled, PROXY_LATE, NULL);
	}
	set_deadline(proxy, mono_ms);
}

/*
 * Told of every arrival once (EV_ET), not for as long as there are bytes: they stay where they are
 * until the last one is there.
 */
static bool
wait_for_more(struct listener_proxy *proxy, int fd, const struct address *peer,
    struct listener_proxy_taker taker)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));
	const uint64_t mono_ms = clock_now().mono_ms;

	if (waiting == NULL)
		return false;
	*waiting = (struct waiting){
		.proxy = proxy,
		.taker = taker,
		.peer = *peer,
		.fd = fd,
		.deadline_ms = mono_ms + proxy->setup.seconds * UINT64_C(1000),
	};
	waiting->readable = event_new(
	    proxy->setup.base, fd, EV_READ | EV_CLOSED | EV_ET | EV_PERSIST, on_readable, waiting);
	if (waiting->readable == NULL || event_add(waiting->readable, NULL) != 0) {
		if (waiting->readable != NULL)
			event_free(waiting->readable);
		free(waiting);
		return false;
	}
	TAILQ_INSERT_TAIL(&proxy->waiting, waiting, link);
	if (proxy->count++ == 0)
		set_deadline(proxy, mono_ms);
	return true;
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
	proxy->deadline = evtimer_new(setup->base, on_deadline, proxy);
	if (proxy->deadline == NULL)
		listener_proxy_destroy(&proxy);
	return proxy;
}

void
listener_proxy_destroy(struct listener_proxy **proxy)
{
	struct listener_proxy *doomed = *proxy;
	struct waiting *first;

	if (doomed == NULL)
		return;
	*proxy = NULL;
	while ((first = TAILQ_FIRST(&doomed->waiting)) != NULL) {
		close(first->fd);
		waiting_free(first);
	}
	if (doomed->deadline != NULL)
		event_free(doomed->deadline);
	free(doomed);
}
