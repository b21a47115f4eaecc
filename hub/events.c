/*
 * A pool of events of one size, linked by age and, through their subject - a user, else an address,
 * else a gateway - in chains of a table. Whoever has as many as one may have loses its own oldest,
 * so that nobody's noise makes others forgotten. Who watches has a ring, made for the first and
 * freed behind the last.
 */
#include "hub/events.h"

#include <stdlib.h>
#include <string.h>

#define CHAINS 1024u
#define TEXT_BYTES 184u
#define NONE UINT32_MAX

enum scope { CLIENT, GATEWAY, FLEETING };

static const struct {
	const char *word;
	enum scope scope;
} kinds[EVENT_KIND_COUNT] = {
#define EVENT_ROW(NAME, word, scope) [EVENT_##NAME] = { (word), (scope) },
	EVENT_KINDS(EVENT_ROW)
#undef EVENT_ROW
};

/* Of each text at most; what is longer is no name that anybody asks for. */
static const uint8_t text_max[EVENT_TEXTS] = {
	[EVENT_USER] = 64,
	[EVENT_REALM] = 16,
	[EVENT_GATEWAY] = 32,
	[EVENT_ADDRESS] = 46,
	[EVENT_NAME] = 48,
	[EVENT_ROOM] = 64,
	[EVENT_TO] = 64,
	[EVENT_DIALECT] = 16,
	[EVENT_REASON] = 123,
};

struct kept {
	int64_t wall_ms;
	uint64_t count;
	uint64_t subject; /* hash of whose event it is */
	uint32_t client;
	uint32_t code;
	uint32_t older; /* in order of age */
	uint32_t newer;
	uint32_t chained; /* the next older one of its chain */
	uint8_t kind;
	uint8_t lengths[EVENT_TEXTS];
	char texts[TEXT_BYTES];
};

_Static_assert(sizeof(struct kept) <= 256, "all of them take a mebibyte");

/* For who watches. */
struct shown {
	struct kept event;
	uint16_t content_length;
	char content[EVENTS_CONTENT_MAX];
};

struct events {
	struct table_key key;
	struct kept *pool; /* its pages are touched as it fills */
	uint32_t used;
	uint32_t oldest;
	uint32_t newest;
	uint32_t chains[CHAINS]; /* the newest of each */
	struct shown *ring;
	uint64_t next; /* that will be written there */
	unsigned watchers;
	unsigned content_watchers;
};

const char *
event_word(enum event_kind kind)
{
	return kinds[kind].word;
}

struct events *
events_create(struct table_key key)
{
	struct events *events = calloc(1, sizeof(*events));

	if (events == NULL)
		return NULL;
	events->key = key;
	events->pool = calloc(EVENTS_MAX, sizeof(*events->pool));
	events->oldest = events->newest = NONE;
	memset(events->chains, 0xff, sizeof(events->chains));
	if (events->pool == NULL)
		events_destroy(&events);
	return events;
}

void
events_destroy(struct events **events)
{
	struct events *doomed = *events;

	if (doomed == NULL)
		return;
	*events = NULL;
	free(doomed->pool);
	free(doomed->ring);
	free(doomed);
}

bool
events_are_watched(const struct events *events)
{
	return events->watchers > 0;
}

bool
events_show_contents(const struct events *events)
{
	return events->content_watchers > 0;
}

/* The bytes of whole code points that are not too many. */
static size_t
cut(struct text text, size_t max)
{
	size_t length = text.length;

	if (length <= max)
		return length;
	for (length = max; length > 0 && ((unsigned char)text.data[length] & 0xc0) == 0x80;)
		length--;
	return length;
}

static void
keep(struct kept *kept, const struct event *event)
{
	size_t at = 0;

	kept->wall_ms = event->wall_ms;
	kept->count = event->count;
	kept->client = event->client;
	kept->code = event->code;
	kept->kind = (uint8_t)event->kind;
	for (unsigned i = 0; i < EVENT_TEXTS; i++) {
		size_t max = TEXT_BYTES - at < text_max[i] ? TEXT_BYTES - at : text_max[i];
		size_t length = cut(event->texts[i], max);

		if (length > 0)
			memcpy(kept->texts + at, event->texts[i].data, length);
		kept->lengths[i] = (uint8_t)length;
		at += length;
	}
}

