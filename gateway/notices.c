/*
 * Decides who is told what when the roster changes. Owns the budget for lists; the words are the
 * dialects', the members fan-out's. A list always comes before the notices it explains.
 */
#include "gateway/notices.h"

#include "gateway/crowd.h"
#include "gateway/notices_private.h"

/* However small the budget, a list of all members is never older. */
#define LIST_DELAY_MAX_MS 1000u

static void
on_joined(void *context, struct membership *membership)
{
	struct notices *notices = context;
	struct session *session = membership->session;

	membership->channel->lists.awaited = session->client;
	session->unlisted = true;
	/* A room's clients have all proved who they are, or none of them. */
	membership->channel->lists.entries.by_user = session->verified;
	differences_newcomer(&notices->differences, fanout_room_name(membership->channel->room));
	if (session->dialect->presence_missed != NULL && session_room_missed_presence(membership))
		session->dialect->presence_missed(
		    session, fanout_room_name(membership->channel->room));
}

void
notices_init(struct notices *notices, struct sessions *sessions, struct fanout *fanout,
    struct roster *roster)
{
	*notices = (struct notices){
		.sessions = sessions,
		.fanout = fanout,
		.roster = roster,
		.metrics = sessions->metrics,
	};
	sessions->roster = roster;
	fanout->watcher = (struct fanout_watcher){ on_joined, notices };
	differences_init(&notices->differences, sessions, fanout, roster);
	TAILQ_INIT(&notices->due);
	buffer_init(&notices->payload, 0);
}

void
notices_free(struct notices *notices)
{
	differences_free(&notices->differences);
	buffer_free(&notices->payload);
}

uint64_t
notices_now_ms(const struct notices *notices)
{
	return notices->sessions->now.mono_ms;
}

struct channel *
notices_first_channel(struct notices *notices, struct text name)
{
	struct fanout_room *room = fanout_find(notices->fanout, name);

	return room == NULL ? NULL : fanout_channels(room);
}

void
notices_put(struct notices *notices, struct channel *channel, enum presence_metric kind)
{
	metric_add(notices->metrics->presence_bytes[kind],
	    (uint64_t)channel->count * notices->payload.length);
	notices_say_to(notices, channel);
}

void
notices_send(
    struct notices *notices, struct session *session, enum presence_metric kind, bool shortened)
{
	metric_add(notices->metrics->presence_bytes[kind], notices->payload.length);
	if (shortened)
		metric_increment(notices->metrics->lists_shortened);
	session_send(session, FRAME_TEXT, buffer_text(&notices->payload));
}

/* The whole list; empty if there is none. */
static void
render_list(struct notices *notices, struct channel *channel, const struct roster_room *room)
{
	const struct list_words *words = channel->dialect->list;
	struct user_list *list = &channel->lists.entries;

	buffer_clear(&notices->payload);
	if (room != NULL && words != NULL) {
		if (user_list_refresh(list, words, room))
			user_list_render(list, &notices->payload, words, room);
		else
			notices->payload.failed = true;
	}
	channel->lists.cost = notices->payload.length * channel->count;
}

static void
pend_no_more(struct notices *notices, struct channel *channel)
{
	if (!channel->lists.pending)
		return;
	channel->lists.pending = false;
	TAILQ_REMOVE(&notices->due, channel, lists.place);
}

void
notices_pend(struct notices *notices, struct channel *channel)
{
	if (channel->lists.pending)
		return;
	channel->lists.pending = true;
	TAILQ_INSERT_TAIL(&notices->due, channel, lists.place);
}

static void
make_due(struct notices *notices, struct channel *channel)
{
	if (channel->lists.due)
		return;
	channel->lists.due = true;
	channel->lists.due_ms = notices_now_ms(notices) + LIST_DELAY_MAX_MS;
	channel->lists.try_ms = 0;
	metric_increment(notices->metrics->lists_deferred);
	notices_pend(notices, channel);
}

/* True if everybody in the channel got the rendered list; else one is due. */
static bool
list_to_all(struct notices *notices, struct channel *channel, bool at_any_price)
{
	struct presence_budget *budget = fanout_room_budget(channel->room);
	const struct presence_rule *rule = &notices->sessions->presence;
	uint64_t cost = channel->lists.cost;

	if (at_any_price) {
		presence_force(budget, rule, notices_now_ms(notices), cost);
	} else if (!presence_take(budget, rule, notices_now_ms(notices), cost, 0)) {
		make_due(notices, channel);
		return false;
	}
	channel->lists.due = false;
	notices_put(notices, channel, PRESENCE_LIST);
	return true;
}

/* The client if it is a member of this channel here, else NULL. */
static struct session *
member_of(struct notices *notices, struct channel *channel, uint32_t client)
{
	struct session *session = sessions_find_client(notices->sessions, client);

	return session != NULL && session_membership_in(session, channel) != NULL ? session : NULL;
}

/*
 * The newcomer never waits for its list. The first that it hears has it in the last place, which is
 * how it learns its own id, whoever came behind it in the same moment.
 */
