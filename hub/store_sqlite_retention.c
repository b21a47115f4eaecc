/*
 * What streams no longer keep goes, a bounded part at a time: with what is written to a stream, and
 * in a slow round over all of them for what only time decides. On the writer's thread, within its
 * transaction.
 */
#include "hub/store_sqlite_private.h"

/* A stream is looked at once in so many messages, unless it keeps few. */
#define STRIDE 64u
#define FEW 1024u

/* Removed at a time beyond what was just added. */
#define ROWS_TOUCHED 256u
#define ROWS_SWEPT 64u
#define ROWS_DOOMED 256u
#define ROWS_IDS 1024u
#define STREAMS_SWEPT 16

#define SWEEP_MS 1000
#define LIVES_KEPT 256

enum place {
	RULES = 24,
	OLDEST,
	DELETE_UP_TO,
	LESS_BYTES,
	NEXT_DUE,
	NEXT_STREAM,
	FIRST_DOOMED,
	DELETE_DOOMED,
	DOOMED_DONE,
	FORGET_LIVES,
	FORGET_OUTCOMES,
	FORGET_IDS,
};

static const char rules_text[] =
    "SELECT seq, mark, inbox, keep_messages, keep_bytes, keep_ms, bytes, marked_ms, due_mark,"
    " due_ms FROM streams WHERE id = ?1";
static const char oldest_text[] =
    "SELECT seq, wall_ms, length(content) FROM messages WHERE stream = ?1 ORDER BY seq LIMIT ?2";

struct rules {
	uint64_t seq;
	uint64_t mark;
	bool inbox;
	struct store_keep keep;
	uint64_t bytes;
	int64_t marked_ms;
	uint64_t due_mark;
	int64_t due_ms;
};

static int
failed(struct store_sqlite *store)
{
	int result = sqlite3_extended_errcode(store->writer.db);

	return result == SQLITE_OK ? SQLITE_NOMEM : result;
}

static int
run(struct store_sqlite *store, enum place place, const char *sql, int64_t first, int64_t second)
{
	sqlite3_stmt *at = sq_statement(&store->writer, place, sql);
	int result;

	if (at == NULL)
		return failed(store);
	sqlite3_bind_int64(at, 1, first);
	if (sqlite3_bind_parameter_count(at) > 1)
		sqlite3_bind_int64(at, 2, second);
	result = sqlite3_step(at);
	sqlite3_reset(at);
	return result == SQLITE_DONE ? SQLITE_OK : failed(store);
}

/* One number of one row; *found_out false without a row. */
static int
pick(struct store_sqlite *store, enum place place, const char *sql, int64_t argument,
    int64_t *value_out, bool *found_out)
{
	sqlite3_stmt *at = sq_statement(&store->writer, place, sql);
	int result;

	*found_out = false;
	if (at == NULL)
		return failed(store);
	sqlite3_bind_int64(at, 1, argument);
	result = sqlite3_step(at);
	*found_out = result == SQLITE_ROW;
	if (*found_out)
		*value_out = sqlite3_column_int64(at, 0);
	sqlite3_reset(at);
	return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : failed(store);
}

static int
read_rules(struct store_sqlite *store, int64_t stream, struct rules *rules_out, bool *found_out)
{
	sqlite3_stmt *at = sq_statement(&store->writer, RULES, rules_text);
	int result;

	*found_out = false;
	*rules_out = (struct rules){ 0 };
	if (at == NULL)
		return failed(store);
	sqlite3_bind_int64(at, 1, stream);
	result = sqlite3_step(at);
	*found_out = result == SQLITE_ROW;
	if (*found_out)
		*rules_out = (struct rules){
			.seq = (uint64_t)sqlite3_column_int64(at, 0),
			.mark = (uint64_t)sqlite3_column_int64(at, 1),
			.inbox = sqlite3_column_int(at, 2) != 0,
			.keep = { (uint64_t)sqlite3_column_int64(at, 3),
			    (uint64_t)sqlite3_column_int64(at, 4),
			    (uint64_t)sqlite3_column_int64(at, 5) },
			.bytes = (uint64_t)sqlite3_column_int64(at, 6),
			.marked_ms = sqlite3_column_int64(at, 7),
			.due_mark = (uint64_t)sqlite3_column_int64(at, 8),
			.due_ms = sqlite3_column_int64(at, 9),
		};
	sqlite3_reset(at);
	return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : failed(store);
}

