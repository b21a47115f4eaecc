/*
 * What each operation does to the tables. On the writer's thread, within its transaction; must not
 * look at the loop's streams, of which a batch says all that is needed.
 */
#include <stdio.h>
#include <string.h>

#include "hub/store_sqlite_private.h"

/* How exactly it is known when a gateway was last heard of. */
#define LIFE_USED_MS 60000

/* Sums of content are told from what is there: holes and removed rows never make them negative. */
enum place {
	MAKE_WAY_DOOMED,
	MAKE_WAY,
	CREATE,
	KEEP,
	APPEND,
	TOUCH,
	MARK,
	RENAME,
	REMOVE_DOOMED,
	REMOVE,
	PUT_ID,
	PUT_USER,
	REMOVE_USER,
	PUT_ROOM,
	REMOVE_ROOM,
	PUT_GATEWAY,
	REMOVE_GATEWAY,
	LIFE,
	OUTCOMES,
	PRUNED,
	PRUNE,
};

static const char *const texts[] = {
	[MAKE_WAY_DOOMED] =
	    "INSERT OR IGNORE INTO doomed(stream) SELECT id FROM streams WHERE name = ?1",
	[MAKE_WAY] = "DELETE FROM streams WHERE name = ?1",
	[CREATE] =
	    "INSERT INTO streams(id, name, epoch, durability, inbox, keep_messages, keep_bytes,"
	    " keep_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[KEEP] = "UPDATE streams SET durability = ?2, inbox = ?3, keep_messages = ?4,"
		 " keep_bytes = ?5, keep_ms = ?6 WHERE id = ?1",
	[APPEND] = "INSERT INTO messages(stream, seq, wall_ms, client, user, name, content, extra)"
		   " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[TOUCH] = "UPDATE streams SET seq = ?2, bytes = bytes + ?3 WHERE id = ?1",
	/* What was marked first falls due first: its time stands until it has been removed. */
	[MARK] = "UPDATE streams SET mark = ?2, marked_ms = ?3,"
		 " due_ms = CASE WHEN due_mark = 0 THEN ?3 ELSE due_ms END,"
		 " due_mark = CASE WHEN due_mark = 0 THEN ?2 ELSE due_mark END WHERE id = ?1",
	[RENAME] = "UPDATE streams SET name = ?2 WHERE id = ?1",
	[REMOVE_DOOMED] = "INSERT OR IGNORE INTO doomed(stream) VALUES(?1)",
	[REMOVE] = "DELETE FROM streams WHERE id = ?1",
	[PUT_ID] =
	    "INSERT INTO ids(sender, id, digest, client, room, user, epoch, seq, wall_ms, row)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[PUT_USER] = "INSERT OR REPLACE INTO users(realm, id, name, secret, seen_ms)"
		     " VALUES(?1, ?2, ?3, ?4, ?5)",
	[REMOVE_USER] = "DELETE FROM users WHERE realm = ?1 AND id = ?2",
	[PUT_ROOM] = "INSERT OR REPLACE INTO rooms(name, class, read, write, list, created_ms)"
		     " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[REMOVE_ROOM] = "DELETE FROM rooms WHERE name = ?1",
	[PUT_GATEWAY] = "INSERT OR REPLACE INTO gateways(name, epoch, pid, started, space)"
			" VALUES(?1, ?2, ?3, ?4, ?5)",
	[REMOVE_GATEWAY] = "DELETE FROM gateways WHERE name = ?1",
	[LIFE] = "INSERT INTO lives(gateway, epoch, last, used_ms) VALUES(?1, ?2, 0, ?3)"
		 " ON CONFLICT(gateway, epoch) DO UPDATE SET used_ms = excluded.used_ms"
		 " RETURNING id",
	[OUTCOMES] = "INSERT OR REPLACE INTO outcomes(life, last, encoded) VALUES(?1, ?2, ?3)",
	/* What outcomes no longer tell. */
	[PRUNED] = "UPDATE lives SET last = max(last, coalesce((SELECT max(outcomes.last)"
		   " FROM outcomes WHERE life = lives.id AND outcomes.last <= ?3), 0))"
		   " WHERE gateway = ?1 AND epoch = ?2",
	[PRUNE] = "DELETE FROM outcomes WHERE last <= ?3"
		  " AND life = (SELECT id FROM lives WHERE gateway = ?1 AND epoch = ?2)",
};

static sqlite3_stmt *
statement(struct store_sqlite *store, enum place place)
{
	return sq_statement(&store->writer, place, texts[place]);
}