static struct event
seen(const struct kept *kept)
{
	struct event event = {
		.kind = (enum event_kind)kept->kind,
		.wall_ms = kept->wall_ms,
		.client = kept->client,
		.code = kept->code,
		.count = kept->count,
	};
	size_t at = 0;

	for (unsigned i = 0; i < EVENT_TEXTS; i++) {
		if (kept->lengths[i] > 0)
			event.texts[i] = (struct text){ kept->texts + at, kept->lengths[i] };
		at += kept->lengths[i];
	}
	return event;
}

static uint64_t
subject_of(const struct events *events, const struct event *event)
{
	const struct text *texts = event->texts;

	if (kinds[event->kind].scope == GATEWAY)
		return table_hash_text(events->key, texts[EVENT_GATEWAY]) ^ GATEWAY;
	if (texts[EVENT_USER].length == 0)
		return table_hash_text(events->key, texts[EVENT_ADDRESS]);
	return table_hash_text(events->key, texts[EVENT_USER]) +
	       table_hash_text(events->key, texts[EVENT_REALM]);
}

/* The oldest of that subject if it has as many as it may; NONE. */
static uint32_t
surplus(const struct events *events, uint64_t subject)
{
	uint32_t at = events->chains[subject % CHAINS];
	uint32_t last = NONE;
	unsigned count = 0;

	for (; at != NONE; at = events->pool[at].chained) {
		if (events->pool[at].subject != subject)
			continue;
		last = at;
		count++;
	}
	return count < EVENTS_OF_ONE_MAX ? NONE : last;
}

static void
forget(struct events *events, uint32_t at)
{
	struct kept *kept = &events->pool[at];
	uint32_t *link = &events->chains[kept->subject % CHAINS];

	while (*link != at)
		link = &events->pool[*link].chained;
	*link = kept->chained;
	if (kept->older != NONE)
		events->pool[kept->older].newer = kept->newer;
	else
		events->oldest = kept->newer;
	if (kept->newer != NONE)
		events->pool[kept->newer].older = kept->older;
	else
		events->newest = kept->older;
}

static void
remember(struct events *events, const struct event *event)
{
	uint64_t subject = subject_of(events, event);
	uint32_t at = surplus(events, subject);
	struct kept *kept;

	if (at == NONE && events->used < EVENTS_MAX) {
		at = events->used++;
	} else {
		at = at != NONE ? at : events->oldest;
		forget(events, at);
	}
	kept = &events->pool[at];
	keep(kept, event);
	kept->subject = subject;
	kept->chained = events->chains[subject % CHAINS];
	events->chains[subject % CHAINS] = at;
	kept->newer = NONE;
	kept->older = events->newest;
	if (kept->older != NONE)
		events->pool[kept->older].newer = at;
	else
		events->oldest = at;
	events->newest = at;
}

static void
show(struct events *events, const struct event *event)
{
	struct shown *shown = &events->ring[events->next++ % EVENTS_WATCHED_MAX];

	keep(&shown->event, event);
	shown->content_length = (uint16_t)cut(event->content, EVENTS_CONTENT_MAX);
	if (shown->content_length > 0)
		memcpy(shown->content, event->content.data, shown->content_length);
}

void
events_note(struct events *events, const struct event *event)
{
	if (kinds[event->kind].scope != FLEETING)
		remember(events, event);
	if (events->watchers > 0)
		show(events, event);
}

/* As it was kept: whoever asks may know more of it. */
static bool
is_text(const struct event *event, enum event_text which, struct text text)
{
	text.length = cut(text, text_max[which]);
	return text.length > 0 && text_equal(event->texts[which], text);
}

static bool
is_client(const struct event *event, struct text who)
{
	uint32_t client;

	return event->client != 0 && text_to_client_id(who, &client) && client == event->client;
}

/* REALM/ID or the id alone. */
static bool
is_user(const struct event *event, struct text who)
{
	size_t realm = event->texts[EVENT_REALM].length;

	if (is_text(event, EVENT_USER, who))
		return true;
	return who.length > realm + 1 && realm > 0 && who.data[realm] == '/' &&
	       memcmp(who.data, event->texts[EVENT_REALM].data, realm) == 0 &&
	       is_text(event, EVENT_USER,
		   (struct text){ who.data + realm + 1, who.length - realm - 1 });
}

static bool
is_named(const struct event *event, struct text who)
{
	return is_text(event, EVENT_NAME, who);
}

bool
event_is_of(const struct event *event, struct text who)
{
	return is_client(event, who) || is_user(event, who) || is_named(event, who) ||
	       is_text(event, EVENT_TO, who);
}

