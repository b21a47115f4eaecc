/*
 * Ends of answers and arguments that several commands have in common.
 */
#include "hub/admin_call.h"

#include "common/terminal_text.h"

/* Rows of history and inboxes unless the operator says how many. */
#define ROWS_DEFAULT 20u

void
admin_answer_row(const struct admin_call *call, const struct admin_column *columns, unsigned count,
    const struct admin_cell *cells)
{
	admin_write_columns(call->out, columns, count, true);
	admin_write_row(call->out, columns, cells, count);
	call->action->end = ADMIN_END_DONE;
}

void
admin_refuse(const struct admin_call *call, const char *sentence)
{
	buffer_append_string(&call->action->sentence, sentence);
	call->action->end = ADMIN_END_REFUSED;
}

void
admin_refuse_word(const struct admin_call *call, const char *sentence, struct text word)
{
	admin_refuse(call, sentence);
	terminal_text_quote(&call->action->sentence, word);
}

bool
admin_is_confirmed(const struct admin_call *call, const char *sentence)
{
	if (call->request->yes.data != NULL)
		return true;
	buffer_append_string(&call->action->sentence, sentence);
	buffer_append_string(&call->action->sentence, "; say --yes if that is meant");
	call->action->end = ADMIN_END_USAGE;
	return false;
}

bool
admin_wanted_rows(const struct admin_call *call, unsigned *rows_out)
{
	uint64_t rows = ROWS_DEFAULT;

	if (call->request->number.data != NULL)
		(void)text_to_u64(call->request->number, &rows);
	if (rows > 0 && rows <= CORE_ROWS_MAX) {
		*rows_out = (unsigned)rows;
		return true;
	}
	buffer_printf(&call->action->sentence, "--number takes 1 to %u", CORE_ROWS_MAX);
	call->action->end = ADMIN_END_USAGE;
	return false;
}

bool
admin_find_user(const struct admin_call *call, struct core_who *who_out)
{
	enum core_sight seen = core_find_user(call->core, call->request->user, who_out);

	if (seen == CORE_SEEN)
		return true;
	if (seen == CORE_AMBIGUOUS)
		admin_refuse_word(call,
		    "several users may be meant; name one as REALM/ID or by its client_id: ",
		    call->request->user);
	else
		admin_refuse_word(call, "no such user is online or known: ", call->request->user);
	return false;
}

struct admin_cell
admin_cell_client(uint32_t client, char id[CLIENT_ID_TEXT_SIZE])
{
	if (client == 0)
		return admin_cell_text((struct text){ NULL, 0 });
	text_client_id(client, id);
	return admin_cell_text((struct text){ id, CLIENT_ID_TEXT_SIZE - 1 });
}

void
admin_wait_for_batch(const struct admin_call *call, const struct core_deed *deed)
{
	struct admin_action *action = call->action;

	action->affected = deed->affected;
	action->batch = deed->batch;
	action->wait = ADMIN_WAIT_BATCH;
	action->end = ADMIN_END_NONE;
	buffer_append_text(&action->held, buffer_text(call->out));
	if (call->out->failed)
		action->held.failed = true;
	buffer_clear(call->out);
}
