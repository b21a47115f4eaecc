/*
 * The parts of the SQLite store that run on the hub's loop: streams as the loop sees them, and what
 * it asks of the file.
 */
#ifndef HUBBUB_HUB_STORE_SQLITE_LOOP_H
#define HUBBUB_HUB_STORE_SQLITE_LOOP_H

#include "hub/store_sqlite_private.h"

/* store_sqlite_streams.c, on the loop. */
bool sq_open_stream(
    struct store *base, const struct store_stream *wanted, struct store_position *position_out);
void sq_close_stream(struct store *base, struct text name);
bool sq_append(struct store *base, const struct store_message *message);
bool sq_set_mark(struct store *base, struct text name, uint64_t seq);
bool sq_rename_stream(struct store *base, struct text from, struct text to);
bool sq_remove_stream(struct store *base, struct text name);
struct sq_stream *sq_stream_find(const struct store_sqlite *store, struct text name);
/* Gives and takes a stream's name; forgets a stream that nobody holds. */
bool sq_stream_name(struct store_sqlite *store, struct sq_stream *stream, struct text name);
void sq_stream_unname(struct store_sqlite *store, struct sq_stream *stream);
void sq_stream_release(struct store_sqlite *store, struct sq_stream *stream);

/*
 * store_sqlite_ends.c. A batch's end, before the core hears of it: those kept in order, those
 * undone from the last to the first.
 */
void sq_batch_kept(struct store_sqlite *store, struct sq_batch *batch);
void sq_batch_undone(struct store_sqlite *store, struct sq_batch *batch);
void sq_streams_roll_back(struct store_sqlite *store);
void sq_streams_free(struct store_sqlite *store);

/* store_sqlite_read.c, on the loop. *found_out: there is such a row. */
bool sq_read_stream(
    struct store_sqlite *store, struct text name, struct sq_stream *stream_out, bool *found_out);
bool sq_read_first(struct store_sqlite *store, int64_t stream, uint64_t *first_out);
bool sq_read_unread(struct store_sqlite *store, int64_t stream, uint64_t mark, uint64_t *bytes_out);
bool sq_read(
    struct store *base, const struct store_range *range, store_message_fn *row, void *context);
bool sq_read_outcomes(struct store *base, struct text gateway, uint64_t epoch, uint64_t above,
    store_outcome_fn *row, void *context);
bool sq_last_outcome(struct store *base, struct text gateway, uint64_t epoch, uint64_t *number_out);
bool sq_find_id(
    struct store *base, struct text sender, struct text name, store_id_fn *row, void *context);
bool sq_find_user(
    struct store *base, struct text realm, struct text id, store_user_fn *row, void *context);
bool sq_stale_users(
    struct store *base, int64_t before_ms, unsigned limit, store_user_fn *row, void *context);
bool sq_read_rooms(
    struct store *base, struct text after, unsigned limit, store_room_fn *row, void *context);
bool sq_read_gateways(struct store *base, store_gateway_fn *row, void *context);

/* store_sqlite_gateways.c, on the loop. */
bool sq_put_gateway(struct store *base, const struct store_gateway *gateway);
bool sq_remove_gateway(struct store *base, struct text name);

/* store_sqlite_bans.c, on the loop. */
bool sq_put_ban(struct store *base, const struct store_ban *ban);
bool sq_remove_ban(struct store *base, const struct store_ban *ban);
bool sq_read_bans(struct store *base, store_ban_fn *row, void *context);

/* store_sqlite_outcome.c: an outcome as bytes, and back; empty *rest_out at the end. */
void sq_outcome_encode(struct buffer *out, const struct store_outcome *outcome);
bool sq_outcome_decode(struct text encoded, struct store_outcome *outcome_out, size_t *used_out);

#endif
