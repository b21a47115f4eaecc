/* The native client: frames in, positions out. What it does is decided by sim_deeds_native.c. */
#include "sim_native_frame.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
sim_native_is_in(const struct sim_native *native)
{
	return native->socket.state == SIM_CONNECTED && native->welcomed;
}

void
sim_native_gone(struct sim_native *native)
{
	struct sim_pages *said = &native->book->of[native->number];

	native->welcomed = false;
	native->again = false;
	native->reused = 0;
	for (unsigned i = 0; i < said->count; i++)
		said->rows[i].asked = false;
	for (unsigned i = 0; i < SIM_ROOMS; i++) {
		native->rooms[i].member = false;
		native->rooms[i].leaving = false;
	}
}

static void
append_place(struct buffer *out, const char *key, const struct sim_place *place)
{
	if (place->known)
		buffer_printf(
		    out, "\"%s\":[%" PRIu64 ",%" PRIu64 "]", key, place->epoch, place->seq);
	else
		buffer_printf(out, "\"%s\":null", key);
}

void
sim_native_enters(const struct sim_native *native, struct sim_native_room *room)
{
	if (!room->place.known)
		room->came_at = native->book->now;
}

void
sim_native_hello(struct sim_native *native, bool inbox, struct buffer *out)
{
	const char *before = "";

	native->said_inbox = inbox && native->inbox.known;
	buffer_printf(out, "{\"type\":\"hello\",\"username\":\"c%u\"", native->number);
	if (native->resume[0] != '\0')
		buffer_printf(out, ",\"resume\":\"%s\"", native->resume);
	buffer_append_string(out, ",\"since\":{\"rooms\":{");
	for (unsigned i = 0; i < SIM_ROOMS; i++) {
		if (!native->rooms[i].wanted)
			continue;
		buffer_append_string(out, before);
		sim_native_enters(native, &native->rooms[i]);
		append_place(out, sim_rooms[i], &native->rooms[i].place);
		before = ",";
	}
	buffer_append_byte(out, '}');
	if (native->said_inbox) {
		buffer_append_byte(out, ',');
		append_place(out, "inbox", &native->inbox);
	}
	buffer_append_string(out, "}}");
}

void
sim_native_say(const struct sim_native *native, struct sim_message *message, const char *to,
    struct buffer *out)
{
	char content[48];

	(void)native;
	sim_book_write(message, content);
	message->said++;
	message->asked = true;
	if (message->room == SIM_INBOX)
		buffer_printf(out, "{\"type\":\"private\",\"to\":\"%s\"", to);
	else
		buffer_printf(
		    out, "{\"type\":\"public\",\"room\":\"%s\"", sim_rooms[message->room]);
	buffer_printf(out, ",\"content\":\"%s\",\"id\":\"m%u\"}", content, message->number);
}

void
sim_frame_broken(const struct sim_frame *frame, const char *format, ...)
{
	char what[160];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	sim_socket_broken(&frame->native->socket, "%s", what);
}

struct text
sim_frame_text(const struct sim_frame *frame, const char *key)
{
	struct text value = TEXT("");

	json_get_string(frame->json, key, &value);
	return value;
}

uint64_t
sim_frame_number(const struct sim_frame *frame, const char *key)
{
	uint64_t value = 0;

	if (json_get_integer(frame->json, key, &value) != JSON_FOUND)
		sim_frame_broken(
		    frame, "a %.*s without %s", (int)frame->type.length, frame->type.data, key);
	return value;
}

static unsigned
room_index(struct text name)
{
	for (unsigned i = 0; i < SIM_ROOMS; i++) {
		if (text_equal(name, text_of(sim_rooms[i])))
			return i;
	}
	return SIM_INBOX;
}

void
sim_copy_text(char *out, size_t size, struct text value)
{
	snprintf(out, size, "%.*s", (int)value.length, value.data);
}

static void
set_member(struct sim_native_room *room, uint64_t epoch, uint64_t seq)
{
	room->member = true;
	room->leaving = false;
	if (!room->place.known)
		room->place = (struct sim_place){ true, epoch, seq };
}

static void
welcome_rooms(const struct sim_frame *frame)
{
	const struct json_node *rooms = json_member(frame->json, "rooms");

	for (size_t i = 0; i < json_node_length(rooms); i++) {
		const struct json_node *row = json_node_element(rooms, i);
		struct text name = TEXT("");
		uint64_t epoch = 0;
		uint64_t seq = 0;
		unsigned room;

		json_node_string(json_node_member(row, "room"), &name);
		json_node_integer(json_node_member(row, "epoch"), &epoch);
		json_node_integer(json_node_member(row, "seq"), &seq);
		room = room_index(name);
		if (room == SIM_INBOX || !frame->native->rooms[room].wanted)
			sim_frame_broken(frame, "welcome to a room that it never asked for");
		else
			set_member(&frame->native->rooms[room], epoch, seq);
	}
}

static void
welcome_inbox(const struct sim_frame *frame)
{
	struct sim_native *native = frame->native;
	const struct json_node *pair = json_member(frame->json, "inbox");
	uint64_t read = sim_frame_number(frame, "read");
	uint64_t epoch = 0;
	uint64_t seq = 0;

	json_node_integer(json_node_element(pair, 0), &epoch);
	json_node_integer(json_node_element(pair, 1), &seq);
	if (read < native->read_told)
		sim_frame_broken(frame, "a mark that went back from %" PRIu64 " to %" PRIu64,
		    native->read_told, read);
	if (native->inbox.epoch != 0 && (epoch != native->inbox.epoch || seq < native->inbox.seq))
		sim_frame_broken(frame, "an inbox that went back");
	if (read > native->read_said)
		sim_frame_broken(frame, "a mark above what it read");
	if (!native->said_inbox)
		native->inbox = (struct sim_place){ true, epoch, read };
}

