/*
 * Operators' commands about rooms: which there are, what was said in them, and changing them.
 */
#include "hub/admin_call.h"

#include <string.h>

static const struct admin_column room_columns[] = {
	{ "room", ADMIN_TYPE_TEXT },
	{ "class", ADMIN_TYPE_TEXT },
	{ "made", ADMIN_TYPE_BOOL },
	{ "members", ADMIN_TYPE_NUMBER },
	{ "seq", ADMIN_TYPE_NUMBER },
	{ "durability", ADMIN_TYPE_TEXT },
	{ "created", ADMIN_TYPE_TIME },
	{ "epoch", ADMIN_TYPE_NUMBER },
};

static const struct admin_column history_columns[] = {
	{ "seq", ADMIN_TYPE_NUMBER },
	{ "time", ADMIN_TYPE_TIME },
	{ "client_id", ADMIN_TYPE_TEXT },
	{ "user", ADMIN_TYPE_TEXT },
	{ "name", ADMIN_TYPE_TEXT },
	{ "content", ADMIN_TYPE_TEXT },
};

static const struct admin_column create_columns[] = {
	{ "room", ADMIN_TYPE_TEXT },
	{ "members_removed", ADMIN_TYPE_NUMBER },
};

static const struct admin_column close_columns[] = {
	{ "room", ADMIN_TYPE_TEXT },
	{ "members_removed", ADMIN_TYPE_NUMBER },
};

static const struct admin_column rename_columns[] = {
	{ "room", ADMIN_TYPE_TEXT },
	{ "renamed", ADMIN_TYPE_TEXT },
	{ "members_removed", ADMIN_TYPE_NUMBER },
};

static const char *const durabilities[] = {
	[STORE_MEMORY] = "memory",
	[STORE_NORMAL] = "normal",
	[STORE_DISK] = "disk",
};

void
admin_do_rooms(const struct admin_call *call)
{
	admin_write_columns(call->out, ADMIN_COLUMNS(room_columns), false);
	call->action->next_row = admin_next_room;
}

bool
admin_next_room(struct admin_action *action, struct core *core, struct buffer *out)
{
	struct core_room_info info;
	struct admin_cell cells[ADMIN_COUNT(room_columns)];

	if (!core_next_room(core, text_of(action->last_room), &info) ||
	    info.name.length >= sizeof(action->last_room))
		return false;
	memcpy(action->last_room, info.name.data, info.name.length);
	action->last_room[info.name.length] = '\0';
	cells[0] = admin_cell_text(info.name);
	cells[1] = admin_cell_text(info.class_name);
	cells[2] = admin_cell_bool(info.is_made);
	cells[3] = admin_cell_number(info.members);
	cells[4] = admin_cell_number(info.seq);
	cells[5] = admin_cell_string(durabilities[info.durability]);
	cells[6] = info.is_made ? admin_cell_time(info.created_ms) : admin_cell_nothing();
	cells[7] = admin_cell_number(info.epoch);
	admin_write_row(out, room_columns, cells, ADMIN_COUNT(cells));
	return true;
}

static bool
write_message(void *context, const struct store_message *message)
{
	struct buffer *out = context;
	char id[CLIENT_ID_TEXT_SIZE];
	const struct admin_cell cells[] = {
		admin_cell_number(message->seq),
		admin_cell_time(message->wall_ms),
		admin_cell_client(message->from, id),
		admin_cell_text(message->from_user),
		admin_cell_text(message->from_name),
		admin_cell_text(message->content),
	};

	/* What was forgotten leaves nothing to show. */
	if (!text_is_empty(message->content) || !text_is_empty(message->from_name))
		admin_write_row(out, history_columns, cells, ADMIN_COUNT(cells));
	return !out->failed;
}

void
admin_do_history(const struct admin_call *call)
{
	struct text room = call->request->room;
	enum core_sight seen;
	struct buffer rows;
	unsigned limit;

	if (!admin_wanted_rows(call, &limit))
		return;
	buffer_init(&rows, 0);
	seen = core_history(call->core, room, limit, write_message, &rows);
	if (seen == CORE_UNKNOWN) {
		admin_refuse_word(call, "there is no room called ", room);
	} else if (seen != CORE_SEEN || rows.failed) {
		admin_refuse(call, "what was said there cannot be read now");
	} else {
		admin_write_columns(call->out, ADMIN_COLUMNS(history_columns), false);
		buffer_append_text(call->out, buffer_text(&rows));
		call->action->end = ADMIN_END_DONE;
	}
	buffer_free(&rows);
}

/* Says why nothing was done. */
static void
refuse(const struct admin_call *call, enum core_room_result result, struct text room)
{
	static const char *const sentences[] = {
		[CORE_ROOM_EXISTS] = "there is a room already called ",
		[CORE_ROOM_UNKNOWN] = "there is no room called ",
		[CORE_ROOM_NO_CLASS] = "the configuration has no class called ",
	};

	if (result == CORE_ROOM_TOO_MANY)
		admin_refuse(call, "there are as many rooms as hub.rooms_max lets there be");
	else if (result == CORE_ROOM_NOT_STORED)
		admin_refuse(call, "the store does not take it now");
	else
		admin_refuse_word(call, sentences[result], room);
}

void
admin_do_room_create(const struct admin_call *call)
{
	const struct admin_request *request = call->request;
	const struct store_room room = {
		.name = request->room,
		.class_name = request->class_name,
		.read = request->read,
		.write = request->write,
		.list = request->list,
	};
	struct core_deed deed = { 0 };
	enum core_room_result result = core_room_create(call->core, call->now, &room, &deed);
	struct admin_cell cells[ADMIN_COUNT(create_columns)];

	if (result != CORE_ROOM_DONE) {
		refuse(call, result,
		    result == CORE_ROOM_NO_CLASS ? request->class_name : request->room);
		return;
	}
	cells[0] = admin_cell_text(request->room);
	cells[1] = admin_cell_number(deed.affected);
	admin_answer_row(call, ADMIN_COLUMNS(create_columns), cells);
	admin_wait_for_batch(call, &deed);
}

void
admin_do_room_close(const struct admin_call *call)
{
	struct core_deed deed = { 0 };
	enum core_room_result result;
	struct admin_cell cells[ADMIN_COUNT(close_columns)];

	if (!admin_is_confirmed(call, "all that was said in the room will be gone"))
		return;
	result = core_room_close(call->core, call->now, call->request->room, &deed);
	if (result != CORE_ROOM_DONE) {
		refuse(call, result, call->request->room);
		return;
	}
	cells[0] = admin_cell_text(call->request->room);
	cells[1] = admin_cell_number(deed.affected);
	admin_answer_row(call, ADMIN_COLUMNS(close_columns), cells);
	admin_wait_for_batch(call, &deed);
}

void
admin_do_room_rename(const struct admin_call *call)
{
	const struct admin_request *request = call->request;
	struct core_deed deed = { 0 };
	enum core_room_result result =
	    core_room_rename(call->core, call->now, request->room, request->renamed, &deed);
	struct admin_cell cells[ADMIN_COUNT(rename_columns)];

	if (result != CORE_ROOM_DONE) {
		refuse(call, result, result == CORE_ROOM_EXISTS ? request->renamed : request->room);
		return;
	}
	cells[0] = admin_cell_text(request->room);
	cells[1] = admin_cell_text(request->renamed);
	cells[2] = admin_cell_number(deed.affected);
	admin_answer_row(call, ADMIN_COLUMNS(rename_columns), cells);
	admin_wait_for_batch(call, &deed);
}
