/*
 * One handler per command: ask or change the core, write rows; those about rooms, single users and
 * the store are in files of their own. A long list is a snapshot of ids first, so that an operator
 * who reads slowly holds neither the core nor much memory.
 */
#include "hub/admin_actions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/terminal_text.h"
#include "hub/admin_call.h"

/* What a user reads who is kicked without a reason. */
#define NO_REASON "removed by an operator"

/* Ids offered when a name means several users. */
#define CANDIDATES_SHOWN 5

/* How often somebody who waits for an answer hears that there will be one. */
#define SIGN_MS 1000u

#define COUNT(table) ADMIN_COUNT(table)
#define COLUMNS(table) ADMIN_COLUMNS(table)

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
	{ "awaited", ADMIN_TYPE_LIST },
	{ "store", ADMIN_TYPE_TEXT },
	{ "epoch", ADMIN_TYPE_TEXT },
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

static void
do_status(const struct admin_call *call)
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
		admin_cell_string(status.awaited),
		admin_cell_string(status.store),
		admin_cell_text((struct text){ epoch, sizeof(epoch) - 1 }),
	};

	/* As text: JSON's numbers do not hold 64 bits. */
	snprintf(epoch, sizeof(epoch), "%016" PRIx64, status.hub_epoch);
	admin_answer_row(call, COLUMNS(status_columns), cells);
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

/* The next of those still to be listed who has not left since the list was begun. */
static bool
next_client(struct admin_action *action, struct core *core, struct buffer *out)
{
	struct core_client_info info;
	uint32_t client;

	while (action->next < action->clients.length) {
		memcpy(&client, action->clients.data + action->next, sizeof(client));
		action->next += sizeof(client);
		if (core_find_client(core, client, &info)) {
			write_client(&info, out);
			return true;
		}
	}
	return false;
}

static void
do_users(const struct admin_call *call)
{
	struct buffer *clients = &call->action->clients;
	struct core_client_info info;
	void *cursor = NULL;

	if (call->request->room.data != NULL &&
	    !core_room_exists(call->core, call->request->room)) {
		buffer_append_string(&call->action->sentence, "nobody is in a room called ");
		terminal_text_quote(&call->action->sentence, call->request->room);
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
	call->action->next_row = next_client;
}

/* Nobody was kicked: says whether nobody has that name or too many have. */
static void
refuse_kick(const struct admin_call *call)
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
	terminal_text_quote(sentence, who);
	if (named > 1) {
		buffer_append_string(sentence, "; name one by its id, as in \"hubctl users\":");
		buffer_append_text(sentence, buffer_text(&ids));
		if (named > CANDIDATES_SHOWN)
			buffer_append_string(sentence, "\n  ...");
	}
	buffer_free(&ids);
	call->action->end = ADMIN_END_REFUSED;
}

/* Anybody may take another's id for a name: whom that would hit is asked. */
static bool
is_clear(const struct admin_call *call)
{
	struct text who = call->request->user;
	struct core_meaning meaning = core_meaning(call->core, who);

	if (call->request->id.data != NULL && !meaning.is_id)
		admin_refuse_word(call, "nobody is online with the id ", who);
	else if (call->request->id.data == NULL && meaning.is_id && meaning.is_name)
		admin_refuse_word(call,
		    "that is the id of one user and the name of another: say --id if the one with "
		    "the id is meant, or name the other by its id, as in \"hubctl users\": ",
		    who);
	else
		return true;
	return false;
}

static void
do_kick(const struct admin_call *call)
{
	struct text who = call->request->user;
	struct text reason = call->request->reason;
	struct admin_cell cells[COUNT(kick_columns)];

	if (reason.data == NULL)
		reason = TEXT(NO_REASON);
	if (!is_clear(call))
		return;
	call->action->affected = core_kick(call->core, call->now, who, reason);
	if (call->action->affected == 0) {
		refuse_kick(call);
		return;
	}
	cells[0] = admin_cell_text(who);
	cells[1] = admin_cell_number(call->action->affected);
	admin_answer_row(call, COLUMNS(kick_columns), cells);
}

