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
	events_destroy(&core->events);
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
		.awaited = "gw-2 gw-3",
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
		.draining = *cursor == 1,
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

/* The room "tea" and nothing else; "lobby" has members but was not made. */
bool
core_next_room(struct core *core, struct text after, struct core_room_info *info_out)
{
	static const char *const names[] = { "lobby", "tea" };

	(void)core;
	for (unsigned i = 0; i < 2; i++) {
		if (text_compare(text_of(names[i]), after) <= 0)
			continue;
		*info_out = (struct core_room_info){
			.name = text_of(names[i]),
			.class_name = TEXT("default"),
			.is_made = i == 1,
			.members = 3 - i,
			.epoch = 11,
			.seq = 12,
			.durability = STORE_DISK,
			.created_ms = i == 1 ? 1700000000000 : 0,
		};
		return true;
	}
	return false;
}

/* What was said, anywhere: one with a control byte, a hole, one without a sender. */
static bool
give_messages(store_message_fn *row, void *context)
{
	static const struct store_message messages[] = {
		{ .stream = { "room/tea", 8 },
		    .epoch = 11,
		    .seq = 5,
		    .wall_ms = 1700000000000,
		    .from = 0x1c0ffee5,
		    .from_user = { "ana", 3 },
		    .from_name = { "Ana", 3 },
		    .content = { "a\x1b[2J\n", 6 } },
		{ .stream = { "room/tea", 8 }, .epoch = 11, .seq = 6 },
		{ .stream = { "room/tea", 8 },
		    .epoch = 11,
		    .seq = 7,
		    .wall_ms = 1700000000001,
		    .from_name = { "Ben", 3 },
		    .content = { "b", 1 } },
	};

	for (unsigned i = 0; i < 3; i++) {
		if (!row(context, &messages[i]))
			return false;
	}
	return true;
}

enum core_sight
core_history(
    struct core *core, struct text room, unsigned limit, store_message_fn *row, void *context)
{
	core->limit = limit;
	if (core->unreadable)
		return CORE_UNREADABLE;
	if (!text_equal(room, TEXT("tea")))
		return CORE_UNKNOWN;
	return give_messages(row, context) ? CORE_SEEN : CORE_UNREADABLE;
}

/* "ana" is online if there are clients, "ben" is known, "eva" are several. */
bool
core_named_user(struct text text, struct core_who *who_out)
{
	(void)text;
	(void)who_out;
	return false;
}

enum core_sight
core_find_user(struct core *core, struct text text, struct core_who *who_out)
{
	(void)core;
	*who_out = (struct core_who){ .realm = "open" };
	if (text_equal(text, TEXT("eva")))
		return CORE_AMBIGUOUS;
	if (!text_equal(text, TEXT("ana")) && !text_equal(text, TEXT("ben")))
		return CORE_UNKNOWN;
	snprintf(who_out->id, sizeof(who_out->id), "%.*s", (int)text.length, text.data);
	return CORE_SEEN;
}

bool
core_next_connection(struct core *core, const struct core_who *who, unsigned *cursor,
    struct core_client_info *info_out)
{
	if (strcmp(who->id, "ana") != 0 || *cursor >= core->client_count)
		return false;
	*info_out = core->clients[(*cursor)++];
	return true;
}

enum core_sight
core_inbox_state(struct core *core, const struct core_who *who, struct core_inbox_info *info_out)
{
	(void)who;
	*info_out = (struct core_inbox_info){ 11, 7, 5, 2, 99 };
	return core->unreadable ? CORE_UNREADABLE : CORE_SEEN;
}

enum core_sight
core_inbox(struct core *core, const struct core_who *who, unsigned limit, store_message_fn *row,
    void *context)
{
	(void)who;
	core->limit = limit;
	return give_messages(row, context) ? CORE_SEEN : CORE_UNREADABLE;
}

uint64_t
core_inspect(struct core *core, uint32_t client)
{
	return core->deaf ? 0 : client;
}

bool
core_inspected(const struct core *core, uint64_t token, bool *found_out, uint64_t *queue_bytes_out)
{
	*found_out = true;
	*queue_bytes_out = 1000 + token;
	return token != 0 && token <= core->inspected;
}

enum core_drain
core_drain(struct core *core, struct text name, uint32_t over_ms, struct core_drained *drained_out)
{
	snprintf(core->who, sizeof(core->who), "%.*s", (int)name.length, name.data);
	core->drain_ms = over_ms;
	*drained_out = (struct core_drained){ .clients = 3 };
	return core->drain;
}

bool
core_drain_begun(const struct core *core, const struct core_drained *drained, uint32_t *over_ms_out)
{
	(void)drained;
	*over_ms_out = 5000;
	return core->drains;
}

enum core_sight
core_forget(struct core *core, const struct core_who *who, struct core_deed *deed_out)
{
	if (strcmp(who->id, "ana") == 0 && core->client_count > 0)
		return CORE_ONLINE;
	*deed_out = (struct core_deed){ .batch = 4, .affected = 1 };
	snprintf(core->who, sizeof(core->who), "%s/%s", who->realm, who->id);
	return core->unreadable ? CORE_UNREADABLE : CORE_SEEN;
}

