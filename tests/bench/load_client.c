/*
 * The clients' sockets: one epoll, one shared buffer to read into, memory of a client's own only
 * for a frame that came in two parts. It knows what a frame is; what is in it is known to the
 * peers, and what is said and when to load_modes.
 */
#include "tests/bench/load_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/ws_frame.h"

#define READ_SIZE (256u << 10)
#define EVENTS_PER_TURN 64
#define REQUEST_MAX 1024
#define FRAME_MAX (WS_HEADER_MAX + 65536)
#define UPGRADE_MAX 16384
/* A server that reads nothing is given up. */
#define UNSENT_MAX (16u << 20)

uint64_t
load_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

bool
load_net_open(struct load_net *net, unsigned count)
{
	net->count = count;
	net->epoll = epoll_create1(EPOLL_CLOEXEC);
	net->clients = calloc(count, sizeof(*net->clients));
	net->buffer = malloc(WS_PAYLOAD_MAX + WS_HEADER_MAX + READ_SIZE);
	net->frame = malloc(FRAME_MAX);
	if (net->epoll < 0 || net->clients == NULL || net->buffer == NULL || net->frame == NULL) {
		perror("load");
		load_net_close(net);
		return false;
	}
	for (unsigned i = 0; i < count; i++) {
		net->clients[i].fd = -1;
		net->clients[i].peer.index = i;
		net->clients[i].peer.private = net->private;
	}
	return true;
}

static void
client_drop(struct load_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->state = LOAD_GONE;
	free(client->rest);
	free(client->unsent);
	client->rest = client->unsent = NULL;
	client->rest_size = client->unsent_size = 0;
	peer_client_reset(&client->peer);
}

void
load_net_close(struct load_net *net)
{
	for (unsigned i = 0; net->clients != NULL && i < net->count; i++)
		client_drop(&net->clients[i]);
	free(net->clients);
	free(net->buffer);
	free(net->frame);
	net->clients = NULL;
	net->buffer = net->frame = NULL;
	if (net->epoll >= 0)
		close(net->epoll);
	net->epoll = -1;
}

static void
client_gone(struct load_net *net, struct load_client *client, const char *why)
{
	client_drop(client);
	net->events.gone(net->events.context, client, why);
}

void
load_net_leave(struct load_net *net, unsigned index)
{
	client_drop(&net->clients[index]);
	net->clients[index].state = LOAD_UNUSED;
}

static void
watch(struct load_net *net, struct load_client *client, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = client->peer.index };

	epoll_ctl(net->epoll, operation, client->fd, &event);
}

