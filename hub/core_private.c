/*
 * Private messages: stored in the recipient's inbox before anybody hears of them, told to each of
 * the recipient's connections, marked as received by READ. Somebody else's message is heard before
 * its sender's outcome, one's own behind it.
 */
#include "common/outcomes.h"
#include "hub/core_events.h"
#include "hub/core_users.h"
#include "hub/router.h"

/* A message on its way into an inbox. */
struct mail {
	const struct client *from;
	const struct envelope_tell *tell;
	struct router_target to;
	struct text user;     /* the recipient's id */
	struct stream *inbox; /* where it was put   */
	bool was_absent;
};

static bool
is_lasting(void *context, const struct store_user *row)
{
	bool *found = context;

	*found = !core_user_is_passing(row);
	return false;
}

/* May mail be kept for somebody who is not here? */
static bool
is_kept_for(struct core *core, const struct mail *mail)
{
	bool found = false;

	if (text_is_empty(mail->user) || !core_is_showable(mail->user, USERS_ID_BYTES_MAX))
		return false;
	if ((mail->tell->flags & TELL_KEEP) != 0)
		return true;
	return core->store->ops->find_user(
		   core->store, mail->from->user->realm, mail->user, is_lasting, &found) &&
	       found;
}

static enum outcome_code
find_recipient(struct core *core, struct mail *mail)
{
	const struct envelope_tell *tell = mail->tell;

	mail->to = router_private(
	    core->presence, core->users, mail->from->user->realm, tell->to, tell->flags);
	mail->was_absent = mail->to.user == NULL || mail->to.user->connections == 0;
	mail->user = mail->to.user != NULL ? mail->to.user->id : tell->to;
	if (mail->to.user != NULL || is_kept_for(core, mail))
		return OUTCOME_OK;
	return OUTCOME_NO_SUCH_USER;
}

/* Whoever never says what it received has received what was told to it. */
static bool
has_space(struct core *core, const struct mail *mail)
{
	const struct user *user = mail->to.user;
	size_t bytes = mail->tell->content.length;

	if (!inboxes_is_full(&core->inboxes, mail->inbox, bytes))
		return true;
	if (user == NULL || user->connections == 0 || user->receipts > 0)
		return false;
	core->written = true;
	return inboxes_mark(&core->inboxes, mail->inbox, mail->inbox->committed) &&
	       !inboxes_is_full(&core->inboxes, mail->inbox, bytes);
}

static enum outcome_code
put_into_inbox(struct core *core, struct now now, const struct mail *mail)
{
	const struct store_message message = {
		.wall_ms = now.wall_ms,
		.from = mail->from->id,
		.from_user = mail->from->user->id,
		.from_name = mail->from->name,
		.content = mail->tell->content,
		.extra = mail->tell->extra,
	};

	if (!has_space(core, mail))
		return OUTCOME_MAILBOX_FULL;
	if (!inboxes_append(&core->inboxes, mail->inbox, &message))
		return OUTCOME_NOT_STORED;
	core->written = true;
	metric_observe(core->metrics.inbox_messages, mail->inbox->seq - mail->inbox->mark);
	return OUTCOME_OK;
}

static enum outcome_code
send_mail(struct core *core, struct now now, struct mail *mail)
{
	enum outcome_code code = find_recipient(core, mail);
	struct user *user = mail->to.user;

	if (code != OUTCOME_OK)
		return code;
	if (user != NULL)
		mail->inbox = core_user_inbox(core, user);
	else
		mail->inbox = inboxes_open(&core->inboxes, mail->from->user->realm, mail->user);
	if (mail->inbox == NULL)
		return OUTCOME_NOT_STORED;
	code = put_into_inbox(core, now, mail);
	/* What a passing user leaves behind after a crash must be found. */
	if (code == OUTCOME_OK && user != NULL && !users_has_record(user))
		core_user_record(core, user, now);
	if (user == NULL)
		streams_rest(core->streams, mail->inbox);
	return code;
}

static void
whisper(struct core *core, const struct mail *mail, uint64_t time)
{
	struct envelope_whisper body = {
		.from = mail->from->id,
		.from_name = mail->from->name,
		.time = time,
		.content = mail->tell->content,
		.from_user = mail->from->user->id,
		.epoch = mail->inbox->epoch,
		.seq = mail->inbox->seq,
		.extra = mail->tell->extra,
	};

	if (mail->to.user == NULL)
		return;
	for (const struct client *client = mail->to.user->clients; client != NULL;
	     client = client->sibling) {
		if (client->lingers)
			continue;
		body.conn = client->conn;
		body.to = client->id;
		core_tell(core, core_slot_bit(client->slot), ENVELOPE_WHISPER, &body);
	}
}

