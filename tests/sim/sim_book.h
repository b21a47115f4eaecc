/*
 * Everything that was ever said, by sender and number: what its sender knows of it, and where it
 * was seen to stand. One book for all clients, so that no two can be told different things.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_BOOK_H
#define HUBBUB_TESTS_SIM_SIM_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

/* Room clients first, then native ones, then direct ones. */
#define SIM_CLIENTS 40u
#define SIM_NATIVES 6u
#define SIM_DIRECTS 4u
#define SIM_FIRST_NATIVE SIM_CLIENTS
#define SIM_FIRST_DIRECT (SIM_CLIENTS + SIM_NATIVES)
#define SIM_SENDERS (SIM_CLIENTS + SIM_NATIVES + SIM_DIRECTS)

#define SIM_ROOMS 3u
#define SIM_INBOX SIM_ROOMS /* instead of a room */
#define SIM_SHORT_ROOM 1u   /* keeps SIM_SHORT_KEPT messages; the others keep all */
#define SIM_SHORT_KEPT 20u
#define SIM_MEMORY_ROOM 2u /* begins anew with each hub */

extern const char *const sim_rooms[SIM_ROOMS];

enum sim_fate { SIM_SAID, SIM_ACKED, SIM_REFUSED };

struct sim_message {
	unsigned from;
	unsigned number; /* of its sender's messages, from 1; never said with another text */
	unsigned room;
	unsigned to; /* of SIM_INBOX: whose */
	enum sim_fate fate;
	unsigned gateway; /* through which it was said last */
	unsigned said;    /* on how many connections */
	bool asked;       /* on this one, and not answered */
	bool was_refused;
	bool doubtful; /* it may have been refused, and nobody was there to hear it */
	bool heard;    /* by client 0 */
	bool placed;
	bool given_up;      /* said again no more, for ids of its time may be forgotten */
	uint32_t placed_at; /* when anybody first knew */
	uint64_t epoch;
	uint64_t seq;
};

struct sim_pages {
	struct sim_message *rows;
	unsigned count;
	unsigned capacity;
};

struct sim_book {
	uint32_t now; /* counts the world's steps */
	/* SIM_SHORT_ROOM began a new epoch with what had outlived the machine. */
	bool renewed;
	/* The machine ended, and may have taken along ids of what was in memory anyway. */
	bool machine_ended;
	/* Nobody could write in SIM_SHORT_ROOM for a while. */
	bool short_was_closed;
	struct sim_pages of[SIM_SENDERS];
};

/* The sender's next message. Rows move when one is added. */
struct sim_message *sim_book_add(struct sim_book *book, unsigned from, unsigned room, unsigned to);

/* NULL if it was never said. */
struct sim_message *sim_book_find(struct sim_book *book, unsigned from, unsigned number);

/* The message whose content this is; NULL for no content of anybody's. */
struct sim_message *sim_book_read(struct sim_book *book, struct text content);

/* Its content, as sim_book_read takes it. */
void sim_book_write(const struct sim_message *message, char out[48]);

/* The machine may have taken it along, or it stands in another epoch by now. */
bool sim_book_may_move(const struct sim_book *book, const struct sim_message *message);

/* It was seen there. False if it was seen elsewhere before. */
bool sim_book_place(
    const struct sim_book *book, struct sim_message *message, uint64_t epoch, uint64_t seq);

/*
 * It was, or may have been, refused once and said again: whether and where it ends up is open. Or
 * it was left to a connection that is gone, while its sender went on with another one.
 */
bool sim_book_is_loose(const struct sim_message *message);

void sim_book_free(struct sim_book *book);

#endif
