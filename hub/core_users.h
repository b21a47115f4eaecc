/*
 * What the files about users, their mail and their commands ask of each other; see core_state.h
 * for the rest of the core.
 */
#ifndef HUBBUB_HUB_CORE_USERS_H
#define HUBBUB_HUB_CORE_USERS_H

#include "hub/core_closing.h"
#include "hub/core_state.h"

/* Between looks at whose time is over. */
#define CORE_SWEEP_MS 60000u

#define CORE_RESUME_DIGITS USERS_SECRET_DIGITS

/* Who an OPEN is from. */
struct core_identity {
	struct user *user;
	uint32_t client;                     /* the client_id it gets                          */
	struct client *lingerer;             /* the client it goes on as; NULL: a new one      */
	struct client *speaks_as;            /* or that has a connection, and it has none      */
	bool resumed;                        /* by its secret                                  */
	bool was_detached;                   /* the lingerer waited for its gateway's link     */
	bool is_new;                         /* nobody can have sent it anything               */
	bool is_banned;                      /* it is not let in                               */
	char resume[CORE_RESUME_DIGITS + 1]; /* "": it gets no secret              */
};

/*
 * core_identity.c: finds or makes the user. False without memory or ids; a user without clients
 * that came of it is core_user_gone()'s.
 */
bool core_identify(struct core *core, const struct gateway *gateway, struct now now,
    const struct envelope_open *open, struct core_identity *identity_out);

/* core_users.c: the user's inbox, opened if need be; NULL as inboxes_open. */
struct stream *core_user_inbox(struct core *core, struct user *user);

/* The store is to know that the user is here now, and what it needs to know it again. */
void core_user_record(struct core *core, struct user *user, struct now now);

/* A record of a user that goes with its clients: only their ends remove what it has. */
bool core_user_is_passing(const struct store_user *row);

/* Its last client is gone. The user is freed. */
void core_user_gone(struct core *core, struct user *user, struct now now);

/* Once a minute: records again who is here, forgets whose time to come again is over. */
void core_users_turn(struct core *core, struct now now);
uint64_t core_users_deadline(const struct core *core, struct now now);

/* core_linger.c: the connection is lost, the client stays for a while; or until it is said. */
void core_linger(struct core *core, struct client *client, struct now now);
void core_linger_held(struct core *core, struct client *client);

/* It has come back, but not to the rooms that it does not hear. */
void core_linger_leave_deaf(struct core *core, struct client *client, struct now now);

/* Its gateway has lost its link and may come again. */
void core_linger_detached(struct core *core, struct client *client, uint32_t life, struct now now);

/* It is here again, as `facts` say. False, with nothing changed, without memory. */
bool core_linger_return(
    struct core *core, struct client *client, const struct client *facts, struct now now);

/* It is about to be gone. */
void core_linger_forget(struct client *client);

/* Ends what lasted long enough. */
void core_linger_turn(struct core *core, struct now now);
uint64_t core_linger_deadline(const struct core *core, struct now now);

/* core_detach.c: the link is lost, its clients wait for the next one of the same life. */
void core_detach(struct core *core, struct gateway *gateway, struct now now);

/*
 * Those of a life that still wait are gone; all but those whose own connection was lost before; or
 * those of other lives of that gateway.
 */
void core_detached_gone(struct core *core, uint32_t life, struct now now);
void core_detached_unsaid(struct core *core, uint32_t life, struct now now);
void core_detached_others(struct core *core, const struct gateway *gateway, struct now now);

/* The name of the gateway of that life; empty if it is forgotten. */
const char *core_past_name(const struct core *core, uint32_t life);

/* core_commands.c: OUTCOME_OK if that may be said at all. */
enum outcome_code core_check_content(const struct core *core, struct text content);

/*
 * Stores the outcome and tells the gateway that asked. With `inbox`, the outcome is of its newest
 * message.
 */
void core_conclude(struct core *core, struct gateway *gateway,
    const struct envelope_outcome *outcome, struct stream *inbox);

/* What carries a command out: each ends in one core_conclude. */
typedef void core_command(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope);
core_command core_publish; /* core_publish.c */
core_command core_private; /* core_private.c */
core_command core_read;    /* core_private.c */

/* core_ids.c: the digest of these texts, as the core compares and keeps it; false without one. */
bool core_digest(
    struct core *core, const struct text *parts, size_t count, unsigned char digest[DIGEST_SIZE]);

/* What an id stands for. */
struct core_said {
	struct text parts[4]; /* kind, room or recipient, content, extra */
	struct text id;
};

/*
 * Was this said before? OUTCOME_OK with the row of `earlier_out`, which is borrowed until the next
 * change, or NULL; `row_out` is then what core_id_keep needs. OUTCOME_ID_REUSED, or why not.
 */
enum outcome_code core_id_check(struct core *core, struct now now, const struct client *from,
    const struct core_said *said, struct store_id *row_out, const struct store_id **earlier_out);

/* It was said, as the outcome tells. */
void core_id_keep(struct core *core, struct store_id *row, const struct envelope_outcome *outcome);

/* Answers with the outcome of what was said before. */
void core_id_repeat(
    struct core *core, struct gateway *gateway, uint64_t number, const struct store_id *earlier);

/* core_replay.c: WELCOME and what the gateway has missed, when all that was under way is kept. */
void core_greet(struct core *core, unsigned slot);

/* The outcomes of earlier lives of a gateway of that name are of no use to anybody. */
void core_prune_others(struct core *core, const struct gateway *gateway);

/* It said goodbye: its life comes never again, and nobody else has its name perhaps. */
void core_prune_ended(struct core *core, struct gateway *gateway);

#endif
