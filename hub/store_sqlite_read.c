/*
 * What the loop asks of the file, at once and beside the writer: committed rows only.
 */
#include <string.h>

#include "hub/store_sqlite_loop.h"
#include "hub/store_sqlite_past.h"

enum place {
	STREAM,
	FIRST,
	UNREAD,
	NEWEST,
	MESSAGES,
	OUTCOMES,
	LAST_OUTCOME,
	ID,
	USER,
	STALE_USERS,
	ROOMS,
	GATEWAYS,
};

static const char *const texts[] = {
	[STREAM] = "SELECT id, epoch, seq, mark, durability, inbox, keep_messages, keep_bytes,"
		   " keep_ms FROM streams WHERE name = ?1",
	[FIRST] = "SELECT seq FROM messages WHERE stream = ?1 ORDER BY seq LIMIT 1",
	[UNREAD] = "SELECT total(length(content)) FROM messages WHERE stream = ?1 AND seq > ?2",
	[NEWEST] = "SELECT seq, length(content) FROM messages"
		   " WHERE stream = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq DESC",
	[MESSAGES] = "SELECT seq, wall_ms, client, user, name, content, extra FROM messages"
		     " WHERE stream = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq",
	[OUTCOMES] = "SELECT encoded FROM outcomes WHERE last > ?3 AND life ="
		     " (SELECT id FROM lives WHERE gateway = ?1 AND epoch = ?2) ORDER BY last",
	[LAST_OUTCOME] =
	    "SELECT max(last, coalesce((SELECT max(outcomes.last) FROM outcomes"
	    " WHERE life = lives.id), 0)) FROM lives WHERE gateway = ?1 AND epoch = ?2",
	[ID] = "SELECT digest, client, room, user, epoch, seq, wall_ms FROM ids"
	       " WHERE row = ?3 AND sender = ?1 AND id = ?2",
	[USER] = "SELECT realm, id, name, secret, seen_ms FROM users WHERE realm = ?1 AND id = ?2",
	[STALE_USERS] = "SELECT realm, id, name, secret, seen_ms FROM users"
			" WHERE secret IS NOT NULL AND seen_ms < ?1 ORDER BY seen_ms LIMIT ?2",
	[ROOMS] = "SELECT name, class, read, write, list, created_ms FROM rooms"
		  " WHERE name > ?1 ORDER BY name LIMIT ?2",
	[GATEWAYS] = "SELECT name, epoch, pid, started, space FROM gateways",
};

static sqlite3_stmt *
statement(struct store_sqlite *store, enum place place)
{
	return sq_statement(&store->reader, place, texts[place]);
}

static void
bind_text(sqlite3_stmt *at, int place, struct text text)
{
	sqlite3_bind_blob64(
	    at, place, text.length == 0 ? "" : text.data, text.length, SQLITE_STATIC);
}

static struct text
column_text(sqlite3_stmt *at, int column)
{
	const void *bytes = sqlite3_column_blob(at, column);
	int length = sqlite3_column_bytes(at, column);

	if (bytes == NULL)
		return TEXT("");
	return (struct text){ bytes, (size_t)length };
}

static uint64_t
column_u64(sqlite3_stmt *at, int column)
{
	return (uint64_t)sqlite3_column_int64(at, column);
}

/* No epoch, number or length is above it, so that it stands for "without end". */
static int64_t
bounded(uint64_t number)
{
	return number > STORE_NUMBER_MAX ? (int64_t)STORE_NUMBER_MAX : (int64_t)number;
}

/* Gives the statement back; true unless the last step failed. */
static bool
ended(struct store_sqlite *store, sqlite3_stmt *at, int result)
{
	sqlite3_reset(at);
	if (result == SQLITE_ROW || result == SQLITE_DONE)
		return true;
	sq_note(store, sqlite3_extended_errcode(store->reader.db));
	return false;
}

bool
sq_read_stream(
    struct store_sqlite *store, struct text name, struct sq_stream *stream_out, bool *found_out)
{
	sqlite3_stmt *at = statement(store, STREAM);
	int result;

	if (at == NULL)
		return false;
	bind_text(at, 1, name);
	result = sqlite3_step(at);
	*found_out = result == SQLITE_ROW;
	if (*found_out) {
		stream_out->id = sqlite3_column_int64(at, 0);
		stream_out->epoch = column_u64(at, 1);
		stream_out->seq = stream_out->kept_seq = column_u64(at, 2);
		stream_out->mark = stream_out->kept_mark = column_u64(at, 3);
		stream_out->durability = (enum store_durability)sqlite3_column_int(at, 4);
		stream_out->inbox = sqlite3_column_int(at, 5) != 0;
		stream_out->keep.messages = column_u64(at, 6);
		stream_out->keep.bytes = column_u64(at, 7);
		stream_out->keep.milliseconds = column_u64(at, 8);
	}
	return ended(store, at, result);
}

bool
sq_read_first(struct store_sqlite *store, int64_t stream, uint64_t *first_out)
{
	sqlite3_stmt *at = statement(store, FIRST);
	int result;

	if (at == NULL)
		return false;
	sqlite3_bind_int64(at, 1, stream);
	result = sqlite3_step(at);
	if (result == SQLITE_ROW)
		*first_out = column_u64(at, 0);
	return ended(store, at, result);
}

