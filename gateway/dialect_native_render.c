/*
 * The frames that native clients hear, as docs/dialects/native.md has them: compact JSON in UTF-8.
 * Only writes; decides nothing.
 */
#include "common/clock.h"
#include "common/config.h"
#include "common/json.h"
#include "gateway/dialect_native.h"

void
native_append_member(struct buffer *out, const char *key, struct text value)
{
	buffer_append_string(out, key);
	json_append_utf8(out, value);
}

void
native_append_number(struct buffer *out, const char *key, uint64_t value)
{
	buffer_append_string(out, key);
	buffer_append_u64(out, value);
}

void
native_append_client(struct buffer *out, const char *key, uint32_t client)
{
	char id[CLIENT_ID_TEXT_SIZE];

	text_client_id(client, id);
	native_append_member(out, key, text_of(id));
}

void
native_append_time(struct buffer *out, uint64_t wall_ms)
{
	char utc[CLOCK_UTC_SIZE];

	clock_utc((int64_t)wall_ms, utc);
	native_append_member(out, ",\"timestamp\":", text_of(utc));
}

void
native_append_id(struct buffer *out, struct text id)
{
	if (!text_is_empty(id))
		native_append_member(out, ",\"id\":", id);
}

/* What came online in an older way has no user: its client_id stands for it. */
static void
append_user_id(struct buffer *out, const char *key, struct text user, uint32_t client)
{
	if (text_is_empty(user))
		native_append_client(out, key, client);
	else
		native_append_member(out, key, user);
}

void
native_append_user(struct buffer *out, const struct roster_user *user)
{
	append_user_id(out, "{\"user\":", user->user, user->client);
	native_append_member(out, ",\"username\":", user->name);
	buffer_append_byte(out, '}');
}

void
native_render_error(
    struct buffer *out, const char *word, const char *sentence, const struct native_fault *fault)
{
	buffer_append_string(out, "{\"type\":\"error\"");
	native_append_member(out, ",\"code\":", text_of(word));
	native_append_member(out, ",\"content\":", text_of(sentence));
	if (fault->field != NULL)
		native_append_member(out, ",\"field\":", text_of(fault->field));
	if (!text_is_empty(fault->room))
		native_append_member(out, ",\"room\":", fault->room);
	native_append_id(out, fault->id);
	buffer_append_byte(out, '}');
}

static void
append_place(struct buffer *out, uint64_t epoch, uint64_t seq)
{
	native_append_number(out, ",\"epoch\":", epoch);
	native_append_number(out, ",\"seq\":", seq);
}

static void
append_sender(struct buffer *out, uint32_t from, struct text user)
{
	native_append_client(out, ",\"from\":", from);
	append_user_id(out, ",\"user\":", user, from);
}

static void
append_words(struct buffer *out, struct text name, struct text content, uint64_t time)
{
	native_append_member(out, ",\"sender_name\":", name);
	native_append_member(out, ",\"content\":", content);
	native_append_time(out, time);
	buffer_append_byte(out, '}');
}

void
native_render_deliver(struct buffer *payload, const struct envelope_deliver *deliver)
{
	buffer_append_string(payload, "{\"type\":\"public\"");
	native_append_member(payload, ",\"room\":", deliver->room);
	append_place(payload, deliver->epoch, deliver->seq);
	append_sender(payload, deliver->from, deliver->from_user);
	append_words(payload, deliver->from_name, deliver->content, deliver->time);
}

void
native_render_whisper(struct buffer *out, struct text me, const struct envelope_whisper *whisper)
{
	buffer_append_string(out, "{\"type\":\"private\"");
	append_place(out, whisper->epoch, whisper->seq);
	append_sender(out, whisper->from, whisper->from_user);
	native_append_member(out, ",\"to\":", me);
	append_words(out, whisper->from_name, whisper->content, whisper->time);
}