static void
first_list(struct notices *notices, struct channel *channel, struct session *newcomer,
    const struct roster_room *room)
{
	const struct list_words *words = channel->dialect->list;
	struct roster_member member;

	buffer_clear(&notices->payload);
	if (words == NULL || !newcomer->unlisted ||
	    !roster_room_member(room, newcomer->client, &member) ||
	    !user_list_refresh(&channel->lists.entries, words, room))
		return;
	user_list_render_for(
	    &channel->lists.entries, &notices->payload, words, room, &member, UINT64_MAX);
	if (notices->payload.failed)
		return;
	newcomer->unlisted = false;
	notices_send(notices, newcomer, PRESENCE_NEWCOMER_LIST, false);
}

/* Before the list to all, for whom that would have others behind it. */
static void
first_lists(struct notices *notices, struct channel *channel, const struct roster_room *room)
{
	const struct user_list *list = &channel->lists.entries;

	if (channel->dialect->list == NULL || room == NULL || crowd_is(notices, room) ||
	    !user_list_refresh(&channel->lists.entries, channel->dialect->list, room))
		return;
	/* From the end, for a member may leave at that. */
	for (uint32_t i = channel->count; i > 0; i--) {
		struct session *member = channel->members[i - 1]->session;

		if (list->count > 0 && list->index[list->count - 1].client != member->client)
			first_list(notices, channel, member, room);
	}
}

/*
 * While a list is due anyway, rendering one only to find it too dear would cost a burst dearly.
 */
static bool
list_for_change(struct notices *notices, struct channel *channel, const struct roster_room *room)
{
	if (channel->dialect->list == NULL)
		return true;
	if (channel->lists.due)
		return false;
	render_list(notices, channel, room);
	return list_to_all(notices, channel, false);
}

/* True if what happened to a connection is no news of its user, by whom those here are told. */
static bool
is_quiet(const struct notices *notices, const struct channel *channel)
{
	return channel->lists.entries.by_user && !roster_last_move(notices->roster)->edge;
}

/* In a crowd whoever came itself hears of that in any case: it may wait for it. */
static void
say_entered(struct notices *notices, struct channel *channel,
    const struct envelope_entered *entered, const struct roster_room *room,
    struct session *newcomer)
{
	bool crowd = crowd_is(notices, room);

	buffer_clear(&notices->payload);
	if (channel->dialect->render_entered == NULL)
		return;
	channel->dialect->render_entered(
	    &notices->payload, entered, crowd ? roster_room_size(room) : 0);
	if (is_quiet(notices, channel) && newcomer != NULL)
		notices_send(notices, newcomer, PRESENCE_NOTICE, false);
	if (is_quiet(notices, channel))
		return;
	if (!crowd)
		notices_put(notices, channel, PRESENCE_NOTICE);
	else if (!crowd_notice(notices, channel, true) && newcomer != NULL)
		crowd_notice_to(notices, channel, newcomer);
}

static void
say_exited(struct notices *notices, struct channel *channel, const struct envelope_exited *exited,
    struct text name, const struct roster_room *room)
{
	bool crowd = crowd_is(notices, room);

	buffer_clear(&notices->payload);
	if (channel->dialect->render_exited == NULL || is_quiet(notices, channel))
		return;
	channel->dialect->render_exited(
	    &notices->payload, exited, name, crowd ? roster_room_size(room) : 0);
	if (crowd)
		crowd_notice(notices, channel, false);
	else
		notices_put(notices, channel, PRESENCE_NOTICE);
}

/* True if everybody got a list of the room as it is now. */
static bool
list_changed(struct notices *notices, struct channel *channel, const struct roster_room *room)
{
	if (crowd_is(notices, room)) {
		crowd_changed(notices, channel, room);
		return false;
	}
	crowd_ended(channel);
	return list_for_change(notices, channel, room);
}

static void
entered_channel(struct notices *notices, struct channel *channel,
    const struct envelope_entered *entered, const struct roster_room *room, bool all_were_told)
{
	struct session *newcomer = member_of(notices, channel, entered->client);

	if (newcomer != NULL) {
		if (crowd_is(notices, room))
			crowd_list_to(notices, channel, newcomer, room);
		else if (!all_were_told)
			first_list(notices, channel, newcomer, room);
		newcomer->unlisted = false;
	}
	say_entered(notices, channel, entered, room, newcomer);
}

/* Who left hears nothing of it, also when it was the hub that removed it. */
static void
leave(struct notices *notices, const struct envelope_exited *exited)
{
	struct session *session = sessions_find_client(notices->sessions, exited->client);
	struct membership *membership =
	    session == NULL ? NULL : session_membership(session, exited->room);

	if (membership != NULL)
		fanout_leave(membership);
}