static int
bind_text(sqlite3_stmt *at, int place, struct text text)
{
	return sqlite3_bind_blob64(
	    at, place, text.length == 0 ? "" : text.data, text.length, SQLITE_STATIC);
}

static int
run(struct store_sqlite *store, sqlite3_stmt *at)
{
	int result = sqlite3_step(at);

	sqlite3_reset(at);
	if (result == SQLITE_DONE || result == SQLITE_ROW)
		return SQLITE_OK;
	return sqlite3_extended_errcode(store->writer.db);
}

static int
failed(struct store_sqlite *store)
{
	int result = sqlite3_extended_errcode(store->writer.db);

	return result == SQLITE_OK ? SQLITE_NOMEM : result;
}

static int
run_named(struct store_sqlite *store, enum place place, struct text name)
{
	sqlite3_stmt *at = statement(store, place);

	if (at == NULL)
		return failed(store);
	bind_text(at, 1, name);
	return run(store, at);
}

static int
run_numbered(struct store_sqlite *store, enum place place, int64_t number)
{
	sqlite3_stmt *at = statement(store, place);

	if (at == NULL)
		return failed(store);
	sqlite3_bind_int64(at, 1, number);
	return run(store, at);
}

static void
bind_keep(sqlite3_stmt *at, int place, const struct store_stream *stream)
{
	sqlite3_bind_int(at, place, (int)stream->durability);
	sqlite3_bind_int(at, place + 1, stream->inbox);
	sqlite3_bind_int64(at, place + 2, (int64_t)stream->keep.messages);
	sqlite3_bind_int64(at, place + 3, (int64_t)stream->keep.bytes);
	sqlite3_bind_int64(at, place + 4, (int64_t)stream->keep.milliseconds);
}

static int
apply_create(struct store_sqlite *store, const struct sq_op *op)
{
	sqlite3_stmt *at;
	int result = run_named(store, MAKE_WAY_DOOMED, op->body.create.name);

	if (result == SQLITE_OK)
		result = run_named(store, MAKE_WAY, op->body.create.name);
	if (result != SQLITE_OK)
		return result;
	at = statement(store, CREATE);
	if (at == NULL)
		return failed(store);
	sqlite3_bind_int64(at, 1, op->stream_id);
	bind_text(at, 2, op->body.create.name);
	sqlite3_bind_int64(at, 3, (int64_t)op->epoch);
	bind_keep(at, 4, &op->body.create);
	return run(store, at);
}

static int
apply_keep(struct store_sqlite *store, const struct sq_op *op)
{
	sqlite3_stmt *at = statement(store, KEEP);

	if (at == NULL)
		return failed(store);
	sqlite3_bind_int64(at, 1, op->stream_id);
	bind_keep(at, 2, &op->body.create);
	return run(store, at);
}

static int
apply_append(struct store_sqlite *store, const struct sq_op *op)
{
	const struct store_message *message = &op->body.message;
	sqlite3_stmt *at = statement(store, APPEND);

	if (at == NULL)
		return failed(store);
	sqlite3_bind_int64(at, 1, op->stream_id);
	sqlite3_bind_int64(at, 2, (int64_t)message->seq);
	sqlite3_bind_int64(at, 3, message->wall_ms);
	sqlite3_bind_int64(at, 4, message->from);
	bind_text(at, 5, message->from_user);
	bind_text(at, 6, message->from_name);
	bind_text(at, 7, message->content);
	bind_text(at, 8, message->extra);
	return run(store, at);
}

static int
apply_nothing(struct store_sqlite *store, const struct sq_op *op)
{
	(void)store;
	(void)op;
	return SQLITE_OK;
}

static int
apply_rename(struct store_sqlite *store, const struct sq_op *op)
{
	sqlite3_stmt *at = statement(store, RENAME);

	if (at == NULL)
		return failed(store);
	sqlite3_bind_int64(at, 1, op->stream_id);
	bind_text(at, 2, op->body.rename.to);
	return run(store, at);
}

static int
apply_remove(struct store_sqlite *store, const struct sq_op *op)
{
	int result = run_numbered(store, REMOVE_DOOMED, op->stream_id);

	return result == SQLITE_OK ? run_numbered(store, REMOVE, op->stream_id) : result;
}

