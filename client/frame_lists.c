/* The lists within frames, written for programs in native's form. */
#include <string.h>

#include "client/frame_private.h"

static void
write_people(const struct frame *frame, struct buffer *out,
    bool (*next)(const struct frame *frame, size_t *cursor, struct person *person_out))
{
	const char *before = "";
	size_t cursor = 0;
	struct person person;

	for (; next(frame, &cursor, &person); before = ",") {
		buffer_printf(out, "%s{", before);
		if (person.user.data != NULL) {
			buffer_append_string(out, "\"user\":");
			json_append_utf8(out, person.user);
			buffer_append_byte(out, ',');
		}
		buffer_append_string(out, "\"username\":");
		json_append_utf8(out, person.name);
		buffer_append_byte(out, '}');
	}
}

static void
write_rooms(const struct frame *frame, struct buffer *out)
{
	const char *before = "";
	size_t cursor = 0;
	struct room_entry room;

	for (; frame_room(frame, &cursor, &room); before = ",") {
		buffer_printf(out, "%s{\"room\":", before);
		json_append_utf8(out, room.room);
		buffer_append_string(out, ",\"epoch\":");
		buffer_append_u64(out, room.at.epoch);
		buffer_append_string(out, ",\"seq\":");
		buffer_append_u64(out, room.at.seq);
		if (room.members != NUMBER_ABSENT) {
			buffer_append_string(out, ",\"members\":");
			buffer_append_u64(out, room.members);
		}
		if (room.member || frame->kind == FRAME_WELCOME)
			buffer_append_string(out, ",\"member\":true");
		buffer_append_byte(out, '}');
	}
}

static void
write_messages(const struct frame *frame, struct buffer *out)
{
	const char *before = "";
	size_t cursor = 0;
	struct frame message;

	for (; frame_message(frame, &cursor, &message); before = ",") {
		buffer_append_string(out, before);
		frame_write_json(&message, out);
	}
}

void
frame_write_list(const struct frame *frame, const char *key, struct buffer *out)
{
	buffer_printf(out, ",\"%s\":[", key);
	if (strcmp(key, "rooms") == 0)
		write_rooms(frame, out);
	else if (strcmp(key, "messages") == 0)
		write_messages(frame, out);
	else if (strcmp(key, "left") == 0)
		write_people(frame, out, frame_person_left);
	else
		write_people(frame, out, frame_person);
	buffer_append_byte(out, ']');
}
