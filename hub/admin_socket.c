/*
 * Operators' connections on libevent: one request, one answer each. Owns who
 * may come in, the bounds and the audit line; knows commands only by their
 * access. An answer is written piece by piece as the other side reads it.
 */
#include "hub/admin_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/unix_socket.h"
#include "hub/admin.h"
#include "hub/admin_actions.h"
#include "hub/admin_audit.h"
#include "hub/admin_protocol.h"
#include "hub/record_admin.h"

#define CONNECTIONS_MAX 16

/* For the whole request, for any progress with the answer, and for all of the answer. */
#define REQUEST_SECONDS 10
#define STALL_SECONDS 10
#define ANSWER_SECONDS 60

/* How long accepting pauses when there are no descriptors. */
#define PAUSE_MS 200

/* How often an answer that waits for something else looks whether it is there. */
#define AGAIN_MS 10

/* Bytes of an answer that wait for one operator: written up to, and refilled below. */
#define QUEUE_BYTES 65536
#define QUEUE_LOW_BYTES 16384

/* One connection. */
struct visit {
	struct admin_socket *owner; /* NULL: the place is free */
	struct bufferevent *stream;
	struct event *deadline;
	struct peer_credentials peer;
	struct event *again; /* for an answer that waits for something else */
	struct admin_action action;
	struct admin_audit audit;
	bool acting;   /* `action` and `audit` are there and must be freed */
	bool answered; /* the end line is queued */
};

struct admin_socket {
	struct event_base *base;
	struct core *core;
	struct record *record;
	struct log *log;
	void (*changed)(void *context);
	void (*ended)(void *context);
	void *context;

	char *path;
	struct unix_socket_file file;
	unsigned mode;
	gid_t group;
	int fd;
	struct event *acceptable;
	struct event *pause;
	struct visit visits[CONNECTIONS_MAX];
};

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
	return (unsigned)(visit - visit->owner->visits);
}