static int
apply_put_id(struct store_sqlite *store, const struct sq_op *op)
{
	const struct store_id *id = &op->body.id;
	sqlite3_stmt *at = statement(store, PUT_ID);

	if (at == NULL)
		return failed(store);
	bind_text(at, 1, id->sender);
	bind_text(at, 2, id->id);
	sqlite3_bind_blob(at, 3, id->digest, sizeof(id->digest), SQLITE_STATIC);
	sqlite3_bind_int64(at, 4, id->to);
	bind_text(at, 5, id->room);
	bind_text(at, 6, id->user);
	sqlite3_bind_int64(at, 7, (int64_t)id->epoch);
	sqlite3_bind_int64(at, 8, (int64_t)id->seq);
	sqlite3_bind_int64(at, 9, id->wall_ms);
	sqlite3_bind_int64(at, 10, op->row);
	store->upkeep.ids_put++;
	return run(store, at);
}

static int
apply_put_user(struct store_sqlite *store, const struct sq_op *op)
{
	const struct store_user *user = &op->body.user;
	sqlite3_stmt *at = statement(store, PUT_USER);

	if (at == NULL)
		return failed(store);
	bind_text(at, 1, user->realm);
	bind_text(at, 2, user->id);
	bind_text(at, 3, user->name);
	if (user->has_secret)
		sqlite3_bind_blob(at, 4, user->secret, sizeof(user->secret), SQLITE_STATIC);
	else
		sqlite3_bind_null(at, 4);
	sqlite3_bind_int64(at, 5, user->seen_ms);
	return run(store, at);
}

static int
apply_remove_user(struct store_sqlite *store, const struct sq_op *op)
{
	sqlite3_stmt *at = statement(store, REMOVE_USER);

	if (at == NULL)
		return failed(store);
	bind_text(at, 1, op->body.user.realm);
	bind_text(at, 2, op->body.user.id);
	return run(store, at);
}

static int
apply_put_room(struct store_sqlite *store, const struct sq_op *op)
{
	const struct store_room *room = &op->body.room;
	sqlite3_stmt *at = statement(store, PUT_ROOM);

	if (at == NULL)
		return failed(store);
	bind_text(at, 1, room->name);
	bind_text(at, 2, room->class_name);
	bind_text(at, 3, room->read);
	bind_text(at, 4, room->write);
	bind_text(at, 5, room->list);
	sqlite3_bind_int64(at, 6, room->created_ms);
	return run(store, at);
}

static int
apply_remove_room(struct store_sqlite *store, const struct sq_op *op)
{
	return run_named(store, REMOVE_ROOM, op->body.room.name);
}

static int
apply_put_gateway(struct store_sqlite *store, const struct sq_op *op)
{
	const struct store_gateway *gateway = &op->body.gateway;
	sqlite3_stmt *at = statement(store, PUT_GATEWAY);

	if (at == NULL)
		return failed(store);
	bind_text(at, 1, gateway->name);
	sqlite3_bind_int64(at, 2, (int64_t)gateway->epoch);
	sqlite3_bind_int64(at, 3, gateway->process.pid);
	sqlite3_bind_int64(at, 4, (int64_t)gateway->process.started);
	sqlite3_bind_int64(at, 5, (int64_t)gateway->process.space);
	return run(store, at);
}

static int
apply_remove_gateway(struct store_sqlite *store, const struct sq_op *op)
{
	return run_named(store, REMOVE_GATEWAY, op->body.gateway.name);
}

static int
apply_prune(struct store_sqlite *store, const struct sq_op *op)
{
	int result = SQLITE_OK;

	for (enum place place = PRUNED; place <= PRUNE && result == SQLITE_OK; place++) {
		sqlite3_stmt *at = statement(store, place);

		if (at == NULL)
			return failed(store);
		bind_text(at, 1, op->body.prune.gateway);
		sqlite3_bind_int64(at, 2, (int64_t)op->body.prune.epoch);
		sqlite3_bind_int64(at, 3, (int64_t)op->body.prune.number);
		result = run(store, at);
	}
	return result;
}

static int
apply_forget(struct store_sqlite *store, const struct sq_op *op)
{
	return sq_apply_forget(store, op->body.user.realm, op->body.user.id);
}

static int (*const appliers[SQ_OP_KINDS])(struct store_sqlite *, const struct sq_op *) = {
	[SQ_CREATE] = apply_create,
	[SQ_KEEP] = apply_keep,
	[SQ_APPEND] = apply_append,
	[SQ_MARK] = apply_nothing,
	[SQ_RENAME] = apply_rename,
	[SQ_REMOVE] = apply_remove,
	[SQ_PUT_ID] = apply_put_id,
	[SQ_PUT_USER] = apply_put_user,
	[SQ_REMOVE_USER] = apply_remove_user,
	[SQ_PUT_ROOM] = apply_put_room,
	[SQ_REMOVE_ROOM] = apply_remove_room,
	[SQ_PUT_GATEWAY] = apply_put_gateway,
	[SQ_REMOVE_GATEWAY] = apply_remove_gateway,
	[SQ_PUT_BAN] = sq_apply_put_ban,
	[SQ_REMOVE_BAN] = sq_apply_remove_ban,
	[SQ_PRUNE] = apply_prune,
	[SQ_FORGET] = apply_forget,
};

