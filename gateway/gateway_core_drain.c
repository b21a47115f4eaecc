/*
 * Lets clients go before the gateway ends: as many as the pace (drain.c) asks for, each once it
 * has been sent what waits for it and has heard what became of its commands. Owns who is on the
 * way out; the process stops accepting by itself.
 */
#include <string.h>

#include "gateway/gateway_core_state.h"

/* Who cannot be sent what waits, or whose commands get no outcome, goes without. */
#define DEPARTURE_MS 2000u

/* Between two looks at who may go. */
#define STEP_MS 10u

#define SECOND_MS 1000u

/* One client on its way out. */
struct departure {
	uint64_t conn;
	uint64_t number; /* commands up to here were given before it was to go */
	uint64_t until_ms;
	bool told;
};

static unsigned
staying(const struct gateway_core *core)
{
	unsigned departing = (unsigned)(core->departures.waiting.length / sizeof(struct departure));

	return core->sessions.count > departing ? core->sessions.count - departing : 0;
}

/*
 * Those who go within about a second come again over a time that their number gives. Newcomers all
 * go at the end.
 */
static unsigned
going_together(const struct gateway_core *core, const struct session *session)
{
	const struct drain *pace = &core->departures.pace;
	unsigned late = session->late ? core->sessions.late : 0;

	if (pace->over_ms <= SECOND_MS)
		return pace->clients + late;
	return (unsigned)((uint64_t)pace->clients * SECOND_MS / pace->over_ms) + late;
}

/* Nothing is on its way to or from it that it would miss. */
static bool
is_quiet(
    const struct gateway_core *core, const struct session *session, const struct departure *leaver)
{
	return session->output.bytes == 0 && !session->touched &&
	       core->commands.first > leaver->number;
}

static void
tell(struct gateway_core *core, struct session *session, struct departure *leaver)
{
	if (!is_quiet(core, session, leaver) && core->sessions.now.mono_ms < leaver->until_ms)
		return;
	leaver->told = true;
	sessions_dismiss(session, CLOSE_RESTART, "restart", going_together(core, session));
}

/* Tells those who may go now and forgets those who have gone. */
static void
continue_departures(struct gateway_core *core)
{
	struct departures *departures = &core->departures;
	size_t kept = 0;

	departures->untold = 0;
	for (size_t at = 0; at < departures->waiting.length; at += sizeof(struct departure)) {
		struct departure leaver;
		struct session *session;

		memcpy(&leaver, departures->waiting.data + at, sizeof(leaver));
		session = sessions_find(&core->sessions, leaver.conn);
		if (session == NULL)
			continue;
		if (!leaver.told)
			tell(core, session, &leaver);
		if (!leaver.told)
			departures->untold++;
		memcpy(departures->waiting.data + kept, &leaver, sizeof(leaver));
		kept += sizeof(leaver);
	}
	buffer_truncate(&departures->waiting, kept);
}

static void
begin_departure(struct gateway_core *core, struct session *session)
{
	struct departures *departures = &core->departures;
	struct departure leaver = {
		.conn = session->conn,
		.number = commands_next(&core->commands) - 1,
		.until_ms = core->sessions.now.mono_ms + DEPARTURE_MS,
	};

	session->leaving = true;
	tell(core, session, &leaver);
	if (!leaver.told)
		departures->untold++;
	buffer_append(&departures->waiting, &leaver, sizeof(leaver));
	/* Who cannot be remembered cannot be waited for. */
	if (departures->waiting.failed && !leaver.told)
		session_close(session, CLOSE_RESTART, "restart");
}

/* The next one to go, in the order of their places, newcomers at the end; NULL if all are going. */
static struct session *
next_to_go(struct gateway_core *core, bool *wrapped)
{
	struct departures *departures = &core->departures;
	bool over = core->sessions.now.mono_ms >= drain_ends_ms(&departures->pace);
	struct session *session;

	for (;;) {
		session = conns_next(&core->sessions.conns, &departures->cursor);
		if (session == NULL && *wrapped)
			return NULL;
		if (session == NULL) {
			/* A newcomer may have taken the place of one who went. */
			*wrapped = true;
			departures->cursor = 0;
		} else if (!session->leaving && session->phase != SESSION_CLOSING &&
			   (over || !session->late)) {
			return session;
		}
	}
}

/*
 * After the turn's writing, so that whoever is told has already been sent all that the turn
 * brought.
 */
void
gateway_core_drain_step(struct gateway_core *core)
{
	struct departures *departures = &core->departures;
	uint64_t now_ms = core->sessions.now.mono_ms;
	struct session *session;
	bool wrapped = false;
	unsigned may_stay;
	unsigned there;

	if (!departures->pace.active || now_ms < departures->step_ms)
		return;
	departures->step_ms = now_ms + STEP_MS;
	continue_departures(core);
	may_stay = drain_may_stay(&departures->pace, now_ms, core->sessions.late);
	for (there = staying(core); there > may_stay; there--) {
		session = next_to_go(core, &wrapped);
		if (session == NULL)
			break;
		begin_departure(core, session);
	}
	sessions_flush(&core->sessions);
}

uint64_t
gateway_core_drain_deadline_ms(const struct gateway_core *core)
{
	const struct departures *departures = &core->departures;
	uint64_t due;

	if (!departures->pace.active)
		return UINT64_MAX;
	due = departures->untold > 0
		  ? departures->step_ms
		  : drain_next_ms(&departures->pace, staying(core), core->sessions.late);
	return due < departures->step_ms ? departures->step_ms : due;
}

void
gateway_core_say_draining(struct gateway_core *core)
{
	const struct drain *pace = &core->departures.pace;
	uint64_t ends = drain_ends_ms(pace);
	uint64_t now_ms = core->sessions.now.mono_ms;
	struct envelope_draining draining = {
		.over_ms = ends > now_ms ? (uint32_t)(ends - now_ms) : 0,
	};

	if (pace->active)
		hub_link_say(core->hub, ENVELOPE_DRAINING, &draining);
}

void
gateway_core_drain_came(struct gateway_core *core, struct session *session)
{
	if (!core->departures.pace.active)
		return;
	session->late = true;
	core->sessions.late++;
}

/* For another window all who are there were there before. */
static void
forget_late(struct gateway_core *core)
{
	struct session *session;
	uint32_t cursor = 0;

	while (core->sessions.late > 0 &&
	       (session = conns_next(&core->sessions.conns, &cursor)) != NULL) {
		if (session->late)
			core->sessions.late--;
		session->late = false;
	}
}

void
gateway_core_drain(struct gateway_core *core, struct now now, uint32_t over_ms)
{
	struct departures *departures = &core->departures;

	core->sessions.now = now;
	forget_late(core);
	drain_begin(&departures->pace, now.mono_ms, over_ms, staying(core));
	departures->step_ms = now.mono_ms;
	log_info(core->log, "draining", log_u64("clients", core->sessions.count),
	    log_u64("over_ms", over_ms));
	gateway_core_say_draining(core);
}

bool
gateway_core_is_draining(const struct gateway_core *core)
{
	return core->departures.pace.active;
}

uint64_t
gateway_core_drain_ends_ms(const struct gateway_core *core)
{
	return core->departures.pace.active ? drain_ends_ms(&core->departures.pace) : UINT64_MAX;
}

bool
gateway_core_drained(const struct gateway_core *core, struct now now)
{
	const struct departures *departures = &core->departures;

	if (!departures->pace.active)
		return false;
	if (core->sessions.count == 0)
		return true;
	return now.mono_ms >= drain_ends_ms(&departures->pace) && staying(core) == 0 &&
	       departures->untold == 0;
}
