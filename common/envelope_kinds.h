/*
 * The link protocol in one table: every envelope's name, wire number, sender, fields and
 * meaning. Structs, encoder, decoder, sender check and the test against
 * docs/protocol.md all follow it. Wire numbers are never reused; fields are only ever
 * appended, together with a new LINK_VERSION.
 */
#ifndef HUBBUB_COMMON_ENVELOPE_KINDS_H
#define HUBBUB_COMMON_ENVELOPE_KINDS_H

/* Spoken by this build; a link between N and N-1 must work. */
#define LINK_VERSION 1
#define LINK_VERSION_OLDEST 1

/* X(NAME, name, wire number, sender, meaning) */
#define ENVELOPE_KINDS(X)                                                                       \
	X(HELLO, hello, 1, SENDER_GATEWAY, "opens a link")                                      \
	X(WELCOME, welcome, 2, SENDER_HUB, "takes the link; the roster follows")                \
	X(ROSTER_END, roster_end, 3, SENDER_EITHER, "all that was true at the opening is said") \
	X(HEARTBEAT, heartbeat, 4, SENDER_EITHER, "alive; sent when nothing else was")          \
	X(GOODBYE, goodbye, 5, SENDER_EITHER, "a planned end; nothing follows")                 \
	X(PROBE, probe, 6, SENDER_GATEWAY, "asks for a sign of life of the hub's core")         \
	X(PROBED, probed, 7, SENDER_HUB, "the answer, through all that a message passes")       \
	X(OPEN, open, 10, SENDER_GATEWAY, "a client identified itself, now or before the link") \
	X(OPENED, opened, 11, SENDER_HUB, "the client is online under this client_id")          \
	X(CLOSED, closed, 12, SENDER_GATEWAY, "the client's connection is gone")                \
	X(JOIN, join, 13, SENDER_GATEWAY, "a client enters a room")                             \
	X(JOINED, joined, 14, SENDER_HUB, "it is a member and hears what is above seq")         \
	X(REFUSED, refused, 15, SENDER_HUB, "an OPEN or JOIN was not granted")                  \
	X(CLOSE, close, 16, SENDER_HUB, "close one client, with this code and reason")          \
	X(ENTERED, entered, 20, SENDER_HUB, "roster: a client is a member of a room")           \
	X(EXITED, exited, 21, SENDER_HUB, "roster: it no longer is")                            \
	X(PUBLISH, publish, 30, SENDER_GATEWAY, "command: say something in a room")             \
	X(TELL, tell, 31, SENDER_GATEWAY, "command: say something to one user")                 \
	X(OUTCOME, outcome, 32, SENDER_HUB, "what became of a command")                         \
	X(DELIVER, deliver, 33, SENDER_HUB, "a room's message, for all its members here")       \
	X(WHISPER, whisper, 34, SENDER_HUB, "a private message, for one client here")           \
	X(NOTICE, notice, 35, SENDER_HUB, "the operator speaks, to one room or to all")

/*
 * F(type, name): U32, U64 or TEXT. Times are wall-clock milliseconds since the Unix epoch.
 * `conn` is a client's number in its gateway, `client` its client_id, `ordinal` its place in
 * joining order.
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
#define ENVELOPE_FIELDS_open(F) \
	F(U64, conn) F(U32, client) F(TEXT, dialect) F(TEXT, realm) F(TEXT, name) \
	F(TEXT, address) F(U64, since_ms)
#define ENVELOPE_FIELDS_opened(F) F(U64, conn) F(U32, client) F(TEXT, name)
#define ENVELOPE_FIELDS_closed(F) F(U64, conn)
#define ENVELOPE_FIELDS_join(F) F(U64, conn) F(TEXT, room) F(U64, ordinal)
#define ENVELOPE_FIELDS_joined(F) \
	F(U64, conn) F(TEXT, room) F(U64, ordinal) F(U64, epoch) F(U64, seq)
#define ENVELOPE_FIELDS_refused(F) F(U64, conn) F(TEXT, room) F(U32, code)
#define ENVELOPE_FIELDS_close(F) F(U64, conn) F(U32, client) F(U32, code) F(TEXT, reason)
#define ENVELOPE_FIELDS_entered(F) \
	F(TEXT, room) F(U32, client) F(TEXT, name) F(U64, ordinal) F(U64, time)
#define ENVELOPE_FIELDS_exited(F) F(TEXT, room) F(U32, client) F(U64, time)
#define ENVELOPE_FIELDS_publish(F) \
	F(U64, number) F(U64, conn) F(U32, client) F(TEXT, room) F(TEXT, content)
#define ENVELOPE_FIELDS_tell(F) \
	F(U64, number) F(U64, conn) F(U32, client) F(TEXT, to) F(TEXT, content)
#define ENVELOPE_FIELDS_outcome(F) \
	F(U64, number) F(U32, code) F(U32, to) F(TEXT, room) F(U64, epoch) F(U64, seq) \
	F(U64, time)
#define ENVELOPE_FIELDS_deliver(F) \
	F(TEXT, room) F(U64, epoch) F(U64, seq) F(U32, from) F(TEXT, from_name) F(U64, time) \
	F(TEXT, content)
#define ENVELOPE_FIELDS_whisper(F) \
	F(U64, conn) F(U32, to) F(U32, from) F(TEXT, from_name) F(U64, time) \
	F(TEXT, content)
#define ENVELOPE_FIELDS_notice(F) F(TEXT, room) F(U64, time) F(TEXT, content)
/* clang-format on */

#endif