static int
apply_touch(struct store_sqlite *store, const struct sq_touch *touch)
{
	int result = SQLITE_OK;
	sqlite3_stmt *at;

	if (touch->messages > 0) {
		at = statement(store, TOUCH);
		if (at == NULL)
			return failed(store);
		sqlite3_bind_int64(at, 1, touch->id);
		sqlite3_bind_int64(at, 2, (int64_t)touch->seq);
		sqlite3_bind_int64(at, 3, (int64_t)touch->bytes);
		result = run(store, at);
	}
	if (result == SQLITE_OK && touch->marked) {
		at = statement(store, MARK);
		if (at == NULL)
			return failed(store);
		sqlite3_bind_int64(at, 1, touch->id);
		sqlite3_bind_int64(at, 2, (int64_t)touch->mark);
		sqlite3_bind_int64(at, 3, store->world.wall_ms(store->world.context));
		result = run(store, at);
	}
	return result == SQLITE_OK ? sq_retain_touched(store, touch) : result;
}

/* Where a life is remembered: epochs are random. */
static struct sq_life *
life_of(struct store_sqlite *store, const struct sq_outcomes *outcomes)
{
	return &store->lives[outcomes->epoch % SQ_LIVES];
}

static bool
is_remembered(const struct sq_life *life, const struct sq_outcomes *outcomes, int64_t now)
{
	return life->id != 0 && life->epoch == outcomes->epoch &&
	       text_equal(text_of(life->gateway), outcomes->gateway) &&
	       now - life->used_ms < LIFE_USED_MS && now >= life->used_ms;
}

/* The row of a gateway's life is written once a minute; each transaction would cost its page. */
static int
touch_life(struct store_sqlite *store, const struct sq_outcomes *outcomes)
{
	struct sq_life *life = life_of(store, outcomes);
	int64_t now = store->world.wall_ms(store->world.context);
	sqlite3_stmt *at;
	int result;

	if (is_remembered(life, outcomes, now))
		return SQLITE_OK;
	at = statement(store, LIFE);
	if (at == NULL)
		return failed(store);
	bind_text(at, 1, outcomes->gateway);
	sqlite3_bind_int64(at, 2, (int64_t)outcomes->epoch);
	sqlite3_bind_int64(at, 3, now);
	result = sqlite3_step(at);
	*life = (struct sq_life){
		.epoch = outcomes->epoch,
		.id = sqlite3_column_int64(at, 0),
		.used_ms = now,
	};
	/* A name that does not fit is never found again, only asked for each time. */
	snprintf(life->gateway, sizeof(life->gateway), "%.*s", (int)outcomes->gateway.length,
	    outcomes->gateway.data);
	sqlite3_reset(at);
	return result == SQLITE_ROW ? SQLITE_OK : sqlite3_extended_errcode(store->writer.db);
}

static int
apply_outcomes(struct store_sqlite *store, const struct sq_outcomes *outcomes)
{
	int result = touch_life(store, outcomes);
	sqlite3_stmt *at;

	if (result != SQLITE_OK)
		return result;
	at = statement(store, OUTCOMES);
	if (at == NULL)
		return failed(store);
	sqlite3_bind_int64(at, 1, life_of(store, outcomes)->id);
	sqlite3_bind_int64(at, 2, (int64_t)outcomes->last);
	bind_text(at, 3, buffer_text(&outcomes->encoded));
	return run(store, at);
}

void
sq_forget_lives(struct store_sqlite *store)
{
	memset(store->lives, 0, sizeof(store->lives));
}

int
sq_apply(struct store_sqlite *store, struct sq_batch *batch)
{
	int result = SQLITE_OK;

	for (struct sq_op *op = batch->first; op != NULL && result == SQLITE_OK; op = op->next) {
		if (!op->memory)
			result = appliers[op->kind](store, op);
	}
	for (struct sq_outcomes *each = batch->outcomes; each != NULL && result == SQLITE_OK;
	     each = each->next)
		result = apply_outcomes(store, each);
	for (struct sq_touch *each = batch->touches; each != NULL && result == SQLITE_OK;
	     each = each->next) {
		if (!each->memory)
			result = apply_touch(store, each);
	}
	return result;
}
