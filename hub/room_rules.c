/*
 * Rooms in order of names, with their classes and permissions. Knows neither members nor messages,
 * nor who is online.
 */
#include "hub/room_rules.h"

#include <stdlib.h>
#include <string.h>

#define EVERYONE "everyone"
#define OPERATORS "operators"

/* What is kept where no class says otherwise. */
#define DEFAULT_KEEP_MESSAGES 10000u
#define DEFAULT_KEEP_HOURS 720u

#define MS_PER_HOUR UINT64_C(3600000)

struct room_rules {
	struct room_class *classes; /* those of the configuration, then the built-in one */
	unsigned class_count;
	struct text operators;
	struct room_rule **rooms; /* by name */
	size_t count;
	size_t capacity;
	size_t made;
};

/* Takes the next blank-separated word off `rest`; false when there is none. */
static bool
next_word(struct text *rest, struct text *word_out)
{
	const char *blank;

	*rest = text_trimmed(*rest);
	if (rest->length == 0)
		return false;
	*word_out = *rest;
	for (blank = rest->data; blank < rest->data + rest->length; blank++) {
		if (*blank == ' ' || *blank == '\t')
			break;
	}
	word_out->length = (size_t)(blank - rest->data);
	*rest = (struct text){ blank, rest->length - word_out->length };
	return true;
}

/* Copies a text; empty without memory, which `failed` then tells. */
static struct text
copied(struct text from, bool *failed)
{
	char *copy = text_duplicate(from);

	if (copy == NULL) {
		*failed = true;
		return (struct text){ 0 };
	}
	return (struct text){ copy, from.length };
}

static void
free_text(struct text *text)
{
	free((char *)text->data);
	*text = (struct text){ 0 };
}

static void
free_texts(struct text *texts, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		free_text(&texts[i]);
}

static enum store_durability
durability_of(const char *word, bool *of_store_out)
{
	static const char *const words[] = {
		[STORE_MEMORY] = "memory",
		[STORE_NORMAL] = "normal",
		[STORE_DISK] = "disk",
	};

	*of_store_out = false;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (word != NULL && strcmp(word, words[i]) == 0)
			return (enum store_durability)i;
	}
	*of_store_out = true;
	return STORE_DISK;
}

static bool
class_copy(struct room_class *class, const struct config_class *from)
{
	const char *who[ROOM_RIGHTS] = { from->read, from->write, from->list, from->create };
	bool failed = false;

	class->name = copied(text_of(from->name), &failed);
	class->rooms = copied(text_of(from->rooms), &failed);
	class->durability = durability_of(from->durability, &class->of_store);
	class->keep = (struct store_keep){
		.messages = from->keep_messages,
		.bytes = (uint64_t)from->keep_kilobytes * 1024,
		.milliseconds = from->keep_hours * MS_PER_HOUR,
	};
	for (unsigned i = 0; i < ROOM_RIGHTS; i++)
		class->who[i] = copied(text_of(who[i] != NULL ? who[i] : EVERYONE), &failed);
	return !failed;
}

struct room_rules *
room_rules_create(const struct config_class *classes, unsigned count, const char *operators)
{
	struct config_class own = {
		.name = (char *)ROOM_CLASS_DEFAULT,
		.keep_messages = DEFAULT_KEEP_MESSAGES,
		.keep_hours = DEFAULT_KEEP_HOURS,
	};
	struct room_rules *rules = calloc(1, sizeof(*rules));
	bool failed = false;

	if (rules == NULL)
		return NULL;
	rules->classes = calloc(count + 1, sizeof(*rules->classes));
	rules->operators = copied(text_of(operators), &failed);
	if (rules->classes == NULL || failed) {
		room_rules_destroy(&rules);
		return NULL;
	}
	rules->class_count = count + 1;
	for (unsigned i = 0; i <= count && !failed; i++)
		failed = !class_copy(&rules->classes[i], i < count ? &classes[i] : &own);
	if (failed)
		room_rules_destroy(&rules);
	return rules;
}

static void
rule_free(struct room_rule *rule)
{
	free_text(&rule->name);
	free_text(&rule->class_name);
	free_texts(rule->who, ROOM_RIGHTS);
	free(rule);
}

void
room_rules_destroy(struct room_rules **rules)
{
	struct room_rules *doomed = *rules;

	if (doomed == NULL)
		return;
	*rules = NULL;
	for (unsigned i = 0; i < doomed->class_count; i++) {
		free_text(&doomed->classes[i].name);
		free_text(&doomed->classes[i].rooms);
		free_texts(doomed->classes[i].who, ROOM_RIGHTS);
	}
	for (size_t i = 0; i < doomed->count; i++)
		rule_free(doomed->rooms[i]);
	free(doomed->classes);
	free(doomed->rooms);
	free_text(&doomed->operators);
	free(doomed);
}

