/*
 * Decides who is told what when the roster changes. Owns the budget for lists; the words are the
 * dialects', the members fan-out's. A list always comes before the notices it explains.
 */
#include "gateway/notices.h"

/* However small the budget, a room's list is never older. */
#define LIST_DELAY_MAX_MS 1000u

static void
on_joined(void *context, struct membership *membership)
{
	struct notices *notices = context;
	struct session *session = membership->session;

	differences_newcomer(&notices->differences, fanout_room_name(membership->channel->room));
	if (session->dialect->presence_missed != NULL && session_room_missed_presence(membership))
		session->dialect->presence_missed(
		    session, fanout_room_name(membership->channel->room));
}

void
notices_init(struct notices *notices, struct sessions *sessions, struct fanout *fanout,
    struct roster *roster)
{
	uint64_t bytes = sessions->limits.list_bytes_per_second;

	*notices = (struct notices){
		.sessions = sessions,
		.fanout = fanout,
		.roster = roster,
		.metrics = sessions->metrics,
		.list_rule = { bytes, 1000, bytes },
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

static uint64_t
now_ms(const struct notices *notices)
{
	return notices->sessions->now.mono_ms;
}

static struct channel *
first_channel(struct notices *notices, struct text name)
{
	struct fanout_room *room = fanout_find(notices->fanout, name);

	return room == NULL ? NULL : fanout_channels(room);
}

/* A notice that found no memory is lost; the next list tells the truth again. */
static void
say(struct notices *notices, struct channel *channel)
{
	if (notices->payload.failed || !fanout_say(channel, buffer_text(&notices->payload)))
		log_plain(
		    notices->sessions->log, LOG_LEVEL_ERROR, "no memory to tell a room something");
}

/* Above the limit in part: for `client`, or for everybody if that is 0. */
static void
render_list(
    struct notices *notices, struct channel *channel, struct roster_room *room, uint32_t client)
{
	buffer_clear(&notices->payload);
	if (room != NULL && channel->dialect->render_list != NULL) {
		roster_room_limit(room, notices->sessions->limits.list_members, client);
		channel->dialect->render_list(&notices->payload, room);
	}
	channel->lists.cost = notices->payload.length * channel->count;
}

static void
not_due(struct notices *notices, struct channel *channel)
{
	if (!channel->lists.due)
		return;
	channel->lists.due = false;
	TAILQ_REMOVE(&notices->due, channel, lists.place);
}

static void
make_due(struct notices *notices, struct channel *channel)
{
	if (channel->lists.due)
		return;
	channel->lists.due = true;
	channel->lists.due_ms = now_ms(notices) + LIST_DELAY_MAX_MS;
	TAILQ_INSERT_TAIL(&notices->due, channel, lists.place);
}

static struct ratelimit *
budget_of(struct notices *notices, struct channel *channel)
{
	if (!channel->lists.started) {
		channel->lists.started = true;
		ratelimit_init(&channel->lists.budget, &notices->list_rule, now_ms(notices));
	}
	return &channel->lists.budget;
}

/* True if everybody in the channel got the rendered list; else one is due. */
static bool
list_to_all(struct notices *notices, struct channel *channel, bool at_any_price)
{
	struct ratelimit *budget = budget_of(notices, channel);
	uint64_t cost = channel->lists.cost;

	if (at_any_price)
		ratelimit_force(budget, &notices->list_rule, now_ms(notices), cost);
	else if (!ratelimit_take(budget, &notices->list_rule, now_ms(notices), cost)) {
		make_due(notices, channel);
		return false;
	}
	not_due(notices, channel);
	metric_add(notices->metrics->list_bytes, cost);
	say(notices, channel);
	return true;
}

/* The client if it is a member of this channel here, else NULL. */
static struct session *
member_of(struct notices *notices, struct channel *channel, uint32_t client)
{
	struct session *session = sessions_find_client(notices->sessions, client);

	return session != NULL && session_membership_in(session, channel) != NULL ? session : NULL;
}

/* The newcomer never waits for its list, and always finds itself in it. */
static void
list_to_newcomer(struct notices *notices, struct channel *channel,
    const struct envelope_entered *entered, bool all_were_told)
{
	struct session *newcomer = member_of(notices, channel, entered->client);
	struct roster_room *room = roster_find(notices->roster, entered->room);
	bool in_part =
	    room != NULL && roster_room_size(room) > notices->sessions->limits.list_members;

	if (newcomer == NULL || (all_were_told && !in_part))
		return;
	render_list(notices, channel, room, entered->client);
	if (notices->payload.failed || notices->payload.length == 0)
		return;
	metric_add(notices->metrics->list_bytes, notices->payload.length);
	session_send(newcomer, FRAME_TEXT, buffer_text(&notices->payload));
}

/*
 * While a list is due anyway, rendering one only to find it too dear would cost a burst dearly.
 */
static bool
list_for_change(struct notices *notices, struct channel *channel, struct roster_room *room)
{
	if (channel->lists.due)
		return false;
	render_list(notices, channel, room, 0);
	return list_to_all(notices, channel, false);
}

static void
say_entered(
    struct notices *notices, struct channel *channel, const struct envelope_entered *entered)
{
	buffer_clear(&notices->payload);
	if (channel->dialect->render_entered == NULL)
		return;
	channel->dialect->render_entered(&notices->payload, entered);
	say(notices, channel);
}

static void
say_exited(struct notices *notices, struct channel *channel, const struct envelope_exited *exited,
    struct text name)
{
	buffer_clear(&notices->payload);
	if (channel->dialect->render_exited == NULL)
		return;
	channel->dialect->render_exited(&notices->payload, exited, name);
	say(notices, channel);
}

static void
user_joined(struct notices *notices, const struct envelope_entered *entered)
{
	const struct roster_move *move = roster_last_move(notices->roster);
	struct session *session;

	if (!move->edge)
		return;
	differences_joined(&notices->differences, entered->room, &move->who);
	session = sessions_find_client(notices->sessions, entered->client);
	if (session != NULL)
		session_room_entered(session, entered->room);
}

static void
tell_departed(struct channel *channel, struct text room, struct text user)
{
	/* From the end, for a member may leave at that. */
	for (uint32_t i = channel->count; i > 0; i--) {
		struct session *session = channel->members[i - 1]->session;

		if (session->phase != SESSION_CLOSING)
			channel->dialect->departed(session, room, user);
	}
}

static void
user_left(struct notices *notices, struct text room)
{
	const struct roster_move *move = roster_last_move(notices->roster);
	struct channel *channel = first_channel(notices, room);

	if (!move->edge)
		return;
	differences_left(&notices->differences, room, &move->who);
	for (; channel != NULL; channel = channel->next) {
		if (channel->dialect->departed != NULL)
			tell_departed(channel, room, move->who.user);
	}
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
	struct channel *channel = first_channel(notices, entered->room);

	user_joined(notices, entered);
	for (; channel != NULL; channel = channel->next) {
		if (channel->count == 0)
			continue;
		list_to_newcomer(
		    notices, channel, entered, list_for_change(notices, channel, room));
		say_entered(notices, channel, entered);
	}
}

void
notices_exited(struct notices *notices, const struct envelope_exited *exited, struct text name)
{
	struct roster_room *room = roster_find(notices->roster, exited->room);
	struct channel *channel = first_channel(notices, exited->room);

	leave(notices, exited);
	user_left(notices, exited->room);
	for (; channel != NULL; channel = channel->next) {
		if (channel->count == 0)
			continue;
		list_for_change(notices, channel, room);
		say_exited(notices, channel, exited, name);
	}
}

void
notices_changed(struct notices *notices, struct text name, struct roster_room *room)
{
	struct channel *channel = first_channel(notices, name);

	for (; channel != NULL; channel = channel->next) {
		if (channel->count > 0)
			channel->lists.told = list_for_change(notices, channel, room);
	}
}

void
notices_entered_too(struct notices *notices, const struct envelope_entered *entered)
{
	struct channel *channel = first_channel(notices, entered->room);

	user_joined(notices, entered);
	for (; channel != NULL; channel = channel->next) {
		if (channel->count == 0)
			continue;
		list_to_newcomer(notices, channel, entered, channel->lists.told);
		say_entered(notices, channel, entered);
	}
}

void
notices_was_there(struct notices *notices, const struct envelope_entered *entered)
{
	user_joined(notices, entered);
}

void
notices_exited_too(struct notices *notices, const struct envelope_exited *exited, struct text name)
{
	struct channel *channel = first_channel(notices, exited->room);

	leave(notices, exited);
	user_left(notices, exited->room);
	for (; channel != NULL; channel = channel->next) {
		if (channel->count > 0)
			say_exited(notices, channel, exited, name);
	}
}

static void
say_notice(struct notices *notices, struct fanout_room *room, const struct envelope_notice *notice)
{
	struct channel *channel = fanout_channels(room);
	bool to_all = text_is_empty(notice->room);

	for (; channel != NULL; channel = channel->next) {
		buffer_clear(&notices->payload);
		if (channel->count == 0 || channel->dialect->render_notice == NULL)
			continue;
		if (to_all && channel->dialect->many_rooms)
			continue;
		channel->dialect->render_notice(&notices->payload, notice);
		say(notices, channel);
	}
}

/* Who may be in many rooms hears once what is said to all, and also if it is in none. */
static void
say_to_each(struct notices *notices, const struct envelope_notice *notice)
{
	struct buffer *payload = &notices->payload;
	const struct dialect *rendered = NULL;
	struct session *session = TAILQ_FIRST(&notices->sessions->open);
	struct session *next;

	for (; session != NULL; session = next) {
		const struct dialect *dialect = session->dialect;

		next = TAILQ_NEXT(session, place);
		if (!dialect->many_rooms || !session->hears_inbox || dialect->render_notice == NULL)
			continue;
		if (rendered != dialect) {
			rendered = dialect;
			buffer_clear(payload);
			dialect->render_notice(payload, notice);
		}
		if (!payload->failed && payload->length > 0)
			session_send(session, FRAME_TEXT, buffer_text(payload));
	}
}

void
notices_say(struct notices *notices, const struct envelope_notice *notice)
{
	struct fanout_room *room = NULL;

	if (!text_is_empty(notice->room)) {
		room = fanout_find(notices->fanout, notice->room);
		if (room != NULL)
			say_notice(notices, room, notice);
		return;
	}
	while ((room = fanout_next_room(notices->fanout, room)) != NULL)
		say_notice(notices, room, notice);
	say_to_each(notices, notice);
}

/* The cost is that of the last rendering: near enough to know when to try. */
static uint64_t
try_ms(const struct notices *notices, const struct channel *channel)
{
	uint64_t wait = ratelimit_wait_ms(
	    &channel->lists.budget, &notices->list_rule, now_ms(notices), channel->lists.cost);
	uint64_t last = channel->lists.due_ms;

	return wait > last || now_ms(notices) + wait > last ? last : now_ms(notices) + wait;
}

void
notices_tick(struct notices *notices)
{
	struct channel *channel = TAILQ_FIRST(&notices->due);
	struct channel *next;

	for (; channel != NULL; channel = next) {
		next = TAILQ_NEXT(channel, lists.place);
		/* Channels without members are freed at the end of this turn. */
		if (channel->count == 0) {
			not_due(notices, channel);
			continue;
		}
		if (try_ms(notices, channel) > now_ms(notices))
			continue;
		render_list(notices, channel,
		    roster_find(notices->roster, fanout_room_name(channel->room)), 0);
		list_to_all(notices, channel, now_ms(notices) >= channel->lists.due_ms);
	}
	differences_tick(&notices->differences);
}

uint64_t
notices_deadline_ms(const struct notices *notices)
{
	const struct channel *channel;
	uint64_t due = differences_deadline_ms(&notices->differences);

	TAILQ_FOREACH (channel, &notices->due, lists.place) {
		uint64_t at = try_ms(notices, channel);

		if (at < due)
			due = at;
	}
	return due;
}