static void
on_welcome(const struct sim_frame *frame)
{
	struct sim_native *native = frame->native;
	char user[16];

	if (native->welcomed)
		sim_frame_broken(frame, "a second welcome");
	sim_copy_text(user, sizeof(user), sim_frame_text(frame, "user"));
	if (native->user[0] != '\0' && strcmp(user, native->user) != 0) {
		if (!native->risky)
			sim_frame_broken(frame, "itself as %s instead of %s", user, native->user);
		native->is_lost = true;
		return;
	}
	sim_copy_text(native->user, sizeof(native->user), text_of(user));
	sim_copy_text(
	    native->client_id, sizeof(native->client_id), sim_frame_text(frame, "client_id"));
	sim_copy_text(native->resume, sizeof(native->resume), sim_frame_text(frame, "resume"));
	welcome_rooms(frame);
	welcome_inbox(frame);
	native->welcomed = true;
	native->again = true;
}

static void
on_joined(const struct sim_frame *frame)
{
	if (frame->room == SIM_INBOX || !frame->native->rooms[frame->room].wanted ||
	    frame->native->rooms[frame->room].member)
		sim_frame_broken(frame, "joined without asking");
	else
		set_member(&frame->native->rooms[frame->room], sim_frame_number(frame, "epoch"),
		    sim_frame_number(frame, "seq"));
}

static void
on_left(const struct sim_frame *frame)
{
	struct sim_native_room *room = &frame->native->rooms[frame->room % SIM_ROOMS];

	if (frame->room == SIM_INBOX || !room->member || !room->leaving)
		sim_frame_broken(frame, "left without asking");
	room->member = false;
	room->leaving = false;
	room->wanted = false;
}

static void
on_read(const struct sim_frame *frame)
{
	uint64_t seq = sim_frame_number(frame, "inbox");

	if (seq > frame->native->read_told)
		frame->native->read_told = seq;
}

static void
change_users(const struct sim_frame *frame, struct sim_log *users, const char *key, bool come)
{
	const struct json_node *rows = json_member(frame->json, key);

	for (size_t i = 0; i < json_node_length(rows); i++) {
		struct text user = TEXT("");
		char line[16];
		size_t at;

		json_node_string(json_node_member(json_node_element(rows, i), "user"), &user);
		sim_copy_text(line, sizeof(line), user);
		at = sim_log_find(users, 0, line);
		if (come && at == users->count)
			sim_log_add(users, "%s", line);
		else if (!come && at < users->count)
			sim_log_remove(users, at);
	}
}

static void
on_presence(const struct sim_frame *frame)
{
	struct sim_native_room *room = &frame->native->rooms[frame->room % SIM_ROOMS];

	if (frame->room == SIM_INBOX || !room->member) {
		sim_frame_broken(frame, "who is in a room where it is not");
		return;
	}
	if (json_member(frame->json, "snapshot") != NULL)
		sim_log_free(&room->users);
	change_users(frame, &room->users, "joined", true);
	change_users(frame, &room->users, "left", false);
	room->count = (unsigned)sim_frame_number(frame, "count");
}

static void
on_nothing(const struct sim_frame *frame)
{
	(void)frame;
}

static const struct {
	const char *type;
	void (*take)(const struct sim_frame *frame);
} kinds[] = {
	{ "public", sim_on_message },
	{ "private", sim_on_message },
	{ "ack", sim_on_ack },
	{ "gap", sim_on_gap },
	{ "error", sim_on_error },
	{ "welcome", on_welcome },
	{ "joined", on_joined },
	{ "left", on_left },
	{ "read", on_read },
	{ "presence", on_presence },
	{ "system", on_nothing },
	{ "typing", on_nothing },
	{ "bye", on_nothing },
	{ "hub_degraded", on_nothing },
	{ "hub_back", on_nothing },
};

static void
read_message(struct sim_socket *socket, struct text payload)
{
	struct sim_frame frame = { .native = (struct sim_native *)socket };
	const char *why = NULL;
	struct json *json = json_parse_object(payload, &why);
	size_t kind = 0;

	frame.json = json;
	if (json != NULL) {
		frame.type = sim_frame_text(&frame, "type");
		frame.id = sim_frame_text(&frame, "id");
		frame.room = room_index(sim_frame_text(&frame, "room"));
	}
	while (json != NULL && kind < sizeof(kinds) / sizeof(kinds[0]) &&
	       !text_equal(frame.type, text_of(kinds[kind].type)))
		kind++;
	if (json == NULL || kind == sizeof(kinds) / sizeof(kinds[0]))
		sim_frame_broken(&frame, "a frame that is no message");
	else if (!frame.native->is_lost)
		kinds[kind].take(&frame);
	json_destroy(&json);
}

void
sim_native_init(
    struct sim_native *native, unsigned number, struct sim_book *book, struct random_source random)
{
	memset(native, 0, sizeof(*native));
	native->number = number;
	native->all = native - (number - SIM_FIRST_NATIVE);
	native->book = book;
	native->rooms[0].wanted = true;
	sim_socket_init(&native->socket, read_message, random);
}

void
sim_native_free(struct sim_native *native)
{
	sim_socket_free(&native->socket);
	for (unsigned i = 0; i < SIM_ROOMS; i++)
		sim_log_free(&native->rooms[i].users);
	sim_log_free(&native->heard);
}
