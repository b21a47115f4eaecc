/*
 * A client whose connection is gone while commands of that connection are to come. It has no
 * connection for anybody, and may go on with another one, through any gateway; what the old one
 * still says is said as the client. It leaves, or its time to come back begins, with the last
 * CLOSED of all its connections.
 */
#include "hub/core_users.h"

struct client *
core_sender(const struct core *core, unsigned slot, uint64_t conn)
{
	struct client *client = presence_by_conn(core->presence, slot, conn);
	const struct old_conn *old;

	if (client != NULL)
		return client;
	old = old_conns_find(&core->old_conns, slot, conn);
	return old == NULL ? NULL : old->client;
}

bool
core_closing_for(struct core *core, struct client *client, unsigned slot, uint64_t conn)
{
	/* As many as there may be clients: who holds more is no gateway of ours. */
	return old_conns_count(&core->old_conns) < core->limits.clients_max &&
	       old_conns_add(&core->old_conns, slot, conn, client) != NULL;
}

bool
core_closing_begin(struct core *core, struct client *client)
{
	if (!core_closing_for(core, client, client->slot, client->conn))
		return false;
	core_linger_held(core, client);
	return true;
}

/* What it said through another connection is still to come: it stays, with that one's gateway. */
static void
stay(struct core *core, struct client *client)
{
	core_linger_held(core, client);
	presence_move(core->presence, client, old_conns_of(&core->old_conns, client)->slot);
}

void
core_client_left(struct core *core, struct client *client, struct now now, bool lost)
{
	if (client->old_conns > 0)
		stay(core, client);
	else if (lost && client->user->keeps_mail)
		core_linger(core, client, now);
	else
		core_client_gone(core, client, now);
}

void
core_closing_end(struct core *core, struct old_conn *old, struct now now, bool lost)
{
	struct client *client = old->client;

	old_conns_remove(&core->old_conns, old);
	/* Whoever waits for something else goes on with that. */
	if (client->old_conns > 0 || client->waits_in != NULL)
		return;
	if (client->lingers)
		core_client_left(core, client, now, lost);
	else
		core_linger_leave_deaf(core, client, now);
}

void
core_closing_lost(struct core *core, unsigned slot, struct now now)
{
	struct old_conn *old = core->old_conns.first;
	struct old_conn *next;

	for (; old != NULL; old = next) {
		next = old->next;
		if (old->slot != slot)
			continue;
		/* Whoever is that gateway's alone waits for it, like the others that it has. */
		if (old->client->slot == slot)
			old_conns_remove(&core->old_conns, old);
		else
			core_closing_end(core, old, now, true);
	}
}

void
core_closing_forget(struct core *core, struct client *client)
{
	struct old_conn *old;

	while ((old = old_conns_of(&core->old_conns, client)) != NULL)
		old_conns_remove(&core->old_conns, old);
}

void
core_closing_kick(struct core *core, struct client *client, const struct envelope_close *order)
{
	struct envelope_close mine = *order;
	struct old_conn *old;

	while ((old = old_conns_of(&core->old_conns, client)) != NULL) {
		mine.conn = old->conn;
		core_tell(core, core_slot_bit(old->slot), ENVELOPE_CLOSE, &mine);
		old_conns_remove(&core->old_conns, old);
	}
}
