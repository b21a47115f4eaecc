/*
 * All clients of a gateway: the table of conns, who is waited for, who has output, who ends.
 * What is done once per turn and never from within a loop over members is done here.
 */
#ifndef HUBBUB_GATEWAY_SESSIONS_H
#define HUBBUB_GATEWAY_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/log.h"
#include "common/random.h"
#include "gateway/admission.h"
#include "gateway/conns.h"
#include "gateway/id_map.h"
#include "gateway/positions.h"
#include "gateway/receipts.h"
#include "gateway/session.h"
#include "gateway/session_proof.h"

/* What sessions ask of the side that faces the hub. */
struct session_uplink {
	/* session_open was called. */
	void (*open)(void *context, struct session *session);
	/* Numbers, keeps and sends a command; OUTCOME_OK if taken, else why it ends at once. */
	uint32_t (*command)(void *context, struct session *session, struct envelope *command);
	/* Says something of an open session; false while there is no hub. */
	bool (*say)(
	    void *context, struct session *session, enum envelope_kind kind, const void *body);
	bool (*is_up)(void *context);
	/*
	 * An open session goes, whatever becomes of its commands; called before it leaves the
	 * list of open ones.
	 */
	void (*closed)(void *context, struct session *session);
	/* Tells operators what happened to it. */
	void (*report)(void *context, const struct session *session, enum report_event event,
	    uint32_t code, const char *reason);
	/* Likewise: it has not proved who it is, and may be nobody or the user of its realm. */
	void (*unproved)(
	    void *context, const struct session *session, struct text user, const char *reason);
	void *context;
};

TAILQ_HEAD(session_list, session);
TAILQ_HEAD(session_more_list, session_more);

struct sessions {
	struct config_limits limits;
	struct config_store store; /* its texts are not for us */
	struct transport transport;
	struct session_uplink uplink;
	struct gateway_metrics *metrics; /* borrowed */
	struct admission *admission;     /* likewise; NULL: nobody is limited */
	struct roster *roster;           /* borrowed; set by notices_init */
	struct presence_rule presence;
	struct log *log;   /* borrowed */
	struct auth *auth; /* borrowed; NULL where nobody has to prove anything */
	struct proof_ends proof_ends;
	struct slab_pool *pool; /* borrowed */
	struct fanout *fanout;  /* borrowed */
	struct slab *personal;  /* open for frames to one client */
	struct now now;         /* of the call that is being served */
	struct ratelimit_rule message_rule;
	struct ratelimit_rule offence_rule;
	struct ping_wheel pings;
	struct receipts_desk receipts;
	struct positions positions;
	struct buffer payload; /* for one rendering       */
	uint64_t next_token;   /* of questions to the hub */
	struct conns conns;
	unsigned count;
	unsigned late;                    /* of them, those that came during a drain         */
	struct id_map clients;            /* client id -> session                        */
	struct session_list waiting;      /* for a name, oldest first                    */
	struct session_list open;         /* in the order of session_open                */
	struct session_list backlog;      /* those the transport did not take all from   */
	struct session_more_list resting; /* whom the hub could not answer, oldest first */
	struct session *touched;          /* in the order of that */
	struct session *last_touched;
	struct session *ending;
	uint64_t queue_bytes;
	uint64_t backlog_checked_ms;
	bool hub_away; /* as clients that want to know were told */
};

struct sessions_setup {
	const struct config_limits *limits;
	const struct config_store *store; /* NULL: unknown */
	struct transport transport;
	struct session_uplink uplink;
	struct random_source random;
	struct gateway_metrics *metrics;
	struct admission *admission; /* may be NULL */
	struct log *log;
	struct auth *auth; /* NULL: no mount demands a proof */
	struct slab_pool *pool;
	struct fanout *fanout;
	struct now now;
};

void sessions_init(struct sessions *sessions, const struct sessions_setup *setup);

/* Other limits from now on, for those who are here as well; `store` as in the setup. */
void sessions_set_limits(struct sessions *sessions, const struct config_limits *limits,
    const struct config_store *store);

/* Forgets every session without effects; none may be a member of a channel any more. */
void sessions_free(struct sessions *sessions);

/* NULL past limits.clients or without memory. */
struct session *sessions_add(
    struct sessions *sessions, void *peer, const struct client_request *request);

/* The transport's connection is gone; freed at the end of the turn. */
void sessions_gone(struct session *session);

/* NULL for a conn that never was or is no more. */
struct session *sessions_find(const struct sessions *sessions, uint64_t conn);
struct session *sessions_find_client(const struct sessions *sessions, uint32_t client);

/* It is found by `client` from now on, and by no other id. False without memory. */
bool sessions_identify(struct session *session, uint32_t client);

/* For session.c: into the lists of the turn. */
void sessions_touch(struct session *session);
void sessions_end(struct session *session);

/* For session.c: from those waited for to the open ones. */
void sessions_opened(struct session *session);

/* Something was said to one client; the slab of the turn takes it. NULL without memory. */
struct slab *sessions_personal(struct sessions *sessions);

/* The transport has room again. */
void sessions_writable(struct session *session);

/* PINGs for receipts, behind all that the turn brought; who did not answer one is lost. */
void sessions_ask_receipts(struct sessions *sessions);
void sessions_end_unanswered(struct sessions *sessions);

/* Tells the hub of the receipts that are due by then; UINT64_MAX: of all. */
void sessions_tell_receipts(struct sessions *sessions, uint64_t until_ms);

/* Tells all whose dialect has a word for it, when that changes; a newcomer to who is open. */
void sessions_hub_away(struct sessions *sessions, bool away);
void sessions_tell_newcomer(struct session *session);

/* Timers: logins, pings, slow readers. */
void sessions_tick(struct sessions *sessions);

/*
 * End of a turn, after fanout_flush: writes to each touched client once, then lets go who ends.
 */
void sessions_flush(struct sessions *sessions);

/* Of sessions_write.c: to each touched client once; after a change of what waits for one. */
void sessions_write(struct sessions *sessions);
void sessions_recount(struct session *session);

/* Tells it when to come back, if its dialect can, and closes; so many go at about that time. */
void sessions_dismiss(
    struct session *session, enum close_code code, const char *reason, unsigned together);

void sessions_close_all(struct sessions *sessions, enum close_code code, const char *reason);

/* Monotonic; UINT64_MAX for never. */
uint64_t sessions_deadline_ms(const struct sessions *sessions);

#endif
