/*
 * What a store keeps, row by row. All texts are borrowed during the call they are given to or come
 * from.
 */
#ifndef HUBBUB_HUB_STORE_ROWS_H
#define HUBBUB_HUB_STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

/* What survives: told to senders with each acknowledgement. */
enum store_durability {
	STORE_MEMORY, /* nothing beyond the process                         */
	STORE_NORMAL, /* the end of the process, not that of the machine    */
	STORE_DISK,   /* both                                               */
};

#define STORE_DIGEST_SIZE 32u

/* Clients in browsers count in doubles: epochs and seqs stay below 2^53. */
#define STORE_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

/* How much of a stream is kept; 0 is without bound. */
struct store_keep {
	uint64_t messages;
	uint64_t bytes;
	uint64_t milliseconds;
};

struct store_stream {
	struct text name; /* "room/lobby", "inbox/REALM/USER" */
	enum store_durability durability;
	struct store_keep keep;
	bool inbox; /* `keep` bears only upon what is at or below the mark: the rest waits */
};

/* Where a stream stands. */
struct store_position {
	uint64_t epoch;
	uint64_t first;        /* lowest kept; seq + 1 if none is  */
	uint64_t seq;          /* highest ever committed           */
	uint64_t mark;         /* of an inbox: received up to here */
	uint64_t unread_bytes; /* of content above the mark */
};

/* One message of a stream. */
struct store_message {
	struct text stream;
	uint64_t epoch;
	uint64_t seq;
	int64_t wall_ms;
	uint32_t from;
	struct text from_user;
	struct text from_name;
	struct text content;
	struct text extra; /* a dialect's own */
};

/* A numbered command's end, kept until its gateway confirmed it. */
struct store_outcome {
	struct text gateway;
	uint64_t gateway_epoch;
	uint64_t number;
	uint32_t code;
	uint32_t to;
	uint32_t durability;
	uint32_t flags;
	struct text room;
	struct text user;
	uint64_t epoch;
	uint64_t seq;
	int64_t wall_ms;
};

/* What a sender called a message, so that saying it again says it once. */
struct store_id {
	struct text sender; /* "REALM/USER" */
	struct text id;
	unsigned char digest[STORE_DIGEST_SIZE]; /* of all that was asked */
	uint32_t to;
	struct text room;
	struct text user;
	uint64_t epoch;
	uint64_t seq;
	int64_t wall_ms;
};

/* A user that may come again. */
struct store_user {
	struct text realm;
	struct text id;
	struct text name;
	bool has_secret;
	unsigned char secret[STORE_DIGEST_SIZE]; /* digest of the resume secret */
	int64_t seen_ms;
};

/* A room that an operator made. An empty text says what the class says. */
struct store_room {
	struct text name;
	struct text class_name;
	struct text read;
	struct text write;
	struct text list;
	int64_t created_ms;
};

/*
 * A process, so that it can be told from a later one with the same pid. What is 0 is not known.
 */
struct store_process {
	int64_t pid;
	uint64_t started; /* in the kernel's ticks since the machine began  */
	uint64_t space;   /* within which pids are what they are            */
};

/* A gateway that the hub knows: it is linked, or its clients wait for its next link. */
struct store_gateway {
	struct text name;
	uint64_t epoch; /* of its process's life, as it says */
	struct store_process process;
};

/* Whom an operator bans. Numbers are what the store keeps. */
enum store_ban_kind {
	STORE_BAN_USER = 1,   /* REALM and id                                      */
	STORE_BAN_CLIENT = 2, /* a client_id                                       */
	STORE_BAN_ADDRESS =
	    3, /* an IP address or a prefix of some, as address_prefix.h writes it */
};

struct store_ban {
	enum store_ban_kind kind;
	struct text realm; /* of a user; else empty */
	struct text value;
	struct text reason;  /* for operators; may be empty */
	struct text made_by; /* the operator                */
	int64_t since_ms;
	int64_t until_ms; /* 0: for good */
};

struct store_range {
	struct text stream;
	uint64_t epoch;
	uint64_t after; /* only above it                                        */
	uint64_t until; /* only up to it                                        */
	unsigned limit; /* at most so many ...                                  */
	size_t bytes;   /* ... whose content reaches this with the last; 0: any  */
	bool newest;    /* the last of those there are, instead of the first    */
};

struct store_stats {
	uint64_t file_bytes;
	uint64_t wal_bytes;
	uint64_t streams;
	uint64_t messages;
	uint64_t users;
	uint64_t batches; /* committed by this process */
	uint64_t failures;
	uint64_t schema_version;
	char state[160]; /* "ok", or why nothing is stored any more */
};

#endif
