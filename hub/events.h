/*
 * What happened lately, for operators who ask why: the last events of each user or address, and
 * all events for who watches. Bounded in both; the oldest are forgotten. Pure state: reads no
 * clock, tells nobody, and nothing that the core decides depends on it.
 */
#ifndef HUBBUB_HUB_EVENTS_H
#define HUBBUB_HUB_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"
#include "hub/table.h"

/* Events that are remembered, and of one user, address or gateway. */
#define EVENTS_MAX 4096u
#define EVENTS_OF_ONE_MAX 32u

/* Events that wait for the slowest who watches; a message's bytes that are shown. */
#define EVENTS_WATCHED_MAX 2048u
#define EVENTS_CONTENT_MAX 480u

/*
 * X(NAME, word, scope): words are a contract with scripts. Of a CLIENT, of what happens to all
 * clients of a GATEWAY at once, or FLEETING: seen by who watches, and not remembered.
 */
/* clang-format off */
#define EVENT_KINDS(X) \
	X(CONNECTED, "connected", CLIENT)       /* a new client                                 */ \
	X(ANNOUNCED, "announced", CLIENT)       /* its gateway had it before this hub           */ \
	X(RESUMED, "resumed", CLIENT)           /* its user came back by its secret             */ \
	X(RETURNED, "returned", CLIENT)         /* in time: nobody was told that it was away    */ \
	X(JOINED, "joined", CLIENT) \
	X(LEFT, "left", CLIENT) \
	X(SAID, "said", FLEETING) \
	X(TOLD, "told", FLEETING) \
	X(READ, "received", FLEETING)           /* it has its private messages up to here       */ \
	X(REFUSED, "refused", CLIENT)           /* `code` is an outcome                         */ \
	X(BANNED, "banned", CLIENT) \
	X(TURNED_AWAY, "turned_away", CLIENT)   /* `code` is an HTTP status                     */ \
	X(LIMITED, "limited", CLIENT) \
	X(CLOSED, "closed", CLIENT)             /* by its gateway; `code` of the CLOSE          */ \
	X(KICKED, "kicked", CLIENT) \
	X(LOST, "lost", CLIENT)                 /* its connection, without a word               */ \
	X(DISCONNECTED, "disconnected", CLIENT) /* its connection, for good                     */ \
	X(DRAINED, "drained", CLIENT)           /* likewise, while its gateway lets all go      */ \
	X(GONE, "gone", CLIENT)                 /* it did not come back in time                 */ \
	X(LINKED, "gateway_linked", GATEWAY) \
	X(DRAINING, "gateway_draining", GATEWAY) \
	X(AWAY, "gateway_away", GATEWAY)        /* its link is lost                             */ \
	X(DIED, "gateway_died", GATEWAY)        /* and all its clients with it                  */ \
	X(MISSED, "missed", GATEWAY)            /* so many `count` it did not report            */
/* clang-format on */

#define EVENT_ENUM(NAME, word, scope) EVENT_##NAME,
enum event_kind { EVENT_KINDS(EVENT_ENUM) EVENT_KIND_COUNT };
#undef EVENT_ENUM

const char *event_word(enum event_kind kind);

/* Which texts an event has; they are kept in this order, as far as there is room. */
enum event_text {
	EVENT_USER,
	EVENT_REALM,
	EVENT_GATEWAY,
	EVENT_ADDRESS,
	EVENT_NAME,
	EVENT_ROOM,
	EVENT_TO, /* the user that something was told */
	EVENT_DIALECT,
	EVENT_REASON,
	EVENT_TEXTS
};

/* One event. Texts are borrowed, cut where they are too long; there are none without data. */
struct event {
	enum event_kind kind;
	int64_t wall_ms;
	uint32_t client; /* client_id; 0: none */
	uint32_t code;
	uint64_t count;
	struct text texts[EVENT_TEXTS];
	struct text content; /* for who watches contents only */
};

struct events;

/* NULL without memory. */
struct events *events_create(struct table_key key);
void events_destroy(struct events **events);

/* True if a fleeting event is of use to anybody, and whether its content is. */
bool events_are_watched(const struct events *events);
bool events_show_contents(const struct events *events);

void events_note(struct events *events, const struct event *event);

/* Does `who` mean the event's user: REALM/ID, id, client_id or name, or who it was told? */
bool event_is_of(const struct event *event, struct text who);

enum events_found {
	EVENTS_FOUND,
	EVENTS_NOTHING,
	EVENTS_SEVERAL, /* users that `who` may mean */
};

typedef void event_fn(void *context, const struct event *event);

/*
 * The remembered events of one user, the oldest first, with what happened meanwhile to the gateway
 * it was on. `who` is a client_id, REALM/ID, an id or a name, looked for in this order; nothing is
 * handed over unless it means one user.
 */
enum events_found events_of_user(
    const struct events *events, struct text who, event_fn *row, void *context);

/* Those of an address, the newest `limit` of them. */
enum events_found events_of_address(
    const struct events *events, struct text address, unsigned limit, event_fn *row, void *context);

/* Begins to watch: *next_out is where events_take goes on. False without memory. */
bool events_watch(struct events *events, bool contents, uint64_t *next_out);
void events_unwatch(struct events *events, bool contents);

/*
 * The next event, borrowed until another is noted; false if there is none. Those that were
 * overwritten before they were taken are added to *skipped.
 */
bool events_take(
    const struct events *events, uint64_t *next, uint64_t *skipped, struct event *event_out);

/* True if events_take has one. */
bool events_are_new(const struct events *events, uint64_t next);

#endif
