/*
 * Operators' connections: one request, one answer each, written piece by piece as the other side
 * reads it; one that watches is told what happens until it hangs up. Owns the bounds and the audit
 * line; knows commands only by their access. Who may come in is admin_socket.c's.
 */
#include "hub/admin_visit.h"

#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "hub/admin.h"
#include "hub/admin_protocol.h"
#include "hub/record_admin.h"

/* Who watches has a place for long: others are to find one. */
#define WATCHERS_MAX 8u

/* For the whole request, for any progress with the answer, and for all of the answer. */
#define REQUEST_SECONDS 10
#define STALL_SECONDS 10
#define ANSWER_SECONDS 60

/* Who watches may stop to read; it then misses what happens. */
#define WATCHER_STALL_SECONDS 600

/* How often an answer that waits for something else looks whether it is there. */
#define AGAIN_MS 10

/* How often one who watches hears that there is nothing to see. */
#define WATCH_MS 1000

/* Bytes of an answer that wait for one operator: written up to, and refilled below. */
#define QUEUE_BYTES 65536
#define QUEUE_LOW_BYTES 16384

static const struct timeval *
seconds(struct timeval *value, long count)
{
	*value = (struct timeval){ .tv_sec = count };
	return value;
}

static const char *
result_word(enum admin_end end)
{
	if (end == ADMIN_END_NONE)
		return "unknown";
	return end == ADMIN_END_DONE ? "done" : "refused";
}

static unsigned
place_of(const struct visit *visit)
{
	return (unsigned)(visit - visit->owner->places);
}

static void
visit_end(struct visit *visit)
{
	struct visits *owner = visit->owner;
	bool ends_hub = false;

	if (visit->acting) {
		/* Who hangs up before the end does not undo what was begun. */
		admin_audit_end(&visit->audit, owner->log, result_word(visit->action.end),
		    visit->action.affected);
		ends_hub = visit->action.ends_hub && visit->action.end == ADMIN_END_DONE;
		recorded_action_free(owner->record, place_of(visit), &visit->action);
		admin_audit_free(&visit->audit);
	}
	if (visit->again != NULL)
		event_free(visit->again);
	if (visit->deadline != NULL)
		event_free(visit->deadline);
	if (visit->stream != NULL)
		bufferevent_free(visit->stream);
	*visit = (struct visit){ .owner = NULL };
	if (ends_hub)
		owner->ended(owner->context);
}

/* Queues what was written; false: the visit is over. */
static bool
visit_send(struct visit *visit, struct buffer *out)
{
	bool sent = !out->failed;

	if (sent && out->length > 0)
		sent = bufferevent_write(visit->stream, out->data, out->length) == 0;
	buffer_free(out);
	if (!sent)
		visit_end(visit);
	return sent;
}

/* Nothing more will be said: the visit ends once the operator has read it all. */
static void
visit_finish(struct visit *visit)
{
	visit->answered = true;
	bufferevent_setwatermark(visit->stream, EV_WRITE, 0, 0);
}

static void
visit_refuse(struct visit *visit, enum admin_end end, struct text sentence)
{
	struct buffer out;

	buffer_init(&out, 0);
	if (end == ADMIN_END_VERSION)
		admin_write_version(&out, TEXT(HUBBUB_VERSION));
	else
		admin_write_end(&out, end, sentence);
	visit_finish(visit);
	visit_send(visit, &out);
}

/* Writes more of the answer, as much as may wait. */
static void
visit_fill(struct visit *visit, struct buffer *out)
{
	size_t waiting = evbuffer_get_length(bufferevent_get_output(visit->stream));
	int again_ms = admin_action_watches(&visit->action) ? WATCH_MS : AGAIN_MS;
	const struct timeval again = { again_ms / 1000, again_ms % 1000 * 1000 };
	struct visits *owner = visit->owner;
	struct timeval limit;
	bool more = true;

	if (waiting < QUEUE_BYTES)
		more = recorded_action_more(owner->record, place_of(visit), &visit->action,
		    owner->core, clock_now(), QUEUE_BYTES - waiting, out);
	if (admin_action_waits(&visit->action)) {
		event_add(visit->again, &again);
		/* It is not the operator who takes so long. */
		event_add(visit->deadline, seconds(&limit, ANSWER_SECONDS));
	}
	if (!more) {
		admin_audit_end(&visit->audit, owner->log, result_word(visit->action.end),
		    visit->action.affected);
		visit_finish(visit);
	}
	visit_send(visit, out);
}

