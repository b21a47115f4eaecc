/* The dialects of gateway_rig.h. */
#include <string.h>

#include "gateway_rig.h"

static void
reply(struct session *session, const char *word, struct text text)
{
	struct buffer payload;

	buffer_init(&payload, 0);
	buffer_append_string(&payload, word);
	buffer_append_text(&payload, text);
	session_reply(session, FRAME_TEXT, buffer_text(&payload));
	buffer_free(&payload);
}

static void
word_received(struct session *session, enum frame_opcode opcode, struct text message)
{
	const char *blank = memchr(message.data, ' ', message.length);

	(void)opcode;
	if (!session_is_open(session)) {
		session_open(session, message, session_room(session));
	} else if (message.length > 0 && message.data[0] == '!') {
		reply(session, "error", TEXT(""));
		session_offence(session);
	} else if (message.length > 0 && message.data[0] == '@' && blank != NULL) {
		size_t to = (size_t)(blank - message.data) - 1;
		struct text rest = { blank + 1, message.length - to - 2 };

		session_tell(session, (struct text){ message.data + 1, to }, rest);
	} else {
		session_publish(session, session_room(session), message);
	}
}

static void
word_refused(struct session *session, uint32_t code)
{
	reply(session, "refused ", text_of(outcome_word(code)));
}

static void
word_outcome(
    struct session *session, const struct envelope *command, const struct envelope_outcome *outcome)
{
	if (outcome->code != OUTCOME_OK)
		reply(session, "failed ", text_of(outcome_word(outcome->code)));
	else if (command->kind == ENVELOPE_TELL)
		reply(session, "told ", command->tell.content);
}

static void
word_whisper(struct session *session, const struct envelope_whisper *whisper)
{
	reply(session, "whisper ", whisper->content);
}

static void
word_deliver(struct buffer *payload, const struct envelope_deliver *deliver)
{
	buffer_append_text(payload, deliver->from_name);
	buffer_append_string(payload, ": ");
	buffer_append_text(payload, deliver->content);
}

static void
word_notice(struct buffer *payload, const struct envelope_notice *notice)
{
	buffer_append_string(payload, "* ");
	buffer_append_text(payload, notice->content);
}

static void
word_listed(struct buffer *out, const struct roster_member *member)
{
	buffer_append_text(out, member->name);
}

static void
word_count(struct buffer *out, size_t count)
{
	if (count > 0)
		buffer_printf(out, " of %zu", count);
}

static const struct list_words word_list = { "list ", " ", word_listed, word_count };

static void
word_entered(struct buffer *payload, const struct envelope_entered *entered, size_t count)
{
	buffer_append_byte(payload, '+');
	buffer_append_text(payload, entered->name);
	word_count(payload, count);
}

static void
word_exited(
    struct buffer *payload, const struct envelope_exited *exited, struct text name, size_t count)
{
	(void)exited;
	buffer_append_byte(payload, '-');
	buffer_append_text(payload, name);
	word_count(payload, count);
}

static void
word_summary(struct buffer *payload, const struct presence_summary *summary)
{
	buffer_printf(payload, "and +%llu -%llu of %zu", (unsigned long long)summary->joined,
	    (unsigned long long)summary->left, summary->count);
}

static void
loud_deliver(struct buffer *payload, const struct envelope_deliver *deliver)
{
	buffer_append_string(payload, "LOUD ");
	buffer_append_text(payload, deliver->content);
}

const struct dialect rig_dialect = {
	.name = "word",
	.reaches_hub = true,
	.received = word_received,
	.refused = word_refused,
	.outcome = word_outcome,
	.whisper = word_whisper,
	.render_deliver = word_deliver,
	.render_notice = word_notice,
	.list = &word_list,
	.render_entered = word_entered,
	.render_exited = word_exited,
	.render_summary = word_summary,
};

const struct dialect rig_loud_dialect = {
	.name = "loud",
	.reaches_hub = true,
	.takes_binary = true,
	.state_size = 24,
	.received = word_received,
	.outcome = word_outcome,
	.render_deliver = loud_deliver,
};