bool
sq_read_unread(struct store_sqlite *store, int64_t stream, uint64_t mark, uint64_t *bytes_out)
{
	sqlite3_stmt *at = statement(store, UNREAD);
	int result;

	if (at == NULL)
		return false;
	sqlite3_bind_int64(at, 1, stream);
	sqlite3_bind_int64(at, 2, (int64_t)mark);
	result = sqlite3_step(at);
	if (result == SQLITE_ROW)
		*bytes_out = column_u64(at, 0);
	return ended(store, at, result);
}

static bool
is_full(const struct store_range *range, size_t bytes)
{
	return range->bytes != 0 && bytes >= range->bytes;
}

/* From the end backwards: above which number the newest that are asked for lie. */
static bool
find_newest(struct store_sqlite *store, int64_t stream, const struct store_range *range,
    uint64_t *after_out)
{
	sqlite3_stmt *at = statement(store, NEWEST);
	unsigned count = 0;
	size_t bytes = 0;
	int result;

	if (at == NULL)
		return false;
	sqlite3_bind_int64(at, 1, stream);
	sqlite3_bind_int64(at, 2, bounded(range->after));
	sqlite3_bind_int64(at, 3, bounded(range->until));
	*after_out = range->until;
	while ((result = sqlite3_step(at)) == SQLITE_ROW) {
		*after_out = column_u64(at, 0) - 1;
		bytes += (size_t)sqlite3_column_int64(at, 1);
		if (++count >= range->limit || is_full(range, bytes))
			break;
	}
	return ended(store, at, result);
}

static bool
read_messages(struct store_sqlite *store, int64_t stream, const struct store_range *range,
    store_message_fn *row, void *context)
{
	sqlite3_stmt *at = statement(store, MESSAGES);
	struct store_message message = { .stream = range->stream, .epoch = range->epoch };
	unsigned count = 0;
	size_t bytes = 0;
	bool wanted = range->limit > 0;
	int result = SQLITE_DONE;

	if (at == NULL)
		return false;
	sqlite3_bind_int64(at, 1, stream);
	sqlite3_bind_int64(at, 2, bounded(range->after));
	sqlite3_bind_int64(at, 3, bounded(range->until));
	while (wanted && (result = sqlite3_step(at)) == SQLITE_ROW) {
		message.seq = column_u64(at, 0);
		message.wall_ms = sqlite3_column_int64(at, 1);
		message.from = (uint32_t)column_u64(at, 2);
		message.from_user = column_text(at, 3);
		message.from_name = column_text(at, 4);
		message.content = column_text(at, 5);
		message.extra = column_text(at, 6);
		bytes += message.content.length;
		wanted = row(context, &message) && ++count < range->limit && !is_full(range, bytes);
	}
	return ended(store, at, result);
}

bool
sq_read(struct store *base, const struct store_range *range, store_message_fn *row, void *context)
{
	struct store_sqlite *store = sq_self(base);
	const struct sq_stream *stream = sq_stream_find(store, range->stream);
	struct store_range wanted = *range;
	struct sq_stream kept = { 0 };
	bool found = true;

	if (stream != NULL && stream->durability == STORE_MEMORY)
		return store->memory->ops->read(store->memory, range, row, context);
	if (stream != NULL)
		kept = *stream;
	else if (!sq_read_stream(store, range->stream, &kept, &found))
		return false;
	if (!found || kept.epoch != range->epoch || range->limit == 0)
		return true;
	if (wanted.newest && !find_newest(store, kept.id, range, &wanted.after))
		return false;
	/* What bounds the newest was counted from the other end. */
	if (wanted.newest)
		wanted.bytes = 0;
	return read_messages(store, kept.id, &wanted, row, context);
}

static bool
decode_each(struct text encoded, struct store_outcome *like, uint64_t above, store_outcome_fn *row,
    void *context)
{
	struct store_outcome outcome;
	size_t used;

	while (encoded.length > 0 && sq_outcome_decode(encoded, &outcome, &used)) {
		encoded.data += used;
		encoded.length -= used;
		outcome.gateway = like->gateway;
		outcome.gateway_epoch = like->gateway_epoch;
		if (outcome.number > above && !row(context, &outcome))
			return false;
	}
	return true;
}

bool
sq_read_outcomes(struct store *base, struct text gateway, uint64_t epoch, uint64_t above,
    store_outcome_fn *row, void *context)
{
	struct store_sqlite *store = sq_self(base);
	sqlite3_stmt *at = statement(store, OUTCOMES);
	struct store_outcome like = { .gateway = gateway, .gateway_epoch = epoch };
	int result;

	if (at == NULL)
		return false;
	bind_text(at, 1, gateway);
	sqlite3_bind_int64(at, 2, (int64_t)epoch);
	sqlite3_bind_int64(at, 3, (int64_t)above);
	while ((result = sqlite3_step(at)) == SQLITE_ROW) {
		if (!decode_each(column_text(at, 0), &like, above, row, context))
			break;
	}
	return ended(store, at, result);
}

