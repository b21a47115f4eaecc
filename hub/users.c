/*
 * Users in a table by (realm, id); those that the store has a row of are also in a list by the time
 * of it, so that who is due to be recorded again is found without a walk.
 */
#include "hub/users.h"

#include <stdlib.h>
#include <string.h>

struct users {
	struct table_key key;
	struct table by_id;
	struct user *first_seen; /* recorded longest ago */
	struct user *last_seen;
};

struct user_key {
	struct text realm;
	struct text id;
};

struct users *
users_create(struct table_key key)
{
	struct users *users = calloc(1, sizeof(*users));

	if (users == NULL)
		return NULL;
	users->key = key;
	table_init(&users->by_id);
	return users;
}

void
users_destroy(struct users **users)
{
	struct users *doomed = *users;

	if (doomed == NULL)
		return;
	*users = NULL;
	for (size_t i = 0; i < doomed->by_id.capacity; i++)
		free(doomed->by_id.entries[i].item);
	table_free(&doomed->by_id);
	free(doomed);
}

static bool
has_key(const void *item, const void *key)
{
	const struct user *user = item;
	const struct user_key *wanted = key;

	return text_equal(user->id, wanted->id) && text_equal(user->realm, wanted->realm);
}

/* Realms are few: an id tells users apart well enough. */
struct user *
users_find(const struct users *users, struct text realm, struct text id)
{
	struct user_key key = { realm, id };

	return table_find(&users->by_id, table_hash_text(users->key, id), has_key, &key);
}

struct same_id {
	struct text id;
	const struct user *first;
	bool is_more;
};

/* Looks at all of them by accepting none. */
static bool
note_id(const void *item, const void *key)
{
	struct same_id *same = *(struct same_id *const *)key;
	const struct user *user = item;

	if (!text_equal(user->id, same->id))
		return false;
	same->is_more = same->first != NULL;
	same->first = user;
	return false;
}

struct user *
users_only(const struct users *users, struct text id)
{
	struct same_id same = { .id = id };
	struct same_id *key = &same;

	(void)table_find(&users->by_id, table_hash_text(users->key, id), note_id, &key);
	if (same.first == NULL || same.is_more)
		return NULL;
	return users_find(users, same.first->realm, id);
}

struct user *
users_get(struct users *users, struct text realm, struct text id)
{
	struct user *user = users_find(users, realm, id);
	char *to;

	if (user != NULL)
		return user;
	user = calloc(1, sizeof(*user) + realm.length + id.length + 2);
	if (user == NULL)
		return NULL;
	to = (char *)(user + 1);
	user->realm = text_copy(realm, &to);
	user->id = text_copy(id, &to);
	if (!table_insert(&users->by_id, table_hash_text(users->key, id), user)) {
		free(user);
		return NULL;
	}
	return user;
}

static void
seen_remove(struct users *users, struct user *user)
{
	if (!user->is_recorded)
		return;
	if (user->seen_after != NULL)
		user->seen_after->seen_before = user->seen_before;
	else
		users->last_seen = user->seen_before;
	if (user->seen_before != NULL)
		user->seen_before->seen_after = user->seen_after;
	else
		users->first_seen = user->seen_after;
	user->seen_after = NULL;
	user->seen_before = NULL;
}

void
users_forget(struct users *users, struct user *user)
{
	seen_remove(users, user);
	table_remove(&users->by_id, table_hash_text(users->key, user->id), user);
	free(user);
}

static void
count(struct client *client, int by)
{
	client->user->connections += (unsigned)by;
	if (client->has_receipts)
		client->user->receipts += (unsigned)by;
}

void
users_attach(struct user *user, struct client *client)
{
	client->user = user;
	client->sibling_before = NULL;
	client->sibling = user->clients;
	if (user->clients != NULL)
		user->clients->sibling_before = client;
	user->clients = client;
	count(client, 1);
}

void
users_detach(struct client *client)
{
	if (!client->lingers)
		count(client, -1);
	if (client->sibling != NULL)
		client->sibling->sibling_before = client->sibling_before;
	if (client->sibling_before != NULL)
		client->sibling_before->sibling = client->sibling;
	else
		client->user->clients = client->sibling;
	client->sibling = NULL;
	client->sibling_before = NULL;
	client->user = NULL;
}

void
users_linger(struct client *client)
{
	count(client, -1);
}

void
users_return(struct client *client)
{
	count(client, 1);
}

struct client *
users_connected(const struct user *user)
{
	struct client *client = user->clients;

	while (client != NULL && client->lingers)
		client = client->sibling;
	return client;
}

void
users_recorded(struct users *users, struct user *user, int64_t seen_ms, uint64_t batch)
{
	seen_remove(users, user);
	user->is_recorded = true;
	user->seen_ms = seen_ms;
	user->recorded = batch;
	user->seen_before = users->last_seen;
	if (users->last_seen != NULL)
		users->last_seen->seen_after = user;
	else
		users->first_seen = user;
	users->last_seen = user;
}

struct user *
users_recorded_before(const struct users *users, int64_t before_ms)
{
	struct user *user = users->first_seen;

	return user != NULL && user->seen_ms < before_ms ? user : NULL;
}

void
users_not_recorded(struct users *users, struct user *user)
{
	seen_remove(users, user);
	user->is_recorded = true;
	user->seen_ms = INT64_MIN;
	user->recorded = 0;
	user->seen_before = NULL;
	user->seen_after = users->first_seen;
	if (users->first_seen != NULL)
		users->first_seen->seen_before = user;
	else
		users->last_seen = user;
	users->first_seen = user;
}

bool
users_has_record(const struct user *user)
{
	return user->is_recorded && user->seen_ms != INT64_MIN;
}

void
users_roll_back(struct users *users, uint64_t kept)
{
	struct user *user = users->last_seen;
	struct user *before;

	/* Batches rise along the list, so the ones that were not kept are its end. */
	for (; user != NULL && user->recorded > kept; user = before) {
		before = user->seen_before;
		users_not_recorded(users, user);
	}
}

bool
users_is_secret(struct text text)
{
	static const char digits[] = "0123456789abcdef";

	if (text.length != USERS_SECRET_DIGITS)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		if (memchr(digits, text.data[i], sizeof(digits) - 1) == NULL)
			return false;
	}
	return true;
}

size_t
users_count(const struct users *users)
{
	return users->by_id.count;
}
