/* A table of room and user. Asks nobody and shows nothing. */
#include "client/people.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct row {
	UT_hash_handle hh;
	struct text user;
	struct text name;
	struct text room; /* empty: heard of, in whatever room */
	size_t key_length;
	char key[]; /* room, NUL, user; then the name */
};

struct people {
	struct row *rows;
	size_t count;
	size_t max;
};

struct people *
people_create(size_t max)
{
	struct people *people = calloc(1, sizeof(*people));

	if (people != NULL)
		people->max = max;
	return people;
}

static void
add_row(struct people *people, struct row *row)
{
	HASH_ADD_KEYPTR(hh, people->rows, row->key, row->key_length, row);
	people->count++;
}

static void
remove_row(struct people *people, struct row *row)
{
	HASH_DELETE(hh, people->rows, row);
	people->count--;
	free(row);
}

void
people_clear(struct people *people)
{
	struct row *row;
	struct row *next;

	HASH_ITER (hh, people->rows, row, next) {
		remove_row(people, row);
	}
}

void
people_destroy(struct people **people)
{
	struct people *doomed = *people;

	if (doomed == NULL)
		return;
	*people = NULL;
	people_clear(doomed);
	free(doomed);
}

static struct row *
make_row(struct text room, struct text user, struct text name)
{
	size_t key_length = room.length + 1 + user.length;
	struct row *row = calloc(1, sizeof(*row) + key_length + 1 + name.length + 1);
	char *to;

	if (row == NULL)
		return NULL;
	to = row->key;
	row->key_length = key_length;
	row->room = text_copy(room, &to);
	row->user = text_copy(user, &to);
	row->name = text_copy(name, &to);
	return row;
}

/* NULL if there is none. */
static struct row *
find(const struct people *people, struct text room, struct text user)
{
	struct row *key = make_row(room, user, TEXT(""));
	struct row *found = NULL;

	if (key != NULL)
		HASH_FIND(hh, people->rows, key->key, key->key_length, found);
	free(key);
	return found;
}

static void
take_out(struct people *people, struct text room, struct text user)
{
	struct row *old = people->rows != NULL ? find(people, room, user) : NULL;

	if (old != NULL)
		remove_row(people, old);
}

/* A row is made before the old one goes: what it is called may be borrowed from that. */
static void
put(struct people *people, struct text room, struct text user, struct text name)
{
	struct row *row = user.data != NULL ? make_row(room, user, name) : NULL;

	if (row == NULL)
		return;
	take_out(people, room, user);
	if (people->count < people->max)
		add_row(people, row);
	else
		free(row);
}

bool
people_has(const struct people *people, struct text room, struct text user)
{
	return find(people, room, user) != NULL;
}

static void
empty_room(struct people *people, struct text room)
{
	struct row *row;
	struct row *next;

	HASH_ITER (hh, people->rows, row, next) {
		if (text_equal(row->room, room))
			remove_row(people, row);
	}
}

static void
presence(struct people *people, const struct frame *frame)
{
	struct person person;
	size_t cursor = 0;

	if (frame->snapshot)
		empty_room(people, frame->room);
	while (frame_person(frame, &cursor, &person))
		put(people, frame->room, person.user, person.name);
	cursor = 0;
	while (frame_person_left(frame, &cursor, &person)) {
		if (person.user.data != NULL) {
			take_out(people, frame->room, person.user);
			take_out(people, TEXT(""), person.user);
		}
	}
}

void
people_heard(struct people *people, const struct frame *frame)
{
	switch (frame->kind) {
	case FRAME_PRESENCE:
		presence(people, frame);
		break;
	case FRAME_PRIVATE:
		/* Somebody of another room, perhaps, who may be answered. */
		put(people, TEXT(""), frame->user, frame->name);
		break;
	case FRAME_LEFT:
		empty_room(people, frame->room);
		break;
	default:
		break;
	}
}

/* True for a name that `words` begins with, a blank behind it. */
static bool
is_meant(struct text name, struct text words)
{
	return name.length > 0 && words.length > name.length && words.data[name.length] == ' ' &&
	       memcmp(name.data, words.data, name.length) == 0;
}

/*
 * The rows whose id, or whose name, `words` begin with. An id goes before a name that looks
 * like it, which an impostor may have taken, and who is in a room before who was only heard of.
 */
static enum people_found
longest(const struct people *people, struct text words, bool by_id, bool in_rooms,
    const struct row **row_out)
{
	const struct row *best = NULL;
	enum people_found found = PEOPLE_NONE;
	size_t length = 0;

	for (const struct row *row = people->rows; row != NULL; row = row->hh.next) {
		struct text called = by_id ? row->user : row->name;

		if ((row->room.length > 0) != in_rooms || !is_meant(called, words) ||
		    called.length < length)
			continue;
		if (called.length > length)
			found = PEOPLE_ONE;
		else if (!text_equal(row->user, best->user))
			found = PEOPLE_SEVERAL;
		best = row;
		length = called.length;
	}
	*row_out = best;
	return found;
}

enum people_found
people_find(
    const struct people *people, struct text words, struct text *user_out, struct text *rest_out)
{
	for (unsigned way = 0; way < 4; way++) {
		bool by_id = way < 2;
		const struct row *row;
		enum people_found found = longest(people, words, by_id, way % 2 == 0, &row);
		size_t length;

		if (found == PEOPLE_NONE)
			continue;
		length = by_id ? row->user.length : row->name.length;
		*user_out = row->user;
		*rest_out =
		    text_trimmed((struct text){ words.data + length, words.length - length });
		return found;
	}
	return PEOPLE_NONE;
}

struct text
people_name(const struct people *people, struct text user)
{
	for (const struct row *row = people->rows; row != NULL; row = row->hh.next) {
		if (text_equal(row->user, user))
			return row->name;
	}
	return (struct text){ NULL, 0 };
}
