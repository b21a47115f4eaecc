/*
 * Gathers who came and who left, by room and user, and says what is left of it. Owns what was
 * gathered; the words are the dialects', the members fan-out's, who is there is the roster's.
 */
#include "gateway/differences.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A difference that finds no memory is not worth the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* A user of whom the channels' members know something that is no longer so. */
struct change {
	UT_hash_handle hh;
	char *name;
	size_t name_length;
	uint32_t client;
	uint32_t newcomers; /* of the gathering, when this was first noted */
	bool was_there;     /* as they were told */
	bool is_there;
	bool renamed; /* it is there again, under another name */
	size_t id_length;
	char id[];
};

struct gathering {
	UT_hash_handle hh;
	TAILQ_ENTRY(gathering) place;
	struct change *changes; /* in the order of the first of each user */
	uint64_t due_ms;
	uint32_t newcomers; /* who were told of what was gathered, but not by us */
	size_t name_length;
	char name[];
};

void
differences_init(struct differences *differences, struct sessions *sessions, struct fanout *fanout,
    struct roster *roster)
{
	*differences = (struct differences){
		.sessions = sessions,
		.fanout = fanout,
		.roster = roster,
	};
	TAILQ_INIT(&differences->due);
	buffer_init(&differences->payload, 0);
}

static void
change_free(struct change *change)
{
	free(change->name);
	free(change);
}

static void
gathering_end(struct differences *differences, struct gathering *gathering)
{
	struct change *change = gathering->changes;

	/* Clearing the table leaves the changes, and the order they stand in. */
	HASH_CLEAR(hh, gathering->changes);
	while (change != NULL) {
		struct change *next = change->hh.next;

		change_free(change);
		change = next;
	}
	TAILQ_REMOVE(&differences->due, gathering, place);
	assert(differences->rooms != NULL);
	HASH_DEL(differences->rooms, gathering);
	free(gathering);
}

void
differences_free(struct differences *differences)
{
	struct gathering *gathering = TAILQ_FIRST(&differences->due);

	while (gathering != NULL) {
		struct gathering *next = TAILQ_NEXT(gathering, place);

		gathering_end(differences, gathering);
		gathering = next;
	}
	buffer_free(&differences->payload);
}

static struct gathering *
gathering_find(const struct differences *differences, struct text room)
{
	struct gathering *found;

	HASH_FIND(hh, differences->rooms, room.data, room.length, found);
	return found;
}

static struct gathering *
gathering_get(struct differences *differences, struct text room)
{
	struct gathering *gathering = gathering_find(differences, room);
	const struct sessions *sessions = differences->sessions;

	if (gathering != NULL)
		return gathering;
	gathering = calloc(1, sizeof(*gathering) + room.length + 1);
	if (gathering == NULL)
		return NULL;
	memcpy(gathering->name, room.data, room.length);
	gathering->name_length = room.length;
	HASH_ADD_KEYPTR(hh, differences->rooms, gathering->name, gathering->name_length, gathering);
	if (gathering->hh.tbl == NULL) {
		free(gathering);
		return NULL;
	}
	gathering->due_ms = sessions->now.mono_ms + sessions->limits.presence_ms;
	TAILQ_INSERT_TAIL(&differences->due, gathering, place);
	return gathering;
}

static struct change *
change_get(struct gathering *gathering, const struct roster_user *user, bool was_there)
{
	struct change *change;

	HASH_FIND(hh, gathering->changes, user->user.data, user->user.length, change);
	if (change != NULL)
		return change;
	change = calloc(1, sizeof(*change) + user->user.length + 1);
	if (change == NULL)
		return NULL;
	memcpy(change->id, user->user.data, user->user.length);
	change->id_length = user->user.length;
	change->was_there = was_there;
	change->newcomers = gathering->newcomers;
	HASH_ADD_KEYPTR(hh, gathering->changes, change->id, change->id_length, change);
	if (change->hh.tbl == NULL) {
		free(change);
		return NULL;
	}
	return change;
}

static struct text
change_name(const struct change *change)
{
	return (struct text){ change->name == NULL ? "" : change->name, change->name_length };
}

static void
change_note(struct gathering *gathering, struct change *change, const struct roster_user *user,
    bool is_there)
{
	char *name = text_duplicate(user->name);

	if (is_there && change->was_there && change->name != NULL)
		change->renamed = !text_equal(change_name(change), user->name);
	if (name != NULL) {
		free(change->name);
		change->name = name;
		change->name_length = user->name.length;
	}
	change->client = user->client;
	change->is_there = is_there;
	/* Newcomers know it as it was in between. */
	if (change->was_there == is_there && !change->renamed &&
	    change->newcomers == gathering->newcomers) {
		HASH_DEL(gathering->changes, change);
		change_free(change);
	}
}

