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

/* True if lists of the room do not have all of its users. */
static bool
is_large(const struct differences *differences, struct text name)
{
	const struct roster_room *room = roster_find(differences->roster, name);

	return room != NULL && roster_room_users(room) > differences->sessions->limits.list_members;
}

/* NULL if nobody here hears the room. */
static struct presence_budget *
budget_of(const struct differences *differences, struct text name)
{
	struct fanout_room *room = fanout_find(differences->fanout, name);

	return room == NULL ? NULL : fanout_room_budget(room);
}

static uint64_t
wait_ms(const struct differences *differences, struct text room)
{
	const struct presence_budget *budget = budget_of(differences, room);

	if (budget == NULL || !is_large(differences, room))
		return differences->sessions->limits.presence_ms;
	return presence_interval_ms(&differences->sessions->presence, budget->difference_cost);
}

/* By time; most gather for equally long, and stand at the end. */
static void
stand_in_line(struct differences *differences, struct gathering *gathering)
{
	struct gathering *before = TAILQ_LAST(&differences->due, gathering_list);

	while (before != NULL && before->due_ms > gathering->due_ms)
		before = TAILQ_PREV(before, gathering_list, place);
	if (before == NULL)
		TAILQ_INSERT_HEAD(&differences->due, gathering, place);
	else
		TAILQ_INSERT_AFTER(&differences->due, before, gathering, place);
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
	gathering->due_ms = sessions->now.mono_ms + wait_ms(differences, room);
	stand_in_line(differences, gathering);
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
	struct metric *bytes = differences->sessions->metrics->presence_bytes[PRESENCE_DIFFERENCE];
	struct buffer *payload = &differences->payload;
	struct channel *channel = first_listener(differences, change->room);

	for (; channel != NULL; channel = next_listener(channel->next)) {
		buffer_clear(payload);
		channel->dialect->render_presence(payload, change);
		metric_add(bytes, (uint64_t)channel->count * payload->length);
		if (payload->failed || !fanout_say(channel, buffer_text(payload), DELIVERY_NOTICE))
			no_memory(differences);
	}
}

/* What saying it to all would cost. */
static uint64_t
cost_of(struct differences *differences, const struct presence_change *change)
{
	struct buffer *payload = &differences->payload;
	struct channel *channel = first_listener(differences, change->room);
	uint64_t cost = 0;

	for (; channel != NULL; channel = next_listener(channel->next)) {
		buffer_clear(payload);
		channel->dialect->render_presence(payload, change);
		cost += (uint64_t)channel->count * payload->length;
	}
	return cost;
}

/* Fills `users` with those that came from its beginning on, with those that left behind them. */
static void
name_users(const struct gathering *gathering, unsigned named_max, struct roster_user *users,
    struct presence_change *out)
{
	struct roster_user *left = users + HASH_COUNT(gathering->changes);
	const struct change *change;

	out->joined_count = 0;
	out->left_count = 0;
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

/*
 * Of a large room, or one that is small again: as many names as half of the budget pays, and then
 * when that much is there. False if it is not, and how long that takes.
 */
static bool
afford(struct differences *differences, const struct gathering *gathering,
    struct roster_user *users, struct presence_change *change, uint64_t *wait_out)
{
	const struct presence_rule *rule = &differences->sessions->presence;
	struct presence_budget *budget = budget_of(differences, change->room);
	uint64_t now = differences->sessions->now.mono_ms;
	unsigned named_max = is_large(differences, change->room) ? DIFFERENCES_NAMED_MAX
								 : HASH_COUNT(gathering->changes);
	uint64_t cost;

	for (;; named_max /= 2) {
		name_users(gathering, named_max, users, change);
		cost = cost_of(differences, change);
		if (named_max == 0 || cost <= presence_half(rule))
			break;
	}
	budget->difference_cost = cost;
	*wait_out = presence_wait_due_ms(budget, rule, now, cost);
	return presence_take_due(budget, rule, now, cost);
}

/* False if it has to wait for the budget, with the time until when. */
static bool
gathering_say(
    struct differences *differences, const struct gathering *gathering, uint64_t *wait_out)
{
	struct presence_change change = { .room = { gathering->name, gathering->name_length } };
	const struct roster_room *room = roster_find(differences->roster, change.room);
	unsigned changes = HASH_COUNT(gathering->changes);
	struct roster_user *users;
	bool said = true;

	if (gathering->changes == NULL)
		return true;
	users = calloc(changes * (size_t)2, sizeof(*users));
	if (users == NULL) {
		no_memory(differences);
		return true;
	}
	if (room != NULL)
		change.count = (unsigned)roster_room_users(room);
	/* So many changes are those of a room that was large. */
	if (budget_of(differences, change.room) != NULL &&
	    (is_large(differences, change.room) ||
		changes > differences->sessions->limits.list_members))
		said = afford(differences, gathering, users, &change, wait_out);
	else
		name_users(gathering, UINT_MAX, users, &change);
	if (said)
		say(differences, &change);
	free(users);
	return said;
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

	while (gathering != NULL && gathering->due_ms <= now) {
		struct gathering *next = TAILQ_NEXT(gathering, place);
		uint64_t wait = 0;

		if (gathering_say(differences, gathering, &wait)) {
			gathering_end(differences, gathering);
		} else {
			TAILQ_REMOVE(&differences->due, gathering, place);
			gathering->due_ms = now + wait;
			stand_in_line(differences, gathering);
		}
		gathering = next;
	}
}

uint64_t
differences_deadline_ms(const struct differences *differences)
{
	const struct gathering *gathering = TAILQ_FIRST(&differences->due);

	return gathering == NULL ? UINT64_MAX : gathering->due_ms;
}
