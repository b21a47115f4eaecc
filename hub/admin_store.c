/*
 * Operators' commands about the store: what it holds, long work that runs beside the loop, pages
 * of everything, and forgetting somebody.
 */
#include "hub/admin_call.h"

#include <inttypes.h>

/* Messages of one page of an export; hubctl asks for one after the other. */
#define EXPORT_PAGE 256u

static const struct admin_column stats_columns[] = {
	{ "store", ADMIN_TYPE_TEXT },
	{ "state", ADMIN_TYPE_TEXT },
	{ "file_bytes", ADMIN_TYPE_NUMBER },
	{ "wal_bytes", ADMIN_TYPE_NUMBER },
	{ "streams", ADMIN_TYPE_NUMBER },
	{ "messages", ADMIN_TYPE_NUMBER },
	{ "users", ADMIN_TYPE_NUMBER },
	{ "batches", ADMIN_TYPE_NUMBER },
	{ "failures", ADMIN_TYPE_NUMBER },
	{ "schema_version", ADMIN_TYPE_NUMBER },
};

static const struct admin_column check_columns[] = {
	{ "result", ADMIN_TYPE_TEXT },
};

static const struct admin_column file_columns[] = {
	{ "file", ADMIN_TYPE_TEXT },
	{ "result", ADMIN_TYPE_TEXT },
};

static const struct admin_column forget_columns[] = {
	{ "user", ADMIN_TYPE_TEXT },
};

static const struct admin_column export_columns[] = {
	{ "stream", ADMIN_TYPE_TEXT },
	{ "epoch", ADMIN_TYPE_NUMBER },
	{ "seq", ADMIN_TYPE_NUMBER },
	{ "time", ADMIN_TYPE_TIME },
	{ "client_id", ADMIN_TYPE_TEXT },
	{ "user", ADMIN_TYPE_TEXT },
	{ "name", ADMIN_TYPE_TEXT },
	{ "content", ADMIN_TYPE_TEXT },
	{ "extra", ADMIN_TYPE_TEXT },
};

void
admin_do_store_stats(const struct admin_call *call)
{
	struct core_status status = core_status(call->core);
	struct store_stats stats;
	struct admin_cell cells[ADMIN_COUNT(stats_columns)];

	if (!core_store_stats(call->core, &stats)) {
		admin_refuse(call, "this store keeps no figures");
		return;
	}
	cells[0] = admin_cell_string(status.store);
	cells[1] = admin_cell_string(stats.state);
	cells[2] = admin_cell_number(stats.file_bytes);
	cells[3] = admin_cell_number(stats.wal_bytes);
	cells[4] = admin_cell_number(stats.streams);
	cells[5] = admin_cell_number(stats.messages);
	cells[6] = admin_cell_number(stats.users);
	cells[7] = admin_cell_number(stats.batches);
	cells[8] = admin_cell_number(stats.failures);
	cells[9] = admin_cell_number(stats.schema_version);
	admin_answer_row(call, ADMIN_COLUMNS(stats_columns), cells);
}

static bool
begin_job(const struct admin_call *call, enum store_job job, struct text path)
{
	if (path.data != NULL && path.data[0] != '/') {
		admin_refuse(call, "the hub needs the whole path of the file, from / on");
		return false;
	}
	call->action->job = core_job_begin(call->core, job, path);
	if (call->action->job == 0) {
		admin_refuse(call, "the store cannot begin that now; other work may be under way");
		return false;
	}
	call->action->wait = ADMIN_WAIT_JOB;
	buffer_append_text(&call->action->file, path);
	return true;
}

void
admin_do_store_check(const struct admin_call *call)
{
	(void)begin_job(call, STORE_CHECK, (struct text){ 0 });
}

void
admin_do_store_backup(const struct admin_call *call)
{
	(void)begin_job(call, STORE_BACKUP, call->request->file);
}

void
admin_do_store_restore(const struct admin_call *call)
{
	if (!admin_is_confirmed(call, "all that was said since that copy will be gone, and the hub "
				      "ends to be started again"))
		return;
	if (begin_job(call, STORE_RESTORE, call->request->file))
		call->action->ends_hub = true;
}

void
admin_finish_job(struct admin_action *action, const char *sentence, struct buffer *out)
{
	struct text result = text_of(sentence[0] != '\0' ? sentence : "ok");
	struct admin_cell cells[2];

	if (action->file.length == 0) {
		cells[0] = admin_cell_text(result);
		admin_write_columns(out, ADMIN_COLUMNS(check_columns), true);
		admin_write_row(out, check_columns, cells, ADMIN_COUNT(check_columns));
		return;
	}
	cells[0] = admin_cell_text(buffer_text(&action->file));
	cells[1] = admin_cell_text(result);
	admin_write_columns(out, ADMIN_COLUMNS(file_columns), true);
	admin_write_row(out, file_columns, cells, ADMIN_COUNT(file_columns));
}

static bool
write_message(void *context, const struct store_message *message)
{
	struct buffer *out = context;
	char id[CLIENT_ID_TEXT_SIZE];
	const struct admin_cell cells[] = {
		admin_cell_text(message->stream),
		admin_cell_number(message->epoch),
		admin_cell_number(message->seq),
		admin_cell_time(message->wall_ms),
		admin_cell_client(message->from, id),
		admin_cell_text(message->from_user),
		admin_cell_text(message->from_name),
		admin_cell_text(message->content),
		admin_cell_text(message->extra),
	};

	admin_write_row(out, export_columns, cells, ADMIN_COUNT(cells));
	return !out->failed;
}

void
admin_do_store_export(const struct admin_call *call)
{
	uint64_t cursor = 0;

	if (call->request->after.data != NULL)
		(void)text_to_u64(call->request->after, &cursor);
	admin_write_columns(call->out, ADMIN_COLUMNS(export_columns), false);
	if (!core_export(call->core, &cursor, EXPORT_PAGE, write_message, call->out)) {
		admin_refuse(call, "the store cannot be read now");
		return;
	}
	/* Where the next page begins; 0 behind the last. */
	buffer_append_u64(&call->action->sentence, cursor);
	call->action->end = ADMIN_END_DONE;
}

void
admin_do_store_forget(const struct admin_call *call)
{
	struct core_deed deed = { 0 };
	struct admin_cell cells[ADMIN_COUNT(forget_columns)];
	enum core_sight seen;
	struct core_who who;
	struct buffer name;

	if (!admin_is_confirmed(call, "all that the user said and got will be gone"))
		return;
	/* Of most who spoke nothing is known once they have gone: there are only their words. */
	if (!core_named_user(call->request->user, &who) && !admin_find_user(call, &who))
		return;
	seen = core_forget(call->core, &who, &deed);
	if (seen == CORE_ONLINE) {
		admin_refuse(call, "the user is online; close its connections first, with kick");
		return;
	}
	if (seen != CORE_SEEN) {
		admin_refuse(call, "the store does not take it now");
		return;
	}
	buffer_init(&name, 0);
	buffer_append_string(&name, who.realm);
	buffer_append_byte(&name, '/');
	buffer_append_string(&name, who.id);
	cells[0] = admin_cell_text(buffer_text(&name));
	admin_answer_row(call, ADMIN_COLUMNS(forget_columns), cells);
	buffer_free(&name);
	admin_wait_for_batch(call, &deed);
}