static enum core_room_result
change_room(struct core *core, struct text room, struct core_deed *deed_out)
{
	snprintf(core->who, sizeof(core->who), "%.*s", (int)room.length, room.data);
	*deed_out = (struct core_deed){ .batch = 4, .affected = 3 };
	return core->room_result;
}

enum core_room_result
core_room_create(
    struct core *core, struct now now, const struct store_room *wanted, struct core_deed *deed_out)
{
	core->now = now;
	snprintf(core->text, sizeof(core->text), "%.*s|%.*s|%.*s|%.*s",
	    (int)wanted->class_name.length, wanted->class_name.data, (int)wanted->read.length,
	    wanted->read.data, (int)wanted->write.length, wanted->write.data,
	    (int)wanted->list.length, wanted->list.data);
	return change_room(core, wanted->name, deed_out);
}

enum core_room_result
core_room_close(struct core *core, struct now now, struct text name, struct core_deed *deed_out)
{
	core->now = now;
	return change_room(core, name, deed_out);
}

enum core_room_result
core_room_rename(
    struct core *core, struct now now, struct text from, struct text to, struct core_deed *deed_out)
{
	core->now = now;
	snprintf(core->text, sizeof(core->text), "%.*s", (int)to.length, to.data);
	return change_room(core, from, deed_out);
}

enum core_batch
core_batch(const struct core *core, uint64_t batch)
{
	return batch == 4 ? core->batch : CORE_BATCH_OPEN;
}

bool
core_store_stats(struct core *core, struct store_stats *stats_out)
{
	*stats_out = (struct store_stats){ 1, 2, 3, 4, 5, 6, 7, 8, "ok" };
	return !core->unreadable;
}

uint64_t
core_job_begin(struct core *core, enum store_job job, struct text path)
{
	snprintf(core->text, sizeof(core->text), "%d %.*s", (int)job, (int)path.length, path.data);
	return core->unreadable ? 0 : 9;
}

enum core_job_state
core_job(const struct core *core, uint64_t job, const char **sentence_out)
{
	*sentence_out = core->job_sentence != NULL ? core->job_sentence : "";
	return job == 9 ? core->job : CORE_JOB_FAILED;
}

bool
core_export(
    struct core *core, uint64_t *cursor, unsigned limit, store_message_fn *row, void *context)
{
	core->limit = limit;
	*cursor = *cursor == 0 ? 77 : 0;
	return !core->unreadable && give_messages(row, context);
}

struct core_meaning
core_meaning(const struct core *core, struct text who)
{
	(void)who;
	return core->meaning;
}

/* Bans have tests with a true core. */
enum core_ban_result
core_ban(struct core *core, struct now now, const struct store_ban *wanted,
    struct core_ban_deed *deed_out)
{
	(void)core;
	(void)now;
	(void)wanted;
	*deed_out = (struct core_ban_deed){ .deed.batch = 4 };
	return CORE_BAN_DONE;
}

enum core_ban_result
core_unban(struct core *core, struct now now, const struct store_ban *wanted,
    struct core_ban_deed *deed_out)
{
	return core_ban(core, now, wanted, deed_out);
}

const struct store_ban *
core_next_ban(const struct core *core, struct now now, uint64_t *cursor)
{
	(void)core;
	(void)now;
	(void)cursor;
	return NULL;
}

unsigned
core_ban_realms(const struct core *core, struct text id, struct text *realm_out)
{
	(void)core;
	(void)id;
	(void)realm_out;
	return 0;
}

struct events *
core_events(struct core *core)
{
	if (core->events == NULL)
		core->events = events_create((struct table_key){ { 1, 2 } });
	return core->events;
}

uint64_t
core_joins(const struct core *core)
{
	(void)core;
	return 11;
}

unsigned
core_big_rooms(const struct core *core, struct core_big_room *rooms_out, unsigned most)
{
	(void)core;
	(void)most;
	rooms_out[0] = (struct core_big_room){ .name = "lobby", .members = 5, .seq = 6 };
	return 1;
}

uint64_t
core_ask(struct core *core, enum core_question question, struct text name, uint32_t level)
{
	(void)question;
	snprintf(core->asked_name, sizeof(core->asked_name), "%.*s", (int)name.length, name.data);
	core->asked_level = level;
	return core->is_old ? 0 : 3;
}

bool
core_all_answered(const struct core *core, enum core_question question, uint64_t token)
{
	(void)question;
	return core->answers || token == 0;
}

bool
core_next_answer(const struct core *core, enum core_question question, uint64_t token,
    unsigned *cursor, struct core_answer *answer_out)
{
	static const char *const names[] = { "gw-1", "gw-2" };

	(void)core;
	(void)question;
	if (*cursor == 2)
		return false;
	*answer_out = (struct core_answer){
		.name = names[*cursor],
		.clients = 3,
		.answered = token != 0 && *cursor == 0,
		.level = 4,
		.load = { .received = 20, .delivered = 21, .queue_bytes = 22, .behind = 23 },
	};
	++*cursor;
	return true;
}
