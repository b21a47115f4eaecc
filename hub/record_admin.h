/*
 * Operators' commands on their way to the core, recorded if there is a record: the functions of
 * admin_actions.h with it and the place of the operator's connection, below RECORD_VISITS_MAX.
 */
#ifndef HUBBUB_HUB_RECORD_ADMIN_H
#define HUBBUB_HUB_RECORD_ADMIN_H

#include "hub/admin_actions.h"

struct record;

void recorded_action_begin(struct record *record, unsigned visit, struct admin_action *action,
    struct core *core, struct now now, const struct admin_request *request, struct buffer *out);
bool recorded_action_more(struct record *record, unsigned visit, struct admin_action *action,
    struct core *core, struct now now, size_t enough, struct buffer *out);
void recorded_action_free(struct record *record, unsigned visit, struct admin_action *action);

/*
 * Appends what stands for a piece of an answer: its lines, and its bytes unless there is something
 * in them that was redacted.
 */
void record_put_answer(
    struct buffer *out, const struct admin_action *action, struct text piece, bool redacted);

#endif
