/*
 * The clients' sockets: one epoll, one shared buffer to read into, memory of a client's own only
 * for a frame that came in two parts. It knows how to come into a room and what a frame is; what
 * is said there and what that means belongs to load_modes.
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
	if (net->epoll < 0 || net->clients == NULL || net->buffer == NULL) {
		perror("load");
		load_net_close(net);
		return false;
	}
	for (unsigned i = 0; i < count; i++) {
		net->clients[i].fd = -1;
		net->clients[i].index = i;
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
}

void
load_net_close(struct load_net *net)
{
	for (unsigned i = 0; net->clients != NULL && i < net->count; i++)
		client_drop(&net->clients[i]);
	free(net->clients);
	free(net->buffer);
	net->clients = NULL;
	net->buffer = NULL;
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

static void
watch(struct load_net *net, struct load_client *client, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = client->index };

	epoll_ctl(net->epoll, operation, client->fd, &event);
}

bool
load_net_connect(struct load_net *net, unsigned index)
{
	struct load_client *client = &net->clients[index];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)net->port) };
	int yes = 1;

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
	grown = realloc(client->unsent, client->unsent_size + size - (size_t)sent);
	if (grown == NULL)
		abort();
	memcpy(grown + client->unsent_size, bytes + sent, size - (size_t)sent);
	client->unsent = grown;
	client->unsent_size += size - (size_t)sent;
	watch(net, client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void
send_frame(struct load_net *net, struct load_client *client, unsigned opcode, const char *payload,
    size_t size)
{
	static const uint8_t mask[4] = { 0x5a, 0x17, 0xc3, 0x88 };
	char frame[FRAME_MAX];
	size_t at;

	if (client->fd < 0 || size > FRAME_MAX - WS_HEADER_MAX)
		return;
	at = ws_frame_header(frame, opcode, size, mask);
	memcpy(frame + at, payload, size);
	ws_frame_mask(frame + at, size, mask);
	client_send(net, client, frame, at + size);
}

void
load_client_say(struct load_net *net, struct load_client *client, const char *text, size_t size)
{
	send_frame(net, client, WS_TEXT, text, size);
}

static void
on_writable(struct load_net *net, struct load_client *client)
{
	char request[REQUEST_MAX];
	char *unsent = client->unsent;
	size_t size = client->unsent_size;

	watch(net, client, EPOLL_CTL_MOD, EPOLLIN);
	if (client->state == LOAD_CONNECTING) {
		client->state = LOAD_UPGRADING;
		size = (size_t)snprintf(request, sizeof(request),
		    "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\n"
		    "Connection: Upgrade\r\nSec-WebSocket-Key: " WS_EXAMPLE_KEY "\r\n"
		    "Sec-WebSocket-Version: 13\r\n\r\n",
		    net->path, net->address, net->port);
		client_send(net, client, request, size < sizeof(request) ? size : 0);
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
take_upgrade(struct load_net *net, struct load_client *client, char *bytes, size_t size)
{
	char *end = memmem(bytes, size, "\r\n\r\n", 4);
	char name[64];
	int length;

	if (end == NULL)
		return size < 16384 ? 0 : -1;
	if (memmem(bytes, size, " 101 ", 5) == NULL ||
	    memmem(bytes, size, WS_EXAMPLE_ACCEPT, strlen(WS_EXAMPLE_ACCEPT)) == NULL)
		return -1;
	length = snprintf(name, sizeof(name), "{\"username\": \"load%u\"}", client->index);
	client->state = LOAD_JOINING;
	load_client_say(net, client, name, (size_t)length);
	return end + 4 - bytes;
}

/* A client is the last of the first list that it hears. */
static void
take_list(struct load_net *net, struct load_client *client, const char *text, size_t size)
{
	static const char key[] = "\"client_id\": \"";
	const char *end = text + size, *id = NULL, *next = text;

	if (memmem(text, size, "\"user_list\"", 11) == NULL)
		return;
	/* The last entry is short: searching the end of a long list is enough. */
	if (size > 1024)
		next = end - 1024;
	while ((next = memmem(next, (size_t)(end - next), key, sizeof(key) - 1)) != NULL) {
		next += sizeof(key) - 1;
		id = next;
	}
	if (id == NULL || end - id < LOAD_ID_SIZE)
		return;
	memcpy(client->id, id, LOAD_ID_SIZE - 1);
	client->state = LOAD_IN;
	net->events.joined(net->events.context, client);
}

static void
take_frame(struct load_net *net, struct load_client *client, struct ws_frame *frame, uint64_t now)
{
	if (frame->opcode == WS_PING)
		send_frame(net, client, WS_PONG, frame->payload, frame->size);
	else if (frame->opcode == WS_CLOSE)
		client_gone(net, client, "closed by the server");
	else if (frame->opcode == WS_TEXT && client->state == LOAD_JOINING)
		take_list(net, client, frame->payload, frame->size);
	else if (frame->opcode == WS_TEXT)
		net->events.heard(net->events.context, client, frame->payload, frame->size, now);
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
			if (taken > 0)
				take_frame(net, client, &frame, now);
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
	net->bytes_in += (uint64_t)got;
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
