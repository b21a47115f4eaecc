/*
 * Moves a link's bytes through a connected socket and runs its timers on libevent. Owns the
 * descriptor and the events; the rules of the link are link.c's, the meaning is the owner's. Every
 * end of a link comes to one place, finish(), which only the loop reaches.
 */
#include "common/link_socket.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* How much of one link is moved before the others have their turn. */
#define READ_TURN ((size_t)256 * 1024)
#define WRITE_TURN ((size_t)1024 * 1024)
#define READ_SIZE ((size_t)64 * 1024)

struct link_socket {
	int fd; /* -1 once the link is over */
	struct link *link;
	struct link_socket_owner owner;
	struct event *readable;
	struct event *writable;
	struct event *timer;
	struct event *turn;
	uint64_t wait_max_ms; /* between two ticks of the link */
	bool wants_write;
	bool unwritable;   /* a write failed: what the peer still said is read, then its end */
	bool in_the_owner; /* a callback runs: it must not destroy us */
	char input[READ_SIZE];
};

static enum link_loss
hand_over(void *context, const struct envelope *envelope)
{
	struct link_socket *socket = context;

	return socket->owner.envelope(socket->owner.context, envelope);
}

/* Gives back everything but the memory that callers may still look at. */
static void
release(struct link_socket *socket)
{
	struct event **events[] = { &socket->readable, &socket->writable, &socket->timer,
		&socket->turn };

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (*events[i] != NULL)
			event_free(*events[i]);
		*events[i] = NULL;
	}
	if (socket->fd >= 0)
		(void)close(socket->fd);
	socket->fd = -1;
}

static void
read_input(struct link_socket *socket)
{
	size_t left = READ_TURN;
	bool heard = false;
	ssize_t got;

	socket->in_the_owner = true;
	while (left > 0 && link_state(socket->link) == LINK_ALIVE) {
		got = recv(socket->fd, socket->input, READ_SIZE, MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (got <= 0) {
			link_end(socket->link, LINK_CLOSED_BY_PEER);
			break;
		}
		heard = true;
		(void)link_receive(socket->link, clock_now(), socket->input, (size_t)got);
		left -= (size_t)got < left ? (size_t)got : left;
		/* Less than there was room for: nothing more is there now. */
		if ((size_t)got < READ_SIZE)
			break;
	}
	if (heard && socket->owner.drained != NULL)
		socket->owner.drained(socket->owner.context);
	socket->in_the_owner = false;
}

static void
write_output(struct link_socket *socket)
{
	struct text output = link_output(socket->link);
	size_t left = WRITE_TURN;
	ssize_t took;

	while (output.length > 0 && left > 0 && !socket->unwritable) {
		took = send(socket->fd, output.data, output.length < left ? output.length : left,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (took < 0 && errno == EINTR)
			continue;
		if (took < 0) {
			socket->unwritable = errno != EAGAIN && errno != EWOULDBLOCK;
			break;
		}
		link_sent(socket->link, (size_t)took, clock_now());
		left -= (size_t)took;
		output = link_output(socket->link);
	}
}

static void
update_interest(struct link_socket *socket)
{
	bool wants = link_output(socket->link).length > 0 && !socket->unwritable;

	if (wants == socket->wants_write)
		return;
	socket->wants_write = wants;
	if (!wants)
		(void)event_del(socket->writable);
	else if (event_add(socket->writable, NULL) != 0)
		link_end(socket->link, LINK_NO_MEMORY);
}

/* The last thing a callback of the loop does: the owner may destroy the socket in `lost`. */
static void
finish_if_over(struct link_socket *socket)
{
	if (link_state(socket->link) == LINK_ALIVE)
		return;
	write_output(socket);
	release(socket);
	socket->owner.lost(socket->owner.context, link_state(socket->link));
}

/* Writes, or ends the link, once all that is active in this turn of the loop has run. */
static void
arrange_turn(struct link_socket *socket)
{
	bool alive = link_state(socket->link) == LINK_ALIVE;

	if (socket->turn != NULL && !(alive && socket->wants_write))
		event_active(socket->turn, EV_WRITE, 0);
}

static void
on_readable(evutil_socket_t fd, short what, void *context)
{
	struct link_socket *socket = context;

	(void)fd;
	(void)what;
	read_input(socket);
	finish_if_over(socket);
}

/* Also the turn's event: both mean that there is something to write, or an end to be told. */
static void
on_writable(evutil_socket_t fd, short what, void *context)
{
	struct link_socket *socket = context;

	(void)fd;
	(void)what;
	write_output(socket);
	update_interest(socket);
	finish_if_over(socket);
}

/* A heartbeat's length at most: what has a deadline may begin meanwhile. */
static bool
set_timer(struct link_socket *socket)
{
	uint64_t now_ms = clock_now().mono_ms;
	uint64_t due = link_deadline_ms(socket->link);
	uint64_t wait = due > now_ms ? due - now_ms : 1;
	struct timeval interval;

	if (wait > socket->wait_max_ms)
		wait = socket->wait_max_ms;
	interval = clock_timeval(wait);
	return event_add(socket->timer, &interval) == 0;
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct link_socket *socket = context;

	(void)fd;
	(void)what;
	/* If it is we who were stopped for a while, the peer's heartbeats lie here unread. */
	read_input(socket);
	(void)link_tick(socket->link, clock_now());
	write_output(socket);
	update_interest(socket);
	if (!set_timer(socket))
		link_end(socket->link, LINK_NO_MEMORY);
	finish_if_over(socket);
}

static bool
start(struct link_socket *socket, struct event_base *base)
{
	int fd = socket->fd;

	socket->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, socket);
	socket->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, socket);
	socket->timer = event_new(base, -1, 0, on_timer, socket);
	socket->turn = event_new(base, -1, 0, on_writable, socket);
	return socket->readable != NULL && socket->writable != NULL && socket->timer != NULL &&
	       socket->turn != NULL && event_add(socket->readable, NULL) == 0 && set_timer(socket);
}

