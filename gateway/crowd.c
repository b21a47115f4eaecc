/*
 * Large rooms: what is said at once, what is counted, whose turn it is. Owns intervals and turns;
 * what things may cost is presence_budget.c's, the words are the dialects'.
 */
#include "gateway/crowd.h"

#include "gateway/notices_private.h"

/* A summary's bytes before there was one. */
#define SUMMARY_BYTES_GUESS 200u

static struct presence_budget *
budget_of(struct channel *channel)
{
	return fanout_room_budget(channel->room);
}

static const struct presence_rule *
rule_of(const struct notices *notices)
{
	return &notices->sessions->presence;
}

static struct roster_room *
room_of(const struct notices *notices, const struct channel *channel)
{
	return roster_find(notices->roster, fanout_room_name(channel->room));
}

bool
crowd_is(const struct notices *notices, const struct roster_room *room)
{
	return room != NULL && roster_room_size(room) > notices->sessions->limits.list_members;
}

static uint64_t
summary_cost(const struct channel *channel)
{
	size_t bytes = channel->lists.summary_bytes;

	return (uint64_t)channel->count * (bytes > 0 ? bytes : SUMMARY_BYTES_GUESS);
}

static uint64_t
interval_ms(const struct notices *notices, const struct channel *channel)
{
	return presence_interval_ms(rule_of(notices), summary_cost(channel));
}

/* Lists go round, from the next interval on if they do not yet. */
static void
take_turns(struct notices *notices, struct channel *channel)
{
	struct channel_lists *lists = &channel->lists;

	lists->again = true;
	if (lists->in_turn)
		return;
	lists->in_turn = true;
	lists->turn = 0;
	lists->turn_ms = notices_now_ms(notices) + interval_ms(notices, channel);
	metric_increment(notices->metrics->lists_deferred);
	notices_pend(notices, channel);
}

void
crowd_changed(struct notices *notices, struct channel *channel, const struct roster_room *room)
{
	struct channel_lists *lists = &channel->lists;

	if (channel->dialect->list == NULL)
		return;
	if (lists->crowded && lists->version == roster_room_list_version(room))
		return;
	lists->crowded = true;
	lists->due = false;
	lists->version = roster_room_list_version(room);
	lists->all_owed = true;
	take_turns(notices, channel);
}

void
crowd_ended(struct channel *channel)
{
	channel->lists.crowded = false;
	channel->lists.in_turn = false;
	channel->lists.again = false;
}

/* False if there is no such list, or no memory for it, or the client is not in the roster yet. */
static bool
prepare_list(struct notices *notices, struct channel *channel, const struct roster_room *room,
    uint32_t client, struct roster_member *member_out)
{
	const struct list_words *words = channel->dialect->list;

	buffer_clear(&notices->payload);
	return words != NULL && roster_room_member(room, client, member_out) &&
	       user_list_refresh(&channel->lists.entries, words, room);
}

void
crowd_list_to(struct notices *notices, struct channel *channel, struct session *newcomer,
    const struct roster_room *room)
{
	uint64_t now = notices_now_ms(notices);
	uint64_t share = presence_share(budget_of(channel), rule_of(notices), now);
	struct roster_member member;
	bool shortened;

	if (!prepare_list(notices, channel, room, newcomer->client, &member))
		return;
	shortened = user_list_render_for(&channel->lists.entries, &notices->payload,
	    channel->dialect->list, room, &member, share);
	if (notices->payload.failed)
		return;
	presence_force(budget_of(channel), rule_of(notices), now, notices->payload.length);
	newcomer->list_owed = shortened;
	if (shortened)
		take_turns(notices, channel);
	notices_send(notices, newcomer, PRESENCE_NEWCOMER_LIST, shortened);
}

static bool
has_counted(const struct channel *channel)
{
	return channel->lists.joined > 0 || channel->lists.left > 0;
}

/* Once one was only counted the rest of the interval is, too: what is said stays in order. */
static bool
may_say(struct notices *notices, struct channel *channel)
{
	struct channel_lists *lists = &channel->lists;
	uint64_t cost = (uint64_t)channel->count * notices->payload.length;

	return !has_counted(channel) &&
	       lists->said < notices->sessions->limits.notices_per_interval &&
	       presence_take(budget_of(channel), rule_of(notices), notices_now_ms(notices), cost,
		   presence_half(rule_of(notices)));
}

bool
crowd_notice(struct notices *notices, struct channel *channel, bool came)
{
	struct channel_lists *lists = &channel->lists;
	uint64_t now = notices_now_ms(notices);

	if (now >= lists->interval_ms && !has_counted(channel)) {
		lists->interval_ms = now + interval_ms(notices, channel);
		lists->said = 0;
	}
	if (may_say(notices, channel)) {
		lists->said++;
		notices_put(notices, channel, PRESENCE_NOTICE);
		return true;
	}
	if (came)
		lists->joined++;
	else
		lists->left++;
	metric_increment(notices->metrics->notices_summarised);
	notices_pend(notices, channel);
	return false;
}

