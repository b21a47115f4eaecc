/*
 * A gateway's core in a test bench: virtual time, clients whose sockets take as much as the test
 * says, a hub that the test speaks for, and a dialect whose frames are short words.
 */
#ifndef HUBBUB_TESTS_UNIT_GATEWAY_RIG_H
#define HUBBUB_TESTS_UNIT_GATEWAY_RIG_H

#include "common/buffer.h"
#include "gateway/auth.h"
#include "gateway/gateway_core.h"
#include "gateway/mounts.h"

#define RIG_PEERS_MAX 11000

struct rig;

struct rig_peer {
	struct rig *rig;
	struct session *session;
	uint64_t conn;       /* as OPEN said it, after rig_login  */
	struct buffer taken; /* what the socket took              */
	size_t room;         /* how many bytes more it would take */
	unsigned writes;
	unsigned last_write; /* its place among those to all peers */
	unsigned closes;
	enum close_code close_code;
	char close_reason[128];
};

struct rig {
	struct gateway_core *core;
	struct now now;
	uint64_t seed;
	struct metrics *metrics;
	struct mount mount;
	struct auth *auth;
	struct proof proof; /* of those who connect, where the mount demands one */
	unsigned connects;
	unsigned drops;
	enum link_loss dropped;
	struct buffer said;     /* frames for the hub */
	struct buffer reported; /* of them, what is for operators only */
	size_t queued;          /* what waits for it, as the test says */
	struct envelope_decoder *decoder;
	struct rig_peer *peers;
	unsigned peer_count;
	unsigned writes; /* to all of them */
	uint64_t ordinal;
	bool keeps_first;     /* of each client only what its socket took first */
	uint64_t frame_bytes; /* that all sockets took */
};

/*
 * Words of the dialect: the first message is the name, "@to text" tells, "!" offends, else
 * publish.
 */
extern const struct dialect rig_dialect;

/* Renders everything as upper words, for rooms with two dialects. */
extern const struct dialect rig_loud_dialect;

/*
 * Limits as configured by default, changed by `adjust` (may be NULL). The link is not
 * connected.
 */
void rig_create(struct rig *rig, void (*adjust)(struct config_limits *limits));
void rig_destroy(struct rig *rig);

/* Ends a turn without and with time passing. */
void rig_turn(struct rig *rig);
void rig_after(struct rig *rig, uint64_t ms);

/* HELLO, WELCOME, and the hub's ROSTER_END; what the gateway said is forgotten. */
void rig_attach(struct rig *rig);
void rig_welcome(struct rig *rig, uint64_t hub_epoch);
void rig_roster_end(struct rig *rig);
void rig_lose(struct rig *rig);

/* The hub says something; asserts that the link lives. */
void rig_hub(struct rig *rig, struct envelope envelope);

/* The next envelope for the hub; asserts its kind. Texts are valid until the next call. */
struct envelope rig_said(struct rig *rig, enum envelope_kind kind);
void rig_said_nothing(struct rig *rig);

/* The next report, likewise: they stand apart, for most tests do not look at them. */
struct envelope rig_reported(struct rig *rig);
void rig_forget_said(struct rig *rig);

/* A client, and one message of it. Neither ends the turn. */
struct rig_peer *rig_connect(struct rig *rig);
struct rig_peer *rig_connect_loud(struct rig *rig);
struct rig_peer *rig_connect_as(struct rig *rig, const struct dialect *dialect);
void rig_send(struct rig_peer *peer, const char *message);

/* The hub takes the client in as `client`, in joining order; nobody is told yet. */
void rig_open(struct rig_peer *peer, uint32_t client, const char *name);
void rig_entered(struct rig *rig, uint32_t client, const char *name, uint64_t ordinal);
void rig_exited(struct rig *rig, uint32_t client);
void rig_deliver(struct rig *rig, const char *from, const char *content);

/* All of it: connected, logged in, in the lobby, everybody told; nothing left to hear for it. */
struct rig_peer *rig_login(struct rig *rig, uint32_t client, const char *name);

/*
 * The next frame the client got: its text, "PING", or what the PING for a receipt carries. Asserts
 * that there is one.
 */
const char *rig_next(struct rig_peer *peer);
size_t rig_unheard(const struct rig_peer *peer);
void rig_forget_heard(struct rig_peer *peer);

#define assert_hears(peer, text) assert_string_equal(rig_next(peer), text)
#define assert_hears_nothing(peer) assert_int_equal(rig_unheard(peer), 0)

/* A metric's value, e.g. of `name{label="x"}`. */
int64_t rig_count(struct rig *rig, const char *series);

#endif