bool
sq_last_outcome(struct store *base, struct text gateway, uint64_t epoch, uint64_t *number_out)
{
	struct store_sqlite *store = sq_self(base);
	sqlite3_stmt *at = statement(store, LAST_OUTCOME);
	int result;

	*number_out = 0;
	if (at == NULL)
		return false;
	bind_text(at, 1, gateway);
	sqlite3_bind_int64(at, 2, (int64_t)epoch);
	result = sqlite3_step(at);
	if (result == SQLITE_ROW)
		*number_out = column_u64(at, 0);
	return ended(store, at, result);
}

bool
sq_find_id(
    struct store *base, struct text sender, struct text name, store_id_fn *row, void *context)
{
	struct store_sqlite *store = sq_self(base);
	struct store_id id = { .sender = sender, .id = name };
	sqlite3_stmt *at;
	int64_t place;
	struct text digest;
	int result;

	if (!sq_past_known(store))
		return false;
	place = sq_ids_find(&store->ids, sender, name);
	/* Mostly there is none, and that costs nothing. */
	if (place == 0)
		return true;
	at = statement(store, ID);
	if (at == NULL)
		return false;
	bind_text(at, 1, sender);
	bind_text(at, 2, name);
	sqlite3_bind_int64(at, 3, place);
	result = sqlite3_step(at);
	if (result == SQLITE_ROW) {
		digest = column_text(at, 0);
		if (digest.length == sizeof(id.digest))
			memcpy(id.digest, digest.data, sizeof(id.digest));
		id.to = (uint32_t)column_u64(at, 1);
		id.room = column_text(at, 2);
		id.user = column_text(at, 3);
		id.epoch = column_u64(at, 4);
		id.seq = column_u64(at, 5);
		id.wall_ms = sqlite3_column_int64(at, 6);
		(void)row(context, &id);
	}
	return ended(store, at, result);
}

static struct store_user
user_of(sqlite3_stmt *at)
{
	struct text secret = column_text(at, 3);
	struct store_user user = {
		.realm = column_text(at, 0),
		.id = column_text(at, 1),
		.name = column_text(at, 2),
		.seen_ms = sqlite3_column_int64(at, 4),
	};

	user.has_secret = secret.length == sizeof(user.secret);
	if (user.has_secret)
		memcpy(user.secret, secret.data, sizeof(user.secret));
	return user;
}

static bool
read_users(struct store_sqlite *store, sqlite3_stmt *at, store_user_fn *row, void *context)
{
	int result;

	while ((result = sqlite3_step(at)) == SQLITE_ROW) {
		struct store_user user = user_of(at);

		if (!row(context, &user))
			break;
	}
	return ended(store, at, result);
}

bool
sq_find_user(
    struct store *base, struct text realm, struct text id, store_user_fn *row, void *context)
{
	struct store_sqlite *store = sq_self(base);
	sqlite3_stmt *at = statement(store, USER);

	if (at == NULL)
		return false;
	bind_text(at, 1, realm);
	bind_text(at, 2, id);
	return read_users(store, at, row, context);
}

bool
sq_stale_users(
    struct store *base, int64_t before_ms, unsigned limit, store_user_fn *row, void *context)
{
	struct store_sqlite *store = sq_self(base);
	sqlite3_stmt *at = statement(store, STALE_USERS);

	if (at == NULL)
		return false;
	sqlite3_bind_int64(at, 1, before_ms);
	sqlite3_bind_int64(at, 2, limit);
	return read_users(store, at, row, context);
}

bool
sq_read_rooms(
    struct store *base, struct text after, unsigned limit, store_room_fn *row, void *context)
{
	struct store_sqlite *store = sq_self(base);
	sqlite3_stmt *at = statement(store, ROOMS);
	int result;

	if (at == NULL)
		return false;
	bind_text(at, 1, after);
	sqlite3_bind_int64(at, 2, limit);
	while ((result = sqlite3_step(at)) == SQLITE_ROW) {
		struct store_room room = {
			.name = column_text(at, 0),
			.class_name = column_text(at, 1),
			.read = column_text(at, 2),
			.write = column_text(at, 3),
			.list = column_text(at, 4),
			.created_ms = sqlite3_column_int64(at, 5),
		};

		if (!row(context, &room))
			break;
	}
	return ended(store, at, result);
}

bool
sq_read_gateways(struct store *base, store_gateway_fn *row, void *context)
{
	struct store_sqlite *store = sq_self(base);
	sqlite3_stmt *at = statement(store, GATEWAYS);
	int result;

	if (at == NULL)
		return false;
	while ((result = sqlite3_step(at)) == SQLITE_ROW) {
		struct store_gateway gateway = {
			.name = column_text(at, 0),
			.epoch = column_u64(at, 1),
			.process = {
				.pid = sqlite3_column_int64(at, 2),
				.started = column_u64(at, 3),
				.space = column_u64(at, 4),
			},
		};

		if (!row(context, &gateway))
			break;
	}
	return ended(store, at, result);
}