/* Of an inbox: up to where everything was marked long enough ago; 0 if nothing was. */
static uint64_t
due_of(const struct store_sqlite *store, const struct rules *rules, int64_t now)
{
	if (rules->due_mark == 0 || now - rules->due_ms < (int64_t)store->read_keep_ms)
		return 0;
	return rules->due_mark;
}

static bool
is_over(const struct rules *rules, uint64_t seq, int64_t wall_ms, uint64_t bytes, int64_t now)
{
	const struct store_keep *keep = &rules->keep;

	return (keep->messages != 0 && rules->seq - seq >= keep->messages) ||
	       (keep->bytes != 0 && bytes > keep->bytes) ||
	       (keep->milliseconds != 0 && now - wall_ms > (int64_t)keep->milliseconds);
}

/* How far a stream's oldest rows may go, and what they weigh. *more_out: the bound stopped it. */
static int
find_end(struct store_sqlite *store, int64_t stream, const struct rules *rules, unsigned rows_max,
    uint64_t *until_out, uint64_t *bytes_out, bool *more_out)
{
	sqlite3_stmt *at = sq_statement(&store->writer, OLDEST, oldest_text);
	int64_t now = store->world.wall_ms(store->world.context);
	uint64_t due = due_of(store, rules, now);
	uint64_t left = rules->bytes;
	int result;
	unsigned rows = 0;

	*until_out = 0;
	*bytes_out = 0;
	*more_out = false;
	if (at == NULL)
		return failed(store);
	sqlite3_bind_int64(at, 1, stream);
	sqlite3_bind_int64(at, 2, rows_max);
	while ((result = sqlite3_step(at)) == SQLITE_ROW) {
		uint64_t seq = (uint64_t)sqlite3_column_int64(at, 0);
		uint64_t length = (uint64_t)sqlite3_column_int64(at, 2);

		if (rules->inbox && seq > rules->mark)
			break;
		if (seq > due && !is_over(rules, seq, sqlite3_column_int64(at, 1), left, now))
			break;
		*until_out = seq;
		left -= length < left ? length : left;
		rows++;
	}
	*bytes_out = rules->bytes - left;
	*more_out = rows == rows_max;
	sqlite3_reset(at);
	return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : failed(store);
}

/* What was marked since falls due next. */
static int
next_due(struct store_sqlite *store, int64_t stream, const struct rules *rules)
{
	static const char sql[] =
	    "UPDATE streams SET due_mark = CASE WHEN mark > due_mark THEN mark ELSE 0 END,"
	    " due_ms = marked_ms WHERE id = ?1";

	if (due_of(store, rules, store->world.wall_ms(store->world.context)) == 0)
		return SQLITE_OK;
	return run(store, NEXT_DUE, sql, stream, 0);
}

int
sq_retain(struct store_sqlite *store, int64_t stream, unsigned rows_max)
{
	struct rules rules;
	uint64_t until;
	uint64_t bytes;
	bool more;
	bool found;
	int result = read_rules(store, stream, &rules, &found);

	if (result != SQLITE_OK || !found)
		return result;
	result = find_end(store, stream, &rules, rows_max, &until, &bytes, &more);
	if (result == SQLITE_OK && until > 0)
		result = run(store, DELETE_UP_TO,
		    "DELETE FROM messages WHERE stream = ?1 AND seq <= ?2", stream, (int64_t)until);
	if (result == SQLITE_OK && until > 0)
		result = run(store, LESS_BYTES,
		    "UPDATE streams SET bytes = max(0, bytes - ?2) WHERE id = ?1", stream,
		    (int64_t)bytes);
	if (result == SQLITE_OK && !more)
		result = next_due(store, stream, &rules);
	return result;
}

int
sq_retain_touched(struct store_sqlite *store, const struct sq_touch *touch)
{
	const struct store_keep *keep = &touch->keep;
	bool bounded = keep->messages != 0 || keep->bytes != 0;
	bool few = keep->messages != 0 && keep->messages < FEW;
	bool strode = touch->seq / STRIDE != (touch->seq - touch->messages) / STRIDE;

	if (touch->marked || (bounded && !touch->inbox && (few || strode)))
		return sq_retain(store, touch->id, touch->messages + ROWS_TOUCHED);
	return SQLITE_OK;
}

