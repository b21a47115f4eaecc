/*
 * Receipts by PONG, between the desk that keeps them (receipts.c) and the clients: PINGs at the end
 * of a turn, READ for the gathered PONGs, and the end of who does not answer.
 */
#include "gateway/sessions.h"

bool
session_takes_receipt(struct session *session, struct text payload)
{
	struct sessions *sessions = session->sessions;
	uint64_t seq = 0;

	if (session->more != NULL)
		seq = receipts_answered(
		    &sessions->receipts, &session->more->receipts, payload, sessions->now.mono_ms);
	if (seq == 0)
		return false;
	metric_increment(sessions->metrics->receipts);
	ping_heard(&sessions->pings, &session->ping, sessions->now.mono_ms);
	return true;
}

void
session_tell_receipt(struct session *session)
{
	struct sessions *sessions = session->sessions;
	struct envelope envelope = {
		.kind = ENVELOPE_READ,
		.read = {
			.conn = session->conn,
			.client = session->client,
			.epoch = session->inbox.epoch,
		},
	};

	if (session->more != NULL)
		envelope.read.seq = receipts_take(&sessions->receipts, &session->more->receipts);
	/* If it cannot be said now, the messages come again: nobody has to be told. */
	if (envelope.read.seq != 0)
		(void)sessions->uplink.command(sessions->uplink.context, session, &envelope);
}

void
sessions_tell_receipts(struct sessions *sessions, uint64_t until_ms)
{
	struct receipts *receipts;

	while ((receipts = receipts_gathered(&sessions->receipts, until_ms)) != NULL)
		session_tell_receipt(sessions_find(sessions, receipts->conn));
}

void
sessions_ask_receipts(struct sessions *sessions)
{
	char token[RECEIPT_TOKEN_SIZE];
	struct receipts *receipts;
	struct session *session;

	while ((receipts = receipts_ask(&sessions->receipts, sessions->now.mono_ms, token))) {
		session = sessions_find(sessions, receipts->conn);
		session_send(session, FRAME_PING, text_of(token));
		ping_asked(&sessions->pings, &session->ping, sessions->now.mono_ms);
	}
}

void
sessions_end_unanswered(struct sessions *sessions)
{
	struct receipts *lost;

	while ((lost = receipts_lost(&sessions->receipts, sessions->now.mono_ms)) != NULL)
		session_close(
		    sessions_find(sessions, lost->conn), CLOSE_DROP, "no receipt for messages");
}
