/*
 * NATS in WebSocket frames: a stream of lines, which frames may cut anywhere. Everybody subscribes
 * to one subject, or each to a subject of its own for private messages. As `jetstream` a private
 * message asks for an answer: the server gives it once its stream has the message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/peer.h"
#include "tests/bench/ws_frame.h"

/* INFO is the longest line of a server. */
#define LINE_MAX_BYTES 16384
#define PAYLOAD_MAX (1u << 20)
/* One more than a MSG has, so that it is seen. */
#define FIELDS_MAX 6

struct word {
	const char *text;
	size_t size;
};

static void
nats_send(const struct peer_events *events, const char *bytes, size_t size)
{
	events->send(events->context, WS_BINARY, bytes, size);
}

/* The server speaks first. */
static void
nats_opened(struct peer_client *client, const struct peer_events *events)
{
	(void)client;
	(void)events;
}

/* The PONG tells that the subscription holds: it is handled behind it. */
static void
introduce(const struct peer_client *client, const struct peer_events *events)
{
	static const char connect[] =
	    "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c\",\"version\":\"1\","
	    "\"protocol\":1,\"echo\":true,\"headers\":false,\"no_responders\":false}\r\n";
	char text[512];
	int size;

	if (client->private)
		size = snprintf(text, sizeof(text), "%sSUB u.%u 1\r\nSUB a.%u.> 2\r\nPING\r\n",
		    connect, client->index, client->index);
	else
		size = snprintf(text, sizeof(text), "%sSUB room 1\r\nPING\r\n", connect);
	nats_send(events, text, (size_t)size);
}

static size_t
split(const char *line, size_t size, struct word words[FIELDS_MAX])
{
	size_t count = 0, at = 0;

	while (count < FIELDS_MAX) {
		while (at < size && line[at] == ' ')
			at++;
		if (at == size)
			break;
		words[count].text = line + at;
		while (at < size && line[at] != ' ')
			at++;
		words[count].size = (size_t)(line + at - words[count].text);
		count++;
	}
	return count;
}

static bool
is(const struct word *word, const char *name)
{
	return word->size == strlen(name) && memcmp(word->text, name, word->size) == 0;
}

static long
number(const struct word *word)
{
	long value = 0;

	if (word->size == 0 || word->size > 7)
		return -1;
	for (size_t i = 0; i < word->size; i++) {
		if (word->text[i] < '0' || word->text[i] > '9')
			return -1;
		value = value * 10 + (word->text[i] - '0');
	}
	return value;
}

/*
 * "MSG subject sid [reply] size" with its payload: how long all of it is, 0 if it is not all
 * there, -1 if it is wrong. The answer of a stream has the marker in its subject.
 */
static long
take_message(const struct peer_events *events, const struct word *words, size_t count,
    const char *payload, const char *end)
{
	long size = count == 4 || count == 5 ? number(&words[count - 1]) : -1;

	if (size < 0 || (size_t)size > PAYLOAD_MAX)
		return -1;
	if (end - payload < size + 2)
		return 0;
	if (payload[size] != '\r' || payload[size + 1] != '\n')
		return -1;
	if (!is(&words[2], "2"))
		events->heard(events->context, PEER_DELIVERY, payload, (size_t)size);
	else if (memmem(payload, (size_t)size, "\"error\"", 7) == NULL)
		events->heard(events->context, PEER_ANSWER, words[1].text, words[1].size);
	else
		return -1;
	return size + 2;
}

/* One line, and the payload behind it: as take_message(). */
static long
take_line(struct peer_client *client, const struct peer_events *events, const char *line,
    size_t length, const char *end)
{
	const char *behind = line + length + 2;
	struct word words[FIELDS_MAX];
	size_t count = split(line, length, words);
	long payload = 0;

	if (count == 0)
		return -1;
	if (is(&words[0], "MSG")) {
		payload = take_message(events, words, count, behind, end);
		if (payload <= 0)
			return payload;
	} else if (is(&words[0], "PING")) {
		nats_send(events, "PONG\r\n", 6);
	} else if (is(&words[0], "PONG")) {
		if (!client->in) {
			client->in = true;
			events->joined(events->context);
		}
	} else if (is(&words[0], "INFO")) {
		/* It may come again; the name of the client says that it was heard. */
		if (client->id[0] == '\0')
			introduce(client, events);
		client->id[0] = '-';
		client->id[1] = '\0';
	} else if (!is(&words[0], "+OK")) {
		return -1;
	}
	return (long)length + 2 + payload;
}

/* How many bytes were whole messages, -1 if they are none of this protocol. */
static long
take_lines(
    struct peer_client *client, const struct peer_events *events, const char *bytes, size_t size)
{
	size_t at = 0;

	while (at < size) {
		const char *end = memmem(bytes + at, size - at, "\r\n", 2);
		long taken;

		if (end == NULL)
			return size - at > LINE_MAX_BYTES ? -1 : (long)at;
		taken =
		    take_line(client, events, bytes + at, (size_t)(end - bytes) - at, bytes + size);
		if (taken < 0)
			return -1;
		if (taken == 0)
			break;
		at += (size_t)taken;
	}
	return (long)at;
}

static bool
nats_received(
    struct peer_client *client, const struct peer_events *events, const char *bytes, size_t size)
{
	char *joined = NULL;
	size_t left;
	long taken;

	if (client->kept_size > 0) {
		joined = realloc(client->kept, client->kept_size + size);
		if (joined == NULL)
			abort();
		memcpy(joined + client->kept_size, bytes, size);
		size += client->kept_size;
		bytes = joined;
		client->kept = NULL;
		client->kept_size = 0;
	}
	taken = take_lines(client, events, bytes, size);
	left = taken < 0 ? 0 : size - (size_t)taken;
	if (left > 0) {
		client->kept = malloc(left);
		if (client->kept == NULL)
			abort();
		memcpy(client->kept, bytes + taken, left);
		client->kept_size = left;
	}
	free(joined);
	return taken >= 0;
}

static size_t
publish(const struct peer_client *from, const struct peer_message *message, bool answered,
    char *out, size_t room)
{
	char subject[32] = "room", reply[MARKER_SIZE + 32] = "";
	int size;

	if (message->private)
		snprintf(subject, sizeof(subject), "u.%u", message->to);
	/* A marker ends with a dot, and an empty word is none of a subject. */
	if (answered)
		snprintf(
		    reply, sizeof(reply), " a.%u.%.*sa", from->index, MARKER_SIZE, message->mark);
	size = snprintf(out, room, "PUB %s%s %zu\r\n%.*s\r\n", subject, reply, message->size,
	    (int)message->size, message->content);
	return (size_t)size;
}

static size_t
nats_say(const struct peer_client *from, const struct peer_message *message, char *out, size_t room)
{
	return publish(from, message, false, out, room);
}

static size_t
jetstream_say(
    const struct peer_client *from, const struct peer_message *message, char *out, size_t room)
{
	return publish(from, message, message->private, out, room);
}

const struct peer peer_nats = {
	.name = "nats",
	.path = "/",
	.opcode = WS_BINARY,
	.opened = nats_opened,
	.received = nats_received,
	.say = nats_say,
};

const struct peer peer_jetstream = {
	.name = "jetstream",
	.path = "/",
	.opcode = WS_BINARY,
	.answers_private = true,
	.opened = nats_opened,
	.received = nats_received,
	.say = jetstream_say,
};