static bool
names_room(struct text pattern, struct text room)
{
	if (pattern.length == 0 || pattern.data[pattern.length - 1] != '*')
		return text_equal(pattern, room);
	pattern.length--;
	return room.length >= pattern.length &&
	       text_equal((struct text){ room.data, pattern.length }, pattern);
}

const struct room_class *
room_rules_class(const struct room_rules *rules, struct text room)
{
	for (unsigned i = 0; i < rules->class_count; i++) {
		struct text rest = rules->classes[i].rooms;
		struct text pattern;

		while (next_word(&rest, &pattern)) {
			if (names_room(pattern, room))
				return &rules->classes[i];
		}
	}
	return &rules->classes[rules->class_count - 1];
}

const struct room_class *
room_rules_class_named(const struct room_rules *rules, struct text name)
{
	for (unsigned i = 0; i < rules->class_count; i++) {
		if (text_equal(rules->classes[i].name, name))
			return &rules->classes[i];
	}
	return NULL;
}

/* A class that the configuration has lost bears no longer. */
static const struct room_class *
class_of(const struct room_rules *rules, const struct room_rule *rule)
{
	const struct room_class *class = NULL;

	if (!text_is_empty(rule->class_name))
		class = room_rules_class_named(rules, rule->class_name);
	return class != NULL ? class : room_rules_class(rules, rule->name);
}

bool
room_rules_set(struct room_rules *rules, const struct config_class *classes, unsigned count,
    const char *operators)
{
	struct room_rules *fresh = room_rules_create(classes, count, operators);
	struct room_rules before = *rules;

	if (fresh == NULL)
		return false;
	rules->classes = fresh->classes;
	rules->class_count = fresh->class_count;
	rules->operators = fresh->operators;
	for (size_t i = 0; i < rules->count; i++)
		rules->rooms[i]->class = class_of(rules, rules->rooms[i]);
	fresh->classes = before.classes;
	fresh->class_count = before.class_count;
	fresh->operators = before.operators;
	room_rules_destroy(&fresh);
	return true;
}

