/*
 * How much one address, one user and all newcomers together may ask of this gateway, and when who
 * was refused may come again. An address is an IPv4 address or an IPv6 prefix of 64 bits: whoever
 * has one of those has all of it. This machine is no stranger and is not counted. Pure; what is
 * refused is counted and logged here.
 */
#ifndef HUBBUB_GATEWAY_ADMISSION_H
#define HUBBUB_GATEWAY_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/address.h"
#include "common/config.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/random.h"

struct admission;
struct admission_place; /* of one address, for as long as somebody is there from it */

enum admission_verdict {
	ADMISSION_GRANTED,
	ADMISSION_ADDRESS_CONNECTIONS, /* limits.connections_per_address                   */
	ADMISSION_ADDRESS_ACCEPTS,     /* limits.accepts_per_second_per_address            */
	ADMISSION_ADDRESS_MESSAGES,    /* limits.messages_per_second_per_address           */
	ADMISSION_USER_MESSAGES,       /* limits.messages_per_second_per_user              */
	ADMISSION_LOGINS,              /* limits.logins_per_second                         */
	ADMISSION_CLIENTS,             /* limits.clients                                   */
	ADMISSION_HUB_FULL,            /* the hub's hub.clients_max, or a limit of a user's */
	ADMISSION_VERDICTS,
};

struct admission_setup {
	const struct config_limits *limits; /* borrowed for the time of the call */
	unsigned idle_max; /* addresses, and users, remembered without a connection */
	struct random_source random;
	struct log *log;         /* borrowed; may be NULL */
	struct metrics *metrics; /* likewise              */
};

/* NULL without memory. */
struct admission *admission_create(const struct admission_setup *setup);
void admission_destroy(struct admission **admission);

/* The limits are others from now on. */
void admission_set(struct admission *admission, const struct config_limits *limits);

/*
 * A connection has come from there. Its place is left when it is gone; *place_out is NULL where
 * nothing is counted, and where there is no memory for it, for that is nobody's offence.
 */
enum admission_verdict admission_arrive(struct admission *admission, const struct address *address,
    uint64_t now_ms, struct admission_place **place_out);

/* Leaves a place and sets it to NULL; it may be NULL. */
void admission_leave(struct admission *admission, struct admission_place **place);

/* Another client is to be let in. */
enum admission_verdict admission_login(struct admission *admission, uint64_t now_ms);

/* Somebody who is there says something. Of a user without a realm only the address counts. */
enum admission_verdict admission_message(struct admission *admission, struct admission_place *place,
    struct text realm, struct text user, uint64_t now_ms);

/* Counts a refusal and says so in the log. */
void admission_refused(
    struct admission *admission, enum admission_verdict verdict, struct text address);

/*
 * After how many seconds somebody refused may try again: those that are too many at once are told
 * times at which there will be a place for each, all others some that differ.
 */
unsigned admission_retry_seconds(
    struct admission *admission, enum admission_verdict verdict, uint64_t now_ms);

/* "address_connections" and the like. */
const char *admission_word(enum admission_verdict verdict);

#endif
