/*
 * The link protocol in one table: every envelope's name, wire number, sender, fields and
 * meaning. Structs, encoder, decoder, sender check and the test against
 * docs/protocol.md all follow it. Wire numbers are never reused; fields are only ever
 * appended, together with a new LINK_VERSION. Versions before LINK_VERSION_OLDEST are
 * understood no longer.
 */
#ifndef HUBBUB_COMMON_ENVELOPE_KINDS_H
#define HUBBUB_COMMON_ENVELOPE_KINDS_H

/* Spoken by this build; a link between N and N-1 must work. */
#define LINK_VERSION 4
#define LINK_VERSION_OLDEST 3

/* X(NAME, name, wire number, sender, meaning) */
/* clang-format off */
#define ENVELOPE_KINDS(X)                                                                         \
	X(HELLO, hello, 1, SENDER_GATEWAY, "opens a link")                                        \
	X(WELCOME, welcome, 2, SENDER_HUB, "takes the link; the roster follows")                  \
	X(ROSTER_END, roster_end, 3, SENDER_EITHER, "all that was true at the opening is said")   \
	X(HEARTBEAT, heartbeat, 4, SENDER_EITHER, "alive; sent when nothing else was")            \
	X(GOODBYE, goodbye, 5, SENDER_EITHER, "a planned end; nothing follows")                   \
	X(PROBE, probe, 6, SENDER_GATEWAY, "asks for a sign of life of the hub's core")           \
	X(PROBED, probed, 7, SENDER_HUB, "the answer, through all that a message passes")         \
	X(ANSWERED, answered, 8, SENDER_GATEWAY, "outcomes up to this number have arrived")       \
	X(OPEN, open, 10, SENDER_GATEWAY, "a client identified itself, now or before the link")   \
	X(OPENED, opened, 11, SENDER_HUB, "the client is online under this client_id")            \
	X(CLOSED, closed, 12, SENDER_GATEWAY, "the client's connection is gone")                  \
	X(JOIN, join, 13, SENDER_GATEWAY, "a client enters a room")                               \
	X(JOINED, joined, 14, SENDER_HUB, "it is a member and hears what is above seq")           \
	X(REFUSED, refused, 15, SENDER_HUB, "an OPEN or JOIN was not granted")                    \
	X(CLOSE, close, 16, SENDER_HUB, "close one client, with this code and reason")            \
	X(LEAVE, leave, 17, SENDER_GATEWAY, "a client leaves a room")                             \
	X(LEFT, left, 18, SENDER_HUB, "it is a member no longer, by its wish or not")             \
	X(ENTERED, entered, 20, SENDER_HUB, "roster: a client is a member of a room")             \
	X(EXITED, exited, 21, SENDER_HUB, "roster: it no longer is")                              \
	X(PUBLISH, publish, 30, SENDER_GATEWAY, "command: say something in a room")               \
	X(TELL, tell, 31, SENDER_GATEWAY, "command: say something to one user")                   \
	X(OUTCOME, outcome, 32, SENDER_HUB, "what became of a command")                           \
	X(DELIVER, deliver, 33, SENDER_HUB, "a room's message, for all its members here")         \
	X(WHISPER, whisper, 34, SENDER_HUB, "a private message, for one client here")             \
	X(NOTICE, notice, 35, SENDER_HUB, "the operator speaks, to one room or to all")           \
	X(TYPING, typing, 36, SENDER_GATEWAY, "a client is writing, to a room or to a user")      \
	X(TYPED, typed, 37, SENDER_HUB, "somebody is writing, for a room or for one client here") \
	X(READ, read, 38, SENDER_GATEWAY, "command: the user received its inbox up to seq")       \
	X(FETCH, fetch, 40, SENDER_GATEWAY, "asks for a part of a room's stream or an inbox") \
	X(ITEM, item, 41, SENDER_HUB, "one message of that part")                                 \
	X(FETCHED, fetched, 42, SENDER_HUB, "the part is complete, or names what is missing") \
	X(LIST, list, 43, SENDER_GATEWAY, "asks for the rooms that a client may see, by name")    \
	X(LISTED, listed, 44, SENDER_HUB, "one of them")                                          \
	X(LIST_END, list_end, 45, SENDER_HUB, "the answer is complete")                           \
	X(INSPECT, inspect, 46, SENDER_HUB, "asks what a client costs its gateway")               \
	X(INSPECTED, inspected, 47, SENDER_GATEWAY, "the answer")                                 \
	X(DRAIN, drain, 48, SENDER_HUB, "let all clients go over that time, then end")            \
	X(DRAINING, draining, 49, SENDER_GATEWAY, "its clients go, over that time")               \
	X(REPORT, report, 50, SENDER_GATEWAY, "what happened to a client, for operators")         \
	X(LOG_LEVEL, log_level, 51, SENDER_EITHER, "log from this level on; it does")             \
	X(LOAD, load, 52, SENDER_EITHER, "asks what the gateway does; the answer")
