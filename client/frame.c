/*
 * Frames by table: which members each kind has, read from a server and written
 * for programs alike. The room protocol's own forms are in frame_room.c. Must
 * not know what a frame is good for.
 */
#include "client/frame.h"

#include <stddef.h>
#include <stdio.h>

#include "client/frame_private.h"

enum field_type {
	FIELD_TEXT,
	FIELD_NUMBER,
	FIELD_FLAG,
	FIELD_PLACE,
	FIELD_LIST,   /* for those who ask for its elements */
	FIELD_OBJECT, /* likewise; not written */
};

enum field_rule { OPTIONAL, NEEDED, SECRET };

struct field {
	const char *key;
	enum field_type type;
	enum field_rule rule;
	size_t offset;
};

#define FIELDS_MAX 12

struct shape {
	const char *type;
	enum frame_kind kind;
	struct field fields[FIELDS_MAX];
};

#define AT(member) offsetof(struct frame, member)

/* clang-format off */
#define PLACE \
	{ "epoch", FIELD_NUMBER, OPTIONAL, AT(at.epoch) }, \
	{ "seq", FIELD_NUMBER, OPTIONAL, AT(at.seq) }
#define SENDER \
	{ "from", FIELD_TEXT, OPTIONAL, AT(from) }, \
	{ "user", FIELD_TEXT, NEEDED, AT(user) }, \
	{ "sender_name", FIELD_TEXT, NEEDED, AT(name) }
#define WORDS \
	{ "content", FIELD_TEXT, NEEDED, AT(content) }, \
	{ "timestamp", FIELD_TEXT, OPTIONAL, AT(timestamp) }
#define ID { "id", FIELD_TEXT, OPTIONAL, AT(id) }
#define ROOM(rule) { "room", FIELD_TEXT, rule, AT(room) }

static const struct shape shapes[] = {
	{ "welcome", FRAME_WELCOME, {
		{ "client_id", FIELD_TEXT, NEEDED, AT(from) },
		{ "user", FIELD_TEXT, NEEDED, AT(user) },
		{ "username", FIELD_TEXT, NEEDED, AT(name) },
		{ "resume", FIELD_TEXT, SECRET, AT(resume) },
		{ "rooms", FIELD_LIST, NEEDED, AT(rooms) },
		{ "inbox", FIELD_PLACE, NEEDED, AT(inbox) },
		{ "read", FIELD_NUMBER, NEEDED, AT(read) },
		{ "limits", FIELD_OBJECT, OPTIONAL, AT(limits) },
		{ "resumed", FIELD_FLAG, OPTIONAL, AT(resumed) } } },
	{ "presence", FRAME_PRESENCE, {
		ROOM(NEEDED),
		{ "snapshot", FIELD_FLAG, OPTIONAL, AT(snapshot) },
		{ "joined", FIELD_LIST, NEEDED, AT(people) },
		{ "left", FIELD_LIST, NEEDED, AT(left) },
		{ "count", FIELD_NUMBER, OPTIONAL, AT(count) } } },
	{ "public", FRAME_PUBLIC, { ROOM(NEEDED), PLACE, SENDER, WORDS } },
	{ "private", FRAME_PRIVATE, {
		PLACE, SENDER, { "to", FIELD_TEXT, OPTIONAL, AT(to) }, WORDS } },
	{ "system", FRAME_SYSTEM, { ROOM(OPTIONAL), WORDS } },
	{ "ack", FRAME_ACK, {
		{ "id", FIELD_TEXT, NEEDED, AT(id) },
		ROOM(OPTIONAL), { "to", FIELD_TEXT, OPTIONAL, AT(to) }, PLACE,
		{ "timestamp", FIELD_TEXT, OPTIONAL, AT(timestamp) },
		{ "durability", FIELD_TEXT, OPTIONAL, AT(durability) },
		{ "absent", FIELD_FLAG, OPTIONAL, AT(absent) },
		{ "repeated", FIELD_FLAG, OPTIONAL, AT(repeated) } } },
	{ "gap", FRAME_GAP, {
		ROOM(OPTIONAL),
		{ "epoch", FIELD_NUMBER, NEEDED, AT(at.epoch) },
		{ "from", FIELD_NUMBER, NEEDED, AT(first) },
		{ "to", FIELD_NUMBER, NEEDED, AT(last) },
		{ "reason", FIELD_TEXT, NEEDED, AT(reason) } } },
	{ "joined", FRAME_JOINED, {
		ROOM(NEEDED), PLACE, { "members", FIELD_NUMBER, OPTIONAL, AT(members) }, ID } },
	{ "left", FRAME_LEFT, {
		ROOM(NEEDED), { "reason", FIELD_TEXT, NEEDED, AT(reason) },
		{ "renamed", FIELD_TEXT, OPTIONAL, AT(renamed) }, ID } },
	{ "rooms", FRAME_ROOMS, {
		{ "rooms", FIELD_LIST, NEEDED, AT(rooms) },
		{ "more", FIELD_FLAG, OPTIONAL, AT(more) }, ID } },
	{ "who", FRAME_WHO, {
		ROOM(NEEDED),
		{ "users", FIELD_LIST, NEEDED, AT(people) },
		{ "count", FIELD_NUMBER, OPTIONAL, AT(count) },
		{ "next", FIELD_TEXT, OPTIONAL, AT(next) }, ID } },
	{ "history", FRAME_HISTORY, {
		ROOM(NEEDED),
		{ "epoch", FIELD_NUMBER, OPTIONAL, AT(at.epoch) },
		{ "messages", FIELD_LIST, NEEDED, AT(messages) },
		{ "more", FIELD_FLAG, OPTIONAL, AT(more) }, ID } },
	{ "typing", FRAME_TYPING, { ROOM(OPTIONAL), SENDER } },
	{ "read", FRAME_READ, { { "inbox", FIELD_NUMBER, NEEDED, AT(read) }, ID } },
	{ "error", FRAME_ERROR, {
		{ "code", FIELD_TEXT, NEEDED, AT(code) },
		{ "content", FIELD_TEXT, OPTIONAL, AT(content) },
		{ "field", FIELD_TEXT, OPTIONAL, AT(field) }, ROOM(OPTIONAL), ID } },
	{ "hub_degraded", FRAME_HUB_DEGRADED, { { 0 } } },
	{ "hub_back", FRAME_HUB_BACK, { { 0 } } },
	{ "bye", FRAME_BYE, {
		{ "code", FIELD_NUMBER, OPTIONAL, AT(close_code) },
		{ "retry_after_ms", FIELD_NUMBER, OPTIONAL, AT(retry_after_ms) } } },
};
/* clang-format on */

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