/* The client that was meant, as far as one was. */
static uint32_t
client_meant(const struct mail *mail)
{
	const struct client *client = mail->to.client;

	if (mail->was_absent)
		return 0;
	if (client == NULL || client->lingers)
		client = users_connected(mail->to.user);
	return client == NULL ? 0 : client->id;
}

static void
conclude_mail(struct core *core, struct gateway *gateway, const struct mail *mail,
    struct envelope_outcome *outcome, struct store_id *row)
{
	bool is_own = mail->to.user == mail->from->user;

	outcome->to = client_meant(mail);
	outcome->user = mail->user;
	outcome->epoch = mail->inbox->epoch;
	outcome->seq = mail->inbox->seq;
	outcome->durability = mail->inbox->durability;
	outcome->flags = mail->was_absent ? OUTCOME_WAS_ABSENT : 0;
	core_id_keep(core, row, outcome);
	if (!is_own)
		whisper(core, mail, outcome->time);
	core_conclude(core, gateway, outcome, mail->inbox);
	if (is_own)
		whisper(core, mail, outcome->time);
	core->messages_private++;
	metric_increment(core->metrics.private_messages);
}

void
core_private(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_tell *tell = &envelope->tell;
	const struct core_said said = {
		.parts = { TEXT("tell"), tell->to, tell->content, tell->extra },
		.id = tell->id,
	};
	struct mail mail = {
		.from = core_sender(core, gateway->slot, tell->conn),
		.tell = tell,
	};
	struct envelope_outcome outcome = {
		.number = tell->number,
		.time = (uint64_t)now.wall_ms,
	};
	const struct store_id *earlier = NULL;
	struct store_id row;
	enum outcome_code code = OUTCOME_NO_SUCH_USER;

	if (mail.from != NULL)
		code = core_check_content(core, tell->content);
	if (code == OUTCOME_OK && tell->extra.length > core->limits.content_bytes)
		code = OUTCOME_TOO_LONG;
	if (code == OUTCOME_OK)
		code = core_id_check(core, now, mail.from, &said, &row, &earlier);
	if (earlier != NULL) {
		core_id_repeat(core, gateway, tell->number, earlier);
		return;
	}
	if (code == OUTCOME_OK)
		code = send_mail(core, now, &mail);
	outcome.code = (uint32_t)code;
	if (code == OUTCOME_OK) {
		conclude_mail(core, gateway, &mail, &outcome, &row);
		core_note_said(core, mail.from, now, EVENT_TOLD, mail.user, tell->content);
	} else {
		core_conclude(core, gateway, &outcome, NULL);
		core_note_refused(core, mail.from, now, TEXT(""), code);
	}
}

static enum outcome_code
mark(struct core *core, struct user *user, const struct envelope_read *read)
{
	struct stream *inbox = core_user_inbox(core, user);
	uint64_t seq = read->seq;

	if (inbox == NULL)
		return OUTCOME_NOT_STORED;
	/* Nothing is read of an inbox that never had an epoch to be told of. */
	if (seq == 0)
		return OUTCOME_OK;
	if (read->epoch != inbox->epoch || seq > inbox->seq)
		return OUTCOME_BAD_SEQ;
	if (seq > inbox->committed)
		seq = inbox->committed;
	return inboxes_mark(&core->inboxes, inbox, seq) ? OUTCOME_OK : OUTCOME_NOT_STORED;
}

void
core_read(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_read *read = &envelope->read;
	const struct client *client = core_sender(core, gateway->slot, read->conn);
	enum outcome_code code = client == NULL ? OUTCOME_BAD_SEQ : mark(core, client->user, read);
	struct envelope_outcome outcome = {
		.number = read->number,
		.code = (uint32_t)code,
		.time = (uint64_t)now.wall_ms,
	};

	if (code == OUTCOME_OK) {
		outcome.user = client->user->id;
		outcome.epoch = client->user->inbox->epoch;
		outcome.seq = client->user->inbox->mark;
		outcome.durability = client->user->inbox->durability;
	}
	core_conclude(core, gateway, &outcome, NULL);
	if (code == OUTCOME_OK)
		core_note_read(core, client, now, outcome.seq);
}
