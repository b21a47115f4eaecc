/*
 * What a record of the hub consists of: a line that names the format, then entries in the order in
 * which things happened. An entry is its kind in one byte, the length of its fields, the fields.
 * docs/record.md has the fields of each.
 */
#ifndef HUBBUB_HUB_RECORD_FORMAT_H
#define HUBBUB_HUB_RECORD_FORMAT_H

#include <stddef.h>

#include "hub/store.h"

/* The first bytes of the file; another format has another number. */
#define RECORD_MAGIC "hubbub record 2\n"
#define RECORD_MAGIC_SIZE (sizeof(RECORD_MAGIC) - 1)

/* X(NAME, number, word). A number is never used again; 0 is where a file was not written to. */
/* clang-format off */
#define RECORD_KINDS(X) \
	X(SETUP, 1, "setup") \
	X(CONNECTED, 2, "connected") \
	X(ENVELOPE, 3, "envelope") \
	X(DETACHED, 4, "detached") \
	X(DIED, 5, "died") \
	X(TURN, 6, "turn") \
	X(ASK, 7, "ask") \
	X(MORE, 8, "more") \
	X(HUNG_UP, 9, "hung-up") \
	X(SETTINGS, 10, "settings") \
	X(CALL, 16, "call") \
	X(ROW, 17, "row") \
	X(BATCH, 18, "batch") \
	X(JOB, 19, "job") \
	X(RANDOM, 24, "random") \
	X(DIGEST, 25, "digest") \
	X(BUSY, 26, "busy") \
	X(OVER, 27, "over") \
	X(VERDICT, 28, "verdict") \
	X(SEND, 32, "send") \
	X(DROP, 33, "drop") \
	X(RETURN, 40, "return") \
	X(END, 48, "end")
/* clang-format on */

#define RECORD_ENUM(NAME, number, word) RECORD_##NAME = (number),
enum record_kind { RECORD_NONE = 0, RECORD_KINDS(RECORD_ENUM) };
#undef RECORD_ENUM

/* The largest fields of an entry: a frame and what stands beside it. */
#define RECORD_FIELDS_MAX ((size_t)2 * 1024 * 1024)

/* Fields that say what they stand for by themselves, beside a frame. */
#define RECORD_CHECK_SIZE 8u

/* What an operator's connection can be called: its place. */
#define RECORD_VISITS_MAX 64u

/*
 * Every function of a store in the order of struct store_ops: the number that a call has in a
 * record. What is added to the struct must be added here, and be recorded and replayed.
 */
/* clang-format off */
#define RECORD_STORE_OPS(X) \
	X(reserve_clients) X(open_stream) X(close_stream) X(append) X(set_mark) \
	X(put_outcome) X(put_id) X(put_user) X(remove_user) X(put_room) X(remove_room) \
	X(put_gateway) X(remove_gateway) X(put_ban) X(remove_ban) X(rename_stream) \
	X(remove_stream) X(prune_outcomes) X(forget) X(commit) X(spoil) \
	X(poll) X(wake_fd) X(read) X(read_outcomes) X(last_outcome) X(find_id) X(find_user) \
	X(stale_users) X(read_rooms) X(read_gateways) X(read_bans) \
	X(export_page) X(stats) X(start_job) X(close)
/* clang-format on */

#define RECORD_OP_ENUM(name) RECORD_OP_##name,
enum record_op { RECORD_STORE_OPS(RECORD_OP_ENUM) RECORD_OP_COUNT };
#undef RECORD_OP_ENUM

#define RECORD_OP_PLACE(name)                                                                  \
	_Static_assert(                                                                        \
	    offsetof(struct store_ops, name) == offsetof(struct store_ops, reserve_clients) +  \
						    RECORD_OP_##name * sizeof(void (*)(void)), \
	    "the functions of a store are recorded in their order: see RECORD_STORE_OPS");
RECORD_STORE_OPS(RECORD_OP_PLACE)
#undef RECORD_OP_PLACE

_Static_assert(sizeof(struct store_ops) == offsetof(struct store_ops, reserve_clients) +
					       RECORD_OP_COUNT * sizeof(void (*)(void)),
    "a function of the store is not recorded: see RECORD_STORE_OPS");

/* NULL for a number that names nothing. */
const char *record_kind_word(unsigned kind);
const char *record_op_name(unsigned op);

#endif
