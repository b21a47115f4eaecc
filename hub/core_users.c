/*
 * What the store knows of users, and for how long: who may come again is recorded, who has not come
 * for too long is forgotten with its mail. A passing user leaves nothing behind when its last
 * client is gone; its record is for the hub after a crash, which finds by it what to remove.
 */
#include <string.h>

#include "hub/core_users.h"

/* Who is here is recorded again after so long, so that a crash takes no more from its time. */
#define RECORD_AGAIN_MS INT64_C(3600000)

/* In one sweep: a page of those to forget, and a bound on those to record. */
#define SWEEP_STALE 100u
#define SWEEP_RECORDS 1000u

/* Between sweeps that did not come to an end. */
#define SWEEP_ON_MS 1000u

struct stream *
core_user_inbox(struct core *core, struct user *user)
{
	if (user->inbox == NULL)
		user->inbox = inboxes_open(&core->inboxes, user->realm, user->id);
	return user->inbox;
}

/* No text has a digest of zeros, so nobody comes again as one that passes. */
bool
core_user_is_passing(const struct store_user *row)
{
	static const unsigned char zeros[STORE_DIGEST_SIZE];

	return row->has_secret && memcmp(row->secret, zeros, sizeof(zeros)) == 0;
}

void
core_user_record(struct core *core, struct user *user, struct now now)
{
	struct store_user row = {
		.realm = user->realm,
		.id = user->id,
		.name = user->clients == NULL ? (struct text){ 0 } : user->clients->name,
		.has_secret = user->has_secret || !user->keeps_mail,
		.seen_ms = now.wall_ms,
	};

	if (user->has_secret)
		memcpy(row.secret, user->secret, sizeof(row.secret));
	core->written = true;
	if (core->store->ops->put_user(core->store, &row))
		users_recorded(core->users, user, now.wall_ms, core_open_batch(core));
	else {
		/* Due with the next sweep: a store that refuses does so for a while. */
		users_not_recorded(core->users, user);
		log_warn(core->log, "a user could not be recorded");
	}
}

/* Removes an inbox that nobody uses. */
static void
remove_inbox(struct core *core, struct stream *inbox)
{
	streams_rest(core->streams, inbox);
	core->written = true;
	if (!streams_remove(core->streams, inbox, core_open_batch(core)))
		log_warn(core->log, "an inbox could not be removed");
}

static void
remove_record(struct core *core, const struct user *user)
{
	if (!user->is_recorded)
		return;
	core->written = true;
	if (!core->store->ops->remove_user(core->store, user->realm, user->id))
		log_warn(core->log, "the record of a user could not be removed");
}

static void
pass_away(struct core *core, struct user *user)
{
	if (user->inbox != NULL)
		remove_inbox(core, user->inbox);
	remove_record(core, user);
}

/*
 * No mail waits for it or ever did, and it has no secret to come again by: it will come like
 * anybody new. Where names are free, records of all that were ever used would fill the store.
 */
static bool
leaves_nothing(const struct user *user)
{
	return !user->has_secret && (user->inbox == NULL || user->inbox->seq == 0);
}

void
core_user_gone(struct core *core, struct user *user, struct now now)
{
	if (!user->keeps_mail)
		pass_away(core, user);
	else if (leaves_nothing(user))
		remove_record(core, user);
	else if (user->is_recorded)
		core_user_record(core, user, now);
	if (user->keeps_mail && user->inbox != NULL)
		streams_rest(core->streams, user->inbox);
	users_forget(core->users, user);
}

/* Realms and ids, each ended by a NUL: rows are borrowed, and removing changes the store. */
struct stale {
	struct buffer texts;
	unsigned count;
};

static bool
note_stale(void *context, const struct store_user *row)
{
	struct stale *stale = context;

	buffer_append_text(&stale->texts, row->realm);
	buffer_append_byte(&stale->texts, '\0');
	buffer_append_text(&stale->texts, row->id);
	buffer_append_byte(&stale->texts, '\0');
	stale->count++;
	return !stale->texts.failed;
}

static void
forget_stale(struct core *core, struct text realm, struct text id, struct now now)
{
	struct user *user = users_find(core->users, realm, id);
	struct stream *inbox;

	if (user != NULL) {
		core_user_record(core, user, now);
		return;
	}
	inbox = inboxes_open(&core->inboxes, realm, id);
	if (inbox != NULL)
		remove_inbox(core, inbox);
	core->written = true;
	if (!core->store->ops->remove_user(core->store, realm, id))
		log_warn(core->log, "the record of a user could not be removed");
}

/* False if there are more. */
static bool
sweep_stale(struct core *core, struct now now)
{
	struct stale stale = { 0 };
	int64_t before = now.wall_ms - (int64_t)core->limits.resume_ms;
	const char *next;

	buffer_init(&stale.texts, 0);
	if (core->store->ops->stale_users(core->store, before, SWEEP_STALE, note_stale, &stale) &&
	    !stale.texts.failed) {
		next = stale.texts.data;
		for (unsigned i = 0; i < stale.count; i++) {
			struct text realm = text_of(next);
			struct text id = text_of(next + realm.length + 1);

			forget_stale(core, realm, id, now);
			next = id.data + id.length + 1;
		}
	}
	buffer_free(&stale.texts);
	return stale.count < SWEEP_STALE;
}

static bool
record_again(struct core *core, struct now now)
{
	struct user *user;

	for (unsigned i = 0; i < SWEEP_RECORDS; i++) {
		user = users_recorded_before(core->users, now.wall_ms - RECORD_AGAIN_MS);
		if (user == NULL)
			return true;
		core_user_record(core, user, now);
		/* A store that refuses now refuses the next one as well. */
		if (user->seen_ms != now.wall_ms)
			return true;
	}
	return false;
}

void
core_users_turn(struct core *core, struct now now)
{
	bool done;

	/* Whoever comes back after a restart must be back before anybody is missed. */
	if (now.mono_ms < core->sweep_ms || core->settling.active)
		return;
	done = record_again(core, now);
	done = sweep_stale(core, now) && done;
	core->sweep_ms = now.mono_ms + (done ? CORE_SWEEP_MS : SWEEP_ON_MS);
}

uint64_t
core_users_deadline(const struct core *core, struct now now)
{
	if (core->settling.active)
		return UINT64_MAX;
	return core->sweep_ms > now.mono_ms ? core->sweep_ms - now.mono_ms : 0;
}