/* The place of the first room whose name is not before `name`. */
static size_t
place_of(const struct room_rules *rules, struct text name)
{
	size_t low = 0;
	size_t high = rules->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (text_compare(rules->rooms[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct room_rule *
find(const struct room_rules *rules, struct text room)
{
	size_t place = place_of(rules, room);

	if (place == rules->count || !text_equal(rules->rooms[place]->name, room))
		return NULL;
	return rules->rooms[place];
}

const struct room_rule *
room_rules_find(const struct room_rules *rules, struct text room)
{
	return find(rules, room);
}

const struct room_rule *
room_rules_next(const struct room_rules *rules, struct text after)
{
	size_t place = place_of(rules, after);

	if (place < rules->count && text_equal(rules->rooms[place]->name, after))
		place++;
	return place < rules->count ? rules->rooms[place] : NULL;
}

size_t
room_rules_made(const struct room_rules *rules)
{
	return rules->made;
}

static bool
grow(struct room_rules *rules)
{
	size_t capacity = rules->capacity == 0 ? 16 : rules->capacity * 2;
	struct room_rule **rooms;

	if (rules->count < rules->capacity)
		return true;
	rooms = realloc(rules->rooms, capacity * sizeof(struct room_rule *));
	if (rooms == NULL)
		return false;
	rules->rooms = rooms;
	rules->capacity = capacity;
	return true;
}

/* The room's entry, made if need be; NULL without memory. */
static struct room_rule *
obtain(struct room_rules *rules, struct text room)
{
	size_t place = place_of(rules, room);
	struct room_rule *rule = find(rules, room);
	bool failed = false;

	if (rule != NULL || !grow(rules))
		return rule;
	rule = calloc(1, sizeof(*rule));
	if (rule == NULL)
		return NULL;
	rule->name = copied(room, &failed);
	if (failed) {
		free(rule);
		return NULL;
	}
	rule->class = room_rules_class(rules, room);
	memmove(&rules->rooms[place + 1], &rules->rooms[place],
	    (rules->count - place) * sizeof(struct room_rule *));
	rules->rooms[place] = rule;
	rules->count++;
	return rule;
}

/* Takes out what is there for no reason any more. */
static void
release(struct room_rules *rules, struct room_rule *rule)
{
	size_t place = place_of(rules, rule->name);

	if (rule->is_live || rule->is_made)
		return;
	rules->count--;
	memmove(&rules->rooms[place], &rules->rooms[place + 1],
	    (rules->count - place) * sizeof(struct room_rule *));
	rule_free(rule);
}

bool
room_rules_live(struct room_rules *rules, struct text room, bool is_live)
{
	struct room_rule *rule = is_live ? obtain(rules, room) : find(rules, room);

	if (rule == NULL)
		return !is_live;
	rule->is_live = is_live;
	release(rules, rule);
	return true;
}

bool
room_rules_make(struct room_rules *rules, const struct store_room *room)
{
	bool failed = false;
	struct text class_name = copied(room->class_name, &failed);
	struct text who[ROOM_RIGHTS] = {
		[ROOM_READ] = copied(room->read, &failed),
		[ROOM_WRITE] = copied(room->write, &failed),
		[ROOM_LIST] = copied(room->list, &failed),
		[ROOM_CREATE] = copied(TEXT(""), &failed),
	};
	struct room_rule *rule = failed ? NULL : obtain(rules, room->name);

	if (rule == NULL) {
		free_text(&class_name);
		free_texts(who, ROOM_RIGHTS);
		return false;
	}
	rules->made += !rule->is_made;
	free_text(&rule->class_name);
	free_texts(rule->who, ROOM_RIGHTS);
	rule->is_made = true;
	rule->created_ms = room->created_ms;
	rule->class_name = class_name;
	memcpy(rule->who, who, sizeof(who));
	rule->class = class_of(rules, rule);
	return true;
}

struct store_room
room_rules_row(const struct room_rule *rule)
{
	return (struct store_room){
		.name = rule->name,
		.class_name = rule->class_name,
		.read = rule->who[ROOM_READ],
		.write = rule->who[ROOM_WRITE],
		.list = rule->who[ROOM_LIST],
		.created_ms = rule->created_ms,
	};
}

void
room_rules_unmake(struct room_rules *rules, struct text room)
{
	struct room_rule *rule = find(rules, room);

	if (rule == NULL || !rule->is_made)
		return;
	rules->made--;
	rule->is_made = false;
	free_text(&rule->class_name);
	free_texts(rule->who, ROOM_RIGHTS);
	rule->class = room_rules_class(rules, rule->name);
	release(rules, rule);
}

/* A word without a slash is a user id of any realm, one with it REALM/ID. */
static bool
names_user(struct text word, const struct room_user *user)
{
	const char *slash = memchr(word.data, '/', word.length);
	struct text realm;

	if (slash == NULL)
		return text_equal(word, user->id);
	realm = (struct text){ word.data, (size_t)(slash - word.data) };
	word = (struct text){ slash + 1, word.length - realm.length - 1 };
	return text_equal(realm, user->realm) && text_equal(word, user->id);
}

static bool
lists_user(struct text list, const struct room_user *user)
{
	struct text word;

	while (next_word(&list, &word)) {
		if (names_user(word, user))
			return true;
	}
	return false;
}

bool
room_rules_allow(const struct room_rules *rules, struct text room, enum room_right right,
    const struct room_user *user)
{
	const struct room_rule *rule = room_rules_find(rules, room);
	const struct room_class *class = rule ? rule->class : room_rules_class(rules, room);
	struct text who = class->who[right];
	struct text word;
	bool allowed;

	if (rule != NULL && !text_is_empty(rule->who[right]))
		who = rule->who[right];
	/* The two words of ours are nobody's id, whatever somebody calls himself. */
	while (next_word(&who, &word)) {
		if (text_equal(word, TEXT(EVERYONE)))
			return true;
		if (text_equal(word, TEXT(OPERATORS)))
			allowed = lists_user(rules->operators, user);
		else
			allowed = names_user(word, user);
		if (allowed)
			return true;
	}
	return false;
}

struct store_stream
room_rules_stream(
    const struct room_rules *rules, struct text room, struct text name, enum store_durability best)
{
	const struct room_rule *rule = room_rules_find(rules, room);
	const struct room_class *class = rule ? rule->class : room_rules_class(rules, room);
	bool is_best = class->of_store || class->durability > best;

	return (struct store_stream){
		.name = name,
		.durability = is_best ? best : class->durability,
		.keep = class->keep,
	};
}

bool
room_who_is_valid(struct text who)
{
	uint32_t code_point;
	struct text rest = who;
	size_t length;

	if (text_is_empty(text_trimmed(who)) || who.length > ROOM_WHO_MAX)
		return false;
	for (; rest.length > 0; rest = (struct text){ rest.data + length, rest.length - length }) {
		length = text_first_code_point(rest, &code_point);
		/* Terminals obey the second set of control characters as well. */
		if (length == 0 || code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
			return false;
	}
	return true;
}
