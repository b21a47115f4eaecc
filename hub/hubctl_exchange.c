/*
 * hubctl's side of the socket. Waits with poll and a deadline that moves with
 * every step forward; knows nothing of what is said.
 */
#include "hub/hubctl_exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/unix_socket.h"

#define READ_BYTES 65536

/* How long to wait before the next attempt when the hub's queue of connections is full. */
#define RETRY_MS 20

struct exchange {
	const char *path;
	unsigned timeout_seconds;
	int fd;
	uint64_t deadline_ms;
	hubctl_take_fn *take;
	void *context;
	struct buffer *sentence;
};

static void
extend(struct exchange *exchange)
{
	exchange->deadline_ms = clock_now().mono_ms + exchange->timeout_seconds * UINT64_C(1000);
}

static int
left_ms(const struct exchange *exchange)
{
	uint64_t now_ms = clock_now().mono_ms;

	return now_ms < exchange->deadline_ms ? (int)(exchange->deadline_ms - now_ms) : 0;
}

static bool
fail(struct exchange *exchange, const char *what, int error)
{
	buffer_printf(exchange->sentence, "%s %s: %s", what, exchange->path, strerror(error));
	return false;
}

static bool
connect_to(struct exchange *exchange)
{
	char why[512];

	extend(exchange);
	for (;;) {
		exchange->fd = unix_socket_connect(exchange->path, why, sizeof(why));
		if (exchange->fd >= 0)
			return true;
		if (errno != EAGAIN || left_ms(exchange) == 0)
			break;
		poll(NULL, 0, RETRY_MS);
	}
	buffer_printf(exchange->sentence, "the hub is unreachable: %s", why);
	return false;
}

/* Waits until the socket is ready; false with a sentence if that takes too long. */
static bool
wait_for(struct exchange *exchange, short wanted)
{
	struct pollfd poller = { .fd = exchange->fd, .events = wanted };

	for (;;) {
		int ready = poll(&poller, 1, left_ms(exchange));

		if (ready > 0)
			return true;
		if (ready == 0) {
			buffer_printf(exchange->sentence, "the hub at %s said nothing for %u s",
			    exchange->path, exchange->timeout_seconds);
			return false;
		}
		if (errno != EINTR)
			return fail(exchange, "cannot wait for", errno);
	}
}

static bool
send_request(struct exchange *exchange, struct text request)
{
	while (request.length > 0) {
		ssize_t sent = send(exchange->fd, request.data, request.length, MSG_NOSIGNAL);

		if (sent >= 0) {
			request.data += sent;
			request.length -= (size_t)sent;
			extend(exchange);
		} else if (errno == EPIPE || errno == ECONNRESET) {
			/* It turned us away; the reason is there to be read. */
			return true;
		} else if (errno != EAGAIN && errno != EINTR) {
			return fail(exchange, "cannot write to", errno);
		} else if (!wait_for(exchange, POLLOUT)) {
			return false;
		}
	}
	return true;
}

static bool
read_answer(struct exchange *exchange)
{
	char bytes[READ_BYTES];

	for (;;) {
		ssize_t got = recv(exchange->fd, bytes, sizeof(bytes), 0);

		if (got > 0) {
			if (!exchange->take(exchange->context, (struct text){ bytes, (size_t)got }))
				return true;
			extend(exchange);
		} else if (got == 0 || errno == ECONNRESET) {
			return true;
		} else if (errno != EAGAIN && errno != EINTR) {
			return fail(exchange, "cannot read from", errno);
		} else if (!wait_for(exchange, POLLIN)) {
			return false;
		}
	}
}

bool
hubctl_exchange_follow(const char *path, unsigned timeout_seconds, struct text request,
    hubctl_take_fn *take, void *context, struct buffer *sentence)
{
	struct exchange exchange = {
		.path = path,
		.timeout_seconds = timeout_seconds,
		.fd = -1,
		.take = take,
		.context = context,
		.sentence = sentence,
	};
	bool good =
	    connect_to(&exchange) && send_request(&exchange, request) && read_answer(&exchange);

	if (exchange.fd >= 0)
		close(exchange.fd);
	return good;
}

static bool
keep(void *context, struct text said)
{
	struct buffer *all = context;

	buffer_append_text(all, said);
	return !all->failed;
}

bool
hubctl_exchange(const char *path, unsigned timeout_seconds, struct text request,
    struct buffer *said, struct buffer *sentence)
{
	if (!hubctl_exchange_follow(path, timeout_seconds, request, keep, said, sentence))
		return false;
	if (said->failed)
		buffer_append_string(sentence, "out of memory for the answer");
	return !said->failed;
}