int
sq_sweep_doomed(struct store_sqlite *store, unsigned rows_max)
{
	static const char first[] =
	    "SELECT stream FROM doomed WHERE stream > ?1 ORDER BY stream LIMIT 1";
	static const char some[] =
	    "DELETE FROM messages WHERE stream = ?1 AND seq <= (SELECT max(seq) FROM"
	    " (SELECT seq FROM messages WHERE stream = ?1 ORDER BY seq LIMIT ?2))";
	int64_t stream = 0;
	bool found = true;
	int result = SQLITE_OK;

	while (rows_max > 0 && result == SQLITE_OK) {
		unsigned rows;

		result = pick(store, FIRST_DOOMED, first, 0, &stream, &found);
		if (result != SQLITE_OK || !found)
			return result;
		result = run(store, DELETE_DOOMED, some, stream, rows_max);
		if (result != SQLITE_OK)
			return result;
		rows = (unsigned)sqlite3_changes(store->writer.db);
		if (rows < rows_max)
			result = run(
			    store, DOOMED_DONE, "DELETE FROM doomed WHERE stream = ?1", stream, 0);
		/* An empty one costs as well. */
		rows_max -= rows + 1 < rows_max ? rows + 1 : rows_max;
	}
	return result;
}

/* As many as came since the last round, and some more. */
static int
forget_ids(struct store_sqlite *store)
{
	static const char sql[] = "DELETE FROM ids WHERE row IN"
				  " (SELECT row FROM ids WHERE row < ?1 ORDER BY row LIMIT ?2)";
	int64_t rows = (int64_t)ROWS_IDS + 2 * (int64_t)store->upkeep.ids_put;
	int64_t from;

	pthread_mutex_lock(&store->lock);
	from = store->ids_from;
	pthread_mutex_unlock(&store->lock);
	store->upkeep.ids_put = 0;
	return from == 0 ? SQLITE_OK : run(store, FORGET_IDS, sql, from, rows);
}

/* Gateways that have not been heard of for long, by the lives that came after theirs. */
static int
forget_lives(struct store_sqlite *store)
{
	int result = run(store, FORGET_LIVES,
	    "DELETE FROM lives WHERE id IN"
	    " (SELECT id FROM lives ORDER BY used_ms DESC, id DESC LIMIT -1 OFFSET ?1)",
	    LIVES_KEPT, 0);

	if (result != SQLITE_OK || sqlite3_changes(store->writer.db) == 0)
		return result;
	sq_forget_lives(store);
	return run(store, FORGET_OUTCOMES,
	    "DELETE FROM outcomes WHERE life > ?1 AND life NOT IN (SELECT id FROM lives)", 0, 0);
}

static int
sweep_streams(struct store_sqlite *store)
{
	static const char next[] = "SELECT id FROM streams WHERE id > ?1 ORDER BY id LIMIT 1";
	struct sq_upkeep *upkeep = &store->upkeep;
	int result = SQLITE_OK;

	for (unsigned i = 0; i < STREAMS_SWEPT && result == SQLITE_OK; i++) {
		int64_t stream = 0;
		bool found;

		result = pick(store, NEXT_STREAM, next, upkeep->swept_to, &stream, &found);
		if (result != SQLITE_OK)
			return result;
		upkeep->swept_to = found ? stream : 0;
		if (!found)
			break;
		result = sq_retain(store, stream, ROWS_SWEPT);
	}
	return result;
}

bool
sq_sweep_is_due(const struct store_sqlite *store)
{
	int64_t now = store->world.wall_ms(store->world.context);

	return now - store->upkeep.swept_ms >= SWEEP_MS || now < store->upkeep.swept_ms;
}

int
sq_sweep(struct store_sqlite *store)
{
	int result = sq_sweep_doomed(store, ROWS_DOOMED);

	store->upkeep.swept_ms = store->world.wall_ms(store->world.context);
	if (result == SQLITE_OK)
		result = sweep_streams(store);
	if (result == SQLITE_OK)
		result = forget_ids(store);
	return result == SQLITE_OK ? forget_lives(store) : result;
}
