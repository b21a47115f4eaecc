/*
 * Which rooms there are, by name, and who may do what there: the classes of the configuration, and
 * what operators said of single rooms. Pure state; docs/rooms.md has the rules.
 */
#ifndef HUBBUB_HUB_ROOM_RULES_H
#define HUBBUB_HUB_ROOM_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config.h"
#include "common/text.h"
#include "hub/store_rows.h"

/* The class of rooms that no other one names. */
#define ROOM_CLASS_DEFAULT "default"

/* A room's name fits, and a class's. */
#define ROOM_NAME_MAX 64u

/* What a list of user ids may hold in bytes. */
#define ROOM_WHO_MAX 1024u

enum room_right { ROOM_READ, ROOM_WRITE, ROOM_LIST, ROOM_CREATE, ROOM_RIGHTS };

struct room_class {
	struct text name;
	struct text rooms; /* names, or beginnings followed by '*', blank-separated */
	bool of_store;     /* durability is the store's */
	enum store_durability durability;
	struct store_keep keep;
	struct text who[ROOM_RIGHTS];
};

/* A room that is there: because it has members, because an operator made it, or both. */
struct room_rule {
	struct text name;
	const struct room_class *class;
	struct text who[ROOM_RIGHTS]; /* an operator's words; empty: the class's */
	struct text class_name;       /* likewise */
	bool is_live;                 /* has members */
	bool is_made;                 /* by an operator */
	int64_t created_ms;           /* if it is made */
};

/* Who asks. */
struct room_user {
	struct text realm;
	struct text id;
};

struct room_rules;

/* Copies the settings. NULL without memory. */
struct room_rules *room_rules_create(
    const struct config_class *classes, unsigned count, const char *operators);
void room_rules_destroy(struct room_rules **rules);

/*
 * Other classes and operators from now on, for rooms that are there as well; copied. False without
 * memory, with nothing changed.
 */
bool room_rules_set(struct room_rules *rules, const struct config_class *classes, unsigned count,
    const char *operators);

/* The class a room of that name has unless an operator said otherwise; never NULL. */
const struct room_class *room_rules_class(const struct room_rules *rules, struct text room);

/* The class of that name; NULL if there is none. */
const struct room_class *room_rules_class_named(const struct room_rules *rules, struct text name);

/* The room if it is there; NULL otherwise. Borrowed until rooms change. */
const struct room_rule *room_rules_find(const struct room_rules *rules, struct text room);

/* The first room behind `after` in byte order of names; NULL past the last. */
const struct room_rule *room_rules_next(const struct room_rules *rules, struct text after);

/* Rooms that operators made. */
size_t room_rules_made(const struct room_rules *rules);

/* A room has members now, or none any more. False without memory, with nothing changed. */
bool room_rules_live(struct room_rules *rules, struct text room, bool is_live);

/* An operator made a room, or it was made before. False without memory. */
bool room_rules_make(struct room_rules *rules, const struct store_room *room);

/* What the store keeps of a room that an operator made; texts borrowed from the rule. */
struct store_room room_rules_row(const struct room_rule *rule);

/* It is no longer an operator's. */
void room_rules_unmake(struct room_rules *rules, struct text room);

/* May this user do that in the room, whether the room is there or not? */
bool room_rules_allow(const struct room_rules *rules, struct text room, enum room_right right,
    const struct room_user *user);

/* How the room's messages are kept; `name` is the stream's, `best` what the store has. */
struct store_stream room_rules_stream(
    const struct room_rules *rules, struct text room, struct text name, enum store_durability best);

/* True for "everyone", "operators" or blank-separated user ids of showable UTF-8. */
bool room_who_is_valid(struct text who);

#endif
