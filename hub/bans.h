/*
 * Whom operators ban: users by realm and id, clients by client_id, addresses one by one or by
 * prefix. Pure state: stores nothing, closes nobody. Time is the wall clock's, for bans outlive
 * processes.
 */
#ifndef HUBBUB_HUB_BANS_H
#define HUBBUB_HUB_BANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/address_prefix.h"
#include "common/text.h"
#include "hub/store_rows.h"
#include "hub/table.h"

struct bans;

/* Whoever sees what came of each question about an address, and may decide otherwise. */
struct ban_watch {
	void (*judged)(void *context, bool *is_banned); /* NULL: nobody looks */
	void *context;
};

/* Borrowed until the bans change. Texts of the row are followed by a NUL. */
struct ban {
	struct store_ban row;
	uint64_t serial; /* rises from ban to ban, from 1; a changed ban has a new one */
	struct address_prefix prefix; /* of a ban of addresses */
	struct ban *next;             /* in order of serials */
	struct ban *previous;
};

/* NULL without memory. */
struct bans *bans_create(struct table_key key);

/* An empty set that may take the place of another: its serials go on from there. NULL likewise. */
struct bans *bans_create_anew(const struct bans *former);
void bans_destroy(struct bans **bans);

/*
 * Takes a ban, in the place of one of the same kind, realm and value. False, with nothing changed,
 * without memory or if it is none: kind, client_id or prefix are checked, and must be written the
 * one way there is.
 */
bool bans_put(struct bans *bans, const struct store_ban *row);

/* False if there is none. */
bool bans_remove(struct bans *bans, enum store_ban_kind kind, struct text realm, struct text value);

/* The ban of exactly that, in force or over; NULL if there is none. */
const struct ban *bans_find(
    const struct bans *bans, enum store_ban_kind kind, struct text realm, struct text value);

/* What bans them now; NULL: nothing does. Of an address: the longest prefix. */
const struct ban *bans_user(
    const struct bans *bans, struct text realm, struct text id, int64_t wall_ms);
const struct ban *bans_client(const struct bans *bans, uint32_t client, int64_t wall_ms);
const struct ban *bans_address(
    const struct bans *bans, const struct address *address, int64_t wall_ms);

/* It is still in force. */
bool bans_holds(const struct ban *ban, int64_t wall_ms);

/*
 * Takes out those whose time is over, at most so many, each behind `over`, which may stop it with
 * false: that one stays as well.
 */
typedef bool bans_over_fn(void *context, const struct store_ban *row);
void bans_end(
    struct bans *bans, int64_t wall_ms, unsigned limit, bans_over_fn *over, void *context);

/* The first with a serial above `serial`, or NULL. */
const struct ban *bans_next(const struct bans *bans, uint64_t serial);

size_t bans_count(const struct bans *bans);
size_t bans_count_of(const struct bans *bans, enum store_ban_kind kind);

#endif
