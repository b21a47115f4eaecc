/*
 * What operators see of rooms, users and inboxes. Reads the store as far as it must; nothing is
 * changed but which streams are at hand.
 */
#include <stdio.h>
#include <string.h>

#include "common/names.h"
#include "hub/core_operator.h"
#include "hub/core_rooms.h"
#include "hub/dispatch.h"

/* Realms in which somebody who is not here is looked for. */
static const char *const usual_realms[] = { "open", "direct", "pair" };

#define USUAL_REALMS (sizeof(usual_realms) / sizeof(usual_realms[0]))

/* What a row of an inbox's stream name may be. */
#define INBOX_NAME_BYTES (sizeof(STREAMS_INBOX) + CORE_REALM_BYTES_MAX + 1 + USERS_ID_BYTES_MAX)

/* Content of one answer, about. */
#define ROWS_BYTES_MAX ((size_t)4 * 1024 * 1024)

bool
core_next_room(struct core *core, struct text after, struct core_room_info *info_out)
{
	const struct room_rule *rule = room_rules_next(core->rules, after);
	const struct room *room;
	struct stream *stream;

	if (rule == NULL)
		return false;
	room = presence_room(core->presence, rule->name);
	*info_out = (struct core_room_info){
		.name = rule->name,
		.class_name = rule->class->name,
		.is_made = rule->is_made,
		.members = room != NULL ? room->count : 0,
		.created_ms = rule->created_ms,
	};
	stream = room != NULL ? room->stream : core_room_stream(core, rule->name);
	if (stream == NULL)
		return true;
	info_out->epoch = stream->epoch;
	info_out->seq = stream->committed;
	info_out->durability = stream->durability;
	if (room == NULL)
		streams_rest(core->streams, stream);
	return true;
}

/* The newest of a stream that stands so. */
static enum core_sight
read_newest(struct core *core, struct text name, const struct store_position *position,
    unsigned limit, store_message_fn *row, void *context)
{
	const struct store_range range = {
		.stream = name,
		.epoch = position->epoch,
		.until = position->seq,
		.limit = limit,
		.bytes = ROWS_BYTES_MAX,
		.newest = true,
	};

	if (range.until == 0)
		return CORE_SEEN;
	if (core->store->ops->read == NULL ||
	    !core->store->ops->read(core->store, &range, row, context))
		return CORE_UNREADABLE;
	return CORE_SEEN;
}

enum core_sight
core_history(
    struct core *core, struct text room, unsigned limit, store_message_fn *row, void *context)
{
	bool is_live = presence_room(core->presence, room) != NULL;
	bool is_known = room_rules_find(core->rules, room) != NULL;
	struct stream *stream = core_room_stream(core, room);
	struct store_position position;
	enum core_sight seen;

	if (stream == NULL)
		return is_known ? CORE_UNREADABLE : CORE_UNKNOWN;
	position = (struct store_position){ .epoch = stream->epoch, .seq = stream->committed };
	seen = read_newest(core, stream->name, &position, limit, row, context);
	if (!is_live)
		streams_rest(core->streams, stream);
	return position.seq == 0 && !is_known ? CORE_UNKNOWN : seen;
}

static bool
keep(struct core_who *who, struct text realm, struct text id)
{
	if (realm.length > CORE_REALM_BYTES_MAX || id.length > USERS_ID_BYTES_MAX)
		return false;
	snprintf(who->realm, sizeof(who->realm), "%.*s", (int)realm.length, realm.data);
	snprintf(who->id, sizeof(who->id), "%.*s", (int)id.length, id.data);
	return true;
}

static void
keep_client(struct core_who *who, const struct client *client)
{
	struct room_user user = core_room_user(client);

	(void)keep(who, user.realm, user.id);
}

/* The text names whoever is online under that id, in whichever realm, or by its name. */
static enum core_sight
find_online(struct core *core, struct text text, struct core_who *who_out)
{
	const struct client *named = presence_by_name(core->presence, text);
	struct core_who first = { 0 };
	unsigned found = 0;

	for (unsigned slot = 0; slot <= PRESENCE_DETACHED; slot++) {
		for (const struct client *client = presence_first_of(core->presence, slot);
		     client != NULL; client = client->neighbour) {
			struct room_user user = core_room_user(client);

			if (!text_equal(user.id, text))
				continue;
			keep_client(who_out, client);
			if (found > 0 && strcmp(first.realm, who_out->realm) == 0)
				continue;
			first = *who_out;
			found++;
		}
	}
	if (found > 0)
		return found == 1 ? CORE_SEEN : CORE_AMBIGUOUS;
	if (named == NULL)
		return CORE_UNKNOWN;
	keep_client(who_out, named);
	first = *who_out;
	for (; named != NULL; named = named->namesake) {
		keep_client(who_out, named);
		if (strcmp(first.realm, who_out->realm) != 0 || strcmp(first.id, who_out->id) != 0)
			return CORE_AMBIGUOUS;
	}
	return CORE_SEEN;
}

static bool
is_there(void *context, const struct store_user *user)
{
	(void)user;
	*(bool *)context = true;
	return true;
}