bool
load_net_connect(struct load_net *net, unsigned index)
{
	struct load_client *client = &net->clients[index];
	int port = net->ports[index % net->port_count], yes = 1;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0 || inet_pton(AF_INET, net->address, &to.sin_addr) != 1)
		return false;
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	client->state = LOAD_CONNECTING;
	watch(net, client, EPOLL_CTL_ADD, EPOLLOUT);
	if (connect(client->fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
		client_gone(net, client, "cannot connect");
	return true;
}

static void
client_send(struct load_net *net, struct load_client *client, const char *bytes, size_t size)
{
	ssize_t sent = 0;
	char *grown;

	if (client->unsent_size == 0)
		sent = send(client->fd, bytes, size, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN)
		return; /* the end of the connection will be read */
	if (sent == (ssize_t)size)
		return;
	sent = sent < 0 ? 0 : sent;
	if (client->unsent_size + size > UNSENT_MAX) {
		shutdown(client->fd, SHUT_RDWR);
		return;
	}
	grown = realloc(client->unsent, client->unsent_size + size - (size_t)sent);
	if (grown == NULL)
		abort();
	memcpy(grown + client->unsent_size, bytes + sent, size - (size_t)sent);
	client->unsent = grown;
	client->unsent_size += size - (size_t)sent;
	watch(net, client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

/* Frames what stands in net->frame behind the place for a header. */
static void
send_frame(struct load_net *net, struct load_client *client, unsigned opcode, size_t size)
{
	static const uint8_t mask[4] = { 0x5a, 0x17, 0xc3, 0x88 };
	char header[WS_HEADER_MAX];
	char *payload = net->frame + WS_HEADER_MAX;
	size_t length = ws_frame_header(header, opcode, size, mask);

	if (client->fd < 0)
		return;
	memcpy(payload - length, header, length);
	ws_frame_mask(payload, size, mask);
	client_send(net, client, payload - length, length + size);
}

static void
send_bytes(struct load_net *net, struct load_client *client, unsigned opcode, const char *bytes,
    size_t size)
{
	if (size > FRAME_MAX - WS_HEADER_MAX)
		return;
	memcpy(net->frame + WS_HEADER_MAX, bytes, size);
	send_frame(net, client, opcode, size);
}

void
load_client_say(struct load_net *net, struct load_client *from, const struct peer_message *message)
{
	size_t size, room = FRAME_MAX - WS_HEADER_MAX;

	if (message->size + PEER_FRAMING_MAX > room)
		return;
	size = net->peer->say(&from->peer, message, net->frame + WS_HEADER_MAX, room);
	send_frame(net, from, net->peer->opcode, size);
}

/* What a peer is told with: which client of which net, and when the bytes were read. */
struct call {
	struct load_net *net;
	struct load_client *client;
	uint64_t now_ns;
};

static void
peer_sends(void *context, unsigned opcode, const char *bytes, size_t size)
{
	struct call *call = context;

	send_bytes(call->net, call->client, opcode, bytes, size);
}

static void
peer_joined(void *context)
{
	struct call *call = context;

	call->net->events.joined(call->net->events.context, call->client);
}

static void
peer_heard(void *context, enum peer_kind kind, const char *bytes, size_t size)
{
	struct call *call = context;
	struct load_events *events = &call->net->events;

	events->heard(events->context, call->client, kind, bytes, size, call->now_ns);
}

static void
peer_other(void *context, const char *bytes, size_t size)
{
	struct call *call = context;
	struct load_events *events = &call->net->events;

	events->other(events->context, call->client, bytes, size);
}

static struct peer_events
peer_events(struct call *call)
{
	return (struct peer_events){
		.context = call,
		.send = peer_sends,
		.joined = peer_joined,
		.heard = peer_heard,
		.other = call->net->events.other == NULL ? NULL : peer_other,
	};
}

static void
request_upgrade(struct load_net *net, struct load_client *client)
{
	const struct peer *peer = net->peer;
	bool offer = peer->subprotocol != NULL;
	char request[REQUEST_MAX], target[PEER_PATH_MAX];
	int size;

	if (peer->target != NULL)
		peer->target(&client->peer, net->path, target);
	else
		snprintf(target, sizeof(target), "%s", net->path);
	client->state = LOAD_UPGRADING;
	size = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Key: " WS_EXAMPLE_KEY "\r\n"
	    "Sec-WebSocket-Version: 13\r\n%s%s%s\r\n",
	    target, net->address, offer ? "Sec-WebSocket-Protocol: " : "",
	    offer ? peer->subprotocol : "", offer ? "\r\n" : "");
	client_send(net, client, request, (size_t)size);
}

static void
on_writable(struct load_net *net, struct load_client *client)
{
	char *unsent = client->unsent;
	size_t size = client->unsent_size;

	watch(net, client, EPOLL_CTL_MOD, EPOLLIN);
	if (client->state == LOAD_CONNECTING) {
		request_upgrade(net, client);
		return;
	}
	client->unsent = NULL;
	client->unsent_size = 0;
	client_send(net, client, unsent, size);
	free(unsent);
}

/*
 * The answer to the upgrade: how many bytes it has, 0 if it is not all there, -1 if it is a
 * refusal.
 */
static long
take_upgrade(struct load_net *net, struct load_client *client, const char *bytes, size_t size)
{
	static const char status[] = "HTTP/1.1 101";
	struct call call = { .net = net, .client = client };
	const struct peer_events events = peer_events(&call);
	const char *end = memmem(bytes, size, "\r\n\r\n", 4);

	if (end == NULL)
		return size < UPGRADE_MAX ? 0 : -1;
	size = (size_t)(end - bytes);
	if (size < sizeof(status) || memcmp(bytes, status, sizeof(status) - 1) != 0 ||
	    memmem(bytes, size, WS_EXAMPLE_ACCEPT, strlen(WS_EXAMPLE_ACCEPT)) == NULL)
		return -1;
	client->state = LOAD_OPEN;
	net->bytes_in += size;
	net->peer->opened(&client->peer, &events);
	return (long)size + 4;
}

/* False if it is not what such a server says. */
static bool
take_frame(
    struct load_net *net, struct load_client *client, const struct ws_frame *frame, uint64_t now)
{
	struct call call = { .net = net, .client = client, .now_ns = now };
	const struct peer_events events = peer_events(&call);

	switch (frame->opcode) {
	case WS_PING:
		send_bytes(net, client, WS_PONG, frame->payload, frame->size);
		return true;
	case WS_PONG:
		return true;
	case WS_CLOSE:
		client_gone(net, client, "closed by the server");
		return true;
	case WS_TEXT:
	case WS_BINARY:
		net->bytes_in += frame->size;
		return net->peer->received(&client->peer, &events, frame->payload, frame->size);
	default:
		return false;
	}
}

static void
take_bytes(struct load_net *net, struct load_client *client, size_t size, uint64_t now)
{
	size_t at = 0;

	while (at < size && client->fd >= 0) {
		struct ws_frame frame;
		long taken;

		if (client->state == LOAD_UPGRADING) {
			taken = take_upgrade(net, client, net->buffer + at, size - at);
		} else {
			taken = ws_frame_parse(net->buffer + at, size - at, &frame);
			if (taken > 0 && !take_frame(net, client, &frame, now))
				taken = -1;
		}
		if (taken < 0)
			client_gone(net, client, "not what a WebSocket server says");
		if (taken <= 0)
			break;
		at += (size_t)taken;
	}
	if (client->fd < 0 || at == size)
		return;
	client->rest_size = size - at;
	client->rest = malloc(client->rest_size);
	if (client->rest == NULL)
		abort();
	memcpy(client->rest, net->buffer + at, client->rest_size);
}

static void
on_readable(struct load_net *net, struct load_client *client)
{
	size_t kept = client->rest_size;
	ssize_t got = recv(client->fd, net->buffer + kept, READ_SIZE, 0);

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		client_gone(net, client, got == 0 ? "end of connection" : strerror(errno));
		return;
	}
	if (kept > 0) {
		memcpy(net->buffer, client->rest, kept);
		free(client->rest);
		client->rest = NULL;
		client->rest_size = 0;
	}
	take_bytes(net, client, kept + (size_t)got, load_now_ns());
}

void
load_net_turn(struct load_net *net, uint64_t until_ns)
{
	struct epoll_event events[EVENTS_PER_TURN];
	uint64_t now = load_now_ns();
	uint64_t wait = until_ns > now ? until_ns - now : 0;
	struct timespec timeout = {
		.tv_sec = (time_t)(wait / UINT64_C(1000000000)),
		.tv_nsec = (long)(wait % UINT64_C(1000000000)),
	};
	int count = epoll_pwait2(net->epoll, events, EVENTS_PER_TURN, &timeout, NULL);

	for (int i = 0; i < count; i++) {
		struct load_client *client = &net->clients[events[i].data.u32];

		if (client->fd >= 0 && (events[i].events & EPOLLOUT) != 0)
			on_writable(net, client);
		if (client->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT) != 0)
			on_readable(net, client);
	}
}
