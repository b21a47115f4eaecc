/*
 * Routing decisions over presence. Holds no state of its own.
 */
#include "hub/router.h"

#include <stddef.h>
#include <string.h>

#include "common/envelope_kinds.h"

uint64_t
router_room(const struct room *room)
{
	return room->slots;
}

static struct client *
by_id(const struct presence *presence, struct text realm, uint32_t id)
{
	struct client *client = presence_by_id(presence, id);

	return client != NULL && text_equal(client->realm, realm) ? client : NULL;
}

/* The first client of the only user who goes by this name, in that realm or, without one, any. */
static struct client *
only_named(const struct presence *presence, struct text realm, struct text name)
{
	struct client *client = presence_by_name(presence, name);
	struct client *found = NULL;
	unsigned seen = 0;

	for (; client != NULL; client = client->namesake) {
		if (++seen > ROUTER_NAMESAKES_MAX)
			return NULL;
		if (realm.data != NULL && !text_equal(client->realm, realm))
			continue;
		if (found != NULL && found->user != client->user)
			return NULL;
		found = client;
	}
	return found;
}

struct router_target
router_private(const struct presence *presence, const struct users *users, struct text realm,
    struct text who, uint32_t flags)
{
	struct router_target target = { .user = users_find(users, realm, who) };
	struct client *client = NULL;
	uint32_t id;

	if ((flags & TELL_USER) != 0)
		return target;
	if (text_to_client_id(who, &id))
		client = by_id(presence, realm, id);
	else if (target.user == NULL && (flags & TELL_BY_NAME) != 0)
		client = only_named(presence, realm, who);
	/* The id of a user's first client is the user's as well: that client is the one meant. */
	if (target.user == NULL || (client != NULL && client->user == target.user))
		target.client = client;
	if (target.client != NULL)
		target.user = target.client->user;
	return target;
}

static struct user *
user_named(const struct users *users, struct text who)
{
	const char *slash = memchr(who.data, '/', who.length);
	struct user *user = users_only(users, who);
	size_t realm = slash == NULL ? 0 : (size_t)(slash - who.data);

	if (user != NULL || slash == NULL)
		return user;
	return users_find(users, (struct text){ who.data, realm },
	    (struct text){ slash + 1, who.length - realm - 1 });
}

struct router_target
router_operator_id(const struct presence *presence, const struct users *users, struct text who)
{
	struct router_target target = { 0 };
	uint32_t id;

	if (text_is_empty(who))
		return target;
	target.user = user_named(users, who);
	if (target.user == NULL && text_to_client_id(who, &id))
		target.client = presence_by_id(presence, id);
	return target;
}

struct router_target
router_operator(const struct presence *presence, const struct users *users, struct text who)
{
	struct router_target target = router_operator_id(presence, users, who);
	const struct client *named;
	uint32_t id;

	if (target.user != NULL || text_is_empty(who) || text_to_client_id(who, &id))
		return target;
	named = only_named(presence, (struct text){ 0 }, who);
	if (named != NULL)
		target.user = named->user;
	return target;
}
