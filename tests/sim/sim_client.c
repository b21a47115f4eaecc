/* The fake client of the room dialect: a strict reader of what arrives. */
#include "sim_client.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"

#define ID_KEY "\"client_id\": \""

const char *
sim_client_name(const struct sim_client *client, char out[16])
{
	snprintf(out, 16, "c%u", client->number);
	return out;
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
read_message(struct sim_socket *socket, struct text payload)
{
	struct sim_client *client = (struct sim_client *)socket;
	const char *why = NULL;
	struct json *frame = json_parse_object(payload, &why);
	struct text type = TEXT("");
	struct text content = TEXT("");
	struct text from = TEXT("");
	bool own;

	if (frame == NULL || json_get_string(frame, "type", &type) != JSON_FOUND) {
		sim_socket_broken(socket, "a frame that is no message");
		json_destroy(&frame);
		return;
	}
	json_get_string(frame, "content", &content);
	own = json_get_string(frame, "from", &from) == JSON_FOUND &&
	      text_equal(from, text_of(client->id));
	if (text_equal(type, TEXT("user_list")))
		read_list(client, payload);
	else if (text_equal(type, TEXT("error")))
		client->errors++;
	else if (text_equal(type, TEXT("private")) && !own)
		sim_log_add(&client->told, "%.*s", (int)content.length, content.data);
	else if (text_equal(type, TEXT("public")) || text_equal(type, TEXT("system")))
		sim_log_add(&client->heard, "%.*s", (int)content.length, content.data);
	if (own || text_equal(type, TEXT("error")))
		client->answered++;
	json_destroy(&frame);
}

void
sim_client_init(struct sim_client *client, unsigned number, struct random_source random)
{
	memset(client, 0, sizeof(*client));
	client->number = number;
	sim_socket_init(&client->socket, read_message, random);
	buffer_init(&client->members, 0);
}

void
sim_client_free(struct sim_client *client)
{
	sim_socket_free(&client->socket);
	buffer_free(&client->members);
	sim_log_free(&client->heard);
	sim_log_free(&client->told);
}
