/*
 * The line in the log that every command leaves which changes something or shows what people said.
 */
#ifndef HUBBUB_HUB_ADMIN_AUDIT_H
#define HUBBUB_HUB_ADMIN_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/log.h"
#include "common/unix_socket.h"
#include "hub/admin.h"

/* What is known when the command begins; the end is known later. */
struct admin_audit {
	bool open; /* the line is still to be written */
	struct peer_credentials peer;
	enum admin_command command;
	struct buffer arguments;
};

/* Nothing is written for commands that need no line. */
/* Bytes of an operator's name. */
#define ADMIN_OPERATOR_SIZE 64

/* The name of the user that the peer is; its number if it has none. */
void admin_audit_user(const struct peer_credentials *peer, char name_out[ADMIN_OPERATOR_SIZE]);

void admin_audit_begin(struct admin_audit *audit, const struct peer_credentials *peer,
    const struct admin_request *request);

/* Writes the line, once; `result` is "done", "refused" or "unknown". */
void admin_audit_end(
    struct admin_audit *audit, struct log *log, const char *result, uint64_t affected);

void admin_audit_free(struct admin_audit *audit);

#endif