/* clang-format on */

/* Kinds that came after LINK_VERSION_OLDEST: X(NAME, version). Older links never carry them. */
#define ENVELOPE_KINDS_SINCE(X) X(REPORT, 4) X(LOG_LEVEL, 4) X(LOAD, 4)

/*
 * F(type, name): U32, U64 or TEXT. Times are wall-clock milliseconds since the Unix epoch.
 * `conn` is a client's number in its gateway, `client` its client_id, `user` the id of its user
 * within its realm, `ordinal` its place in joining order, `extra` what a dialect keeps with a
 * message for itself.
 */
/* clang-format off */
#define ENVELOPE_FIELDS_hello(F) \
	F(U32, link_version) F(TEXT, gateway) F(U64, epoch) F(TEXT, software) \
	F(U64, capabilities) F(U64, answered) F(U64, hub_epoch) F(U32, gateways_known)
#define ENVELOPE_FIELDS_welcome(F) \
	F(U32, link_version) F(U64, hub_epoch) F(TEXT, software) F(U64, committed) \
	F(U32, frame_max) F(U32, commands_max)
#define ENVELOPE_FIELDS_roster_end(F) F(U64, version) F(U32, gateways)
#define ENVELOPE_FIELDS_heartbeat(F) F(U64, sent_ms)
#define ENVELOPE_FIELDS_goodbye(F) F(TEXT, reason)
#define ENVELOPE_FIELDS_probe(F) F(U64, token)
#define ENVELOPE_FIELDS_probed(F) F(U64, token)
#define ENVELOPE_FIELDS_answered(F) F(U64, number)
#define ENVELOPE_FIELDS_open(F) \
	F(U64, conn) F(U32, client) F(TEXT, dialect) F(TEXT, realm) F(TEXT, name) \
	F(TEXT, address) F(U64, since_ms) F(TEXT, user) F(TEXT, resume) F(U32, flags)
#define ENVELOPE_FIELDS_opened(F) \
	F(U64, conn) F(U32, client) F(TEXT, name) F(TEXT, user) F(TEXT, resume) F(U32, resumed) \
	F(U64, epoch) F(U64, seq) F(U64, read)
#define ENVELOPE_FIELDS_closed(F) F(U64, conn) F(U32, linger)
#define ENVELOPE_FIELDS_join(F) F(U64, conn) F(TEXT, room) F(U64, ordinal)
#define ENVELOPE_FIELDS_joined(F) \
	F(U64, conn) F(TEXT, room) F(U64, ordinal) F(U64, epoch) F(U64, seq) F(U32, members)
#define ENVELOPE_FIELDS_refused(F) F(U64, conn) F(TEXT, room) F(U32, code)
#define ENVELOPE_FIELDS_close(F) F(U64, conn) F(U32, client) F(U32, code) F(TEXT, reason)
#define ENVELOPE_FIELDS_leave(F) F(U64, conn) F(TEXT, room)
#define ENVELOPE_FIELDS_left(F) F(U64, conn) F(TEXT, room) F(U32, reason) F(TEXT, renamed)
#define ENVELOPE_FIELDS_entered(F) \
	F(TEXT, room) F(U32, client) F(TEXT, name) F(U64, ordinal) F(U64, time) F(TEXT, user)
#define ENVELOPE_FIELDS_exited(F) F(TEXT, room) F(U32, client) F(U64, time)
#define ENVELOPE_FIELDS_publish(F) \
	F(U64, number) F(U64, conn) F(U32, client) F(TEXT, room) F(TEXT, content) F(TEXT, id)
#define ENVELOPE_FIELDS_tell(F) \
	F(U64, number) F(U64, conn) F(U32, client) F(TEXT, to) F(TEXT, content) F(TEXT, id) \
	F(TEXT, extra) F(U32, flags)
#define ENVELOPE_FIELDS_outcome(F) \
	F(U64, number) F(U32, code) F(U32, to) F(TEXT, room) F(U64, epoch) F(U64, seq) \
	F(U64, time) F(TEXT, user) F(U32, durability) F(U32, flags)
#define ENVELOPE_FIELDS_deliver(F) \
	F(TEXT, room) F(U64, epoch) F(U64, seq) F(U32, from) F(TEXT, from_name) F(U64, time) \
	F(TEXT, content) F(TEXT, from_user)
#define ENVELOPE_FIELDS_whisper(F) \
	F(U64, conn) F(U32, to) F(U32, from) F(TEXT, from_name) F(U64, time) \
	F(TEXT, content) F(TEXT, from_user) F(U64, epoch) F(U64, seq) F(TEXT, extra)
#define ENVELOPE_FIELDS_notice(F) F(TEXT, room) F(U64, time) F(TEXT, content)
#define ENVELOPE_FIELDS_typing(F) F(U64, conn) F(TEXT, room) F(TEXT, to)
#define ENVELOPE_FIELDS_typed(F) \
	F(TEXT, room) F(U64, conn) F(U32, from) F(TEXT, from_user) F(TEXT, from_name)