void
native_render_item(struct buffer *out, struct text me, const struct envelope_item *item)
{
	struct envelope_deliver deliver = {
		.room = item->room,
		.epoch = item->epoch,
		.seq = item->seq,
		.from = item->from,
		.from_name = item->from_name,
		.time = item->time,
		.content = item->content,
		.from_user = item->from_user,
	};
	struct envelope_whisper whisper = {
		.from = item->from,
		.from_name = item->from_name,
		.time = item->time,
		.content = item->content,
		.from_user = item->from_user,
		.epoch = item->epoch,
		.seq = item->seq,
	};

	if (text_is_empty(item->room))
		native_render_whisper(out, me, &whisper);
	else
		native_render_deliver(out, &deliver);
}

void
native_render_gap(struct buffer *out, const struct envelope_fetched *fetched)
{
	static const char *const reasons[] = {
		[GAP_NONE] = "expired",
		[GAP_EXPIRED] = "expired",
		[GAP_EPOCH] = "epoch",
		[GAP_READ] = "read",
	};
	uint32_t reason = fetched->gap_reason <= GAP_READ ? fetched->gap_reason : GAP_EXPIRED;
	bool is_epoch = reason == GAP_EPOCH;

	buffer_append_string(out, "{\"type\":\"gap\"");
	if (!text_is_empty(fetched->room))
		native_append_member(out, ",\"room\":", fetched->room);
	native_append_number(out, ",\"epoch\":", is_epoch ? fetched->gap_epoch : fetched->epoch);
	native_append_number(out, ",\"from\":", fetched->gap_from);
	native_append_number(out, ",\"to\":", fetched->gap_to);
	native_append_member(out, ",\"reason\":", text_of(reasons[reason]));
	buffer_append_byte(out, '}');
}

void
native_render_ack(
    struct buffer *out, const struct envelope *command, const struct envelope_outcome *outcome)
{
	static const char *const durabilities[] = { "memory", "normal", "disk" };
	bool is_public = command->kind == ENVELOPE_PUBLISH;
	uint32_t durability = outcome->durability < 3 ? outcome->durability : 0;

	buffer_append_string(out, "{\"type\":\"ack\"");
	native_append_id(out, is_public ? command->publish.id : command->tell.id);
	if (is_public)
		native_append_member(out, ",\"room\":", command->publish.room);
	else
		append_user_id(out, ",\"to\":", outcome->user, outcome->to);
	append_place(out, outcome->epoch, outcome->seq);
	native_append_time(out, outcome->time);
	native_append_member(out, ",\"durability\":", text_of(durabilities[durability]));
	if ((outcome->flags & OUTCOME_WAS_ABSENT) != 0)
		buffer_append_string(out, ",\"absent\":true");
	if ((outcome->flags & OUTCOME_REPEATED) != 0)
		buffer_append_string(out, ",\"repeated\":true");
	buffer_append_byte(out, '}');
}

void
native_render_notice(struct buffer *payload, const struct envelope_notice *notice)
{
	buffer_append_string(payload, "{\"type\":\"system\"");
	if (!text_is_empty(notice->room))
		native_append_member(payload, ",\"room\":", notice->room);
	native_append_member(payload, ",\"content\":", notice->content);
	native_append_time(payload, notice->time);
	buffer_append_byte(payload, '}');
}

void
native_render_typed(struct buffer *payload, const struct envelope_typed *typed)
{
	buffer_append_string(payload, "{\"type\":\"typing\"");
	if (!text_is_empty(typed->room))
		native_append_member(payload, ",\"room\":", typed->room);
	append_sender(payload, typed->from, typed->from_user);
	native_append_member(payload, ",\"sender_name\":", typed->from_name);
	buffer_append_byte(payload, '}');
}

static void
append_users(struct buffer *out, const char *key, const struct roster_user *users, size_t count)
{
	buffer_append_string(out, key);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_append_byte(out, ',');
		native_append_user(out, &users[i]);
	}
	buffer_append_byte(out, ']');
}