/* The next channel whose members hear differences; NULL at the end. */
static struct channel *
next_listener(struct channel *channel)
{
	while (
	    channel != NULL && (channel->count == 0 || channel->dialect->render_presence == NULL))
		channel = channel->next;
	return channel;
}

static struct channel *
first_listener(const struct differences *differences, struct text name)
{
	struct fanout_room *room = fanout_find(differences->fanout, name);

	return room == NULL ? NULL : next_listener(fanout_channels(room));
}

static void
no_memory(const struct differences *differences)
{
	log_plain(differences->sessions->log, LOG_LEVEL_ERROR,
	    "no memory to tell a room who came or left");
}

static void
note(struct differences *differences, struct text room, const struct roster_user *user,
    bool is_there)
{
	struct gathering *gathering = gathering_find(differences, room);
	struct change *change = NULL;

	if (first_listener(differences, room) == NULL) {
		/* What was gathered would be half of the truth to whoever comes next. */
		if (gathering != NULL)
			gathering_end(differences, gathering);
		return;
	}
	gathering = gathering_get(differences, room);
	if (gathering != NULL)
		change = change_get(gathering, user, !is_there);
	if (change == NULL)
		no_memory(differences);
	else
		change_note(gathering, change, user, is_there);
}

void
differences_joined(
    struct differences *differences, struct text room, const struct roster_user *user)
{
	note(differences, room, user, true);
}

void
differences_left(struct differences *differences, struct text room, const struct roster_user *user)
{
	note(differences, room, user, false);
}

static void
say(struct differences *differences, const struct presence_change *change)
{
	struct buffer *payload = &differences->payload;
	struct channel *channel = first_listener(differences, change->room);

	for (; channel != NULL; channel = next_listener(channel->next)) {
		buffer_clear(payload);
		channel->dialect->render_presence(payload, change);
		if (payload->failed || !fanout_say(channel, buffer_text(payload)))
			no_memory(differences);
	}
}

/* Fills `users` with those that came from its beginning on, with those that left behind them. */
static void
name_users(const struct gathering *gathering, unsigned named_max, struct roster_user *users,
    struct presence_change *out)
{
	struct roster_user *left = users + HASH_COUNT(gathering->changes);
	const struct change *change;

	for (change = gathering->changes; change != NULL; change = change->hh.next) {
		struct roster_user user = { change->client, { change->id, change->id_length },
			change_name(change) };

		if (change->is_there && out->joined_count < named_max)
			users[out->joined_count++] = user;
		else if (!change->is_there && out->left_count < named_max)
			left[out->left_count++] = user;
	}
	out->joined = users;
	out->left = left;
}

static void
gathering_say(struct differences *differences, struct gathering *gathering)
{
	struct presence_change change = { .room = { gathering->name, gathering->name_length } };
	const struct roster_room *room = roster_find(differences->roster, change.room);
	unsigned named_max = UINT_MAX;
	struct roster_user *users;

	if (gathering->changes == NULL)
		return;
	users = calloc(HASH_COUNT(gathering->changes) * (size_t)2, sizeof(*users));
	if (users == NULL) {
		no_memory(differences);
		return;
	}
	if (room != NULL)
		change.count = (unsigned)roster_room_users(room);
	if (change.count > differences->sessions->limits.list_members)
		named_max = DIFFERENCES_NAMED_MAX;
	name_users(gathering, named_max, users, &change);
	say(differences, &change);
	free(users);
}

void
differences_newcomer(struct differences *differences, struct text room)
{
	struct gathering *gathering = gathering_find(differences, room);

	if (gathering != NULL)
		gathering->newcomers++;
}

void
differences_tick(struct differences *differences)
{
	uint64_t now = differences->sessions->now.mono_ms;
	struct gathering *gathering = TAILQ_FIRST(&differences->due);

	/* All gather for the same time, so they stand in the order in which they are due. */
	while (gathering != NULL && gathering->due_ms <= now) {
		struct gathering *next;

		gathering_say(differences, gathering);
		next = TAILQ_NEXT(gathering, place);
		gathering_end(differences, gathering);
		gathering = next;
	}
}

uint64_t
differences_deadline_ms(const struct differences *differences)
{
	const struct gathering *gathering = TAILQ_FIRST(&differences->due);

	return gathering == NULL ? UINT64_MAX : gathering->due_ms;
}
