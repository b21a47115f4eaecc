/*
 * Rooms, channels and their members. Owns who hears what; knows neither the hub nor sockets:
 * ranges go to session_deliver() and session_queue(), which close nobody.
 */
#include "gateway/fanout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/session.h"

/* One client's memory problem must not end the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define MEMBERS_FIRST_CAPACITY 4u

struct fanout_room {
	UT_hash_handle hh;
	struct channel *channels;
	struct presence_budget budget;
	size_t name_length;
	char name[];
};

void
fanout_init(struct fanout *fanout, struct slab_pool *pool, struct gateway_metrics *metrics)
{
	*fanout = (struct fanout){ .pool = pool, .metrics = metrics };
	TAILQ_INIT(&fanout->touched);
}

struct fanout_room *
fanout_find(struct fanout *fanout, struct text room)
{
	struct fanout_room *found;

	HASH_FIND(hh, fanout->rooms, room.data, room.length, found);
	return found;
}

struct fanout_room *
fanout_next_room(const struct fanout *fanout, const struct fanout_room *room)
{
	return room == NULL ? fanout->rooms : room->hh.next;
}

struct text
fanout_room_name(const struct fanout_room *room)
{
	return (struct text){ room->name, room->name_length };
}

struct presence_budget *
fanout_room_budget(struct fanout_room *room)
{
	return &room->budget;
}

struct channel *
fanout_channels(const struct fanout_room *room)
{
	return room->channels;
}

static struct fanout_room *
room_create(struct fanout *fanout, struct text name)
{
	struct fanout_room *room = calloc(1, sizeof(*room) + name.length + 1);

	if (room == NULL)
		return NULL;
	memcpy(room->name, name.data, name.length);
	room->name_length = name.length;
	HASH_ADD_KEYPTR(hh, fanout->rooms, room->name, room->name_length, room);
	if (room->hh.tbl == NULL) {
		free(room);
		return NULL;
	}
	return room;
}

static void
channel_touch(struct channel *channel)
{
	if (channel->touched)
		return;
	channel->touched = true;
	TAILQ_INSERT_TAIL(&channel->fanout->touched, channel, touched_place);
}

static struct channel *
channel_get(struct fanout *fanout, struct fanout_room *room, const struct dialect *dialect)
{
	struct channel *channel;

	for (channel = room->channels; channel != NULL; channel = channel->next) {
		if (channel->dialect == dialect)
			return channel;
	}
	channel = calloc(1, sizeof(*channel));
	if (channel == NULL)
		return NULL;
	channel->fanout = fanout;
	channel->room = room;
	channel->dialect = dialect;
	channel->dialect_metric = gateway_metrics_dialect(dialect);
	channel->next = room->channels;
	room->channels = channel;
	/* If nobody becomes a member after all, the end of the turn frees it again. */
	channel_touch(channel);
	return channel;
}

static bool
channel_make_room(struct channel *channel)
{
	uint32_t capacity = channel->capacity == 0 ? MEMBERS_FIRST_CAPACITY : channel->capacity * 2;
	struct membership **grown;

	if (channel->count < channel->capacity)
		return true;
	if (capacity <= channel->capacity)
		return false;
	grown = realloc(channel->members, capacity * sizeof(struct membership *));
	if (grown == NULL)
		return false;
	channel->members = grown;
	channel->capacity = capacity;
	return true;
}

bool
fanout_join(struct fanout *fanout, struct membership *membership, struct text name)
{
	struct fanout_room *room = fanout_find(fanout, name);
	struct channel *channel;

	if (room != NULL && membership->channel != NULL && membership->channel->room == room)
		return true;
	if (room == NULL)
		room = room_create(fanout, name);
	if (room == NULL)
		return false;
	channel = channel_get(fanout, room, membership->session->dialect);
	if (channel == NULL || !channel_make_room(channel))
		return false;
	fanout_leave(membership);
	membership->channel = channel;
	membership->index = channel->count;
	membership->mark = channel->slab == NULL ? 0 : channel->slab->length;
	channel->members[channel->count++] = membership;
	if (fanout->watcher.joined != NULL)
		fanout->watcher.joined(fanout->watcher.context, membership);
	return true;
}

