/*
 * Operators' commands about one user: its connections, what they cost their gateways, its inbox.
 */
#include "hub/admin_call.h"

#include <string.h>

/* How long gateways may take to say what a connection costs them. */
#define INSPECT_MS 1000u

/* Connections of one user that are shown. */
#define CONNECTIONS_MAX 256u

static const struct admin_column show_columns[] = {
	{ "user", ADMIN_TYPE_TEXT },
	{ "client_id", ADMIN_TYPE_TEXT },
	{ "name", ADMIN_TYPE_TEXT },
	{ "gateway", ADMIN_TYPE_TEXT },
	{ "dialect", ADMIN_TYPE_TEXT },
	{ "address", ADMIN_TYPE_TEXT },
	{ "rooms", ADMIN_TYPE_LIST },
	{ "since", ADMIN_TYPE_TIME },
	{ "queue_bytes", ADMIN_TYPE_NUMBER },
	{ "inbox", ADMIN_TYPE_NUMBER },
	{ "inbox_bytes", ADMIN_TYPE_NUMBER },
	{ "inbox_seq", ADMIN_TYPE_NUMBER },
};

static const struct admin_column absent_columns[] = {
	{ "user", ADMIN_TYPE_TEXT },
	{ "inbox", ADMIN_TYPE_NUMBER },
	{ "inbox_bytes", ADMIN_TYPE_NUMBER },
	{ "inbox_seq", ADMIN_TYPE_NUMBER },
};

static const struct admin_column inbox_columns[] = {
	{ "seq", ADMIN_TYPE_NUMBER },
	{ "time", ADMIN_TYPE_TIME },
	{ "received", ADMIN_TYPE_BOOL },
	{ "client_id", ADMIN_TYPE_TEXT },
	{ "user", ADMIN_TYPE_TEXT },
	{ "name", ADMIN_TYPE_TEXT },
	{ "content", ADMIN_TYPE_TEXT },
};

/* A connection that is asked about. */
struct asked {
	uint32_t client;
	uint64_t token;
};

static void
write_name(struct buffer *out, const struct core_who *who)
{
	buffer_append_string(out, who->realm);
	buffer_append_byte(out, '/');
	buffer_append_string(out, who->id);
}

static void
show_absent(const struct admin_call *call, const struct core_who *who)
{
	struct core_inbox_info inbox = { 0 };
	struct admin_cell cells[ADMIN_COUNT(absent_columns)];
	struct buffer name;

	if (core_inbox_state(call->core, who, &inbox) != CORE_SEEN) {
		admin_refuse(call, "the store cannot be read now");
		return;
	}
	buffer_init(&name, 0);
	write_name(&name, who);
	cells[0] = admin_cell_text(buffer_text(&name));
	cells[1] = admin_cell_number(inbox.waiting);
	cells[2] = admin_cell_number(inbox.waiting_bytes);
	cells[3] = admin_cell_number(inbox.seq);
	/* No connection: what is known of all of them. */
	admin_write_columns(call->out, ADMIN_COLUMNS(absent_columns), false);
	admin_write_row(call->out, absent_columns, cells, ADMIN_COUNT(cells));
	buffer_free(&name);
	call->action->end = ADMIN_END_DONE;
}

void
admin_do_show(const struct admin_call *call)
{
	struct admin_action *action = call->action;
	struct core_client_info info;
	struct core_who who;
	unsigned cursor = 0;

	if (!admin_find_user(call, &who))
		return;
	while (cursor < CONNECTIONS_MAX && core_next_connection(call->core, &who, &cursor, &info)) {
		struct asked asked = { .client = info.client };

		asked.token = core_inspect(call->core, info.client);
		buffer_append(&action->clients, &asked, sizeof(asked));
	}
	if (action->clients.length == 0) {
		show_absent(call, &who);
		return;
	}
	action->who = who;
	action->wait = ADMIN_WAIT_INSPECTED;
	action->wait_until_ms = call->now.mono_ms + INSPECT_MS;
}

