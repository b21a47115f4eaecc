/*
 * Operators' questions to the process that the hub runs in. The core knows nothing of them, so they
 * are in no record of it.
 */
#ifndef HUBBUB_HUB_ADMIN_PROCESS_H
#define HUBBUB_HUB_ADMIN_PROCESS_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/log.h"
#include "common/metrics.h"
#include "hub/admin.h"

struct admin_process {
	const struct metrics *metrics; /* borrowed */
	struct log *log;               /* borrowed; its level is what is asked for */
};

/* True if this request is for the process: its whole answer is then appended. */
bool admin_process_answer(
    const struct admin_process *process, const struct admin_request *request, struct buffer *out);

#endif
