/* The list of protocols, and what several of them need. */
#include "tests/bench/peer.h"

#include <stdlib.h>
#include <string.h>

static const struct peer *const peers[] = {
	&peer_room,
	&peer_native,
	&peer_native_ids,
	&peer_direct,
	&peer_pair,
	&peer_nats,
	&peer_jetstream,
	&peer_nchan,
	&peer_node,
};

const struct peer *
peer_find(const char *name)
{
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		if (strcmp(peers[i]->name, name) == 0)
			return peers[i];
	return NULL;
}

unsigned
peer_partner(const struct peer_client *client)
{
	return client->index ^ 1;
}

void
peer_client_reset(struct peer_client *client)
{
	free(client->kept);
	client->kept = NULL;
	client->kept_size = 0;
	client->in = false;
	client->id[0] = '\0';
}

bool
peer_text_after(
    const char *bytes, size_t size, const char *key, const char **text_out, size_t *size_out)
{
	const char *end = bytes + size, *begin, *quote;

	begin = memmem(bytes, size, key, strlen(key));
	if (begin == NULL)
		return false;
	begin += strlen(key);
	quote = memchr(begin, '"', (size_t)(end - begin));
	if (quote == NULL)
		return false;
	*text_out = begin;
	*size_out = (size_t)(quote - begin);
	return true;
}
