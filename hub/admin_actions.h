/*
 * What operators' commands do to the core, and the answers they get as lines of
 * admin_protocol. Pure: no socket, no clock.
 */
#ifndef HUBBUB_HUB_ADMIN_ACTIONS_H
#define HUBBUB_HUB_ADMIN_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "hub/admin.h"
#include "hub/admin_protocol.h"
#include "hub/core.h"

/* One command under way. Long lists are answered in pieces; the core may change in between. */
struct admin_action {
	enum admin_end end;     /* ADMIN_END_NONE as long as rows are to come */
	struct buffer sentence; /* why it was refused */
	uint64_t affected;      /* connections closed, gateways told: for the audit line */
	struct buffer clients;  /* ids of those still to be listed from `next` on */
	size_t next;
};

/*
 * Does what the request asks and appends the beginning of the answer. A command that changes
 * something has done so when this returns; the caller then runs a turn of the core. The action is
 * freed by admin_action_free, whatever became of it.
 */
void admin_action_begin(struct admin_action *action, struct core *core, struct now now,
    const struct admin_request *request, struct buffer *out);

/*
 * Appends more of the answer until `out` has `enough` bytes or the answer its end. False once the
 * end line is written.
 */
bool admin_action_more(
    struct admin_action *action, const struct core *core, size_t enough, struct buffer *out);

void admin_action_free(struct admin_action *action);

#endif