static void
visit_end(struct visit *visit)
{
	struct admin_socket *owner = visit->owner;
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
	const struct timeval again = { .tv_usec = AGAIN_MS * 1000 };
	struct admin_socket *owner = visit->owner;
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

static void
visit_act(struct visit *visit, struct admin_request *request)
{
	char operator[ADMIN_OPERATOR_SIZE];
	const struct admin_command_info *info = admin_command_info(request->command);
	struct admin_socket *owner = visit->owner;
	struct timeval limit;
	struct buffer out;
	bool changes;

	buffer_init(&out, 0);
	if (info->access != ADMIN_ACCESS_READ) {
		admin_audit_user(&visit->peer, operator);
		request->made_by = text_of(operator);
	}
	admin_audit_begin(&visit->audit, &visit->peer, request);
	recorded_action_begin(owner->record, place_of(visit), &visit->action, owner->core,
	    clock_now(), request, &out);
	visit->acting = true;
	changes = info->access == ADMIN_ACCESS_WRITE || admin_action_waits(&visit->action);
	if (info->access == ADMIN_ACCESS_READ)
		log_debug(owner->log, "operator asked", log_i64("uid", visit->peer.uid),
		    log_text("command", admin_command_name(request->command)));
	event_add(visit->deadline, seconds(&limit, ANSWER_SECONDS));
	visit_fill(visit, &out);
	if (changes)
		owner->changed(owner->context);
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
			visit_act(visit, &request);
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

/*
 * Root, our own user, and whom the mode of the socket lets in. The file system has asked the same
 * at connect(); this holds when its directory or mode was changed behind our back.
 */
static bool
may_operate(const struct admin_socket *owner, int fd, const struct peer_credentials *peer)
{
	if (peer->uid == 0 || peer->uid == geteuid() || (owner->mode & S_IWOTH) != 0)
		return true;
	if ((owner->mode & S_IWGRP) == 0)
		return false;
	return peer->gid == owner->group || unix_socket_peer_has_group(fd, owner->group);
}

/* Turns a connection away that gets no place; what the kernel does not take at once is lost. */
static void
turn_away(int fd, const char *sentence)
{
	struct buffer out;

	buffer_init(&out, 0);
	admin_write_end(&out, ADMIN_END_REFUSED, text_of(sentence));
	if (!out.failed)
		(void)!send(fd, out.data, out.length, MSG_NOSIGNAL | MSG_DONTWAIT);
	buffer_free(&out);
	close(fd);
}

static struct visit *
free_place(struct admin_socket *owner)
{
	for (unsigned i = 0; i < CONNECTIONS_MAX; i++) {
		if (owner->visits[i].owner == NULL)
			return &owner->visits[i];
	}
	return NULL;
}

/* Takes over `fd`. */
static void
visit_begin(struct admin_socket *owner, struct visit *visit, int fd, struct peer_credentials peer)
{
	struct timeval limit;

	*visit = (struct visit){ .owner = owner, .peer = peer };
	visit->stream = bufferevent_socket_new(owner->base, fd, BEV_OPT_CLOSE_ON_FREE);
	visit->deadline = evtimer_new(owner->base, on_deadline, visit);
	visit->again = evtimer_new(owner->base, on_again, visit);
	if (visit->stream == NULL)
		close(fd);
	if (visit->stream == NULL || visit->deadline == NULL || visit->again == NULL) {
		visit_end(visit);
		return;
	}
	bufferevent_setcb(visit->stream, on_readable, on_drained, on_stream_over, visit);
	bufferevent_setwatermark(visit->stream, EV_READ, 0, ADMIN_REQUEST_BYTES_MAX);
	bufferevent_setwatermark(visit->stream, EV_WRITE, QUEUE_LOW_BYTES, 0);
	bufferevent_set_timeouts(visit->stream, NULL, seconds(&limit, STALL_SECONDS));
	event_add(visit->deadline, seconds(&limit, REQUEST_SECONDS));
	bufferevent_enable(visit->stream, EV_READ | EV_WRITE);
}

static void
admit(struct admin_socket *owner, int fd)
{
	struct visit *visit = free_place(owner);
	struct peer_credentials peer;

	if (!unix_socket_peer(fd, &peer)) {
		log_plain(owner->log, LOG_LEVEL_WARN, "operator without credentials refused");
		turn_away(fd, "the hub cannot see who you are");
	} else if (!may_operate(owner, fd, &peer)) {
		log_warn(owner->log, "operator refused", log_i64("uid", peer.uid),
		    log_i64("gid", peer.gid), log_i64("pid", peer.pid));
		turn_away(fd, "your user may not operate this hub");
	} else if (visit == NULL) {
		log_warn(owner->log, "too many operators", log_i64("uid", peer.uid));
		turn_away(fd, "too many operators at once; try again");
	} else {
		visit_begin(owner, visit, fd, peer);
	}
}

static void
on_acceptable(evutil_socket_t listener, short events, void *context)
{
	const struct timeval pause = { .tv_usec = PAUSE_MS * 1000 };
	struct admin_socket *owner = context;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0) {
		admit(owner, fd);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		/* The connection stays in the queue, so accepting again at once would only spin. */
		log_warn(
		    owner->log, "cannot accept operators", log_string("error", strerror(errno)));
		event_del(owner->acceptable);
		event_add(owner->pause, &pause);
	}
}

static void
on_pause_over(evutil_socket_t fd, short events, void *context)
{
	struct admin_socket *owner = context;

	(void)fd;
	(void)events;
	event_add(owner->acceptable, NULL);
}

static bool
listen_on(
    struct admin_socket *owner, const struct config_hub *config, char *error, size_t error_size)
{
	struct stat file;

	owner->fd = unix_socket_listen(config->admin_socket, config->admin_mode,
	    config->admin_group, error, error_size, &owner->file);
	if (owner->fd < 0)
		return false;
	owner->mode = config->admin_mode;
	owner->group = lstat(config->admin_socket, &file) == 0 ? file.st_gid : getegid();
	owner->acceptable =
	    event_new(owner->base, owner->fd, EV_READ | EV_PERSIST, on_acceptable, owner);
	owner->pause = evtimer_new(owner->base, on_pause_over, owner);
	if (owner->acceptable != NULL && owner->pause != NULL &&
	    event_add(owner->acceptable, NULL) == 0)
		return true;
	snprintf(error, error_size, "the event loop cannot watch %s", config->admin_socket);
	return false;
}

struct admin_socket *
admin_socket_create(const struct admin_socket_setup *setup, char *error, size_t error_size)
{
	struct admin_socket *owner = calloc(1, sizeof(*owner));

	if (owner == NULL || (owner->path = strdup(setup->config->admin_socket)) == NULL) {
		snprintf(error, error_size, "there is no memory for the admin socket");
		free(owner);
		return NULL;
	}
	owner->base = setup->base;
	owner->core = setup->core;
	owner->record = setup->record;
	owner->log = setup->log;
	owner->changed = setup->changed;
	owner->ended = setup->ended;
	owner->context = setup->context;
	if (!listen_on(owner, setup->config, error, error_size))
		admin_socket_destroy(&owner);
	return owner;
}

void
admin_socket_destroy(struct admin_socket **socket)
{
	struct admin_socket *doomed = *socket;

	if (doomed == NULL)
		return;
	*socket = NULL;
	for (unsigned i = 0; i < CONNECTIONS_MAX; i++)
		visit_end(&doomed->visits[i]);
	if (doomed->acceptable != NULL)
		event_free(doomed->acceptable);
	if (doomed->pause != NULL)
		event_free(doomed->pause);
	if (doomed->fd >= 0) {
		close(doomed->fd);
		unix_socket_remove(doomed->path, &doomed->file);
	}
	free(doomed->path);
	free(doomed);
}