static void
on_again(evutil_socket_t fd, short events, void *context)
{
	struct buffer out;

	(void)fd;
	(void)events;
	buffer_init(&out, 0);
	visit_fill(context, &out);
}

static unsigned
watchers(const struct visits *owner)
{
	unsigned count = 0;

	for (unsigned i = 0; i < VISITS_MAX; i++)
		count += owner->places[i].acting && admin_action_watches(&owner->places[i].action);
	return count;
}

/* The process itself is asked: the core hears nothing of it. */
static bool
visit_ask_process(struct visit *visit, const struct admin_request *request)
{
	struct admin_audit audit;
	struct buffer out;

	buffer_init(&out, 0);
	if (!admin_process_answer(&visit->owner->process, request, &out)) {
		buffer_free(&out);
		return false;
	}
	admin_audit_begin(&audit, &visit->peer, request);
	admin_audit_end(&audit, visit->owner->log, result_word(ADMIN_END_DONE), 1);
	admin_audit_free(&audit);
	visit_finish(visit);
	visit_send(visit, &out);
	return true;
}

static void
visit_act(struct visit *visit, struct admin_request *request)
{
	char operator[ADMIN_OPERATOR_SIZE];
	enum admin_access access = admin_access(request);
	struct visits *owner = visit->owner;
	struct timeval limit;
	struct buffer out;
	bool changes;

	buffer_init(&out, 0);
	if (access != ADMIN_ACCESS_READ) {
		admin_audit_user(&visit->peer, operator);
		request->made_by = text_of(operator);
	}
	admin_audit_begin(&visit->audit, &visit->peer, request);
	recorded_action_begin(owner->record, place_of(visit), &visit->action, owner->core,
	    clock_now(), request, &out);
	visit->acting = true;
	changes = access == ADMIN_ACCESS_WRITE || admin_action_waits(&visit->action);
	if (access == ADMIN_ACCESS_READ)
		log_debug(owner->log, "operator asked", log_i64("uid", visit->peer.uid),
		    log_text("command", admin_command_name(request->command)));
	event_add(visit->deadline, seconds(&limit, ANSWER_SECONDS));
	if (admin_action_watches(&visit->action)) {
		bufferevent_set_timeouts(
		    visit->stream, NULL, seconds(&limit, WATCHER_STALL_SECONDS));
		/* Its end may be far: that it began is what counts. */
		admin_audit_end(&visit->audit, owner->log, "begun", 0);
	}
	visit_fill(visit, &out);
	if (changes)
		owner->changed(owner->context);
}

static void
visit_take(struct visit *visit, struct admin_request *request)
{
	if (request->command == ADMIN_TAIL && watchers(visit->owner) >= WATCHERS_MAX)
		visit_refuse(visit, ADMIN_END_REFUSED, TEXT("too many operators watch already"));
	else if (!visit_ask_process(visit, request))
		visit_act(visit, request);
}

static void
visit_request(struct visit *visit, struct text line)
{
	struct admin_request request;
	struct admin_fields fields;
	struct buffer scratch;

	admin_fields_init(&fields);
	buffer_init(&scratch, 0);
	switch (admin_read_request(&fields, line)) {
	case ADMIN_HEARD_OTHER_VERSION:
		visit_refuse(visit, ADMIN_END_VERSION, TEXT(""));
		break;
	case ADMIN_HEARD_NOISE:
		log_warn(visit->owner->log, "operator sent no request",
		    log_i64("uid", visit->peer.uid), log_i64("pid", visit->peer.pid));
		visit_refuse(visit, ADMIN_END_USAGE, TEXT("that is no request of hubctl"));
		break;
	case ADMIN_HEARD_REQUEST:
		if (admin_parse(fields.fields + ADMIN_REQUEST_WORDS,
			fields.count - ADMIN_REQUEST_WORDS, &request, &scratch))
			visit_take(visit, &request);
		else
			visit_refuse(visit, ADMIN_END_USAGE, buffer_text(&scratch));
		break;
	}
	buffer_free(&scratch);
	admin_fields_free(&fields);
}