#define ENVELOPE_FIELDS_read(F) F(U64, number) F(U64, conn) F(U32, client) F(U64, epoch) F(U64, seq)
#define ENVELOPE_FIELDS_fetch(F) \
	F(U64, token) F(U64, conn) F(TEXT, room) F(U64, epoch) F(U64, after) F(U64, before) \
	F(U32, limit)
#define ENVELOPE_FIELDS_item(F) \
	F(U64, token) F(U64, conn) F(TEXT, room) F(U64, epoch) F(U64, seq) F(U32, from) \
	F(TEXT, from_user) F(TEXT, from_name) F(U64, time) F(TEXT, content) F(TEXT, extra)
#define ENVELOPE_FIELDS_fetched(F) \
	F(U64, token) F(U64, conn) F(TEXT, room) F(U32, code) F(U64, epoch) F(U64, after) \
	F(U64, to) F(U32, more) F(U64, gap_from) F(U64, gap_to) F(U32, gap_reason) F(U64, gap_epoch)
#define ENVELOPE_FIELDS_list(F) F(U64, token) F(U64, conn) F(TEXT, after) F(U32, limit)
#define ENVELOPE_FIELDS_listed(F) \
	F(U64, token) F(U64, conn) F(TEXT, room) F(U32, members) F(U64, epoch) F(U64, seq) \
	F(U32, rights)
#define ENVELOPE_FIELDS_list_end(F) F(U64, token) F(U64, conn) F(U32, more)
#define ENVELOPE_FIELDS_inspect(F) F(U64, token) F(U64, conn)
#define ENVELOPE_FIELDS_inspected(F) F(U64, token) F(U64, conn) F(U64, queue_bytes) F(U32, found)
#define ENVELOPE_FIELDS_drain(F) F(U32, over_ms)
#define ENVELOPE_FIELDS_draining(F) F(U32, over_ms)
#define ENVELOPE_FIELDS_report(F) \
	F(U32, event) F(U32, code) F(U32, missed) F(U64, conn) F(TEXT, address) F(TEXT, user) \
	F(TEXT, path) F(TEXT, reason)
#define ENVELOPE_FIELDS_log_level(F) F(U64, token) F(U32, level)
#define ENVELOPE_FIELDS_load(F) \
	F(U64, token) F(U64, received) F(U64, delivered) F(U64, queue_bytes) F(U32, clients) \
	F(U32, behind)
/* clang-format on */

/* REPORT.event */
enum report_event {
	REPORT_NONE,
	REPORT_REFUSED, /* a request was; `code` is the HTTP status           */
	REPORT_CLOSED,  /* a client was, by the gateway; `code` of the CLOSE  */
	REPORT_LIMITED, /* a client says more than it may                     */
	REPORT_EVENTS,
};

/* LOG_LEVEL.level: those of the log are 1 and above. */
#define LOG_LEVEL_AS_IT_IS 0u

/* DRAIN.over_ms: as long as the gateway's own configuration says. */
#define DRAIN_AS_CONFIGURED UINT32_MAX

/* OPEN.flags */
enum {
	OPEN_KEEPS_MAIL = 1,   /* its user's inbox outlives the last connection        */
	OPEN_WANTS_SECRET = 2, /* its user is to come again: give a resume secret      */
	OPEN_HAS_RECEIPTS = 4, /* somebody will say READ: keep until then               */
	OPEN_CLOSING = 8,      /* it is gone already; only commands of it are to come   */
};

/* CLOSED.linger */
enum {
	CLOSED_GONE = 0,       /* by a word of either side                              */
	CLOSED_LOST = 1,       /* without one: it may come again and go on              */
	CLOSED_UNANSWERED = 2, /* commands of it are to come or to be answered; another
				* CLOSED follows                                        */
};

/* TELL.flags */
enum {
	TELL_BY_NAME = 1, /* `to` may be the name of the only one online who has it   */
	TELL_KEEP = 2,    /* store for a user that was never seen, too                */
	TELL_USER = 4,    /* `to` is a user's id, never a client_id that looks alike  */
};

/* OUTCOME.flags */
enum {
	OUTCOME_WAS_ABSENT = 1, /* stored; nobody of that user was online  */
	OUTCOME_REPEATED = 2,   /* of an id that was taken before         */
};

/* LEFT.reason */
enum left_reason { LEFT_WISHED, LEFT_ROOM_CLOSED, LEFT_ROOM_RENAMED, LEFT_FORBIDDEN };

/* FETCHED.gap_reason */
enum gap_reason { GAP_NONE, GAP_EXPIRED, GAP_EPOCH, GAP_READ };

/* LISTED.rights */
enum { ROOM_MAY_READ = 1, ROOM_MAY_WRITE = 2, ROOM_IS_MEMBER = 4 };

#endif
