/*
 * What a turn brought goes out: straight from a room to those who hear nothing else, in one write
 * per client to the others. Owns whom the transport took less from than offered, and what all of
 * them together may keep; closes nobody but who reads too slowly.
 */
#include "gateway/catch_up.h"
#include "gateway/sessions.h"

#define RUNS_MAX 64

void
sessions_touch(struct session *session)
{
	struct sessions *sessions = session->sessions;

	if (session->touched)
		return;
	session->touched = true;
	session->next_touched = NULL;
	if (sessions->touched == NULL)
		sessions->touched = session;
	else
		sessions->last_touched->next_touched = session;
	sessions->last_touched = session;
}

void
sessions_recount(struct session *session)
{
	struct sessions *sessions = session->sessions;
	bool waits = session->output.bytes > 0;

	sessions->queue_bytes += session->output.bytes;
	sessions->queue_bytes -= session->queued;
	session->queued = (uint32_t)session->output.bytes;
	if (waits == session->backlogged)
		return;
	session->backlogged = waits;
	if (waits)
		TAILQ_INSERT_TAIL(&sessions->backlog, session, backlog);
	else
		TAILQ_REMOVE(&sessions->backlog, session, backlog);
}

static void
write_out(struct session *session)
{
	const struct transport *transport = &session->sessions->transport;
	struct iovec runs[RUNS_MAX];
	size_t offered, taken;
	int count;

	while (session->output.bytes > 0 && !session->blocked) {
		count = outbound_gather(&session->output, runs, RUNS_MAX, &offered);
		taken = transport->write(session->peer, runs, count);
		outbound_consume(&session->output, taken);
		session->blocked = taken < offered;
	}
}

/*
 * Nearly all that is said goes this way: no reference is taken and no list is touched. Nobody can
 * be closed by it: the transport ends connections later.
 */
void
session_deliver(struct session *session, struct slab *slab, uint32_t from, uint32_t to)
{
	const struct transport *transport = &session->sessions->transport;
	const struct iovec run = { slab->data + from, to - from };
	size_t taken = 0;

	if (session->phase == SESSION_CLOSING)
		return;
	if (session->output.bytes == 0 && !session->blocked) {
		taken = transport->write(session->peer, &run, 1);
		if (taken == run.iov_len)
			return;
		session->blocked = true;
	}
	session_queue(session, slab, from + (uint32_t)taken, to);
}

static void
flush_one(struct session *session)
{
	if (!session->gone && !session->parted)
		write_out(session);
	sessions_recount(session);
	catch_up_next(session);
	if (session->output.bytes > session->sessions->limits.queue_bytes) {
		session_close_slow(session, "queue_bytes");
		sessions_recount(session);
	}
}

void
sessions_writable(struct session *session)
{
	session->blocked = false;
	sessions_touch(session);
}

static void
flush_touched(struct sessions *sessions)
{
	struct session *session;

	while ((session = sessions->touched) != NULL) {
		sessions->touched = session->next_touched;
		session->touched = false;
		flush_one(session);
	}
}

/*
 * Slabs are shared, so closing the longest queue is a guess; the next longest follows if it was
 * wrong.
 */
static void
limit_pinned(struct sessions *sessions)
{
	struct session *session, *longest;

	while (sessions->pool->pinned > sessions->limits.pinned_bytes) {
		longest = NULL;
		TAILQ_FOREACH (session, &sessions->backlog, backlog) {
			if (longest == NULL || session->output.bytes > longest->output.bytes)
				longest = session;
		}
		if (longest == NULL)
			return;
		session_close_slow(longest, "pinned_bytes");
		/* Also of one that closes already, which keeps what it was told before. */
		outbound_clear(&longest->output);
		sessions_recount(longest);
	}
}

void
sessions_write(struct sessions *sessions)
{
	flush_touched(sessions);
	limit_pinned(sessions);
}