bool
admin_all_inspected(const struct admin_action *action, const struct core *core)
{
	struct asked asked;
	uint64_t bytes;
	bool found;

	for (size_t at = 0; at < action->clients.length; at += sizeof(asked)) {
		memcpy(&asked, action->clients.data + at, sizeof(asked));
		if (asked.token != 0 && !core_inspected(core, asked.token, &found, &bytes))
			return false;
	}
	return true;
}

static void
show_connection(const struct core *core, const struct asked *asked, struct text user,
    const struct core_inbox_info *inbox, struct buffer *out)
{
	struct core_client_info info;
	struct admin_cell cells[ADMIN_COUNT(show_columns)];
	char id[CLIENT_ID_TEXT_SIZE];
	uint64_t bytes = 0;
	bool found = false;

	/* Who has left since it was asked about is not online. */
	if (!core_find_client(core, asked->client, &info))
		return;
	found = core_inspected(core, asked->token, &found, &bytes) && found;
	cells[0] = admin_cell_text(user);
	cells[1] = admin_cell_client(info.client, id);
	cells[2] = admin_cell_string(info.name);
	cells[3] = admin_cell_string(info.gateway);
	cells[4] = admin_cell_string(info.dialect);
	cells[5] = admin_cell_string(info.address);
	cells[6] = admin_cell_string(info.rooms);
	cells[7] = admin_cell_time(info.since_wall_ms);
	cells[8] = found ? admin_cell_number(bytes) : admin_cell_nothing();
	cells[9] = admin_cell_number(inbox->waiting);
	cells[10] = admin_cell_number(inbox->waiting_bytes);
	cells[11] = admin_cell_number(inbox->seq);
	admin_write_row(out, show_columns, cells, ADMIN_COUNT(cells));
}

void
admin_show_connections(struct admin_action *action, struct core *core, struct buffer *out)
{
	struct core_inbox_info inbox = { 0 };
	struct asked asked;
	struct buffer name;

	(void)core_inbox_state(core, &action->who, &inbox);
	buffer_init(&name, 0);
	write_name(&name, &action->who);
	admin_write_columns(out, ADMIN_COLUMNS(show_columns), false);
	for (size_t at = 0; at < action->clients.length; at += sizeof(asked)) {
		memcpy(&asked, action->clients.data + at, sizeof(asked));
		show_connection(core, &asked, buffer_text(&name), &inbox, out);
	}
	buffer_free(&name);
}

struct inbox_rows {
	struct buffer rows;
	uint64_t mark;
};

static bool
write_private(void *context, const struct store_message *message)
{
	struct inbox_rows *inbox = context;
	char id[CLIENT_ID_TEXT_SIZE];
	const struct admin_cell cells[] = {
		admin_cell_number(message->seq),
		admin_cell_time(message->wall_ms),
		admin_cell_bool(message->seq <= inbox->mark),
		admin_cell_client(message->from, id),
		admin_cell_text(message->from_user),
		admin_cell_text(message->from_name),
		admin_cell_text(message->content),
	};

	if (!text_is_empty(message->content) || !text_is_empty(message->from_name))
		admin_write_row(&inbox->rows, inbox_columns, cells, ADMIN_COUNT(cells));
	return !inbox->rows.failed;
}

void
admin_do_inbox(const struct admin_call *call)
{
	struct core_inbox_info info = { 0 };
	struct inbox_rows inbox;
	struct core_who who;
	unsigned limit;

	if (!admin_wanted_rows(call, &limit) || !admin_find_user(call, &who))
		return;
	buffer_init(&inbox.rows, 0);
	if (core_inbox_state(call->core, &who, &info) != CORE_SEEN) {
		admin_refuse(call, "the store cannot be read now");
		return;
	}
	inbox.mark = info.mark;
	if (core_inbox(call->core, &who, limit, write_private, &inbox) != CORE_SEEN ||
	    inbox.rows.failed) {
		admin_refuse(call, "the store cannot be read now");
	} else {
		admin_write_columns(call->out, ADMIN_COLUMNS(inbox_columns), false);
		buffer_append_text(call->out, buffer_text(&inbox.rows));
		call->action->end = ADMIN_END_DONE;
	}
	buffer_free(&inbox.rows);
}