struct frame
frame_make(enum frame_kind kind, enum protocol protocol)
{
	return (struct frame){
		.kind = kind,
		.protocol = protocol,
		.at = { NUMBER_ABSENT, NUMBER_ABSENT },
		.inbox = { NUMBER_ABSENT, NUMBER_ABSENT },
		.read = NUMBER_ABSENT,
		.first = NUMBER_ABSENT,
		.last = NUMBER_ABSENT,
		.count = NUMBER_ABSENT,
		.members = NUMBER_ABSENT,
		.close_code = NUMBER_ABSENT,
		.retry_after_ms = NUMBER_ABSENT,
	};
}

static bool
read_place(const struct json_node *node, struct place *place_out)
{
	return json_node_length(node) == 2 &&
	       json_node_integer(json_node_element(node, 0), &place_out->epoch) == JSON_FOUND &&
	       json_node_integer(json_node_element(node, 1), &place_out->seq) == JSON_FOUND;
}

/* False if the node is there and not of the field's type. */
static bool
read_field(const struct field *field, const struct json_node *node, struct frame *frame)
{
	void *to = (char *)frame + field->offset;

	switch (field->type) {
	case FIELD_TEXT:
		return json_node_string(node, to) == JSON_FOUND;
	case FIELD_NUMBER:
		return json_node_integer(node, to) == JSON_FOUND;
	case FIELD_FLAG:
		return json_node_bool(node, to) == JSON_FOUND;
	case FIELD_PLACE:
		return read_place(node, to);
	case FIELD_LIST:
		*(const struct json_node **)to = node;
		return json_node_is_array(node);
	default:
		*(const struct json_node **)to = node;
		return json_node_is_object(node);
	}
}

void
frame_spoil(struct frame *frame, const char *what, const char *key)
{
	frame->kind = FRAME_BAD;
	snprintf(frame->why, sizeof(frame->why), "%s%s%s", what, key[0] != '\0' ? " " : "", key);
}

static void
read_shape(struct frame *frame, const struct shape *shape, const struct json_node *object)
{
	frame->kind = shape->kind;
	for (const struct field *field = shape->fields;
	     field < shape->fields + FIELDS_MAX && field->key != NULL; field++) {
		const struct json_node *node = json_node_member(object, field->key);

		if (node == NULL && field->rule != NEEDED)
			continue;
		if (node == NULL || !read_field(field, node, frame)) {
			frame_spoil(frame, node == NULL ? "without" : "with an unfit", field->key);
			return;
		}
	}
}

void
frame_read_native(struct frame *frame, const struct json_node *object)
{
	struct text type;

	if (json_node_string(json_node_member(object, "type"), &type) != JSON_FOUND) {
		frame_spoil(frame, "without", "type");
		return;
	}
	frame->kind = FRAME_UNKNOWN;
	for (size_t i = 0; i < SHAPES; i++) {
		if (text_equal(type, text_of(shapes[i].type))) {
			read_shape(frame, &shapes[i], object);
			return;
		}
	}
}