void
notices_entered(struct notices *notices, const struct envelope_entered *entered)
{
	struct roster_room *room = roster_find(notices->roster, entered->room);
	struct channel *channel = notices_first_channel(notices, entered->room);

	notices_user_joined(notices, entered);
	for (; channel != NULL; channel = channel->next) {
		if (channel->count == 0)
			continue;
		entered_channel(notices, channel, entered, room,
		    !is_quiet(notices, channel) && list_changed(notices, channel, room));
	}
}

void
notices_exited(struct notices *notices, const struct envelope_exited *exited, struct text name)
{
	struct roster_room *room = roster_find(notices->roster, exited->room);
	struct channel *channel = notices_first_channel(notices, exited->room);

	leave(notices, exited);
	notices_user_left(notices, exited->room);
	for (; channel != NULL; channel = channel->next) {
		if (channel->count == 0)
			continue;
		/* Another connection of the user may stand in the list from now on. */
		if (!is_quiet(notices, channel) || roster_last_move(notices->roster)->first)
			list_changed(notices, channel, room);
		say_exited(notices, channel, exited, name, room);
	}
}

void
notices_changed(struct notices *notices, struct text name, struct roster_room *room)
{
	struct channel *channel = notices_first_channel(notices, name);

	for (; channel != NULL; channel = channel->next) {
		if (channel->count == 0)
			continue;
		first_lists(notices, channel, room);
		channel->lists.told = list_changed(notices, channel, room);
	}
}

void
notices_entered_too(struct notices *notices, const struct envelope_entered *entered)
{
	struct roster_room *room = roster_find(notices->roster, entered->room);
	struct channel *channel = notices_first_channel(notices, entered->room);

	notices_user_joined(notices, entered);
	for (; channel != NULL; channel = channel->next) {
		if (channel->count > 0)
			entered_channel(notices, channel, entered, room, channel->lists.told);
	}
}

void
notices_was_there(struct notices *notices, const struct envelope_entered *entered)
{
	notices_user_joined(notices, entered);
}

void
notices_exited_too(struct notices *notices, const struct envelope_exited *exited, struct text name)
{
	struct roster_room *room = roster_find(notices->roster, exited->room);
	struct channel *channel = notices_first_channel(notices, exited->room);

	leave(notices, exited);
	notices_user_left(notices, exited->room);
	for (; channel != NULL; channel = channel->next) {
		if (channel->count > 0)
			say_exited(notices, channel, exited, name, room);
	}
}

/* The cost is that of the last rendering: near enough to know when to try. */
static uint64_t
try_ms(const struct notices *notices, struct channel *channel)
{
	struct channel_lists *lists = &channel->lists;
	uint64_t now = notices_now_ms(notices);
	uint64_t wait = presence_wait_ms(
	    fanout_room_budget(channel->room), &notices->sessions->presence, now, lists->cost);
	uint64_t at =
	    wait > lists->due_ms || now + wait > lists->due_ms ? lists->due_ms : now + wait;

	return at > lists->try_ms ? at : lists->try_ms;
}

/*
 * True if one just became a member whom the roster is about to know: the first list that it hears
 * must have it in the last place.
 */
static bool
awaits_one(struct notices *notices, struct channel *channel, const struct roster_room *room)
{
	struct roster_member member;

	return member_of(notices, channel, channel->lists.awaited) != NULL &&
	       (room == NULL || !roster_room_member(room, channel->lists.awaited, &member));
}

static void
list_due(struct notices *notices, struct channel *channel)
{
	struct roster_room *room = roster_find(notices->roster, fanout_room_name(channel->room));

	if (awaits_one(notices, channel, room)) {
		channel->lists.try_ms =
		    notices_now_ms(notices) + notices->sessions->presence.interval_min_ms;
		return;
	}
	render_list(notices, channel, room);
	list_to_all(notices, channel, notices_now_ms(notices) >= channel->lists.due_ms);
}

static uint64_t
channel_deadline_ms(const struct notices *notices, struct channel *channel)
{
	uint64_t due = crowd_deadline_ms(notices, channel);
	uint64_t list = channel->lists.due ? try_ms(notices, channel) : UINT64_MAX;

	return list < due ? list : due;
}

void
notices_tick(struct notices *notices)
{
	struct channel *channel = TAILQ_FIRST(&notices->due);
	struct channel *next;

	for (; channel != NULL; channel = next) {
		next = TAILQ_NEXT(channel, lists.place);
		/* Channels without members are freed at the end of this turn. */
		if (channel->count > 0) {
			if (channel->lists.due &&
			    try_ms(notices, channel) <= notices_now_ms(notices))
				list_due(notices, channel);
			crowd_tick(notices, channel);
		}
		if (channel->count == 0 || channel_deadline_ms(notices, channel) == UINT64_MAX)
			pend_no_more(notices, channel);
	}
	differences_tick(&notices->differences);
}

uint64_t
notices_deadline_ms(const struct notices *notices)
{
	uint64_t due = differences_deadline_ms(&notices->differences);
	struct channel *channel;

	TAILQ_FOREACH (channel, &notices->due, lists.place) {
		uint64_t at = channel_deadline_ms(notices, channel);

		if (at < due)
			due = at;
	}
	return due;
}
