/*
 * Who a client is: users by realm and id, each with the clients it has now. A user is here from its
 * first connection until its last one is gone, lingering included. Pure state: stores nothing,
 * tells nobody.
 */
#ifndef HUBBUB_HUB_USERS_H
#define HUBBUB_HUB_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "hub/presence.h"
#include "hub/store_rows.h"

/* Ids are what was in a path (64 code points at most), a client_id or a verified name. */
#define USERS_ID_BYTES_MAX 256u

/* Of a resume secret: 8 of the user's id and 32 of chance, hexadecimal. */
#define USERS_SECRET_DIGITS 40u

struct users;

/* Texts are followed by a NUL. */
struct user {
	struct text realm;
	struct text id;
	struct client *clients; /* the first; others follow as `sibling`        */
	unsigned connections;   /* clients that do not linger                   */
	unsigned receipts;      /* of them, those that say what they received   */
	bool keeps_mail;        /* its inbox outlives its clients               */
	bool is_recorded;       /* the store has a row of it                    */
	bool is_coming;         /* without clients only for now                 */
	bool has_secret;        /* it may come again by this                    */
	unsigned char secret[STORE_DIGEST_SIZE];
	struct stream *inbox;    /* borrowed; NULL: not needed so far            */
	int64_t seen_ms;         /* as it was recorded last                      */
	uint64_t recorded;       /* the batch that recorded it                   */
	struct user *seen_after; /* in order of seen_ms: recorded longest ago first */
	struct user *seen_before;
};

/* NULL without memory. */
struct users *users_create(struct table_key key);
void users_destroy(struct users **users);

struct user *users_find(const struct users *users, struct text realm, struct text id);

/* The user of that id, if only one realm has one. */
struct user *users_only(const struct users *users, struct text id);

/* The user of that id, made if need be. NULL without memory. */
struct user *users_get(struct users *users, struct text realm, struct text id);

/* Forgets a user that has no clients. Its texts end with it. */
void users_forget(struct users *users, struct user *user);

/* A client is of that user, for as long as it is online. */
void users_attach(struct user *user, struct client *client);
void users_detach(struct client *client);

/* Its client's connection is gone, or it has another one. */
void users_linger(struct client *client);
void users_return(struct client *client);

/* The first of its clients that has a connection; NULL if none has. */
struct client *users_connected(const struct user *user);

/* It was recorded in that batch, as seen at that time: the last to be recorded again. */
void users_recorded(struct users *users, struct user *user, int64_t seen_ms, uint64_t batch);

/* The store would not take it: it is due before all others. */
void users_not_recorded(struct users *users, struct user *user);

/* The store has it, or will with a batch that is open. */
bool users_has_record(const struct user *user);

/* The one recorded longest ago, if that was before `before_ms`. */
struct user *users_recorded_before(const struct users *users, int64_t before_ms);

/* Batches above `kept` were not kept: who was recorded in them is due again at once. */
void users_roll_back(struct users *users, uint64_t kept);

/* A text has the form of a resume secret. */
bool users_is_secret(struct text text);

size_t users_count(const struct users *users);

#endif
