/*
 * The gateway's side of the link to the hub: connecting and trying again, opening, saying again
 * who is here, probes. What the hub says about clients is not its business; gateway_core hands
 * it the rest.
 */
#ifndef HUBBUB_GATEWAY_HUB_LINK_H
#define HUBBUB_GATEWAY_HUB_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/random.h"
#include "gateway/commands.h"
#include "gateway/gateway_core.h"
#include "gateway/sessions.h"

#define HUB_RETRY_FIRST_MS 10u
#define HUB_RETRY_MAX_MS 200u

/* A hub that is started again is back soon, and everybody waits for it: it is looked for often. */
#define HUB_RETRY_SOON_MS 20u
#define HUB_SOON_MS 2000u

#define HUB_OPENING_MS 1000u
#define HUB_PROBE_MS 1000u
#define HUB_READY_MS 2000u

/* Clients that want to know are told that the hub is away after so long: restarts are shorter. */
#define HUB_DEGRADED_MS 1000u

/* The hub is told of outcomes that arrived once there are so many, or so old. */
#define HUB_ANSWERED_MAX 1000u
#define HUB_ANSWERED_MS 1000u

/* A hub that says it took a command has brought its outcome by then. */
#define HUB_OWED_MS 10000u

/* Bytes of OPEN and JOIN said again in one turn. */
#define HUB_REPLAY_CHUNK (64u * 1024u)

/* No more of them while so many bytes wait for the hub: its queue is bounded. */
#define HUB_REPLAY_QUEUE (4 * HUB_REPLAY_CHUNK)

enum hub_phase {
	HUB_AWAY, /* waiting to try again */
	HUB_CONNECTING,
	HUB_OPENING,  /* HELLO is sent                              */
	HUB_ATTACHED, /* WELCOME came                               */
	HUB_ENDING,   /* given up by us, the loss is not yet reported */
	HUB_STOPPED,
};

struct hub_link_setup {
	const char *name; /* copied */
	struct gateway_uplink uplink;
	struct random_source random;
	struct sessions *sessions; /* borrowed */
	struct commands *commands; /* borrowed */
	struct gateway_metrics *metrics;
	uint64_t (*measure_us)(void); /* as gateway_core_setup.measure_us */
	struct log *log;
	struct now now;
};

struct hub_link;

/* Asks for the first connection. NULL without memory. */
struct hub_link *hub_link_create(const struct hub_link_setup *setup);
void hub_link_destroy(struct hub_link **link);

void hub_link_connected(struct hub_link *link, struct now now);

/* False for a WELCOME that was not waited for. */
bool hub_link_welcomed(
    struct hub_link *link, struct now now, const struct envelope_welcome *welcome);

void hub_link_lost(struct hub_link *link, struct now now, enum link_loss why);

/* ROSTER_END came: so many gateways does the hub know. */
void hub_link_synced(struct hub_link *link, uint32_t gateways);

void hub_link_probed(struct hub_link *link, struct now now, uint64_t token);

/* Says something that is no client's; a hub too old for that kind is not told. */
void hub_link_say(struct hub_link *link, enum envelope_kind kind, const void *body);

/* Tells operators of a client, or of one that did not become one; bounded, see reports.h. */
void hub_link_report(struct hub_link *link, const struct envelope_report *report);
void hub_link_report_session(void *context, const struct session *session, enum report_event event,
    uint32_t code, const char *reason);

/* It has not proved who it is; `user` is one that it surely may be, or empty. */
void hub_link_report_unproved(
    void *context, const struct session *session, struct text user, const char *reason);

/* What sessions ask of this side. */
struct session_uplink hub_link_session_uplink(struct hub_link *link);

/* Timers, and a part of what has to be said again. */
void hub_link_tick(struct hub_link *link, struct now now);

/*
 * A command that ends here as unavailable: it waited for a hub too long. False if there is none.
 * The command becomes the caller's.
 */
bool hub_link_expired(struct hub_link *link, struct now now, struct command *command_out);

/*
 * One of the sender's commands has its end. True if the sender was gone already; with its last one
 * it is for the hub as well. `session` may be NULL.
 */
bool hub_link_concluded(struct hub_link *link, struct session *session, uint64_t conn);

/*
 * Of clients that are gone while commands of theirs wait: the hub answers for one, or wants no more
 * of it. Nothing happens if there is none.
 */
void hub_link_closing_opened(struct hub_link *link, const struct envelope_opened *opened);
void hub_link_closing_joined(struct hub_link *link, const struct envelope_joined *joined);
void hub_link_closing_kicked(struct hub_link *link, const struct envelope_close *order);

/* End of a turn: hands what was said to the uplink. */
void hub_link_flush(struct hub_link *link);

/* GOODBYE; no further connection. */
void hub_link_stop(struct hub_link *link, const char *reason);

/* Monotonic; UINT64_MAX for never. */
uint64_t hub_link_deadline_ms(const struct hub_link *link);

bool hub_link_is_attached(const struct hub_link *link);

bool hub_link_ready(const struct hub_link *link, struct now now, const char **reason_out);

/* True once it was not ready for HUB_DEGRADED_MS, as of the last tick, until it is again. */
bool hub_link_degraded(const struct hub_link *link);

#endif
