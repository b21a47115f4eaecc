/*
 * What operators ask of the store: long work, pages of everything, that a user be forgotten. The
 * core only passes it on, so that nobody else holds the store.
 */
#include <stdio.h>

#include "hub/core_operator.h"
#include "hub/core_state.h"

bool
core_store_stats(struct core *core, struct store_stats *stats_out)
{
	*stats_out = (struct store_stats){ 0 };
	if (core->store->ops->stats == NULL)
		return false;
	core->store->ops->stats(core->store, stats_out);
	return true;
}

static void
on_job_done(void *context, bool done, const char *sentence)
{
	struct store_work *work = &((struct core *)context)->work;

	work->runs = false;
	work->done = done;
	work->staged = work->staged || (done && work->restores);
	snprintf(work->sentence, sizeof(work->sentence), "%s", sentence != NULL ? sentence : "");
}

uint64_t
core_job_begin(struct core *core, enum store_job job, struct text path)
{
	if (core->work.runs || core->store->ops->start_job == NULL)
		return 0;
	/* It may end within the call. */
	core->work.runs = true;
	core->work.restores = job == STORE_RESTORE;
	core->work.serial++;
	if (!core->store->ops->start_job(core->store, job, path, on_job_done, core)) {
		core->work.runs = false;
		return 0;
	}
	return core->work.serial;
}

bool
core_awaits_restart(const struct core *core)
{
	return core->work.staged;
}

uint64_t
core_batches_ended(const struct core *core)
{
	return core->kept + core->undone;
}

enum core_job_state
core_job(const struct core *core, uint64_t job, const char **sentence_out)
{
	const struct store_work *work = &core->work;

	*sentence_out = "another one was begun since";
	if (work->serial != job)
		return CORE_JOB_FAILED;
	*sentence_out = work->sentence;
	if (work->runs)
		return CORE_JOB_RUNS;
	return work->done ? CORE_JOB_DONE : CORE_JOB_FAILED;
}

bool
core_export(
    struct core *core, uint64_t *cursor, unsigned limit, store_message_fn *row, void *context)
{
	return core->store->ops->export_page != NULL &&
	       core->store->ops->export_page(core->store, cursor, limit, row, context);
}

/* Its inbox is at hand: it goes with the batch. */
static bool
drop_inbox(struct core *core, const struct core_who *who, uint64_t batch)
{
	char name[sizeof(STREAMS_INBOX) + sizeof(*who) + 1];
	int length = snprintf(name, sizeof(name), STREAMS_INBOX "%s/%s", who->realm, who->id);
	struct stream *stream = streams_find(core->streams, (struct text){ name, (size_t)length });

	if (stream == NULL)
		return true;
	return stream->resting && stream->changing == 0 &&
	       streams_remove(core->streams, stream, batch);
}

enum core_sight
core_forget(struct core *core, const struct core_who *who, struct core_deed *deed_out)
{
	struct core_client_info info;
	unsigned cursor = 0;

	if (core_next_connection(core, who, &cursor, &info))
		return CORE_ONLINE;
	if (core->store->ops->forget == NULL || !drop_inbox(core, who, core->last_batch + 1) ||
	    !core->store->ops->forget(core->store, text_of(who->realm), text_of(who->id)))
		return CORE_UNREADABLE;
	core->written = true;
	*deed_out = (struct core_deed){ .batch = core->last_batch + 1, .affected = 1 };
	return CORE_SEEN;
}
