/*
 * The floor: what it costs at the very least to tell everybody. One epoll, one send() per message
 * and client, no rooms, no checks, no presence - only as much WebSocket and `room` dialect as
 * hubbub-load needs. With --coalesce all messages of one turn go to a client in one send(). Not a
 * server to be exposed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/ws_frame.h"

#define EVENTS_PER_TURN 256
#define READ_SIZE (64u << 10)
#define REST_MAX (128u << 10)
#define UNSENT_MAX (4u << 20)
#define TURN_MAX (1u << 20)
#define MESSAGE_MAX (READ_SIZE + 512)
#define ID_DIGITS 8

struct floor_client {
	int fd;
	unsigned slot;
	bool upgraded, in;
	size_t rest_size, unsent_size;
	char *rest, *unsent;
};

struct floor {
	int epoll, listener;
	bool coalesce;
	struct floor_client **clients; /* by slot; a slot is also the client's id */
	unsigned slots;
	char *turn; /* frames of this turn, for everybody */
	size_t turn_size;
	char buffer[REST_MAX + READ_SIZE];
	char message[MESSAGE_MAX];
};

static void
out_of_memory(void)
{
	perror("floor");
	exit(EXIT_FAILURE);
}

static void
client_drop(struct floor *floor, struct floor_client *client)
{
	floor->clients[client->slot] = NULL;
	close(client->fd);
	free(client->rest);
	free(client->unsent);
	free(client);
}

static void
watch(struct floor *floor, struct floor_client *client, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = client };

	epoll_ctl(floor->epoll, operation, client->fd, &event);
}

/* A client that is gone or too slow is found out when it is read: here nobody is dropped. */
static void
client_send(struct floor *floor, struct floor_client *client, const char *bytes, size_t size)
{
	ssize_t sent = 0;

	if (client->unsent_size == 0)
		sent = send(client->fd, bytes, size, MSG_NOSIGNAL);
	if (sent == (ssize_t)size || (sent < 0 && errno != EAGAIN))
		return;
	sent = sent < 0 ? 0 : sent;
	size -= (size_t)sent;
	if (client->unsent_size + size > UNSENT_MAX) {
		shutdown(client->fd, SHUT_RDWR);
		return;
	}
	client->unsent = realloc(client->unsent, client->unsent_size + size);
	if (client->unsent == NULL)
		out_of_memory();
	memcpy(client->unsent + client->unsent_size, bytes + sent, size);
	if (client->unsent_size == 0)
		watch(floor, client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	client->unsent_size += size;
}

static void
on_writable(struct floor *floor, struct floor_client *client)
{
	ssize_t sent = send(client->fd, client->unsent, client->unsent_size, MSG_NOSIGNAL);

	if (sent <= 0)
		return;
	client->unsent_size -= (size_t)sent;
	memmove(client->unsent, client->unsent + sent, client->unsent_size);
	if (client->unsent_size == 0)
		watch(floor, client, EPOLL_CTL_MOD, EPOLLIN);
}

static void
tell_everybody(struct floor *floor, const char *bytes, size_t size)
{
	for (unsigned i = 0; i < floor->slots; i++)
		if (floor->clients[i] != NULL && floor->clients[i]->in)
			client_send(floor, floor->clients[i], bytes, size);
}

static void
end_turn(struct floor *floor)
{
	if (floor->turn_size > 0)
		tell_everybody(floor, floor->turn, floor->turn_size);
	floor->turn_size = 0;
}

/* The text between `key` and the next quotation mark; empty if it is not there. */
static int
text_after(const struct ws_frame *frame, const char *key, const char **text_out)
{
	const char *end = frame->payload + frame->size;
	const char *begin = memmem(frame->payload, frame->size, key, strlen(key));
	const char *quote;

	*text_out = "";
	if (begin == NULL)
		return 0;
	begin += strlen(key);
	quote = memchr(begin, '"', (size_t)(end - begin));
	if (quote == NULL)
		return 0;
	*text_out = begin;
	return (int)(quote - begin);
}

static size_t
finish_frame(struct floor *floor, int size)
{
	char header[WS_HEADER_MAX];
	size_t length = ws_frame_header(header, WS_TEXT, (size_t)size, NULL);

	memcpy(floor->message + WS_HEADER_MAX - length, header, length);
	return length;
}

static void
on_message(struct floor *floor, struct floor_client *client, const struct ws_frame *frame)
{
	const char *to, *content;
	int content_size = text_after(frame, "\"content\": \"", &content);
	bool private = text_after(frame, "\"to\": \"", &to) == ID_DIGITS;
	char *room = floor->message + WS_HEADER_MAX;
	size_t header, slot;
	int size;

	size = snprintf(room, MESSAGE_MAX - WS_HEADER_MAX,
	    "{\"type\": \"%s\", \"from\": \"%08x\", \"sender_name\": \"load%u\", "
	    "\"content\": \"%.*s\", \"timestamp\": \"2000-01-01 00:00:00\"}",
	    private ? "private" : "public", client->slot, client->slot, content_size, content);
	header = finish_frame(floor, size);
	room -= header;
	if (private) {
		slot = strtoul(to, NULL, 16);
		if (slot < floor->slots && floor->clients[slot] != NULL)
			client_send(floor, floor->clients[slot], room, header + (size_t)size);
		client_send(floor, client, room, header + (size_t)size);
	} else if (!floor->coalesce) {
		tell_everybody(floor, room, header + (size_t)size);
	} else {
		if (floor->turn_size + header + (size_t)size > TURN_MAX)
			end_turn(floor);
		memcpy(floor->turn + floor->turn_size, room, header + (size_t)size);
		floor->turn_size += header + (size_t)size;
	}
}

static void
on_name(struct floor *floor, struct floor_client *client)
{
	char *list = floor->message + WS_HEADER_MAX;
	size_t header;
	int size;

	size = snprintf(list, MESSAGE_MAX - WS_HEADER_MAX,
	    "{\"type\": \"user_list\", \"users\": [{\"client_id\": \"%08x\", "
	    "\"username\": \"load\"}]}",
	    client->slot);
	header = finish_frame(floor, size);
	client->in = true;
	client_send(floor, client, list - header, header + (size_t)size);
}

static long
on_request(struct floor *floor, struct floor_client *client, char *bytes, size_t size)
{
	static const char answer[] =
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: " WS_EXAMPLE_ACCEPT "\r\n\r\n";
	char *end = memmem(bytes, size, "\r\n\r\n", 4);

	if (end == NULL)
		return 0;
	client->upgraded = true;
	client_send(floor, client, answer, sizeof(answer) - 1);
	return end + 4 - bytes;
}

/* How many bytes were taken, -1 if the client is not worth keeping. */
static long
take_bytes(struct floor *floor, struct floor_client *client, size_t size)
{
	size_t at = 0;

	while (at < size) {
		struct ws_frame frame = { 0 };
		long taken;

		if (!client->upgraded)
			taken = on_request(floor, client, floor->buffer + at, size - at);
		else
			taken = ws_frame_parse(floor->buffer + at, size - at, &frame);
		if (taken < 0 || frame.opcode == WS_CLOSE)
			return -1;
		if (taken == 0)
			break;
		if (frame.opcode == WS_TEXT && client->in)
			on_message(floor, client, &frame);
		else if (frame.opcode == WS_TEXT)
			on_name(floor, client);
		at += (size_t)taken;
	}
	return (long)at;
}

static void
on_readable(struct floor *floor, struct floor_client *client)
{
	ssize_t got = recv(client->fd, floor->buffer + client->rest_size, READ_SIZE, 0);
	size_t size;
	long taken;

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		client_drop(floor, client);
		return;
	}
	if (client->rest_size > 0)
		memcpy(floor->buffer, client->rest, client->rest_size);
	size = client->rest_size + (size_t)got;
	free(client->rest);
	client->rest = NULL;
	client->rest_size = 0;
	taken = take_bytes(floor, client, size);
	if (taken < 0 || size - (size_t)taken > REST_MAX) {
		client_drop(floor, client);
		return;
	}
	client->rest_size = size - (size_t)taken;
	if (client->rest_size == 0)
		return;
	client->rest = malloc(client->rest_size);
	if (client->rest == NULL)
		out_of_memory();
	memcpy(client->rest, floor->buffer + taken, client->rest_size);
}

