/* A table by (gateway, conn), and a list for the rare walks. Knows no envelope. */
#include "hub/old_conns.h"

#include <stdlib.h>

struct conn_key {
	unsigned slot;
	uint64_t conn;
};

void
old_conns_init(struct old_conns *old_conns, struct table_key key)
{
	*old_conns = (struct old_conns){ .key = key };
	table_init(&old_conns->by_conn);
}

void
old_conns_free(struct old_conns *old_conns)
{
	while (old_conns->first != NULL)
		old_conns_remove(old_conns, old_conns->first);
	table_free(&old_conns->by_conn);
}

static uint64_t
hash(const struct old_conns *old_conns, unsigned slot, uint64_t conn)
{
	return table_hash_u64(old_conns->key, conn * PRESENCE_SLOTS + slot);
}

static bool
has_conn(const void *item, const void *key)
{
	const struct old_conn *old = item;
	const struct conn_key *wanted = key;

	return old->slot == wanted->slot && old->conn == wanted->conn;
}

struct old_conn *
old_conns_add(struct old_conns *old_conns, unsigned slot, uint64_t conn, struct client *client)
{
	struct old_conn *old = malloc(sizeof(*old));

	if (old == NULL)
		return NULL;
	*old = (struct old_conn){
		.slot = slot,
		.conn = conn,
		.client = client,
		.next = old_conns->first,
	};
	if (!table_insert(&old_conns->by_conn, hash(old_conns, slot, conn), old)) {
		free(old);
		return NULL;
	}
	if (old_conns->first != NULL)
		old_conns->first->before = old;
	old_conns->first = old;
	client->old_conns++;
	return old;
}

void
old_conns_remove(struct old_conns *old_conns, struct old_conn *old)
{
	table_remove(&old_conns->by_conn, hash(old_conns, old->slot, old->conn), old);
	if (old->next != NULL)
		old->next->before = old->before;
	if (old->before != NULL)
		old->before->next = old->next;
	else
		old_conns->first = old->next;
	old->client->old_conns--;
	free(old);
}

struct old_conn *
old_conns_find(const struct old_conns *old_conns, unsigned slot, uint64_t conn)
{
	struct conn_key key = { slot, conn };

	if (old_conns->first == NULL)
		return NULL;
	return table_find(&old_conns->by_conn, hash(old_conns, slot, conn), has_conn, &key);
}

struct old_conn *
old_conns_of(const struct old_conns *old_conns, const struct client *client)
{
	struct old_conn *old = client->old_conns == 0 ? NULL : old_conns->first;

	while (old != NULL && old->client != client)
		old = old->next;
	return old;
}

size_t
old_conns_count(const struct old_conns *old_conns)
{
	return old_conns->by_conn.count;
}
