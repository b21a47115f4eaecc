/* The fake core: plain loops over the list that the test made. */
#include "tests/unit/fake_core.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
fake_core_fill(struct core *core, size_t count)
{
	core->clients = calloc(count + 1, sizeof(*core->clients));
	if (core->clients == NULL)
		abort();
	core->client_count = count;
	for (size_t i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "user %zu", i + 1);
		core->clients[i] = (struct core_client_info){
			.client = (uint32_t)i + 1,
			.name = strdup(name),
			.gateway = "gw-1",
			.dialect = "room",
			.address = "127.0.0.1",
			.rooms = "lobby",
			.since_wall_ms = 1700000000000,
		};
	}
}

void
fake_core_free(struct core *core)
{
	for (size_t i = 0; i < core->client_count; i++)
		free((void *)(uintptr_t)core->clients[i].name);
	free(core->clients);
	*core = (struct core){ 0 };
}

struct core_status
core_status(const struct core *core)
{
	return (struct core_status){
		.hub_epoch = UINT64_C(0xfedcba9876543210),
		.started_wall_ms = 1700000000000,
		.gateways = core->gateways,
		.clients = (unsigned)core->client_count,
		.rooms = 1,
		.messages_public = 7,
		.messages_private = 8,
		.commands_refused = 9,
		.settling = true,
		.store = "memory",
	};
}

bool
core_next_gateway(const struct core *core, unsigned *cursor, struct core_gateway_info *info_out)
{
	if (*cursor == core->gateways)
		return false;
	*info_out = (struct core_gateway_info){
		.slot = *cursor,
		.name = "gw\t\x1b",
		.software = "0.1.0",
		.pid = -1,
		.link_version = 1,
		.attached = true,
		.clients = 3,
		.commands = 4,
		.delivered = 5,
		.since_wall_ms = 1700000000000,
		.last_loss = *cursor == 1 ? LINK_BAD_FRAME : LINK_ALIVE,
	};
	(*cursor)++;
	return true;
}

bool
core_next_client(
    const struct core *core, struct text room, void **cursor, struct core_client_info *info_out)
{
	uintptr_t at = (uintptr_t)*cursor;

	(void)room;
	if (at == core->client_count)
		return false;
	*info_out = core->clients[at];
	*cursor = (void *)(at + 1);
	return true;
}

bool
core_find_client(const struct core *core, uint32_t client, struct core_client_info *info_out)
{
	if (client == 0 || client > core->client_count)
		return false;
	*info_out = core->clients[client - 1];
	return info_out->client == client;
}

bool
core_room_exists(const struct core *core, struct text room)
{
	(void)core;
	return text_equal(room, TEXT("lobby"));
}

unsigned
core_kick(struct core *core, struct now now, struct text who, struct text reason)
{
	unsigned found = 0;

	core->now = now;
	snprintf(core->who, sizeof(core->who), "%.*s", (int)who.length, who.data);
	snprintf(core->text, sizeof(core->text), "%.*s", (int)reason.length, reason.data);
	for (size_t i = 0; i < core->client_count; i++)
		found += text_equal(text_of(core->clients[i].name), who);
	return found == 1 ? 1 : 0;
}

unsigned
core_say(struct core *core, struct now now, struct text content)
{
	core->now = now;
	snprintf(core->text, sizeof(core->text), "%.*s", (int)content.length, content.data);
	return core->gateways;
}
