/*
 * hubctl commands that go on until the operator ends them: tail and top.
 */
#ifndef HUBBUB_HUB_HUBCTL_FOLLOW_H
#define HUBBUB_HUB_HUBCTL_FOLLOW_H

#include "common/exit_codes.h"
#include "hub/admin.h"
#include "hub/hubctl_options.h"

/*
 * Each prints what comes and returns how it ended; an interrupt ends the process at once, with 0,
 * the terminal as it was. A sentence says why if it was not the operator who ended it.
 */
enum exit_code hubctl_tail(const struct hubctl_options *options,
    const struct admin_request *request, struct buffer *sentence);
enum exit_code hubctl_top(const struct hubctl_options *options, const struct admin_request *request,
    struct buffer *sentence);

/* hubctl_output.c: all of the bytes; false if nobody takes them, as errno says. */
bool hubctl_write(int fd, struct text bytes);

/* Appends what an answer says that is no success; its status. */
enum exit_code hubctl_explain(const struct admin_answer *answer, struct buffer *sentence);

/* Interrupts end the process with 0, behind these bytes for the terminal. Borrowed for ever. */
void hubctl_end_by_signal(const char *last_bytes);

#endif
