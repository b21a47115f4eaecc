/*
 * A room of the roster, for roster.c and roster_room.c alone.
 */
#ifndef HUBBUB_GATEWAY_ROSTER_ROOM_H
#define HUBBUB_GATEWAY_ROSTER_ROOM_H

#include "gateway/id_map.h"
#include "gateway/roster.h"
#include "gateway/roster_users.h"

/* Short memory costs the link, not the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct roster_room {
	UT_hash_handle hh;
	struct roster_entries entries;
	struct roster_users users;
	struct id_map clients;
	uint64_t version;            /* counts changes of who is there, by user     */
	uint64_t shown_version;      /* see roster_room_shown_version               */
	uint64_t list_version;       /* and roster_room_list_version                */
	size_t shown;                /* how many those are now                      */
	struct roster_entry *end;    /* the last of them, NULL for none             */
	struct roster_entry *latest; /* inserted, while it is still there           */
	size_t name_length;
	char name[];
};

struct text roster_entry_name(const struct roster_entry *entry);
struct roster_user roster_entry_user(const struct roster_entry *entry);

#endif