static void
on_connection(struct floor *floor)
{
	struct floor_client *client;
	int fd, yes = 1;

	while ((fd = accept4(floor->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		client = calloc(1, sizeof(*client));
		floor->clients =
		    realloc(floor->clients, (floor->slots + 1) * sizeof(struct floor_client *));
		if (client == NULL || floor->clients == NULL)
			out_of_memory();
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
		client->fd = fd;
		client->slot = floor->slots++;
		floor->clients[client->slot] = client;
		watch(floor, client, EPOLL_CTL_ADD, EPOLLIN);
	}
}

static bool
listen_on(struct floor *floor, int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	floor->epoll = epoll_create1(EPOLL_CLOEXEC);
	floor->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (floor->epoll < 0 || floor->listener < 0 ||
	    bind(floor->listener, (struct sockaddr *)&address, size) != 0 ||
	    listen(floor->listener, SOMAXCONN) != 0 ||
	    getsockname(floor->listener, (struct sockaddr *)&address, &size) != 0 ||
	    epoll_ctl(floor->epoll, EPOLL_CTL_ADD, floor->listener, &event) != 0)
		return false;
	printf("%d\n", ntohs(address.sin_port));
	return fflush(stdout) == 0;
}

static void
serve(struct floor *floor)
{
	struct epoll_event events[EVENTS_PER_TURN];

	for (;;) {
		int count = epoll_wait(floor->epoll, events, EVENTS_PER_TURN, -1);

		for (int i = 0; i < count; i++) {
			struct floor_client *client = events[i].data.ptr;

			if (client == NULL) {
				on_connection(floor);
				continue;
			}
			if ((events[i].events & EPOLLOUT) != 0 && client->unsent_size > 0)
				on_writable(floor, client);
			if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0)
				on_readable(floor, client);
		}
		end_turn(floor);
	}
}

int
main(int count, char **words)
{
	static struct floor floor;
	struct rlimit files;
	int port = 0;

	for (int i = 1; i < count; i++) {
		if (strcmp(words[i], "--coalesce") == 0) {
			floor.coalesce = true;
		} else if (strcmp(words[i], "--port") == 0 && i + 1 < count) {
			port = atoi(words[++i]);
		} else {
			fprintf(stderr,
			    "hubbub-floor [--port PORT] [--coalesce]\n"
			    "Prints the port it listens on, and serves until killed.\n");
			return 2;
		}
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	floor.turn = malloc(TURN_MAX);
	if (floor.turn == NULL || !listen_on(&floor, port)) {
		perror("floor");
		return EXIT_FAILURE;
	}
	serve(&floor);
}