typedef bool is_meant_fn(const struct event *event, struct text who);

/* Whose events fit, if they are of one. */
static enum events_found
find(const struct events *events, struct text who, is_meant_fn *is_meant, uint64_t *subject_out)
{
	enum events_found found = EVENTS_NOTHING;

	for (uint32_t at = events->newest; at != NONE; at = events->pool[at].older) {
		struct event event = seen(&events->pool[at]);

		if (event.texts[EVENT_USER].length == 0 || !is_meant(&event, who))
			continue;
		if (found == EVENTS_FOUND && events->pool[at].subject != *subject_out)
			return EVENTS_SEVERAL;
		*subject_out = events->pool[at].subject;
		found = EVENTS_FOUND;
	}
	return found;
}

static bool
is_end(enum event_kind kind)
{
	return kind == EVENT_DISCONNECTED || kind == EVENT_DRAINED || kind == EVENT_GONE ||
	       kind == EVENT_DIED;
}

/* Is it there, through that gateway, as far as its events say? */
static void
follow(const struct event *event, struct text *gateway)
{
	if (is_end(event->kind))
		*gateway = (struct text){ NULL, 0 };
	else if (event->kind != EVENT_TURNED_AWAY) /* it did not come in, and may be elsewhere */
		*gateway = event->texts[EVENT_GATEWAY];
}

enum events_found
events_of_user(const struct events *events, struct text who, event_fn *row, void *context)
{
	static is_meant_fn *const ways[] = { is_client, is_user, is_named };
	enum events_found found = EVENTS_NOTHING;
	struct text gateway = { NULL, 0 };
	uint64_t subject = 0;

	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]) && found == EVENTS_NOTHING; i++)
		found = find(events, who, ways[i], &subject);
	if (found != EVENTS_FOUND)
		return found;
	for (uint32_t at = events->oldest; at != NONE; at = events->pool[at].newer) {
		struct event event = seen(&events->pool[at]);
		bool is_of_all = kinds[event.kind].scope == GATEWAY && gateway.length > 0 &&
				 event.kind != EVENT_MISSED &&
				 text_equal(event.texts[EVENT_GATEWAY], gateway);

		if (events->pool[at].subject != subject && !is_of_all)
			continue;
		row(context, &event);
		follow(&event, &gateway);
	}
	return found;
}

enum events_found
events_of_address(
    const struct events *events, struct text address, unsigned limit, event_fn *row, void *context)
{
	uint32_t first = NONE;
	unsigned count = 0;

	for (uint32_t at = events->newest; at != NONE && count < limit;
	     at = events->pool[at].older) {
		struct event event = seen(&events->pool[at]);

		if (!is_text(&event, EVENT_ADDRESS, address))
			continue;
		first = at;
		count++;
	}
	for (uint32_t at = first; at != NONE; at = events->pool[at].newer) {
		struct event event = seen(&events->pool[at]);

		if (is_text(&event, EVENT_ADDRESS, address))
			row(context, &event);
	}
	return count > 0 ? EVENTS_FOUND : EVENTS_NOTHING;
}

bool
events_watch(struct events *events, bool contents, uint64_t *next_out)
{
	if (events->ring == NULL)
		events->ring = calloc(EVENTS_WATCHED_MAX, sizeof(*events->ring));
	if (events->ring == NULL)
		return false;
	events->watchers++;
	events->content_watchers += contents ? 1 : 0;
	*next_out = events->next;
	return true;
}

void
events_unwatch(struct events *events, bool contents)
{
	events->content_watchers -= contents ? 1 : 0;
	if (--events->watchers > 0)
		return;
	free(events->ring);
	events->ring = NULL;
}

bool
events_take(const struct events *events, uint64_t *next, uint64_t *skipped, struct event *event_out)
{
	const struct shown *shown;

	if (*next + EVENTS_WATCHED_MAX < events->next) {
		*skipped += events->next - EVENTS_WATCHED_MAX - *next;
		*next = events->next - EVENTS_WATCHED_MAX;
	}
	if (*next == events->next)
		return false;
	shown = &events->ring[(*next)++ % EVENTS_WATCHED_MAX];
	*event_out = seen(&shown->event);
	event_out->content = (struct text){ shown->content, shown->content_length };
	return true;
}

bool
events_are_new(const struct events *events, uint64_t next)
{
	return next != events->next;
}
