/*
 * The inside of struct core, shared by core.c (turns, links' ends) and the core_*.c beside it.
 */
#ifndef HUBBUB_HUB_CORE_STATE_H
#define HUBBUB_HUB_CORE_STATE_H

#include "common/outcomes.h"
#include "hub/client_ids.h"
#include "hub/core.h"
#include "hub/core_asked.h"
#include "hub/core_bans.h"
#include "hub/core_known.h"
#include "hub/core_metrics.h"
#include "hub/events.h"
#include "hub/held.h"
#include "hub/ids.h"
#include "hub/inboxes.h"
#include "hub/old_conns.h"
#include "hub/outbox.h"
#include "hub/presence.h"
#include "hub/questions.h"
#include "hub/room_rules.h"
#include "hub/streams.h"
#include "hub/users.h"

#define GATEWAY_SOFTWARE_MAX 64

/* Gateways of the past whose numbers are remembered. */
#define CORE_PASTS 128

#define CORE_CLIENT_ROOMS_MAX 1000u /* they are searched one by one */

enum gateway_state {
	GATEWAY_FREE,
	GATEWAY_CONNECTED, /* has not said HELLO                   */
	GATEWAY_OPENING,   /* says who is there                    */
	GATEWAY_ATTACHED,  /* has said all                         */
	GATEWAY_LEAVING,   /* dropped; its owner will say it is lost */
};

enum roster_state {
	ROSTER_WAITING, /* nothing said yet                        */
	ROSTER_SENDING, /* said up to the cursor                   */
	ROSTER_TOLD,    /* all said; differences follow as they are */
};

/* The last member said: rooms in order of serials, members in joining order. */
struct roster_cursor {
	uint64_t serial;
	uint64_t ordinal;
	uint32_t client;
};

struct gateway {
	enum gateway_state state;
	enum roster_state roster;
	struct roster_cursor cursor;
	unsigned slot;
	char name[GATEWAY_NAME_MAX + 1];
	char software[GATEWAY_SOFTWARE_MAX + 1];
	uint64_t epoch;
	uint32_t life; /* the same for all links of one epoch */
	struct store_process process;
	unsigned link_version;
	unsigned clients;
	uint64_t commands;
	uint64_t delivered;
	uint64_t first_number; /* of this link; 0: none yet               */
	uint64_t last_number;  /* of its life: what is not above was taken */
	uint64_t answered;     /* up to here it has all outcomes           */
	int64_t since_wall_ms;
	struct gateway_asked asked;
	unsigned drains; /* how often it said that its clients go, last over drain_ms */
	uint32_t drain_ms;
};

/* What must outlive a link: which numbers a gateway's life has used, why the link ended. */
struct gateway_past {
	char name[GATEWAY_NAME_MAX + 1];
	uint64_t epoch;
	uint32_t life;
	uint64_t last_number;
	enum link_loss lost;
	uint64_t lost_order; /* rises from loss to loss; 0: none yet */
};

/* What core_next_client walks over; rebuilt by each walk. */
struct listing {
	struct client **clients;
	size_t count;
	struct buffer rooms;
	struct buffer awaited;
};

/* Runs of batches that were not kept; whoever waits for one asks long before so many are over. */
#define CORE_LOST_MAX 16u
struct lost_batches {
	uint64_t first, last;
};

struct core {
	struct core_limits limits;
	struct core_links links;
	struct store *store;
	struct bus *bus;
	struct random_source random;
	struct log *log;
	struct core_metrics metrics;
	struct table_key key;
	uint64_t epoch;
	int64_t started_wall_ms;
	uint64_t started_mono_ms;
	struct presence *presence;
	struct old_conns old_conns;
	struct users *users;
	struct streams *streams;
	struct room_rules *rules;
	struct inboxes inboxes;
	struct digest *digest;
	struct digest_watch digests;
	struct client_ids ids;
	struct ids *message_ids;
	struct buffer sender;     /* scratch: "REALM/USER" */
	struct waiting lingering; /* for their connection or rooms; see core_linger.c */
	struct waiting detached;  /* for their gateway's link                         */
	uint32_t lives;           /* of gateways, counted                             */
	uint64_t sweep_ms;        /* users are looked through then */
	struct outbox *outbox;
	struct envelope_decoder *decoder; /* of our own frames, when they must be undone */
	struct listing *listing;
	struct held held;
	struct questions questions;
	struct inspection inspections[CORE_INSPECTIONS_MAX];
	uint64_t last_inspection;
	uint64_t last_ask; /* of gateways, see core_asks.c */
	uint64_t joins;    /* so far                       */
	struct store_work work;
	struct buffer answer;  /* scratch */
	struct events *events; /* for operators */
	struct settling settling;
	struct known_gateways known;
	struct core_bans bans;
	struct gateway gateways[CORE_GATEWAYS_MAX];
	struct gateway_past pasts[CORE_PASTS];
	uint64_t losses;
	unsigned attached;
	uint64_t doomed; /* slots that missed a frame for want of memory */
	uint64_t last_ordinal;
	uint64_t roster_version;
	bool written;                            /* the store's open batch holds something */
	uint64_t last_batch;                     /* asked to be committed                  */
	uint64_t kept;                           /* the last that was                      */
	uint64_t undone;                         /* batches up to here have been undone    */
	struct lost_batches lost[CORE_LOST_MAX]; /* the newest; see core_batch */
	unsigned lost_next;
	uint64_t rooms_changed; /* the last batch that changed operators' rooms */
	uint64_t messages_public;
	uint64_t messages_private;
	uint64_t commands_refused;
};

/* core.c: says something to the gateways of `slots` when the turn is over. */
void core_tell(struct core *core, uint64_t slots, enum envelope_kind kind, const void *body);

/* The same for what says that the newest message of `stream` is kept. */
void core_tell_message(struct core *core, uint64_t slots, enum envelope_kind kind, const void *body,
    struct stream *stream);

/* Ends a link for a reason of ours: its clients are gone now. */
void core_drop(struct core *core, struct gateway *gateway, struct now now, enum link_loss why);

static inline uint64_t
core_slot_bit(unsigned slot)
{
	return UINT64_C(1) << slot;
}

/* The batch that what is written now becomes part of. */
static inline uint64_t
core_open_batch(const struct core *core)
{
	return core->last_batch + 1;
}

/* core_opening.c: remembers a gateway's life; why its last link ended, LINK_ALIVE: none did. */
void core_past_keep(struct core *core, const struct gateway *gateway);
void core_past_lost(struct core *core, const struct gateway *gateway, enum link_loss why);
enum link_loss core_past_loss(const struct core *core, const char *name);

/* core_undo.c: replaces a frame of a turn that the store did not keep; an outbox_undo_fn. */
bool core_undo_frame(void *context, const char *frame, size_t length, struct buffer *out);

/* core_clients.c: true for UTF-8 of at most so many bytes without control characters. */
bool core_is_showable(struct text text, size_t bytes_max);

/* core_commands.c: takes up a part of what was held while settling. */
void core_commands_resume(struct core *core, struct now now);

#endif
