/*
 * One handler per command: ask or change the core, write rows. The columns here
 * are a contract with scripts: names stay, new ones are added at the end. Long
 * lists are a snapshot of ids first, so that an operator who reads slowly holds
 * neither the core nor much memory.
 */
#include "hub/admin_actions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hub/admin_text.h"

/* What a user reads who is kicked without a reason. */
#define NO_REASON "removed by an operator"

/* Ids offered when a name means several users. */
#define CANDIDATES_SHOWN 5

#define COUNT(table) ((unsigned)(sizeof(table) / sizeof((table)[0])))
#define COLUMNS(table) (table), COUNT(table)

static const struct admin_column status_columns[] = {
	{ "version", ADMIN_TYPE_TEXT },
	{ "started", ADMIN_TYPE_TIME },
	{ "gateways", ADMIN_TYPE_NUMBER },
	{ "clients", ADMIN_TYPE_NUMBER },
	{ "rooms", ADMIN_TYPE_NUMBER },
	{ "messages_public", ADMIN_TYPE_NUMBER },
	{ "messages_private", ADMIN_TYPE_NUMBER },
	{ "commands_refused", ADMIN_TYPE_NUMBER },
	{ "settling", ADMIN_TYPE_BOOL },
	{ "store", ADMIN_TYPE_TEXT },
	{ "epoch", ADMIN_TYPE_TEXT },
};

static const struct admin_column gateway_columns[] = {
	{ "name", ADMIN_TYPE_TEXT },
	{ "software", ADMIN_TYPE_TEXT },
	{ "pid", ADMIN_TYPE_NUMBER },
	{ "link_version", ADMIN_TYPE_NUMBER },
	{ "attached", ADMIN_TYPE_BOOL },
	{ "clients", ADMIN_TYPE_NUMBER },
	{ "commands", ADMIN_TYPE_NUMBER },
	{ "delivered", ADMIN_TYPE_NUMBER },
	{ "since", ADMIN_TYPE_TIME },
	{ "last_loss", ADMIN_TYPE_TEXT },
};

static const struct admin_column user_columns[] = {
	{ "client_id", ADMIN_TYPE_TEXT },
	{ "name", ADMIN_TYPE_TEXT },
	{ "gateway", ADMIN_TYPE_TEXT },
	{ "dialect", ADMIN_TYPE_TEXT },
	{ "address", ADMIN_TYPE_TEXT },
	{ "rooms", ADMIN_TYPE_LIST },
	{ "since", ADMIN_TYPE_TIME },
};

static const struct admin_column kick_columns[] = {
	{ "user", ADMIN_TYPE_TEXT },
	{ "connections", ADMIN_TYPE_NUMBER },
};

static const struct admin_column say_columns[] = {
	{ "gateways", ADMIN_TYPE_NUMBER },
};

static const struct admin_column version_columns[] = {
	{ "hub", ADMIN_TYPE_TEXT },
	{ "protocol", ADMIN_TYPE_NUMBER },
};

/* What a handler is given. */
struct call {
	struct admin_action *action;
	struct core *core;
	struct now now;
	const struct admin_request *request;
	struct buffer *out;
};

/* Writes the only row of an answer. */
static void
answer_row(const struct call *call, const struct admin_column *columns, unsigned count,
    const struct admin_cell *cells)
{
	admin_write_columns(call->out, columns, count, true);
	admin_write_row(call->out, columns, cells, count);
	call->action->end = ADMIN_END_DONE;
}

static void
do_status(const struct call *call)
{
	struct core_status status = core_status(call->core);
	char epoch[17];
	const struct admin_cell cells[] = {
		admin_cell_string(HUBBUB_VERSION),
		admin_cell_time(status.started_wall_ms),
		admin_cell_number(status.gateways),
		admin_cell_number(status.clients),
		admin_cell_number(status.rooms),
		admin_cell_number(status.messages_public),
		admin_cell_number(status.messages_private),
		admin_cell_number(status.commands_refused),
		admin_cell_bool(status.settling),
		admin_cell_string(status.store),
		admin_cell_text((struct text){ epoch, sizeof(epoch) - 1 }),
	};

	/* As text: JSON's numbers do not hold 64 bits. */
	snprintf(epoch, sizeof(epoch), "%016" PRIx64, status.hub_epoch);
	answer_row(call, COLUMNS(status_columns), cells);
}

static void
do_gateways(const struct call *call)
{
	struct core_gateway_info info;
	unsigned cursor = 0;

	admin_write_columns(call->out, COLUMNS(gateway_columns), false);
	while (core_next_gateway(call->core, &cursor, &info)) {
		struct text lost = info.last_loss == LINK_ALIVE
				       ? (struct text){ NULL, 0 }
				       : text_of(link_loss_word(info.last_loss));
		const struct admin_cell cells[] = {
			admin_cell_string(info.name),
			admin_cell_string(info.software),
			admin_cell_number(info.pid > 0 ? (uint64_t)info.pid : 0),
			admin_cell_number(info.link_version),
			admin_cell_bool(info.attached),
			admin_cell_number(info.clients),
			admin_cell_number(info.commands),
			admin_cell_number(info.delivered),
			admin_cell_time(info.since_wall_ms),
			admin_cell_text(lost),
		};

		admin_write_row(call->out, gateway_columns, cells, COUNT(cells));
	}
	call->action->end = ADMIN_END_DONE;
}

