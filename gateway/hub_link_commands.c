/*
 * Commands on the link: sent at once where nothing waits before them, kept until their outcome
 * comes, held while there is no hub and sent again on the next link where the hub has not taken
 * them. Numbers rise on every link.
 */
#include "gateway/hub_link_state.h"

static uint64_t *
number_of(struct envelope *command)
{
	switch (command->kind) {
	case ENVELOPE_TELL:
		return &command->tell.number;
	case ENVELOPE_READ:
		return &command->read.number;
	default:
		return &command->publish.number;
	}
}

static uint64_t
last_given(const struct hub_link *link)
{
	return commands_next(link->commands) - 1;
}

/* Nobody speaks for its sender any more: it was kicked, or there was no memory for it. */
static void
forget_command(struct hub_link *link, uint64_t number)
{
	struct command command;

	if (number > link->written)
		link->held--;
	link->sent = number;
	if (commands_take(link->commands, number, &command))
		command_free(&command);
}

/* The hub takes only so many that have no outcome yet. */
static bool
has_room_for(const struct hub_link *link, uint64_t number)
{
	return link->commands_max == 0 || number - link->commands->first < link->commands_max;
}

static void
was_sent(struct hub_link *link, uint64_t number)
{
	link->sent = number;
	if (number > link->written)
		link->written = number;
}

static void
write_command(struct hub_link *link, uint64_t number, struct text frame)
{
	if (number > link->written)
		link->held--;
	was_sent(link, number);
	buffer_append_text(&link->output, frame);
	if (link->output.failed)
		hub_link_give_up(link, LINK_NO_MEMORY);
}

static void
send_command(struct hub_link *link, struct session *session, uint64_t number, struct text frame)
{
	if (!hub_link_is_announced(link, session))
		hub_link_announce(link, session);
	write_command(link, number, frame);
}

/*
 * Not before the roster is known: who speaks at once is heard behind its own joining.
 * Numbers must rise on a link: one that would overtake others is kept and sent after them.
 */
static bool
goes_at_once(const struct hub_link *link)
{
	return link->phase == HUB_ATTACHED && link->synced && link->sent == last_given(link) &&
	       has_room_for(link, commands_next(link->commands));
}

static bool
may_wait(const struct hub_link *link)
{
	return link->phase == HUB_ATTACHED || link->sessions->limits.hold_seconds > 0;
}

uint32_t
hub_link_command(void *context, struct session *session, struct envelope *command)
{
	struct hub_link *link = context;
	const struct sessions *sessions = link->sessions;
	uint64_t number = commands_next(link->commands);
	bool at_once = goes_at_once(link);

	if (!may_wait(link))
		return OUTCOME_UNAVAILABLE;
	*number_of(command) = number;
	buffer_clear(&link->scratch);
	if (!envelope_encode(&link->scratch, command->kind, &command->publish) ||
	    !commands_add(link->commands, session->conn, buffer_text(&link->scratch),
		sessions->now.mono_ms, sessions->limits.commands))
		return OUTCOME_UNAVAILABLE;
	link->held++;
	session->commands++;
	if (at_once)
		send_command(link, session, number, buffer_text(&link->scratch));
	return OUTCOME_OK;
}

bool
hub_link_can_send_held(const struct hub_link *link)
{
	const struct command *command;

	if (link->phase != HUB_ATTACHED || !link->synced || link->replaying ||
	    link->sent == last_given(link) ||
	    link->uplink.queued(link->uplink.context) >= HUB_REPLAY_QUEUE)
		return false;
	command = commands_after(link->commands, link->sent);
	return command == NULL || has_room_for(link, command->number);
}

static void
send_one(struct hub_link *link, const struct command *command)
{
	const struct text frame = { command->frame, command->length };
	struct session *session = sessions_find(link->sessions, command->conn);

	if (closings_find(&link->closings, command->conn) != NULL)
		write_command(link, command->number, frame);
	else if (session == NULL || session->parted)
		forget_command(link, command->number);
	else
		send_command(link, session, command->number, frame);
}

/* Behind the OPEN and JOIN of all: what the last link left open, then what waited for this one. */
static void
send_held(struct hub_link *link)
{
	size_t stop = link->output.length + HUB_REPLAY_CHUNK;

	while (link->output.length < stop && hub_link_can_send_held(link)) {
		const struct command *command = commands_after(link->commands, link->sent);

		if (command == NULL) {
			link->sent = last_given(link);
			return;
		}
		send_one(link, command);
	}
}

static bool
take(struct hub_link *link, const struct command *command, struct command *command_out)
{
	if (command->number > link->written)
		link->held--;
	return commands_take(link->commands, command->number, command_out);
}

static uint64_t
hold_ms(const struct hub_link *link)
{
	return link->sessions->limits.hold_seconds * UINT64_C(1000);
}

bool
hub_link_expired(struct hub_link *link, struct now now, struct command *command_out)
{
	const struct command *held = commands_after(link->commands, link->written);
	const struct command *oldest = commands_oldest(link->commands);

	if (held != NULL && held->since_ms + hold_ms(link) <= now.mono_ms)
		return take(link, held, command_out);
	/* A hub that took it and has no outcome is broken; its clients should not wait for ever. */
	if (link->phase != HUB_ATTACHED || now.mono_ms < link->owed_until_ms || oldest == NULL ||
	    oldest->number > link->owed)
		return false;
	log_error(link->log, "the hub owes an outcome", log_u64("number", oldest->number));
	return take(link, oldest, command_out);
}

uint64_t
hub_link_expiry_ms(const struct hub_link *link)
{
	const struct command *held = commands_after(link->commands, link->written);
	const struct command *oldest = commands_oldest(link->commands);
	uint64_t due = held == NULL ? UINT64_MAX : held->since_ms + hold_ms(link);

	if (link->phase == HUB_ATTACHED && oldest != NULL && oldest->number <= link->owed &&
	    link->owed_until_ms < due)
		due = link->owed_until_ms;
	return due;
}

/* So that the hub need not keep them; not one by one. */
static void
tell_answered(struct hub_link *link, uint64_t now_ms)
{
	struct envelope_answered answered = { .number = link->commands->first - 1 };

	if (link->phase != HUB_ATTACHED || answered.number <= link->answered)
		return;
	if (answered.number - link->answered < HUB_ANSWERED_MAX &&
	    now_ms < link->answered_ms + HUB_ANSWERED_MS)
		return;
	link->answered = answered.number;
	link->answered_ms = now_ms;
	hub_link_say(link, ENVELOPE_ANSWERED, &answered);
}

void
hub_link_commands_welcomed(struct hub_link *link, struct now now, uint64_t committed)
{
	link->sent = last_given(link) < committed ? last_given(link) : committed;
	link->owed = link->sent;
	link->owed_until_ms = now.mono_ms + HUB_OWED_MS;
	link->answered = link->commands->first - 1;
	link->answered_ms = now.mono_ms;
}

void
hub_link_commands_tick(struct hub_link *link, struct now now)
{
	send_held(link);
	tell_answered(link, now.mono_ms);
	metric_set(link->metrics->commands_held, link->held);
}
