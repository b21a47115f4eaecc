/*
 * What operators see and do beyond the lists of core.h: rooms, what was said in them, users with
 * their inboxes, and the store. Who may wish it is decided where wishes come in.
 */
#ifndef HUBBUB_HUB_CORE_OPERATOR_H
#define HUBBUB_HUB_CORE_OPERATOR_H

#include "hub/core.h"
#include "hub/users.h"

/* Rows of one answer at most. */
#define CORE_ROWS_MAX 1000u

#define CORE_REALM_BYTES_MAX 64u

struct core_room_info {
	struct text name;
	struct text class_name;
	bool is_made; /* by an operator */
	unsigned members;
	uint64_t epoch;
	uint64_t seq;
	enum store_durability durability;
	int64_t created_ms; /* if it is made */
};

/* The first room behind `after`, by name. Borrowed until the core changes. */
bool core_next_room(struct core *core, struct text after, struct core_room_info *info_out);

enum core_sight {
	CORE_SEEN,
	CORE_UNKNOWN,   /* there is no such room or user            */
	CORE_AMBIGUOUS, /* the name is that of several users        */
	CORE_ONLINE,    /* it cannot be done to a user that is here */
	CORE_UNREADABLE /* the store does not answer                */
};

/* The newest messages of a room, the oldest of them first. */
enum core_sight core_history(
    struct core *core, struct text room, unsigned limit, store_message_fn *row, void *context);

/* A user that was meant. */
struct core_who {
	char realm[CORE_REALM_BYTES_MAX + 1];
	char id[USERS_ID_BYTES_MAX + 1];
};

/*
 * The user that `text` means: a client_id that is online, REALM/ID, an id that is online in one
 * realm or known to the store, or the name of exactly one who is online.
 */
enum core_sight core_find_user(struct core *core, struct text text, struct core_who *who_out);

/* The user of REALM/ID, whether anything is known of it or not; false for another form. */
bool core_named_user(struct text text, struct core_who *who_out);

/* Its connections one by one: *cursor begins as 0. */
bool core_next_connection(struct core *core, const struct core_who *who, unsigned *cursor,
    struct core_client_info *info_out);

struct core_inbox_info {
	uint64_t epoch;
	uint64_t seq;
	uint64_t mark;    /* received up to here  */
	uint64_t waiting; /* messages above it    */
	uint64_t waiting_bytes;
};

enum core_sight core_inbox_state(
    struct core *core, const struct core_who *who, struct core_inbox_info *info_out);

/* The newest messages of an inbox, the oldest of them first. */
enum core_sight core_inbox(struct core *core, const struct core_who *who, unsigned limit,
    store_message_fn *row, void *context);

/* Asks the client's gateway what it costs; a number for core_inspected, 0 if nobody can tell. */
uint64_t core_inspect(struct core *core, uint32_t client);

/* True once the gateway has answered; found: it still had the client. */
bool core_inspected(
    const struct core *core, uint64_t token, bool *found_out, uint64_t *queue_bytes_out);

enum core_drain {
	CORE_DRAIN_TOLD,
	CORE_DRAIN_UNKNOWN,  /* no gateway has that name   */
	CORE_DRAIN_SETTLING, /* it still says who is there */
};

/* One that was told to let its clients go. */
struct core_drained {
	uint32_t life;
	unsigned drains; /* what it had said before */
	unsigned clients;
};

/* Over DRAIN_AS_CONFIGURED or so many milliseconds; drained_out is filled if it has that name. */
enum core_drain core_drain(
    struct core *core, struct text name, uint32_t over_ms, struct core_drained *drained_out);

/* True once it has said that it does so, or is gone, of which over_ms_out remains 0. */
bool core_drain_begun(
    const struct core *core, const struct core_drained *drained, uint32_t *over_ms_out);

/* Removes what a user that is not here said, its name, inbox and record. */
enum core_sight core_forget(
    struct core *core, const struct core_who *who, struct core_deed *deed_out);

/* What a text means that is to name one user: the id of somebody online, the name of another. */
struct core_meaning {
	bool is_id;
	bool is_name;
};
struct core_meaning core_meaning(const struct core *core, struct text who);

/* What became of a wish for a ban. */
enum core_ban_result { CORE_BAN_DONE, CORE_BAN_TOO_MANY, CORE_BAN_NOT_STORED };

struct core_ban_deed {
	struct core_deed deed; /* `affected` connections are told to close */
	bool was_banned;
};

/*
 * Bans, in the place of an older ban of the same, and closes the connections that it concerns;
 * since_ms is now. Lifts the ban that kind, realm and value name.
 */
enum core_ban_result core_ban(struct core *core, struct now now, const struct store_ban *wanted,
    struct core_ban_deed *deed_out);
enum core_ban_result core_unban(struct core *core, struct now now, const struct store_ban *wanted,
    struct core_ban_deed *deed_out);

/* The bans in force, the oldest first: *cursor begins as 0. Borrowed until the core changes. */
const struct store_ban *core_next_ban(const struct core *core, struct now now, uint64_t *cursor);

/* In how many realms a user of that id is banned; the last of them, borrowed likewise. */
unsigned core_ban_realms(const struct core *core, struct text id, struct text *realm_out);

/* False if the store cannot tell. */
bool core_store_stats(struct core *core, struct store_stats *stats_out);

/*
 * A copy waits to be taken by the next life. The later that begins, the more of what is said now
 * will be gone.
 */
bool core_awaits_restart(const struct core *core);

/* Rises with every batch that the store has kept or given up, by whatever much. */
uint64_t core_batches_ended(const struct core *core);

/* Begins long work of the store's; a number for core_job, 0 if it cannot begin now. */
uint64_t core_job_begin(struct core *core, enum store_job job, struct text path);

/* How it stands; the sentence is borrowed until the next turn. */
enum core_job_state { CORE_JOB_RUNS, CORE_JOB_DONE, CORE_JOB_FAILED };
enum core_job_state core_job(const struct core *core, uint64_t job, const char **sentence_out);

/* A page of all messages, as store_ops.export_page. */
bool core_export(
    struct core *core, uint64_t *cursor, unsigned limit, store_message_fn *row, void *context);

#endif