static void
do_users(const struct call *call)
{
	struct buffer *clients = &call->action->clients;
	struct core_client_info info;
	void *cursor = NULL;

	if (call->request->room.data != NULL &&
	    !core_room_exists(call->core, call->request->room)) {
		buffer_append_string(&call->action->sentence, "nobody is in a room called ");
		admin_text_quote(&call->action->sentence, call->request->room);
		call->action->end = ADMIN_END_REFUSED;
		return;
	}
	while (core_next_client(call->core, call->request->room, &cursor, &info))
		buffer_append(clients, &info.client, sizeof(info.client));
	if (clients->failed) {
		buffer_append_string(
		    &call->action->sentence, "the hub has no memory for so long a list");
		call->action->end = ADMIN_END_REFUSED;
		return;
	}
	admin_write_columns(call->out, COLUMNS(user_columns), false);
}

static void
write_client(const struct core_client_info *info, struct buffer *out)
{
	char id[CLIENT_ID_TEXT_SIZE];
	const struct admin_cell cells[] = {
		admin_cell_text((struct text){ id, sizeof(id) - 1 }),
		admin_cell_string(info->name),
		admin_cell_string(info->gateway),
		admin_cell_string(info->dialect),
		admin_cell_string(info->address),
		admin_cell_string(info->rooms),
		admin_cell_time(info->since_wall_ms),
	};

	_Static_assert(COUNT(cells) == COUNT(user_columns), "a cell for each column");
	text_client_id(info->client, id);
	admin_write_row(out, user_columns, cells, COUNT(cells));
}

/* Nobody was kicked: says whether nobody has that name or too many have. */
static void
refuse_kick(const struct call *call)
{
	struct buffer *sentence = &call->action->sentence;
	struct text who = call->request->user;
	struct core_client_info info;
	char id[CLIENT_ID_TEXT_SIZE];
	struct buffer ids;
	uint64_t named = 0;
	void *cursor = NULL;

	buffer_init(&ids, 0);
	while (core_next_client(call->core, TEXT(""), &cursor, &info)) {
		if (!text_equal(text_of(info.name), who))
			continue;
		text_client_id(info.client, id);
		if (++named <= CANDIDATES_SHOWN)
			buffer_printf(&ids, "\n  %s", id);
	}
	if (named > 1) {
		buffer_append_u64(sentence, named);
		buffer_append_string(sentence, " connections are named ");
	} else {
		buffer_append_string(sentence, "nobody is online as ");
	}
	admin_text_quote(sentence, who);
	if (named > 1) {
		buffer_append_string(sentence, "; name one by its id, as in \"hubctl users\":");
		buffer_append_text(sentence, buffer_text(&ids));
		if (named > CANDIDATES_SHOWN)
			buffer_append_string(sentence, "\n  ...");
	}
	buffer_free(&ids);
	call->action->end = ADMIN_END_REFUSED;
}

static void
do_kick(const struct call *call)
{
	struct text who = call->request->user;
	struct text reason = call->request->reason;
	struct admin_cell cells[COUNT(kick_columns)];

	if (reason.data == NULL)
		reason = TEXT(NO_REASON);
	call->action->affected = core_kick(call->core, call->now, who, reason);
	if (call->action->affected == 0) {
		refuse_kick(call);
		return;
	}
	cells[0] = admin_cell_text(who);
	cells[1] = admin_cell_number(call->action->affected);
	answer_row(call, COLUMNS(kick_columns), cells);
}

static void
do_say(const struct call *call)
{
	struct admin_cell cells[COUNT(say_columns)];

	call->action->affected = core_say(call->core, call->now, call->request->text);
	if (call->action->affected == 0) {
		buffer_append_string(
		    &call->action->sentence, "no gateway is attached, so nobody was told");
		call->action->end = ADMIN_END_REFUSED;
		return;
	}
	cells[0] = admin_cell_number(call->action->affected);
	answer_row(call, COLUMNS(say_columns), cells);
}

static void
do_version(const struct call *call)
{
	const struct admin_cell cells[COUNT(version_columns)] = {
		admin_cell_string(HUBBUB_VERSION),
		admin_cell_number(ADMIN_PROTOCOL_VERSION),
	};

	answer_row(call, COLUMNS(version_columns), cells);
}

static void (*const handlers[ADMIN_COMMAND_COUNT])(const struct call *call) = {
	[ADMIN_STATUS] = do_status,
	[ADMIN_GATEWAYS] = do_gateways,
	[ADMIN_USERS] = do_users,
	[ADMIN_KICK] = do_kick,
	[ADMIN_SAY] = do_say,
	[ADMIN_VERSION] = do_version,
};

void
admin_action_begin(struct admin_action *action, struct core *core, struct now now,
    const struct admin_request *request, struct buffer *out)
{
	const struct call call = {
		.action = action,
		.core = core,
		.now = now,
		.request = request,
		.out = out,
	};

	*action = (struct admin_action){ .end = ADMIN_END_NONE };
	buffer_init(&action->sentence, 0);
	buffer_init(&action->clients, 0);
	handlers[request->command](&call);
	if (action->end != ADMIN_END_NONE)
		admin_write_end(out, action->end, buffer_text(&action->sentence));
}

bool
admin_action_more(
    struct admin_action *action, const struct core *core, size_t enough, struct buffer *out)
{
	struct core_client_info info;
	uint32_t client;

	if (action->end != ADMIN_END_NONE)
		return false;
	while (action->next < action->clients.length) {
		if (out->length >= enough)
			return true;
		memcpy(&client, action->clients.data + action->next, sizeof(client));
		action->next += sizeof(client);
		/* Who has left since the list was begun is not online. */
		if (core_find_client(core, client, &info))
			write_client(&info, out);
	}
	action->end = ADMIN_END_DONE;
	admin_write_end(out, action->end, TEXT(""));
	return false;
}

void
admin_action_free(struct admin_action *action)
{
	buffer_free(&action->sentence);
	buffer_free(&action->clients);
}