void
native_render_presence(struct buffer *payload, const struct presence_change *change)
{
	buffer_append_string(payload, "{\"type\":\"presence\"");
	native_append_member(payload, ",\"room\":", change->room);
	append_users(payload, ",\"joined\":[", change->joined, change->joined_count);
	append_users(payload, ",\"left\":[", change->left, change->left_count);
	native_append_number(payload, ",\"count\":", change->count);
	buffer_append_byte(payload, '}');
}

/*
 * The replica may or may not know the newcomer yet, and may know it behind thousands: it comes
 * first in any case.
 */
bool
native_render_snapshot(
    struct buffer *out, const struct session *session, struct text room, unsigned limit)
{
	const struct roster_room *roster = session_roster(session, room);
	struct roster_user me = {
		.client = session_client(session),
		.user = session_user(session),
		.name = session_name(session),
	};
	struct roster_user other;
	size_t share = session_snapshot_share(session, room);
	size_t cursor = 0;
	size_t count = 1;
	size_t alone;
	unsigned shown = 1;

	if (roster != NULL)
		count = roster_room_users(roster) + !roster_room_has_user(roster, me.user);
	buffer_append_string(out, "{\"type\":\"presence\"");
	native_append_member(out, ",\"room\":", room);
	buffer_append_string(out, ",\"snapshot\":true,\"joined\":[");
	native_append_user(out, &me);
	alone = out->length;
	while (roster != NULL && shown < limit && out->length - alone < share &&
	       roster_room_next_user(roster, &cursor, &other)) {
		if (text_equal(other.user, me.user))
			continue;
		buffer_append_byte(out, ',');
		native_append_user(out, &other);
		shown++;
	}
	native_append_number(out, "],\"left\":[],\"count\":", count);
	buffer_append_byte(out, '}');
	return shown < limit && shown < count;
}

void
native_render_hub(struct buffer *payload, bool away)
{
	buffer_append_string(
	    payload, away ? "{\"type\":\"hub_degraded\"}" : "{\"type\":\"hub_back\"}");
}

void
native_render_limits(struct buffer *out, const struct session *session)
{
	const struct config_limits *limits = session_limits(session);
	const struct config_store *store = session_store(session);
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{ "message_bytes", limits->message_bytes },
		{ "content_bytes", limits->content_bytes },
		{ "name_code_points", limits->name_code_points },
		{ "id_bytes", NATIVE_ID_MAX },
		{ "id_seconds", NATIVE_IDS_SECONDS },
		{ "ids", NATIVE_IDS },
		{ "rooms", limits->rooms_per_client },
		{ "connections", limits->connections_per_user },
		{ "history_messages", limits->history_messages },
		{ "list_members", limits->list_members },
		{ "messages_per_second", limits->messages_per_second },
		{ "messages_burst", limits->messages_burst },
		{ "errors_per_minute", limits->errors_per_minute },
		{ "inbox_messages", store->inbox_messages },
		{ "inbox_bytes", (uint64_t)store->inbox_kilobytes * 1024 },
		{ "resume_seconds", (uint64_t)store->resume_hours * 3600 },
		{ "grace_ms", NATIVE_GRACE_MS },
		{ "presence_ms", limits->presence_ms },
		{ "typing_ms", NATIVE_TYPING_MS },
		{ "hold_seconds", limits->hold_seconds },
		{ "ping_seconds", limits->ping_seconds },
		{ "pong_seconds", limits->pong_seconds },
		{ "queue_bytes", limits->queue_bytes },
	};

	buffer_append_byte(out, '{');
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (i > 0)
			buffer_append_byte(out, ',');
		buffer_printf(out, "\"%s\":", rows[i].name);
		buffer_append_u64(out, rows[i].value);
	}
	buffer_append_byte(out, '}');
}
