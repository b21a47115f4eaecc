/*
 * Routing decisions over presence. Holds no state of its own.
 */
#include "hub/router.h"

#include <stddef.h>

#include "common/envelope_kinds.h"

uint64_t
router_room(const struct room *room)
{
	return room->slots;
}

struct client *
router_user(const struct presence *presence, struct text who)
{
	struct client *client;
	uint32_t id;

	if (text_to_client_id(who, &id))
		return presence_by_id(presence, id);
	client = presence_by_name(presence, who);
	return client != NULL && client->namesake == NULL ? client : NULL;
}

static struct client *
by_id(const struct presence *presence, struct text realm, uint32_t id)
{
	struct client *client = presence_by_id(presence, id);

	return client != NULL && text_equal(client->realm, realm) ? client : NULL;
}

/* The first client of the only user of the realm that goes by this name. */
static struct client *
only_named(const struct presence *presence, struct text realm, struct text name)
{
	struct client *client = presence_by_name(presence, name);
	struct client *found = NULL;
	unsigned seen = 0;

	for (; client != NULL; client = client->namesake) {
		if (++seen > ROUTER_NAMESAKES_MAX)
			return NULL;
		if (!text_equal(client->realm, realm))
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
