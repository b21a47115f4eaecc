/* All that anybody heard as one number (FNV-1a). */
#include "sim_check.h"

#include <string.h>

static uint64_t
mix(uint64_t digest, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		digest = (digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
	return digest;
}

static uint64_t
mix_log(uint64_t digest, const struct sim_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		digest = mix(digest, log->lines[i], strlen(log->lines[i]));
	return digest;
}

uint64_t
sim_digest(const struct sim_world *world)
{
	uint64_t digest = 0xcbf29ce484222325u;

	for (unsigned i = 0; i < world->client_count; i++) {
		const struct sim_client *client = &world->clients[i];

		digest = mix_log(digest, &client->heard);
		digest = mix_log(digest, &client->told);
		digest = mix(digest, client->members.data, client->members.length);
		digest = mix(digest, &client->socket.bytes, sizeof(client->socket.bytes));
	}
	for (unsigned i = 0; i < SIM_NATIVES; i++) {
		const struct sim_native *native = &world->natives[i];

		digest = mix_log(digest, &native->heard);
		for (unsigned k = 0; k < SIM_ROOMS; k++)
			digest = mix_log(digest, &native->rooms[k].users);
		digest = mix(digest, &native->socket.bytes, sizeof(native->socket.bytes));
	}
	for (unsigned i = 0; i < SIM_DIRECTS; i++)
		digest = mix_log(digest, &world->directs[i].heard);
	if (world->sqlite != NULL)
		digest ^= sim_disk_digest(&world->sqlite->disk);
	return digest;
}
