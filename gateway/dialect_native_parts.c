/*
 * Parts of streams and lists on their way to a native client: what it missed goes out message by
 * message, history and rooms are gathered into one answer that its queue can hold.
 */
#include <stdlib.h>

#include "common/config.h"
#include "gateway/dialect_native.h"

/* An answer takes at most this share of what may wait for one client; one long row may be more. */
#define QUEUE_SHARE 3

static void
say_missed(struct session *session, const struct envelope_item *item)
{
	struct buffer payload;

	buffer_init(&payload, 0);
	native_render_item(&payload, session_user(session), item);
	native_send(session, &payload);
}

static void
drop_oldest(struct native_ask *ask)
{
	buffer_consume(&ask->rows, ask->lengths[0]);
	ask->count--;
	for (unsigned i = 0; i < ask->count; i++)
		ask->lengths[i] = ask->lengths[i + 1];
	ask->dropped = true;
}

void
native_item(struct session *session, enum fetch_purpose purpose, const struct envelope_item *item)
{
	struct native_ask *ask;
	size_t before;

	if (purpose == FETCH_MISSED) {
		say_missed(session, item);
		return;
	}
	ask = native_ask_find(session_state(session), ASK_HISTORY, item->room);
	if (ask == NULL || ask->count >= ask->limit)
		return;
	before = ask->rows.length;
	buffer_append_byte(&ask->rows, ',');
	native_render_item(&ask->rows, session_user(session), item);
	ask->lengths[ask->count++] = (uint32_t)(ask->rows.length - before);
	while (ask->count > 1 && !ask->rows.failed &&
	       ask->rows.length > session_limits(session)->queue_bytes / QUEUE_SHARE)
		drop_oldest(ask);
}

/* Each row stands behind a comma. */
static struct text
rows_of(const struct native_ask *ask)
{
	struct text rows = buffer_text(&ask->rows);

	return rows.length == 0 ? rows : (struct text){ rows.data + 1, rows.length - 1 };
}

static void
end_answer(struct session *session, struct native_ask *ask, struct buffer *payload, bool more)
{
	buffer_append_text(payload, rows_of(ask));
	buffer_append_string(payload, more ? "],\"more\":true" : "],\"more\":false");
	native_append_id(payload, native_ask_id(ask));
	buffer_append_byte(payload, '}');
	payload->failed = payload->failed || ask->rows.failed;
	native_send(session, payload);
	native_ask_end(session_state(session), &ask);
}

static void
history_fetched(struct session *session, const struct envelope_fetched *fetched)
{
	struct native_ask *ask =
	    native_ask_find(session_state(session), ASK_HISTORY, fetched->room);
	struct native_fault fault = { .room = fetched->room, .id = native_ask_id(ask) };
	struct buffer payload;

	if (ask == NULL)
		return;
	if (fetched->code != OUTCOME_OK) {
		native_refuse(session, fetched->code, &fault);
		native_ask_end(session_state(session), &ask);
		return;
	}
	buffer_init(&payload, 0);
	native_append_member(&payload, "{\"type\":\"history\",\"room\":", fetched->room);
	native_append_number(&payload, ",\"epoch\":", fetched->epoch);
	buffer_append_string(&payload, ",\"messages\":[");
	end_answer(session, ask, &payload, fetched->more != 0 || ask->dropped);
}

void
native_fetched(
    struct session *session, enum fetch_purpose purpose, const struct envelope_fetched *fetched)
{
	struct buffer payload;

	if (purpose == FETCH_HISTORY) {
		history_fetched(session, fetched);
		return;
	}
	if (fetched->gap_reason == GAP_NONE)
		return;
	buffer_init(&payload, 0);
	native_render_gap(&payload, fetched);
	native_send(session, &payload);
}

static void
append_truth(struct buffer *out, const char *key, bool value)
{
	buffer_append_string(out, key);
	buffer_append_string(out, value ? "true" : "false");
}

void
native_listed(struct session *session, const struct envelope_listed *room, bool more)
{
	struct native_ask *ask = native_ask_find(session_state(session), ASK_ROOMS, TEXT(""));
	struct native_fault fault = { .field = NULL };
	struct buffer payload;

	if (ask == NULL)
		return;
	if (room == NULL && more && ask->rows.length == 0) {
		/* Cut off before its first row: the hub went away. */
		fault.id = native_ask_id(ask);
		native_refuse(session, OUTCOME_UNAVAILABLE, &fault);
		native_ask_end(session_state(session), &ask);
		return;
	}
	if (room == NULL) {
		buffer_init(&payload, 0);
		buffer_append_string(&payload, "{\"type\":\"rooms\",\"rooms\":[");
		end_answer(session, ask, &payload, more);
		return;
	}
	native_append_member(&ask->rows, ",{\"room\":", room->room);
	native_append_number(&ask->rows, ",\"members\":", room->members);
	native_append_number(&ask->rows, ",\"epoch\":", room->epoch);
	native_append_number(&ask->rows, ",\"seq\":", room->seq);
	append_truth(&ask->rows, ",\"member\":", (room->rights & ROOM_IS_MEMBER) != 0);
	append_truth(&ask->rows, ",\"write\":", (room->rights & ROOM_MAY_WRITE) != 0);
	buffer_append_byte(&ask->rows, '}');
}