static void
do_say(const struct admin_call *call)
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
	admin_answer_row(call, COLUMNS(say_columns), cells);
}

static void
do_version(const struct admin_call *call)
{
	const struct admin_cell cells[COUNT(version_columns)] = {
		admin_cell_string(HUBBUB_VERSION),
		admin_cell_number(ADMIN_PROTOCOL_VERSION),
	};

	admin_answer_row(call, COLUMNS(version_columns), cells);
}

/* The process answers, not the core: see admin_process.c. */
static void
do_nothing_here(const struct admin_call *call)
{
	admin_refuse(call, "only a hub that runs has them");
}

static admin_handler *const handlers[ADMIN_COMMAND_COUNT] = {
	[ADMIN_STATUS] = do_status,
	[ADMIN_GATEWAYS] = admin_do_gateways,
	[ADMIN_DRAIN] = admin_do_drain,
	[ADMIN_ROOMS] = admin_do_rooms,
	[ADMIN_USERS] = do_users,
	[ADMIN_SHOW] = admin_do_show,
	[ADMIN_HISTORY] = admin_do_history,
	[ADMIN_INBOX] = admin_do_inbox,
	[ADMIN_KICK] = do_kick,
	[ADMIN_BAN_USER] = admin_do_ban_user,
	[ADMIN_BAN_CLIENT] = admin_do_ban_client,
	[ADMIN_BAN_ADDRESS] = admin_do_ban_address,
	[ADMIN_UNBAN_USER] = admin_do_unban_user,
	[ADMIN_UNBAN_CLIENT] = admin_do_unban_client,
	[ADMIN_UNBAN_ADDRESS] = admin_do_unban_address,
	[ADMIN_BANS] = admin_do_bans,
	[ADMIN_SAY] = do_say,
	[ADMIN_CREATE] = admin_do_room_create,
	[ADMIN_CLOSE] = admin_do_room_close,
	[ADMIN_RENAME] = admin_do_room_rename,
	[ADMIN_STORE_STATS] = admin_do_store_stats,
	[ADMIN_STORE_CHECK] = admin_do_store_check,
	[ADMIN_STORE_BACKUP] = admin_do_store_backup,
	[ADMIN_STORE_RESTORE] = admin_do_store_restore,
	[ADMIN_STORE_EXPORT] = admin_do_store_export,
	[ADMIN_STORE_FORGET] = admin_do_store_forget,
	[ADMIN_WHY] = admin_do_why,
	[ADMIN_TAIL] = admin_do_tail,
	[ADMIN_TOP] = admin_do_top,
	[ADMIN_METRICS] = do_nothing_here,
	[ADMIN_LOG_LEVEL] = admin_do_log_level,
	[ADMIN_VERSION] = do_version,
};

void
admin_action_begin(struct admin_action *action, struct core *core, struct now now,
    const struct admin_request *request, struct buffer *out)
{
	const struct admin_call call = {
		.action = action,
		.core = core,
		.now = now,
		.request = request,
		.out = out,
	};

	*action = (struct admin_action){
		.end = ADMIN_END_NONE,
		.signed_ms = now.mono_ms,
		.begun = now,
	};
	buffer_init(&action->sentence, 0);
	buffer_init(&action->clients, 0);
	buffer_init(&action->held, 0);
	buffer_init(&action->file, 0);
	handlers[request->command](&call);
	if (action->end != ADMIN_END_NONE)
		admin_write_end(out, action->end, buffer_text(&action->sentence));
}

static void
finish(struct admin_action *action, enum admin_end end, const char *sentence, struct buffer *out)
{
	action->wait = ADMIN_WAIT_NONE;
	action->end = end;
	admin_write_end(out, end, text_of(sentence));
}

static void
wait_for_batch(struct admin_action *action, const struct core *core, struct buffer *out)
{
	enum core_batch batch = core_batch(core, action->batch);

	if (batch == CORE_BATCH_OPEN)
		return;
	if (batch == CORE_BATCH_LOST) {
		finish(action, ADMIN_END_REFUSED, "the store could not keep it", out);
		return;
	}
	buffer_append_text(out, buffer_text(&action->held));
	if (action->held.failed)
		out->failed = true;
	finish(action, ADMIN_END_DONE, "", out);
}

