/* The fake client: a socket with moods, and a strict reader behind it. */
#include "sim_client.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"

#define ID_KEY "\"client_id\": \""

void
sim_client_init(struct sim_client *client, unsigned number, struct random_source random)
{
	memset(client, 0, sizeof(*client));
	client->number = number;
	client->random = random;
	buffer_init(&client->socket, 0);
	buffer_init(&client->pong, 0);
	buffer_init(&client->members, 0);
}

void
sim_client_free(struct sim_client *client)
{
	buffer_free(&client->socket);
	buffer_free(&client->pong);
	buffer_free(&client->members);
	sim_log_free(&client->heard);
	sim_log_free(&client->told);
}

const char *
sim_client_name(const struct sim_client *client, char out[16])
{
	snprintf(out, 16, "c%u", client->number);
	return out;
}

static void
broken(struct sim_client *client, const char *why)
{
	if (client->broken == NULL)
		client->broken = why;
}

/*
 * The size of the frame at the start of `bytes`, 0 if it is not all there; only short
 * server frames.
 */
static size_t
frame_size(struct text bytes, size_t *header_out)
{
	const uint8_t *b = (const uint8_t *)bytes.data;
	uint64_t length;

	if (bytes.length < 2)
		return 0;
	length = b[1] & 0x7Fu;
	*header_out = length < 126 ? 2 : length == 126 ? 4 : 10;
	if (bytes.length < *header_out)
		return 0;
	if (length >= 126) {
		size_t width = length == 126 ? 2 : 8;

		length = 0;
		for (size_t i = 0; i < width; i++)
			length = length << 8 | b[2 + i];
	}
	return bytes.length - *header_out < length ? 0 : *header_out + (size_t)length;
}

/* As much of one run as ends with a whole frame and is no longer than `room`. */
static size_t
whole_frames(struct text run, size_t room)
{
	size_t taken = 0;

	while (taken < run.length) {
		struct text rest = { run.data + taken, run.length - taken };
		size_t header;
		size_t size = frame_size(rest, &header);

		if (size == 0 || taken + size > room)
			break;
		taken += size;
	}
	return taken;
}

/* A socket with room for everything, for some frames, or for nothing. */
static size_t
transport_write(void *peer, const struct iovec *runs, int count)
{
	struct sim_client *client = peer;
	size_t room = SIZE_MAX;
	size_t taken = 0;

	if (client->close_asked)
		broken(client, "written to after the core closed it");
	if (client->slow || random_below(client->random, 8) == 0)
		room = (size_t)random_below(client->random, 2) * random_below(client->random, 600);
	for (int i = 0; i < count; i++) {
		struct text run = { runs[i].iov_base, runs[i].iov_len };
		size_t part = room == SIZE_MAX ? run.length : whole_frames(run, room - taken);

		buffer_append(&client->socket, run.data, part);
		taken += part;
		if (part < run.length) {
			client->wants_writable = true;
			break;
		}
	}
	client->bytes += taken;
	return taken;
}

static void
transport_close(void *peer, enum close_code code, struct text reason)
{
	struct sim_client *client = peer;

	if (client->close_asked)
		broken(client, "closed twice");
	if (reason.length > 123)
		broken(client, "a close reason of more than 123 bytes");
	client->close_asked = true;
	client->close_code = code;
}

static void
transport_read_more(void *peer, bool wanted)
{
	(void)peer;
	(void)wanted;
}

struct transport
sim_client_transport(void)
{
	return (struct transport){
		.write = transport_write,
		.close = transport_close,
		.read_more = transport_read_more,
	};
}

/* Keeps the ids of a list in order, and learns its own id by its name. */
static void
read_list(struct sim_client *client, struct text payload)
{
	char needle[48];
	char name[16];
	const char *at;

	buffer_clear(&client->members);
	snprintf(needle, sizeof(needle), ", \"username\": \"%s\"}", sim_client_name(client, name));
	for (at = payload.data; at < payload.data + payload.length;) {
		const char *id = memmem(
		    at, (size_t)(payload.data + payload.length - at), ID_KEY, strlen(ID_KEY));

		if (id == NULL)
			break;
		id += strlen(ID_KEY);
		buffer_printf(&client->members, "%.8s ", id);
		if ((size_t)(payload.data + payload.length - id) > 9 + strlen(needle) &&
		    memcmp(id + 9, needle, strlen(needle)) == 0)
			memcpy(client->id, id, 8);
		at = id + 8;
	}
}

static void
read_message(struct sim_client *client, struct text payload)
{
	const char *why = NULL;
	struct json *frame = json_parse_object(payload, &why);
	struct text type = TEXT("");
	struct text content = TEXT("");
	struct text from = TEXT("");
	bool own;

	if (frame == NULL || json_get_string(frame, "type", &type) != JSON_FOUND) {
		broken(client, "a frame that is no message");
		json_destroy(&frame);
		return;
	}
	json_get_string(frame, "content", &content);
	own = json_get_string(frame, "from", &from) == JSON_FOUND &&
	      text_equal(from, text_of(client->id));
	if (text_equal(type, TEXT("user_list")))
		read_list(client, payload);
	else if (text_equal(type, TEXT("error")))
		client->answered++;
	else if (text_equal(type, TEXT("private")) && !own)
		sim_log_add(&client->told, "%.*s", (int)content.length, content.data);
	else if (text_equal(type, TEXT("public")) || text_equal(type, TEXT("system")))
		sim_log_add(&client->heard, "%.*s", (int)content.length, content.data);
	if (own)
		client->answered++;
	json_destroy(&frame);
}

static void
read_frame(struct sim_client *client, uint8_t first, struct text payload)
{
	if (first == (0x80 | FRAME_TEXT))
		read_message(client, payload);
	else if (first == (0x80 | FRAME_PING) && payload.length > 0) {
		buffer_clear(&client->pong);
		buffer_append_text(&client->pong, payload);
	} else
		broken(client, "an opcode that no server sends");
}

void
sim_client_read(struct sim_client *client)
{
	size_t header;
	size_t size;

	while ((size = frame_size(buffer_text(&client->socket), &header)) > 0) {
		struct text payload = { client->socket.data + header, size - header };

		read_frame(client, (uint8_t)client->socket.data[0], payload);
		buffer_consume(&client->socket, size);
	}
	if (client->socket.length > 0)
		broken(client, "half a frame");
}