void
fanout_settle(struct membership *membership)
{
	struct slab *slab = membership->channel == NULL ? NULL : membership->channel->slab;

	if (slab == NULL || membership->mark == slab->length)
		return;
	session_queue(membership->session, slab, membership->mark, slab->length);
	membership->mark = slab->length;
}

void
fanout_leave(struct membership *membership)
{
	struct channel *channel = membership->channel;
	struct membership *last;

	if (channel == NULL)
		return;
	fanout_settle(membership);
	last = channel->members[--channel->count];
	channel->members[membership->index] = last;
	last->index = membership->index;
	membership->channel = NULL;
	if (channel->count == 0)
		channel_touch(channel);
}

/* Who may hear more than one channel gets all that was said in them at once, a little later. */
static void
hand_out(struct channel *channel)
{
	struct slab *slab = channel->slab;
	bool only_room = !channel->dialect->many_rooms;

	if (slab == NULL)
		return;
	for (uint32_t i = 0; i < channel->count; i++) {
		struct membership *member = channel->members[i];
		uint32_t from = member->mark;

		member->mark = 0;
		if (from == slab->length)
			continue;
		if (only_room)
			session_deliver(member->session, slab, from, slab->length);
		else
			session_queue(member->session, slab, from, slab->length);
	}
	slab_finish(&channel->slab);
}

bool
fanout_say(struct channel *channel, struct text payload, enum delivery_metric kind)
{
	struct gateway_metrics *metrics = channel->fanout->metrics;

	if (payload.length == 0 || channel->count == 0)
		return true;
	if (channel->slab == NULL) {
		channel->slab = slab_create(channel->fanout->pool);
		if (channel->slab == NULL)
			return false;
		channel_touch(channel);
	}
	if (!slab_frame(channel->slab, FRAME_TEXT, payload))
		return false;
	metric_increment(metrics->frames);
	metric_observe(metrics->fanout_clients, channel->count);
	metric_add(metrics->dialects[channel->dialect_metric].deliveries[kind], channel->count);
	if (slab_is_full(channel->slab))
		hand_out(channel);
	return true;
}

static void
channel_destroy(struct channel *channel)
{
	slab_release(&channel->slab);
	user_list_free(&channel->lists.entries);
	free(channel->members);
	free(channel);
}

static void
channel_reap(struct channel *channel)
{
	struct fanout *fanout = channel->fanout;
	struct fanout_room *room = channel->room;
	struct channel **link = &room->channels;

	while (*link != channel)
		link = &(*link)->next;
	*link = channel->next;
	channel_destroy(channel);
	if (room->channels == NULL) {
		HASH_DEL(fanout->rooms, room);
		free(room);
	}
}

void
fanout_flush(struct fanout *fanout)
{
	struct channel *channel;

	while ((channel = TAILQ_FIRST(&fanout->touched)) != NULL) {
		TAILQ_REMOVE(&fanout->touched, channel, touched_place);
		channel->touched = false;
		hand_out(channel);
		if (channel->count == 0)
			channel_reap(channel);
	}
}

static void
room_destroy(struct fanout_room *room)
{
	struct channel *channel;

	while ((channel = room->channels) != NULL) {
		room->channels = channel->next;
		for (uint32_t i = 0; i < channel->count; i++)
			channel->members[i]->channel = NULL;
		channel_destroy(channel);
	}
	free(room);
}

void
fanout_close(struct fanout *fanout)
{
	struct fanout_room *room = fanout->rooms;
	struct fanout_room *next;

	/* The table goes, the chain of its elements stays. */
	HASH_CLEAR(hh, fanout->rooms);
	for (; room != NULL; room = next) {
		next = room->hh.next;
		room_destroy(room);
	}
	TAILQ_INIT(&fanout->touched);
}
