/*
 * Puts what the core knows of a client into an event, and takes in what only gateways see. Changes
 * nothing that the core decides by.
 */
#include "hub/core_events.h"

#include <string.h>

#include "hub/core_users.h"
#include "hub/dispatch.h"

/* Of each text of a REPORT. */
#define REPORT_TEXT_MAX 128u

struct event
core_event(
    const struct core *core, const struct client *client, struct now now, enum event_kind kind)
{
	const char *gateway = client->life != 0 ? core_past_name(core, client->life)
						: core->gateways[client->slot].name;

	return (struct event){
		.kind = kind,
		.wall_ms = now.wall_ms,
		.client = client->id,
		.texts = {
			[EVENT_USER] = client->user->id,
			[EVENT_REALM] = client->user->realm,
			[EVENT_GATEWAY] = text_of(gateway),
			[EVENT_ADDRESS] = client->address,
			[EVENT_NAME] = client->name,
			[EVENT_DIALECT] = client->dialect,
		},
	};
}

void
core_note(struct core *core, const struct client *client, struct now now, enum event_kind kind,
    struct text room)
{
	struct event event = core_event(core, client, now, kind);

	event.texts[EVENT_ROOM] = room;
	events_note(core->events, &event);
}

void
core_note_not_opened(struct core *core, const struct gateway *gateway, struct now now,
    const struct envelope_open *open, enum event_kind kind, enum outcome_code code)
{
	const struct event event = {
		.kind = kind,
		.wall_ms = now.wall_ms,
		.client = open->client,
		.code = (uint32_t)code,
		.texts = {
			[EVENT_USER] = open->user,
			[EVENT_REALM] = open->realm,
			[EVENT_GATEWAY] = text_of(gateway->name),
			[EVENT_ADDRESS] = open->address,
			[EVENT_NAME] = open->name,
			[EVENT_DIALECT] = open->dialect,
		},
	};

	events_note(core->events, &event);
}

void
core_note_refused(struct core *core, const struct client *client, struct now now, struct text room,
    enum outcome_code code)
{
	struct event event;

	if (client == NULL)
		return;
	event = core_event(core, client, now, EVENT_REFUSED);
	event.code = (uint32_t)code;
	event.texts[EVENT_ROOM] = room;
	events_note(core->events, &event);
}

void
core_note_said(struct core *core, const struct client *client, struct now now, enum event_kind kind,
    struct text where, struct text content)
{
	struct event event;

	if (!events_are_watched(core->events))
		return;
	event = core_event(core, client, now, kind);
	event.texts[kind == EVENT_TOLD ? EVENT_TO : EVENT_ROOM] = where;
	event.count = content.length;
	if (events_show_contents(core->events))
		event.content = content;
	events_note(core->events, &event);
}

void
core_note_read(struct core *core, const struct client *client, struct now now, uint64_t seq)
{
	struct event event;

	if (!events_are_watched(core->events))
		return;
	event = core_event(core, client, now, EVENT_READ);
	event.count = seq;
	events_note(core->events, &event);
}

void
core_note_gateway(struct core *core, const char *name, struct now now, enum event_kind kind,
    uint64_t count, const char *reason)
{
	const struct event event = {
		.kind = kind,
		.wall_ms = now.wall_ms,
		.count = count,
		.texts = {
			[EVENT_GATEWAY] = text_of(name),
			[EVENT_REASON] = text_of(reason),
		},
	};

	events_note(core->events, &event);
}

static bool
is_sound(const struct envelope_report *report)
{
	return core_is_showable(report->address, REPORT_TEXT_MAX) &&
	       core_is_showable(report->user, REPORT_TEXT_MAX) &&
	       core_is_showable(report->path, REPORT_TEXT_MAX) &&
	       core_is_showable(report->reason, REPORT_TEXT_MAX);
}

/* "REALM/ID"; a realm has no '/'. */
static void
split_user(struct text user, struct text *realm_out, struct text *id_out)
{
	const char *slash = user.length > 0 ? memchr(user.data, '/', user.length) : NULL;
	size_t length = slash == NULL ? 0 : (size_t)(slash - user.data);

	*realm_out = (struct text){ user.data, length };
	*id_out = user;
	if (slash != NULL)
		*id_out = (struct text){ slash + 1, user.length - length - 1 };
}

/* Of nobody that the hub knows, or of a user who did not come in. */
static struct event
event_of_stranger(
    const struct gateway *gateway, struct now now, const struct envelope_report *report)
{
	struct text realm;
	struct text id;

	split_user(report->user, &realm, &id);
	return (struct event){
		.wall_ms = now.wall_ms,
		.texts = {
			[EVENT_USER] = id,
			[EVENT_REALM] = realm,
			[EVENT_GATEWAY] = text_of(gateway->name),
			[EVENT_ADDRESS] = report->address,
		},
	};
}

enum link_loss
on_report(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	static const enum event_kind kinds[REPORT_EVENTS] = {
		[REPORT_REFUSED] = EVENT_TURNED_AWAY,
		[REPORT_CLOSED] = EVENT_CLOSED,
		[REPORT_LIMITED] = EVENT_LIMITED,
	};
	const struct envelope_report *report = &envelope->report;
	const struct client *client = NULL;
	struct event event;

	if (!is_sound(report))
		return LINK_BAD_CONTENT;
	if (report->missed > 0)
		core_note_gateway(core, gateway->name, now, EVENT_MISSED, report->missed, "");
	/* Of a newer kind perhaps. */
	if (report->event == REPORT_NONE || report->event >= REPORT_EVENTS)
		return LINK_ALIVE;
	if (report->conn != 0)
		client = core_sender(core, gateway->slot, report->conn);
	event = client != NULL ? core_event(core, client, now, EVENT_CLOSED)
			       : event_of_stranger(gateway, now, report);
	event.kind = kinds[report->event];
	event.code = report->code;
	event.texts[EVENT_TO] = report->path;
	event.texts[EVENT_REASON] = report->reason;
	events_note(core->events, &event);
	return LINK_ALIVE;
}