void
crowd_notice_to(struct notices *notices, struct channel *channel, struct session *newcomer)
{
	presence_force(
	    budget_of(channel), rule_of(notices), notices_now_ms(notices), notices->payload.length);
	notices_send(notices, newcomer, PRESENCE_NOTICE, false);
}

static void
sum_up(struct notices *notices, struct channel *channel)
{
	struct channel_lists *lists = &channel->lists;
	const struct roster_room *room = room_of(notices, channel);
	struct presence_summary summary = {
		.joined = lists->joined,
		.left = lists->left,
		.count = room == NULL ? 0 : roster_room_size(room),
		.time = (uint64_t)notices->sessions->now.wall_ms,
	};

	buffer_clear(&notices->payload);
	if (channel->dialect->render_summary != NULL)
		channel->dialect->render_summary(&notices->payload, &summary);
	lists->summary_bytes = notices->payload.length;
	if (!presence_take_due(budget_of(channel), rule_of(notices), notices_now_ms(notices),
		summary_cost(channel)))
		return;
	lists->joined = 0;
	lists->left = 0;
	notices_put(notices, channel, PRESENCE_SUMMARY);
}

/* The next member who is owed a list; NULL if there is nobody. */
static struct session *
next_in_turn(struct channel *channel)
{
	struct channel_lists *lists = &channel->lists;

	/* Whoever leaves is replaced by the last: by one that was looked at, or is below. */
	if (lists->turn > channel->count)
		lists->turn = channel->count;
	for (;;) {
		while (lists->turn > 0) {
			struct session *session = channel->members[--lists->turn]->session;

			if (session->list_owed)
				return session;
		}
		if (!lists->again)
			return NULL;
		lists->again = false;
		lists->turn = channel->count;
		for (uint32_t i = 0; lists->all_owed && i < channel->count; i++)
			channel->members[i]->session->list_owed = true;
		lists->all_owed = false;
	}
}

/* Who is not among the first stands in the last place of its own list all the same. */
static void
list_in_turn(struct notices *notices, struct channel *channel, struct session *session,
    const struct roster_room *room)
{
	const struct user_list *list = &channel->lists.entries;
	const struct list_words *words = channel->dialect->list;
	struct roster_member member;

	if (!prepare_list(notices, channel, room, session->client, &member))
		return;
	if (roster_room_shows(room, session->client))
		user_list_render(list, &notices->payload, words, room);
	else
		user_list_render_for(list, &notices->payload, words, room, &member, UINT64_MAX);
	if (notices->payload.failed)
		return;
	presence_force(
	    budget_of(channel), rule_of(notices), notices_now_ms(notices), notices->payload.length);
	notices_send(notices, session, PRESENCE_LIST, false);
}

/* As many as there is budget for. */
static void
go_round(struct notices *notices, struct channel *channel)
{
	const struct presence_rule *rule = rule_of(notices);
	const struct roster_room *room = room_of(notices, channel);
	uint64_t now = notices_now_ms(notices);

	while (presence_held(budget_of(channel), rule, now) >= presence_three_quarters(rule)) {
		struct session *session = room == NULL ? NULL : next_in_turn(channel);

		if (session == NULL) {
			channel->lists.in_turn = false;
			return;
		}
		session->list_owed = false;
		list_in_turn(notices, channel, session, room);
	}
	channel->lists.turn_ms = now + rule->interval_min_ms;
}

void
crowd_tick(struct notices *notices, struct channel *channel)
{
	uint64_t now = notices_now_ms(notices);

	if (has_counted(channel) && now >= channel->lists.interval_ms)
		sum_up(notices, channel);
	if (channel->lists.in_turn && now >= channel->lists.turn_ms)
		go_round(notices, channel);
}

static uint64_t
later(uint64_t at, uint64_t now, uint64_t wait)
{
	return now + wait > at ? now + wait : at;
}

uint64_t
crowd_deadline_ms(const struct notices *notices, struct channel *channel)
{
	const struct presence_rule *rule = rule_of(notices);
	struct channel_lists *lists = &channel->lists;
	uint64_t now = notices_now_ms(notices);
	uint64_t due = UINT64_MAX;
	uint64_t wait;

	if (has_counted(channel)) {
		wait = presence_wait_due_ms(budget_of(channel), rule, now, summary_cost(channel));
		due = later(lists->interval_ms, now, wait);
	}
	if (lists->in_turn) {
		wait =
		    presence_wait_ms(budget_of(channel), rule, now, presence_three_quarters(rule));
		wait = later(lists->turn_ms, now, wait);
		due = wait < due ? wait : due;
	}
	return due;
}
