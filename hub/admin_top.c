/*
 * What the hub and its gateways do, for hubctl top, and how loudly gateways log.
 */
#include "hub/admin_call.h"

#include "common/log.h"
#include "hub/core_asks.h"

/* How long gateways may take to answer. */
#define ANSWERS_MS 1000u

#define BIG_ROOMS 50u

/* One table for three kinds of rows: cells that a kind does not have are empty. */
static const struct admin_column top_columns[] = {
	{ "kind", ADMIN_TYPE_TEXT },
	{ "name", ADMIN_TYPE_TEXT },
	{ "clients", ADMIN_TYPE_NUMBER },
	{ "rooms", ADMIN_TYPE_NUMBER },
	{ "joins", ADMIN_TYPE_NUMBER },
	{ "messages_public", ADMIN_TYPE_NUMBER },
	{ "messages_private", ADMIN_TYPE_NUMBER },
	{ "commands_refused", ADMIN_TYPE_NUMBER },
	{ "received", ADMIN_TYPE_NUMBER },
	{ "delivered", ADMIN_TYPE_NUMBER },
	{ "queue_bytes", ADMIN_TYPE_NUMBER },
	{ "behind", ADMIN_TYPE_NUMBER },
	{ "seq", ADMIN_TYPE_NUMBER },
};

enum top_column {
	TOP_KIND,
	TOP_NAME,
	TOP_CLIENTS,
	TOP_ROOMS,
	TOP_JOINS,
	TOP_PUBLIC,
	TOP_PRIVATE,
	TOP_REFUSED,
	TOP_RECEIVED,
	TOP_DELIVERED,
	TOP_QUEUE,
	TOP_BEHIND,
	TOP_SEQ,
	TOP_COLUMNS
};

_Static_assert(ADMIN_COUNT(top_columns) == TOP_COLUMNS, "a number for each column");

static const struct admin_column level_columns[] = {
	{ "process", ADMIN_TYPE_TEXT },
	{ "level", ADMIN_TYPE_TEXT },
};

static void
begin_row(
    struct admin_cell cells[TOP_COLUMNS], const char *kind, const char *name, uint64_t clients)
{
	for (unsigned i = 0; i < TOP_COLUMNS; i++)
		cells[i] = admin_cell_nothing();
	cells[TOP_KIND] = admin_cell_string(kind);
	cells[TOP_NAME] = admin_cell_string(name);
	cells[TOP_CLIENTS] = admin_cell_number(clients);
}

static void
write_hub(const struct core *core, struct buffer *out)
{
	struct core_status status = core_status(core);
	struct admin_cell cells[TOP_COLUMNS];

	begin_row(cells, "hub", HUBBUB_VERSION, status.clients);
	cells[TOP_ROOMS] = admin_cell_number(status.rooms);
	cells[TOP_JOINS] = admin_cell_number(core_joins(core));
	cells[TOP_PUBLIC] = admin_cell_number(status.messages_public);
	cells[TOP_PRIVATE] = admin_cell_number(status.messages_private);
	cells[TOP_REFUSED] = admin_cell_number(status.commands_refused);
	admin_write_row(out, top_columns, cells, TOP_COLUMNS);
}

static void
write_gateways(const struct core *core, uint64_t token, struct buffer *out)
{
	struct admin_cell cells[TOP_COLUMNS];
	struct core_answer answer;
	unsigned cursor = 0;

	while (core_next_answer(core, CORE_ASK_LOAD, token, &cursor, &answer)) {
		begin_row(cells, "gateway", answer.name, answer.clients);
		if (answer.answered) {
			cells[TOP_RECEIVED] = admin_cell_number(answer.load.received);
			cells[TOP_DELIVERED] = admin_cell_number(answer.load.delivered);
			cells[TOP_QUEUE] = admin_cell_number(answer.load.queue_bytes);
			cells[TOP_BEHIND] = admin_cell_number(answer.load.behind);
		}
		admin_write_row(out, top_columns, cells, TOP_COLUMNS);
	}
}

static void
write_rooms(const struct core *core, struct buffer *out)
{
	struct core_big_room rooms[BIG_ROOMS];
	unsigned count = core_big_rooms(core, rooms, BIG_ROOMS);
	struct admin_cell cells[TOP_COLUMNS];

	for (unsigned i = 0; i < count; i++) {
		begin_row(cells, "room", rooms[i].name, rooms[i].members);
		cells[TOP_SEQ] = admin_cell_number(rooms[i].seq);
		admin_write_row(out, top_columns, cells, TOP_COLUMNS);
	}
}

/* Gateways are asked; admin_finish_answers comes when they have answered, or not in time. */
static void
wait_for_answers(const struct admin_call *call, uint64_t token)
{
	call->action->asked = token;
	call->action->wait = ADMIN_WAIT_ANSWERS;
	call->action->wait_until_ms = call->now.mono_ms + ANSWERS_MS;
}

void
admin_do_top(const struct admin_call *call)
{
	wait_for_answers(call, core_ask(call->core, CORE_ASK_LOAD, TEXT(""), 0));
}

void
admin_do_log_level(const struct admin_call *call)
{
	const struct admin_request *request = call->request;
	struct text name = request->gateway.data != NULL ? request->gateway : TEXT("");
	uint32_t wanted = LOG_LEVEL_AS_IT_IS;
	enum log_level level;
	uint64_t token;

	if (request->gateway.data != NULL && request->all.data != NULL) {
		buffer_append_string(&call->action->sentence, "say --gateway or --all, not both");
		call->action->end = ADMIN_END_USAGE;
		return;
	}
	if (request->level.data != NULL && log_level_of_name(request->level, &level))
		wanted = (uint32_t)level + 1;
	token = core_ask(call->core, CORE_ASK_LEVEL, name, wanted);
	if (token == 0) {
		admin_refuse_word(call,
		    "no such gateway is there, or it is too old to be asked (see \"hubctl "
		    "gateways\"): ",
		    request->all.data != NULL ? TEXT("--all") : name);
		return;
	}
	buffer_append_text(&call->action->held, name);
	call->action->asks_level = true;
	wait_for_answers(call, token);
}

static void
write_levels(const struct admin_action *action, const struct core *core, struct buffer *out)
{
	struct text name = buffer_text(&action->held);
	struct core_answer answer;
	unsigned cursor = 0;

	admin_write_columns(out, ADMIN_COLUMNS(level_columns), false);
	while (core_next_answer(core, CORE_ASK_LEVEL, action->asked, &cursor, &answer)) {
		bool is_known =
		    answer.answered && answer.level > 0 && answer.level <= LOG_LEVEL_DEBUG + 1u;
		struct admin_cell cells[] = { admin_cell_string(answer.name),
			admin_cell_nothing() };

		if (name.length > 0 && !text_equal(text_of(answer.name), name))
			continue;
		if (is_known)
			cells[1] =
			    admin_cell_string(log_level_name((enum log_level)(answer.level - 1)));
		admin_write_row(out, level_columns, cells, ADMIN_COUNT(cells));
	}
}

bool
admin_all_answered(const struct admin_action *action, const struct core *core)
{
	return core_all_answered(
	    core, action->asks_level ? CORE_ASK_LEVEL : CORE_ASK_LOAD, action->asked);
}

void
admin_show_answers(struct admin_action *action, const struct core *core, struct buffer *out)
{
	if (action->asks_level) {
		write_levels(action, core, out);
		return;
	}
	admin_write_columns(out, ADMIN_COLUMNS(top_columns), false);
	write_hub(core, out);
	write_gateways(core, action->asked, out);
	write_rooms(core, out);
}
