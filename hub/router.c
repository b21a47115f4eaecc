/*
 * Routing decisions over presence. Holds no state of its own.
 */
#include "hub/router.h"

#include <stddef.h>

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
