/*
 * The inside of a link to the hub, for hub_link.c, hub_link_commands.c and
 * hub_link_closing.c alone.
 */
#ifndef HUBBUB_GATEWAY_HUB_LINK_STATE_H
#define HUBBUB_GATEWAY_HUB_LINK_STATE_H

#include "gateway/closing.h"
#include "gateway/hub_link.h"
#include "gateway/reports.h"

struct hub_link {
	struct gateway_uplink uplink;
	struct random_source random;
	struct sessions *sessions;
	struct commands *commands;
	struct gateway_metrics *metrics;
	struct log *log;
	char *name;
	enum hub_phase phase;
	uint64_t epoch;     /* of this gateway's life         */
	uint64_t hub_epoch; /* of the hub we last attached to */
	uint32_t gateways_known;
	uint32_t attachment; /* how often attached; sessions remember on which they were said */
	uint32_t commands_max;
	uint32_t version; /* of the present link */
	unsigned retry_ms;
	uint64_t lost_ms;    /* since when it is away                         */
	uint64_t due_ms;     /* of the phase: try again, give up, probe again */
	uint64_t probed_ms;  /* when the newest probe that came back was sent */
	uint64_t unready_ms; /* since when it is not ready                    */
	uint64_t (*measure_us)(void);
	uint64_t probe_token; /* of the probe that is measured; 0: none is */
	uint64_t probe_us;    /* and when it was sent                      */
	bool unready;
	bool degraded;
	bool probed;            /* on this attachment                            */
	bool synced;            /* the hub said all of its roster                */
	bool replaying;         /* somebody may still have to be said again      */
	struct session *replay; /* who is next; NULL: look at the first          */
	struct reports reports;
	struct closings closings;
	struct closing *replay_closing; /* likewise, before the sessions */
	bool closings_ended;            /* some wait for the link to be opened only */
	uint64_t sent;          /* commands up to here are not to be sent on this link     */
	uint64_t written;       /* the highest number ever sent: only an outcome ends these */
	unsigned held;          /* commands above it                                        */
	uint64_t owed;          /* up to here the hub owes outcomes from before this link   */
	uint64_t owed_until_ms; /* the latest that it may bring them                        */
	uint64_t answered;      /* as the hub was told                                      */
	uint64_t answered_ms;
	struct buffer output;
	struct buffer scratch; /* a command that is not sent yet */
};

/* hub_link.c: ends the attachment; says again who a client is; whether that was done. */
void hub_link_give_up(struct hub_link *link, enum link_loss why);
void hub_link_announce(struct hub_link *link, struct session *session);
bool hub_link_is_announced(const struct hub_link *link, const struct session *session);

/* hub_link_commands.c: takes one; what a new link has to make good, and whether it can go on. */
uint32_t hub_link_command(void *context, struct session *session, struct envelope *command);
void hub_link_commands_welcomed(struct hub_link *link, struct now now, uint64_t committed);
void hub_link_commands_tick(struct hub_link *link, struct now now);
bool hub_link_can_send_held(const struct hub_link *link);

/* hub_link_closing.c: a session goes; true if its commands have to be waited for. */
bool hub_link_closing_begin(struct hub_link *link, const struct session *session);

/* Says again who is closing, up to `stop` bytes of output; true when all is said. */
bool hub_link_closing_replay(struct hub_link *link, size_t stop);
void hub_link_closing_welcomed(struct hub_link *link);
void hub_link_closing_lost(struct hub_link *link);
void hub_link_closing_tick(struct hub_link *link);

/* When hub_link_expired has one; UINT64_MAX for never. */
uint64_t hub_link_expiry_ms(const struct hub_link *link);

#endif
