/*
 * Operators' questions about what happened: the last events of somebody, and all as they happen.
 * What people said is shown to those only who ask for it.
 */
#include "hub/admin_call.h"

#include <string.h>

#include "common/terminal_text.h"
#include "hub/core_asks.h"
#include "hub/event_words.h"

static const struct admin_column event_columns[] = {
	{ "time", ADMIN_TYPE_TIME },
	{ "event", ADMIN_TYPE_TEXT },
	{ "user", ADMIN_TYPE_TEXT },
	{ "realm", ADMIN_TYPE_TEXT },
	{ "client_id", ADMIN_TYPE_TEXT },
	{ "name", ADMIN_TYPE_TEXT },
	{ "gateway", ADMIN_TYPE_TEXT },
	{ "dialect", ADMIN_TYPE_TEXT },
	{ "address", ADMIN_TYPE_TEXT },
	{ "room", ADMIN_TYPE_TEXT },
	{ "to", ADMIN_TYPE_TEXT },
	{ "code", ADMIN_TYPE_NUMBER },
	{ "count", ADMIN_TYPE_NUMBER },
	{ "reason", ADMIN_TYPE_TEXT },
	{ "words", ADMIN_TYPE_TEXT },
	{ "content", ADMIN_TYPE_TEXT },
};

static struct admin_cell
number_or_nothing(uint64_t number)
{
	return number == 0 ? admin_cell_nothing() : admin_cell_number(number);
}

static void
write_event(void *context, const struct event *event)
{
	struct buffer *out = context;
	char id[CLIENT_ID_TEXT_SIZE];
	struct buffer words;
	struct admin_cell cells[] = {
		admin_cell_time(event->wall_ms),
		admin_cell_string(event_word(event->kind)),
		admin_cell_text(event->texts[EVENT_USER]),
		admin_cell_text(event->texts[EVENT_REALM]),
		admin_cell_client(event->client, id),
		admin_cell_text(event->texts[EVENT_NAME]),
		admin_cell_text(event->texts[EVENT_GATEWAY]),
		admin_cell_text(event->texts[EVENT_DIALECT]),
		admin_cell_text(event->texts[EVENT_ADDRESS]),
		admin_cell_text(event->texts[EVENT_ROOM]),
		admin_cell_text(event->texts[EVENT_TO]),
		number_or_nothing(event->code),
		number_or_nothing(event->count),
		admin_cell_text(event->texts[EVENT_REASON]),
		admin_cell_nothing(),
		admin_cell_nothing(),
	};

	_Static_assert(ADMIN_COUNT(cells) == ADMIN_COUNT(event_columns), "a cell for each column");
	buffer_init(&words, 0);
	event_words(&words, event);
	cells[ADMIN_COUNT(cells) - 2] = admin_cell_text(buffer_text(&words));
	if (event->content.length > 0)
		cells[ADMIN_COUNT(cells) - 1] = admin_cell_text(event->content);
	admin_write_row(out, event_columns, cells, ADMIN_COUNT(cells));
	buffer_free(&words);
}

void
admin_do_why(const struct admin_call *call)
{
	const struct admin_request *request = call->request;
	const struct events *events = core_events(call->core);
	enum events_found found;
	struct buffer rows;

	if ((request->user.data == NULL) == (request->address.data == NULL)) {
		buffer_append_string(&call->action->sentence,
		    "name a user or, with --address, where somebody connects from");
		call->action->end = ADMIN_END_USAGE;
		return;
	}
	buffer_init(&rows, 0);
	if (request->user.data != NULL)
		found = events_of_user(events, request->user, write_event, &rows);
	else
		found =
		    events_of_address(events, request->address, CORE_ROWS_MAX, write_event, &rows);
	if (found == EVENTS_SEVERAL) {
		admin_refuse_word(call,
		    "several users may be meant; name one as REALM/ID or by its client_id: ",
		    request->user);
	} else if (found == EVENTS_NOTHING) {
		admin_refuse_word(call, "nothing is remembered of ",
		    request->user.data != NULL ? request->user : request->address);
	} else {
		admin_write_columns(call->out, ADMIN_COLUMNS(event_columns), false);
		buffer_append_text(call->out, buffer_text(&rows));
		call->out->failed |= rows.failed;
		call->action->end = ADMIN_END_DONE;
	}
	buffer_free(&rows);
}

void
admin_do_tail(const struct admin_call *call)
{
	struct admin_action *action = call->action;
	struct admin_tail *tail = &action->tail;

	tail->contents = call->request->contents.data != NULL;
	if (!events_watch(core_events(call->core), tail->contents, &tail->next)) {
		admin_refuse(call, "the hub has no memory for that");
		return;
	}
	tail->events = core_events(call->core);
	/* The request ends with its connection's first turn. */
	buffer_append_text(&action->held, call->request->user);
	buffer_append_text(&action->file, call->request->room);
	action->wait = ADMIN_WAIT_EVENTS;
	admin_write_columns(call->out, ADMIN_COLUMNS(event_columns), false);
	if (action->held.failed || action->file.failed)
		call->out->failed = true;
}

/* So many were overwritten before they could be told. */
static void
write_skipped(const struct admin_tail *tail, struct now now, struct buffer *out)
{
	struct admin_cell cells[ADMIN_COUNT(event_columns)];

	for (unsigned i = 0; i < ADMIN_COUNT(cells); i++)
		cells[i] = admin_cell_nothing();
	cells[0] = admin_cell_time(now.wall_ms);
	cells[1] = admin_cell_string("skipped");
	cells[12] = admin_cell_number(tail->skipped);
	cells[14] = admin_cell_string("so many events were not shown: nobody read them in time");
	admin_write_row(out, event_columns, cells, ADMIN_COUNT(cells));
}

static bool
is_wanted(const struct admin_action *action, const struct event *event)
{
	struct text user = buffer_text(&action->held);
	struct text room = buffer_text(&action->file);

	if (user.length > 0 && !event_is_of(event, user))
		return false;
	return room.length == 0 || text_equal(event->texts[EVENT_ROOM], room);
}

void
admin_tail_more(struct admin_action *action, struct now now, size_t enough, struct buffer *out)
{
	struct admin_tail *tail = &action->tail;
	struct event event;

	while (out->length < enough &&
	       events_take(tail->events, &tail->next, &tail->skipped, &event)) {
		if (tail->skipped > 0)
			write_skipped(tail, now, out);
		tail->skipped = 0;
		/* Others may watch contents. */
		if (!tail->contents)
			event.content = (struct text){ NULL, 0 };
		if (is_wanted(action, &event))
			write_event(out, &event);
	}
}