struct link_socket *
link_socket_create(struct event_base *base, int fd, enum link_side side, struct link_limits limits,
    struct link_socket_owner owner)
{
	struct link_socket *socket = calloc(1, sizeof(*socket));
	struct link_receiver receiver = { hand_over, socket };

	if (socket == NULL) {
		(void)close(fd);
		return NULL;
	}
	socket->fd = fd;
	socket->owner = owner;
	socket->wait_max_ms = limits.heartbeat_ms > 0 ? limits.heartbeat_ms : 1;
	socket->link = link_create(side, limits, receiver, clock_now());
	if (socket->link == NULL || !start(socket, base))
		link_socket_destroy(&socket);
	return socket;
}

void
link_socket_destroy(struct link_socket **socket)
{
	struct link_socket *doomed = *socket;

	if (doomed == NULL)
		return;
	assert(!doomed->in_the_owner);
	*socket = NULL;
	release(doomed);
	link_destroy(&doomed->link);
	free(doomed);
}

bool
link_socket_send(struct link_socket *socket, enum envelope_kind kind, const void *body)
{
	bool queued = link_send(socket->link, kind, body);

	arrange_turn(socket);
	return queued;
}

bool
link_socket_send_frames(struct link_socket *socket, const void *frames, size_t length)
{
	bool queued = link_send_frames(socket->link, frames, length);

	arrange_turn(socket);
	return queued;
}

void
link_socket_end(struct link_socket *socket, enum link_loss why)
{
	link_end(socket->link, why);
	arrange_turn(socket);
}

size_t
link_socket_queued(const struct link_socket *socket)
{
	return link_output(socket->link).length;
}

uint64_t
link_socket_heard_ms(const struct link_socket *socket)
{
	return link_heard_ms(socket->link);
}
