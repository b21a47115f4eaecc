/*
 * What each event means, in plain words: a sentence of the table, and what is particular to the
 * event behind it. Pure.
 */
#include "hub/event_words.h"

#include <inttypes.h>

#include "common/envelope.h"
#include "common/outcomes.h"

static const char *const sentences[EVENT_KIND_COUNT] = {
	[EVENT_CONNECTED] = "it connected",
	[EVENT_ANNOUNCED] = "its gateway had it before this hub was started",
	[EVENT_RESUMED] = "it came back by its secret",
	[EVENT_RETURNED] = "it came back in time; nobody was told that it was away",
	[EVENT_JOINED] = "it entered the room",
	[EVENT_LEFT] = "it left the room",
	[EVENT_SAID] = "it said something in the room",
	[EVENT_TOLD] = "it said something to one user",
	[EVENT_READ] = "it has received its private messages up to this number",
	[EVENT_REFUSED] = "what it wanted was refused",
	[EVENT_BANNED] = "it is banned, and was closed",
	[EVENT_TURNED_AWAY] = "its request was refused",
	[EVENT_LIMITED] = "it says more than it may; what is too much is not delivered",
	[EVENT_CLOSED] = "its gateway closed it",
	[EVENT_KICKED] = "an operator closed it",
	[EVENT_LOST] = "its connection broke; it is waited for",
	[EVENT_DISCONNECTED] = "its connection ended",
	[EVENT_DRAINED] = "it was let go, or went, while its gateway drained",
	[EVENT_GONE] = "it did not come back in time",
	[EVENT_LINKED] = "the gateway is linked, and all its clients are known",
	[EVENT_DRAINING] = "the gateway began to let its clients go",
	[EVENT_AWAY] = "the gateway lost its link; its clients are waited for",
	[EVENT_DIED] = "the gateway is gone, and its clients with it",
	[EVENT_MISSED] = "the gateway had more to report than it may",
};

/* What a refusal by HTTP means here. */
static const struct {
	uint32_t status;
	const char *meaning;
} statuses[] = {
	{ 400, "it was no sound request" },
	{ 401, "it had no valid token" },
	{ 403, "pages of that origin, or that user, may not connect" },
	{ 404, "there is nothing at that path" },
	{ 405, "that method is not allowed" },
	{ 426, "that path is for WebSockets" },
	{ 429, "there were too many from there" },
	{ 503, "the gateway is full, or lets its clients go" },
};

static const char *const left_words[] = {
	[LEFT_ROOM_CLOSED] = "the room was closed",
	[LEFT_ROOM_RENAMED] = "the room was renamed",
	[LEFT_FORBIDDEN] = "it may not be in the room any more",
};

static const char *
status_meaning(uint32_t status)
{
	for (unsigned i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (statuses[i].status == status)
			return statuses[i].meaning;
	}
	return "";
}

/* What the code says, "" for nothing. */
static const char *
code_meaning(const struct event *event)
{
	if (event->kind == EVENT_REFUSED)
		return outcome_sentence(event->code);
	if (event->kind == EVENT_TURNED_AWAY)
		return status_meaning(event->code);
	if (event->kind == EVENT_LEFT && event->code < sizeof(left_words) / sizeof(left_words[0]) &&
	    left_words[event->code] != NULL)
		return left_words[event->code];
	return "";
}

void
event_words(struct buffer *out, const struct event *event)
{
	struct text reason = event->texts[EVENT_REASON];
	const char *meaning = code_meaning(event);

	buffer_append_string(out, sentences[event->kind]);
	if (event->kind == EVENT_CLOSED && event->code == 0)
		buffer_append_string(out, " without a word");
	else if (event->kind == EVENT_CLOSED || event->kind == EVENT_TURNED_AWAY)
		buffer_printf(out, " with %" PRIu32, event->code);
	if (*meaning != '\0')
		buffer_printf(out, ": %s", meaning);
	if (reason.length > 0) {
		buffer_append_string(out, ": ");
		buffer_append_text(out, reason);
	}
}
