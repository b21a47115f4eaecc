/*
 * Operators' commands about bans. A user is named by its id, never by its name, which anybody may
 * take.
 */
#include "hub/admin_call.h"

#include <stdio.h>
#include <string.h>

#include "common/address_prefix.h"
#include "hub/admin_grammar.h"

static const struct admin_column ban_columns[] = {
	{ "kind", ADMIN_TYPE_TEXT },
	{ "value", ADMIN_TYPE_TEXT },
	{ "until", ADMIN_TYPE_TIME },
	{ "was_banned", ADMIN_TYPE_BOOL },
	{ "connections", ADMIN_TYPE_NUMBER },
};

static const struct admin_column unban_columns[] = {
	{ "kind", ADMIN_TYPE_TEXT },
	{ "value", ADMIN_TYPE_TEXT },
	{ "was_banned", ADMIN_TYPE_BOOL },
};

static const struct admin_column bans_columns[] = {
	{ "kind", ADMIN_TYPE_TEXT },
	{ "value", ADMIN_TYPE_TEXT },
	{ "until", ADMIN_TYPE_TIME },
	{ "reason", ADMIN_TYPE_TEXT },
	{ "by", ADMIN_TYPE_TEXT },
	{ "since", ADMIN_TYPE_TIME },
};

static const char *const kinds[] = {
	[STORE_BAN_USER] = "user",
	[STORE_BAN_CLIENT] = "client",
	[STORE_BAN_ADDRESS] = "address",
};

/* "REALM/ID" of a user, else the value. */
static void
write_value(struct buffer *out, const struct store_ban *ban)
{
	if (ban->kind == STORE_BAN_USER && !text_is_empty(ban->realm)) {
		buffer_append_text(out, ban->realm);
		buffer_append_byte(out, '/');
	}
	buffer_append_text(out, ban->value);
}

static struct admin_cell
cell_until(const struct store_ban *ban)
{
	return ban->until_ms == 0 ? admin_cell_nothing() : admin_cell_time(ban->until_ms);
}

static void
refuse(const struct admin_call *call, enum core_ban_result result)
{
	if (result == CORE_BAN_TOO_MANY)
		admin_refuse(call, "there are as many bans as hub.bans_max lets there be");
	else
		admin_refuse(call, "the store does not take it now");
}

/* What the operator said beside whom. */
static struct store_ban
wished(const struct admin_call *call, enum store_ban_kind kind)
{
	const struct admin_request *request = call->request;
	struct store_ban ban = {
		.kind = kind,
		.realm = TEXT(""),
		.value = TEXT(""),
		.reason = request->reason.data != NULL ? request->reason : TEXT(""),
		.made_by = request->made_by.data != NULL ? request->made_by : TEXT(""),
	};
	int64_t span_ms;

	if (request->span.data != NULL && admin_read_span(request->span, &span_ms))
		ban.until_ms = call->now.wall_ms + span_ms;
	return ban;
}

static void
ban(const struct admin_call *call, const struct store_ban *wanted)
{
	struct core_ban_deed done = { 0 };
	enum core_ban_result result = core_ban(call->core, call->now, wanted, &done);
	struct admin_cell cells[ADMIN_COUNT(ban_columns)];
	struct buffer value;

	if (result != CORE_BAN_DONE) {
		refuse(call, result);
		return;
	}
	buffer_init(&value, 0);
	write_value(&value, wanted);
	cells[0] = admin_cell_string(kinds[wanted->kind]);
	cells[1] = admin_cell_text(buffer_text(&value));
	cells[2] = cell_until(wanted);
	cells[3] = admin_cell_bool(done.was_banned);
	cells[4] = admin_cell_number(done.deed.affected);
	admin_answer_row(call, ADMIN_COLUMNS(ban_columns), cells);
	admin_wait_for_batch(call, &done.deed);
	buffer_free(&value);
}

static void
unban(const struct admin_call *call, const struct store_ban *wanted)
{
	struct core_ban_deed done = { 0 };
	enum core_ban_result result = core_unban(call->core, call->now, wanted, &done);
	struct admin_cell cells[ADMIN_COUNT(unban_columns)];
	struct buffer value;

	if (result != CORE_BAN_DONE) {
		refuse(call, result);
		return;
	}
	buffer_init(&value, 0);
	write_value(&value, wanted);
	cells[0] = admin_cell_string(kinds[wanted->kind]);
	cells[1] = admin_cell_text(buffer_text(&value));
	cells[2] = admin_cell_bool(done.was_banned);
	admin_answer_row(call, ADMIN_COLUMNS(unban_columns), cells);
	admin_wait_for_batch(call, &done.deed);
	buffer_free(&value);
}

static bool
take_who(struct core_who *who, struct text realm, struct text id)
{
	if (realm.length >= sizeof(who->realm) || id.length >= sizeof(who->id))
		return false;
	memcpy(who->realm, realm.data, realm.length);
	who->realm[realm.length] = '\0';
	memcpy(who->id, id.data, id.length);
	who->id[id.length] = '\0';
	return true;
}

