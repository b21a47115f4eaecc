/*
 * The room protocol's frames in the form that native gives them: its lists and
 * notices are presence, its sender is both client and user.
 */
#include <string.h>

#include "client/frame_private.h"

/* Notices of who came and went are sentences in this protocol. */
static const char came[] = " 进入聊天室";
static const char went[] = " 已离开";

static bool
ends_with(struct text text, const char *suffix, struct text *before_out)
{
	size_t length = strlen(suffix);

	if (text.length < length || memcmp(text.data + text.length - length, suffix, length) != 0)
		return false;
	*before_out = (struct text){ text.data, text.length - length };
	return true;
}

static void
read_list(struct frame *frame, const struct json_node *object)
{
	frame->kind = FRAME_PRESENCE;
	frame->room = TEXT(ROOM_OF_THE_MOUNT);
	frame->snapshot = true;
	frame->people = json_node_member(object, "users");
	if (!json_node_is_array(frame->people)) {
		frame_spoil(frame, "without", "users");
		return;
	}
	if (json_node_integer(json_node_member(object, "count"), &frame->count) != JSON_FOUND)
		frame->count = json_node_length(frame->people);
}

static void
read_notice(struct frame *frame, const struct json_node *object)
{
	bool counts =
	    json_node_integer(json_node_member(object, "count"), &frame->count) == JSON_FOUND;
	bool is_leave = ends_with(frame->content, went, &frame->name);

	/* A summary of a large room says no more than its count; without one it is the operator. */
	if (!is_leave && !ends_with(frame->content, came, &frame->name) && !counts)
		return;
	frame->kind = FRAME_PRESENCE;
	frame->room = TEXT(ROOM_OF_THE_MOUNT);
	frame->gone = is_leave;
}

/* Of a message: in this protocol a client is nobody else's. */
static void
read_sender(struct frame *frame, const struct json_node *object)
{
	if (json_node_string(json_node_member(object, "from"), &frame->from) != JSON_FOUND) {
		frame_spoil(frame, "without", "from");
		return;
	}
	frame->user = frame->from;
	if (frame->kind == FRAME_PUBLIC)
		frame->room = TEXT(ROOM_OF_THE_MOUNT);
}

static bool
read_texts(struct frame *frame, const struct json_node *object, bool with_name)
{
	if (json_node_string(json_node_member(object, "content"), &frame->content) != JSON_FOUND) {
		frame_spoil(frame, "without", "content");
		return false;
	}
	if (with_name &&
	    json_node_string(json_node_member(object, "sender_name"), &frame->name) != JSON_FOUND) {
		frame_spoil(frame, "without", "sender_name");
		return false;
	}
	json_node_string(json_node_member(object, "timestamp"), &frame->timestamp);
	json_node_string(json_node_member(object, "to"), &frame->to);
	return true;
}

void
frame_read_room(struct frame *frame, const struct json_node *object)
{
	struct text type;

	if (json_node_string(json_node_member(object, "type"), &type) != JSON_FOUND) {
		frame_spoil(frame, "without", "type");
	} else if (text_equal(type, TEXT("user_list"))) {
		read_list(frame, object);
	} else if (text_equal(type, TEXT("system"))) {
		frame->kind = FRAME_SYSTEM;
		if (read_texts(frame, object, false))
			read_notice(frame, object);
	} else if (text_equal(type, TEXT("public")) || text_equal(type, TEXT("private"))) {
		frame->kind = text_equal(type, TEXT("public")) ? FRAME_PUBLIC : FRAME_PRIVATE;
		if (read_texts(frame, object, true))
			read_sender(frame, object);
	} else if (text_equal(type, TEXT("error"))) {
		frame_read_native(frame, object);
	} else {
		frame->kind = FRAME_UNKNOWN;
	}
}