static void
on_readable(struct bufferevent *stream, void *context)
{
	struct evbuffer *input = bufferevent_get_input(stream);
	struct visit *visit = context;
	struct evbuffer_ptr end = evbuffer_search(input, "\n", 1, NULL);
	struct text line;

	if (end.pos < 0 && evbuffer_get_length(input) < ADMIN_REQUEST_BYTES_MAX)
		return;
	/* One request is all; what follows it is not read. */
	bufferevent_disable(stream, EV_READ);
	if (end.pos < 0) {
		visit_refuse(visit, ADMIN_END_USAGE, TEXT("the request is too long"));
		return;
	}
	line.length = (size_t)end.pos;
	line.data = (const char *)evbuffer_pullup(input, end.pos);
	if (line.data == NULL)
		line = TEXT("");
	visit_request(visit, line);
}

static void
on_drained(struct bufferevent *stream, void *context)
{
	struct visit *visit = context;
	struct buffer out;

	if (visit->answered) {
		if (evbuffer_get_length(bufferevent_get_output(stream)) == 0)
			visit_end(visit);
	} else if (visit->acting) {
		buffer_init(&out, 0);
		visit_fill(visit, &out);
	}
}

static void
on_stream_over(struct bufferevent *stream, short events, void *context)
{
	struct visit *visit = context;

	(void)stream;
	if ((events & BEV_EVENT_TIMEOUT) != 0)
		log_info(visit->owner->log, "operator reads no answer",
		    log_i64("uid", visit->peer.uid), log_i64("pid", visit->peer.pid));
	visit_end(visit);
}

static void
on_deadline(evutil_socket_t fd, short events, void *context)
{
	struct visit *visit = context;

	(void)fd;
	(void)events;
	log_info(visit->owner->log, "operator took too long", log_i64("uid", visit->peer.uid),
	    log_i64("pid", visit->peer.pid));
	visit_end(visit);
}

static struct visit *
free_place(struct visits *owner)
{
	for (unsigned i = 0; i < VISITS_MAX; i++) {
		if (owner->places[i].owner == NULL)
			return &owner->places[i];
	}
	return NULL;
}

/* Takes over `fd`. */
bool
visits_begin(struct visits *owner, int fd, const struct peer_credentials *peer)
{
	struct visit *visit = free_place(owner);
	struct timeval limit;

	if (visit == NULL)
		return false;
	*visit = (struct visit){ .owner = owner, .peer = *peer };
	visit->stream = bufferevent_socket_new(owner->base, fd, BEV_OPT_CLOSE_ON_FREE);
	visit->deadline = evtimer_new(owner->base, on_deadline, visit);
	visit->again = evtimer_new(owner->base, on_again, visit);
	if (visit->stream == NULL)
		close(fd);
	if (visit->stream == NULL || visit->deadline == NULL || visit->again == NULL) {
		visit_end(visit);
		return true;
	}
	bufferevent_setcb(visit->stream, on_readable, on_drained, on_stream_over, visit);
	bufferevent_setwatermark(visit->stream, EV_READ, 0, ADMIN_REQUEST_BYTES_MAX);
	bufferevent_setwatermark(visit->stream, EV_WRITE, QUEUE_LOW_BYTES, 0);
	bufferevent_set_timeouts(visit->stream, NULL, seconds(&limit, STALL_SECONDS));
	event_add(visit->deadline, seconds(&limit, REQUEST_SECONDS));
	bufferevent_enable(visit->stream, EV_READ | EV_WRITE);
	return true;
}

void
visits_turned(struct visits *visits)
{
	for (unsigned i = 0; i < VISITS_MAX; i++) {
		struct visit *visit = &visits->places[i];
		struct buffer out;

		if (!visit->acting || !admin_action_watches(&visit->action) ||
		    !admin_action_has_news(&visit->action))
			continue;
		buffer_init(&out, 0);
		visit_fill(visit, &out);
	}
}

void
visits_end(struct visits *visits)
{
	for (unsigned i = 0; i < VISITS_MAX; i++)
		visit_end(&visits->places[i]);
}