/* The user as it is named: with its realm, whether anything is known of it or not. */
static bool
is_named_in_full(const struct admin_call *call, struct core_who *who_out)
{
	if (call->request->realm.data != NULL)
		return take_who(who_out, call->request->realm, call->request->user);
	return core_named_user(call->request->user, who_out);
}

/* A name, or the client_id of a later connection, would ban whom nobody meant. */
static bool
find_user(const struct admin_call *call, struct core_who *who_out)
{
	struct text user = call->request->user;
	char full[sizeof(who_out->realm) + sizeof(who_out->id)];
	enum core_sight seen = core_find_user(call->core, user, who_out);

	if (seen == CORE_SEEN && text_equal(text_of(who_out->id), user))
		return true;
	if (seen == CORE_SEEN) {
		snprintf(full, sizeof(full), "%s/%s", who_out->realm, who_out->id);
		admin_refuse_word(
		    call, "that is no user's id; the user it belongs to is ", text_of(full));
	} else if (seen == CORE_AMBIGUOUS) {
		admin_refuse_word(call, "several users may be meant; name one as REALM/ID: ", user);
	} else {
		admin_refuse_word(call,
		    "no user with that id is online or known; name its realm, as in REALM/ID: ",
		    user);
	}
	return false;
}

void
admin_do_ban_user(const struct admin_call *call)
{
	struct store_ban wanted = wished(call, STORE_BAN_USER);
	struct core_who who;

	if (!is_named_in_full(call, &who) && !find_user(call, &who))
		return;
	wanted.realm = text_of(who.realm);
	wanted.value = text_of(who.id);
	ban(call, &wanted);
}

void
admin_do_ban_client(const struct admin_call *call)
{
	struct store_ban wanted = wished(call, STORE_BAN_CLIENT);

	wanted.value = call->request->client;
	ban(call, &wanted);
}

/* In the one way to write it. */
static struct text
prefix_of(const struct admin_call *call, char text[ADDRESS_PREFIX_TEXT_SIZE])
{
	struct address_prefix prefix;

	text[0] = '\0';
	if (address_prefix_parse(call->request->address, &prefix))
		address_prefix_print(&prefix, text);
	return text_of(text);
}

void
admin_do_ban_address(const struct admin_call *call)
{
	struct store_ban wanted = wished(call, STORE_BAN_ADDRESS);
	char text[ADDRESS_PREFIX_TEXT_SIZE];

	wanted.value = prefix_of(call, text);
	ban(call, &wanted);
}

void
admin_do_unban_user(const struct admin_call *call)
{
	struct text user = call->request->user;
	struct store_ban wanted = { .kind = STORE_BAN_USER, .realm = TEXT(""), .value = user };
	struct core_who who = { 0 };
	struct text realm;
	unsigned realms;

	if (!is_named_in_full(call, &who)) {
		realms = core_ban_realms(call->core, user, &realm);
		if (realms > 1) {
			admin_refuse_word(call,
			    "users with that id are banned in several realms; name one as "
			    "REALM/ID: ",
			    user);
			return;
		}
		/* Its text goes with the ban. */
		if (realms == 0 || !take_who(&who, realm, user)) {
			unban(call, &wanted);
			return;
		}
	}
	wanted.realm = text_of(who.realm);
	wanted.value = text_of(who.id);
	unban(call, &wanted);
}

void
admin_do_unban_client(const struct admin_call *call)
{
	const struct store_ban wanted = {
		.kind = STORE_BAN_CLIENT, .realm = TEXT(""), .value = call->request->client
	};

	unban(call, &wanted);
}

void
admin_do_unban_address(const struct admin_call *call)
{
	char text[ADDRESS_PREFIX_TEXT_SIZE];
	const struct store_ban wanted = {
		.kind = STORE_BAN_ADDRESS, .realm = TEXT(""), .value = prefix_of(call, text)
	};

	unban(call, &wanted);
}

static bool
next_ban(struct admin_action *action, struct core *core, struct buffer *out)
{
	const struct store_ban *ban = core_next_ban(core, action->begun, &action->last_ban);
	struct admin_cell cells[ADMIN_COUNT(bans_columns)];
	struct buffer value;

	if (ban == NULL)
		return false;
	buffer_init(&value, 0);
	write_value(&value, ban);
	cells[0] = admin_cell_string(kinds[ban->kind]);
	cells[1] = admin_cell_text(buffer_text(&value));
	cells[2] = cell_until(ban);
	cells[3] = admin_cell_text(ban->reason);
	cells[4] = admin_cell_text(ban->made_by);
	cells[5] = admin_cell_time(ban->since_ms);
	admin_write_row(out, bans_columns, cells, ADMIN_COUNT(cells));
	buffer_free(&value);
	return true;
}

void
admin_do_bans(const struct admin_call *call)
{
	admin_write_columns(call->out, ADMIN_COLUMNS(bans_columns), false);
	call->action->next_row = next_ban;
}