static struct text
inbox_name(const struct core_who *who, char name[INBOX_NAME_BYTES])
{
	int length = snprintf(name, INBOX_NAME_BYTES, STREAMS_INBOX "%s/%s", who->realm, who->id);

	return (struct text){ name, (size_t)length };
}

/* The store knows such a user, or keeps mail for it. */
static bool
is_known(struct core *core, const struct core_who *who)
{
	const struct store_ops *ops = core->store->ops;
	char name[INBOX_NAME_BYTES];
	struct store_position position;
	bool found = false;

	if (ops->find_user != NULL &&
	    ops->find_user(core->store, text_of(who->realm), text_of(who->id), is_there, &found) &&
	    found)
		return true;
	return inboxes_position(&core->inboxes, inbox_name(who, name), &position) &&
	       position.seq > 0;
}

static enum core_sight
find_absent(struct core *core, struct text text, struct core_who *who_out)
{
	struct core_who known = { 0 };
	unsigned found = 0;

	for (unsigned i = 0; i < USUAL_REALMS; i++) {
		if (!keep(who_out, text_of(usual_realms[i]), text))
			return CORE_UNKNOWN;
		if (!is_known(core, who_out))
			continue;
		known = *who_out;
		found++;
	}
	*who_out = known;
	if (found == 0)
		return CORE_UNKNOWN;
	return found == 1 ? CORE_SEEN : CORE_AMBIGUOUS;
}

static bool
is_online(const struct core *core, const struct core_who *who)
{
	struct core_client_info info;
	unsigned cursor = 0;

	return core_next_connection((struct core *)(uintptr_t)core, who, &cursor, &info);
}

bool
core_named_user(struct text text, struct core_who *who_out)
{
	const char *slash = memchr(text.data, '/', text.length);
	size_t length;

	if (slash == NULL)
		return false;
	length = (size_t)(slash - text.data);
	return length > 0 && length + 1 < text.length &&
	       keep(who_out, (struct text){ text.data, length },
		   (struct text){ slash + 1, text.length - length - 1 });
}

enum core_sight
core_find_user(struct core *core, struct text text, struct core_who *who_out)
{
	const struct client *client;
	enum core_sight seen;
	uint32_t id;

	if (text_to_client_id(text, &id) && (client = presence_by_id(core->presence, id)) != NULL) {
		keep_client(who_out, client);
		return CORE_SEEN;
	}
	if (core_named_user(text, who_out) && (is_online(core, who_out) || is_known(core, who_out)))
		return CORE_SEEN;
	seen = find_online(core, text, who_out);
	return seen == CORE_UNKNOWN ? find_absent(core, text, who_out) : seen;
}

enum core_sight
core_inbox_state(struct core *core, const struct core_who *who, struct core_inbox_info *info_out)
{
	char name[INBOX_NAME_BYTES];
	struct store_position position;

	if (!inboxes_position(&core->inboxes, inbox_name(who, name), &position))
		return CORE_UNREADABLE;
	*info_out = (struct core_inbox_info){
		.epoch = position.epoch,
		.seq = position.seq,
		.mark = position.mark,
		.waiting = position.seq > position.mark ? position.seq - position.mark : 0,
		.waiting_bytes = position.unread_bytes,
	};
	return CORE_SEEN;
}

enum core_sight
core_inbox(struct core *core, const struct core_who *who, unsigned limit, store_message_fn *row,
    void *context)
{
	char buffer[INBOX_NAME_BYTES];
	struct text name = inbox_name(who, buffer);
	struct store_position position;

	if (!inboxes_position(&core->inboxes, name, &position))
		return CORE_UNREADABLE;
	return read_newest(core, name, &position, limit, row, context);
}

uint64_t
core_inspect(struct core *core, uint32_t client)
{
	const struct client *found = presence_by_id(core->presence, client);
	struct envelope_inspect inspect;

	if (found == NULL || found->lingers)
		return 0;
	inspect = (struct envelope_inspect){
		.token = ++core->last_inspection,
		.conn = found->conn,
	};
	core->inspections[inspect.token % CORE_INSPECTIONS_MAX] = (struct inspection){
		.token = inspect.token,
		.slot = found->slot,
	};
	core_tell(core, core_slot_bit(found->slot), ENVELOPE_INSPECT, &inspect);
	return inspect.token;
}

enum link_loss
on_inspected(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_inspected *said = &envelope->inspected;
	struct inspection *inspection = &core->inspections[said->token % CORE_INSPECTIONS_MAX];

	(void)now;
	/* Nobody waits for it any more, or it was asked of somebody else. */
	if (inspection->token != said->token || inspection->slot != gateway->slot)
		return LINK_ALIVE;
	inspection->answered = true;
	inspection->found = said->found != 0;
	inspection->queue_bytes = said->queue_bytes;
	return LINK_ALIVE;
}

bool
core_inspected(const struct core *core, uint64_t token, bool *found_out, uint64_t *queue_bytes_out)
{
	const struct inspection *inspection = &core->inspections[token % CORE_INSPECTIONS_MAX];

	if (token == 0 || inspection->token != token || !inspection->answered)
		return false;
	*found_out = inspection->found;
	*queue_bytes_out = inspection->queue_bytes;
	return true;
}