static void
wait_for_job(struct admin_action *action, const struct core *core, struct buffer *out)
{
	const char *sentence;
	enum core_job_state job = core_job(core, action->job, &sentence);

	if (job == CORE_JOB_RUNS)
		return;
	if (job == CORE_JOB_FAILED) {
		action->ends_hub = false;
		finish(action, ADMIN_END_REFUSED, sentence, out);
		return;
	}
	admin_finish_job(action, sentence, out);
	finish(action, ADMIN_END_DONE, "", out);
}

static void
wait_for_drain(
    struct admin_action *action, const struct core *core, struct now now, struct buffer *out)
{
	uint32_t over_ms;

	if (core_drain_begun(core, &action->drained, &over_ms)) {
		admin_show_drain(action, over_ms, out);
		finish(action, ADMIN_END_DONE, "", out);
	} else if (now.mono_ms >= action->wait_until_ms) {
		finish(action, ADMIN_END_REFUSED,
		    "the gateway was told to let its clients go, but does not say that it does",
		    out);
	}
}

static void
wait_for_answers(
    struct admin_action *action, const struct core *core, struct now now, struct buffer *out)
{
	if (!admin_all_answered(action, core) && now.mono_ms < action->wait_until_ms)
		return;
	admin_show_answers(action, core, out);
	finish(action, ADMIN_END_DONE, "", out);
}

static void
sign(struct admin_action *action, struct now now, struct buffer *out)
{
	if (now.mono_ms - action->signed_ms < SIGN_MS)
		return;
	action->signed_ms = now.mono_ms;
	admin_write_wait(out);
}

/* Looks whether what is waited for is there. */
static void
wait_on(struct admin_action *action, struct core *core, struct now now, struct buffer *out)
{
	if (action->wait == ADMIN_WAIT_BATCH) {
		wait_for_batch(action, core, out);
	} else if (action->wait == ADMIN_WAIT_JOB) {
		wait_for_job(action, core, out);
	} else if (action->wait == ADMIN_WAIT_DRAINING) {
		wait_for_drain(action, core, now, out);
	} else if (action->wait == ADMIN_WAIT_ANSWERS) {
		wait_for_answers(action, core, now, out);
	} else if (admin_all_inspected(action, core) || now.mono_ms >= action->wait_until_ms) {
		admin_show_connections(action, core, out);
		finish(action, ADMIN_END_DONE, "", out);
	}
	if (action->wait != ADMIN_WAIT_NONE)
		sign(action, now, out);
}

bool
admin_action_more(struct admin_action *action, struct core *core, struct now now, size_t enough,
    struct buffer *out)
{
	if (action->end != ADMIN_END_NONE)
		return false;
	if (action->wait == ADMIN_WAIT_EVENTS) {
		admin_tail_more(action, now, enough, out);
		sign(action, now, out);
		return true;
	}
	if (action->wait != ADMIN_WAIT_NONE) {
		wait_on(action, core, now, out);
		return action->end == ADMIN_END_NONE;
	}
	while (out->length < enough) {
		if (action->next_row(action, core, out))
			continue;
		finish(action, ADMIN_END_DONE, "", out);
		return false;
	}
	return true;
}

bool
admin_action_waits(const struct admin_action *action)
{
	return action->wait != ADMIN_WAIT_NONE;
}

bool
admin_action_watches(const struct admin_action *action)
{
	return action->wait == ADMIN_WAIT_EVENTS;
}

bool
admin_action_has_news(const struct admin_action *action)
{
	return events_are_new(action->tail.events, action->tail.next);
}

void
admin_action_free(struct admin_action *action)
{
	if (action->tail.events != NULL)
		events_unwatch(action->tail.events, action->tail.contents);
	buffer_free(&action->sentence);
	buffer_free(&action->clients);
	buffer_free(&action->held);
	buffer_free(&action->file);
}