void
frame_read(struct frame *frame, enum protocol protocol, struct text bytes)
{
	const char *why = NULL;
	struct json *json = json_parse_object(bytes, &why);

	*frame = frame_make(FRAME_BAD, protocol);
	frame->json = json;
	if (json == NULL)
		frame_spoil(frame, why, "");
	else if (protocol == PROTOCOL_NATIVE)
		frame_read_native(frame, json_root(json));
	else
		frame_read_room(frame, json_root(json));
}

void
frame_free(struct frame *frame)
{
	json_destroy(&frame->json);
}

static bool
read_person(const struct json_node *node, enum protocol protocol, struct person *person_out)
{
	const char *key = protocol == PROTOCOL_NATIVE ? "user" : "client_id";

	return json_node_string(json_node_member(node, key), &person_out->user) == JSON_FOUND &&
	       json_node_string(json_node_member(node, "username"), &person_out->name) ==
		   JSON_FOUND;
}

static bool
person_in(const struct frame *frame, const struct json_node *list, size_t *cursor,
    struct person *person_out)
{
	while (*cursor < json_node_length(list)) {
		if (read_person(json_node_element(list, (*cursor)++), frame->protocol, person_out))
			return true;
	}
	return false;
}

/* Of a notice that tells of one, by name. */
static bool
single_person(const struct frame *frame, size_t *cursor, struct person *person_out)
{
	*person_out = (struct person){ { NULL, 0 }, frame->name };
	return frame->kind == FRAME_PRESENCE && frame->name.data != NULL && (*cursor)++ == 0;
}

bool
frame_person(const struct frame *frame, size_t *cursor, struct person *person_out)
{
	if (frame->people == NULL)
		return !frame->gone && single_person(frame, cursor, person_out);
	return person_in(frame, frame->people, cursor, person_out);
}

bool
frame_person_left(const struct frame *frame, size_t *cursor, struct person *person_out)
{
	if (frame->left == NULL)
		return frame->gone && single_person(frame, cursor, person_out);
	return person_in(frame, frame->left, cursor, person_out);
}

bool
frame_message(const struct frame *history, size_t *cursor, struct frame *message_out)
{
	const struct json_node *list = history->messages;

	while (*cursor < json_node_length(list)) {
		*message_out = frame_make(FRAME_BAD, history->protocol);
		frame_read_native(message_out, json_node_element(list, (*cursor)++));
		if (message_out->kind == FRAME_PUBLIC)
			return true;
	}
	return false;
}

static bool
read_room(const struct json_node *node, struct room_entry *room_out)
{
	*room_out = (struct room_entry){ .members = NUMBER_ABSENT };
	json_node_integer(json_node_member(node, "members"), &room_out->members);
	json_node_bool(json_node_member(node, "member"), &room_out->member);
	return json_node_string(json_node_member(node, "room"), &room_out->room) == JSON_FOUND &&
	       json_node_integer(json_node_member(node, "epoch"), &room_out->at.epoch) ==
		   JSON_FOUND &&
	       json_node_integer(json_node_member(node, "seq"), &room_out->at.seq) == JSON_FOUND;
}

bool
frame_room(const struct frame *frame, size_t *cursor, struct room_entry *room_out)
{
	while (*cursor < json_node_length(frame->rooms)) {
		if (read_room(json_node_element(frame->rooms, (*cursor)++), room_out))
			return true;
	}
	return false;
}

static void
write_field(const struct field *field, const struct frame *frame, struct buffer *out)
{
	const void *from = (const char *)frame + field->offset;
	const struct text *text = from;
	const uint64_t *number = from;
	size_t start = out->length;

	buffer_printf(out, ",\"%s\":", field->key);
	if (field->type == FIELD_TEXT && text->data != NULL)
		json_append_utf8(out, *text);
	else if (field->type == FIELD_NUMBER && *number != NUMBER_ABSENT)
		buffer_append_u64(out, *number);
	else if (field->type == FIELD_FLAG && *(const bool *)from)
		buffer_append_string(out, "true");
	else
		buffer_truncate(out, start);
}

void
frame_write_json(const struct frame *frame, struct buffer *out)
{
	const struct shape *shape = NULL;

	for (size_t i = 0; i < SHAPES; i++) {
		if (shapes[i].kind == frame->kind)
			shape = &shapes[i];
	}
	if (shape == NULL)
		return;
	buffer_printf(out, "{\"type\":\"%s\"", shape->type);
	for (const struct field *field = shape->fields;
	     field < shape->fields + FIELDS_MAX && field->key != NULL; field++) {
		if (field->type == FIELD_LIST)
			frame_write_list(frame, field->key, out);
		else if (field->rule != SECRET)
			write_field(field, frame, out);
	}
	if (frame->own)
		buffer_append_string(out, ",\"own\":true");
	buffer_append_byte(out, '}');
}
