/*
 * Pings by batches. Owns who is due when and which token counts; knows neither frames nor
 * sockets: what to do is told to the effects.
 */
#include "gateway/ping.h"

#include <string.h>

#define BATCH_MS 1000u

/* Never 0: what is due at once would be due again within the same batch. */
static uint64_t
milliseconds(unsigned seconds)
{
	return seconds == 0 ? BATCH_MS : seconds * UINT64_C(1000);
}

void
ping_wheel_init(struct ping_wheel *wheel, unsigned ping_seconds, unsigned pong_seconds,
    struct random_source random, struct ping_effects effects)
{
	*wheel = (struct ping_wheel){ .random = random, .effects = effects };
	ping_wheel_set(wheel, ping_seconds, pong_seconds);
	TAILQ_INIT(&wheel->quiet);
	TAILQ_INIT(&wheel->asked);
}

void
ping_wheel_set(struct ping_wheel *wheel, unsigned ping_seconds, unsigned pong_seconds)
{
	wheel->ping_ms = milliseconds(ping_seconds);
	wheel->pong_ms = milliseconds(pong_seconds);
}

static struct ping_queue *
queue_of(struct ping_wheel *wheel, const struct ping_entry *entry)
{
	return entry->waiting ? &wheel->asked : &wheel->quiet;
}

static void
move(struct ping_wheel *wheel, struct ping_entry *entry, bool waiting, uint64_t now_ms)
{
	TAILQ_REMOVE(queue_of(wheel, entry), entry, place);
	entry->waiting = waiting;
	entry->since_ms = now_ms;
	TAILQ_INSERT_TAIL(queue_of(wheel, entry), entry, place);
}

void
ping_add(struct ping_wheel *wheel, struct ping_entry *entry, uint64_t now_ms)
{
	*entry = (struct ping_entry){ .since_ms = now_ms };
	TAILQ_INSERT_TAIL(&wheel->quiet, entry, place);
}

void
ping_remove(struct ping_wheel *wheel, struct ping_entry *entry)
{
	TAILQ_REMOVE(queue_of(wheel, entry), entry, place);
}

void
ping_heard(struct ping_wheel *wheel, struct ping_entry *entry, uint64_t now_ms)
{
	if (entry->waiting || entry->since_ms != now_ms)
		move(wheel, entry, false, now_ms);
}

void
ping_asked(struct ping_wheel *wheel, struct ping_entry *entry, uint64_t now_ms)
{
	if (!entry->waiting)
		move(wheel, entry, true, now_ms);
}

static enum ping_verdict
stray(struct ping_entry *entry, uint64_t now_ms)
{
	uint32_t second = (uint32_t)(now_ms / 1000);

	if (entry->stray_second != second) {
		entry->stray_second = second;
		entry->strays = 0;
	}
	if (entry->strays >= PING_STRAY_MAX)
		return PING_FLOOD;
	entry->strays++;
	return PING_STRAY;
}

enum ping_verdict
ping_pong(struct ping_wheel *wheel, struct ping_entry *entry, struct text payload, uint64_t now_ms)
{
	uint64_t token = 0;

	if (payload.length == PING_TOKEN_SIZE)
		memcpy(&token, payload.data, sizeof(token));
	if (token == 0 || token != entry->token)
		return stray(entry, now_ms);
	entry->token = 0;
	ping_heard(wheel, entry, now_ms);
	return PING_ANSWERED;
}

/*
 * Printable ASCII, 48 bits of it random: libwebsockets holds a PONG behind a text message to the
 * rules for text and would close the client for bytes that are no UTF-8.
 */
static void
draw_token(struct ping_wheel *wheel, char token[PING_TOKEN_SIZE])
{
	uint64_t drawn = random_u64(wheel->random);

	for (unsigned i = 0; i < PING_TOKEN_SIZE; i++)
		token[i] = (char)('0' + (drawn >> (6 * i) & 0x3f));
}

static void
ask(struct ping_wheel *wheel, struct ping_entry *entry, uint64_t now_ms)
{
	char token[PING_TOKEN_SIZE];

	draw_token(wheel, token);
	memcpy(&entry->token, token, sizeof(token));
	move(wheel, entry, true, now_ms);
	wheel->effects.send(wheel->effects.context, entry, (struct text){ token, PING_TOKEN_SIZE });
}

void
ping_batch(struct ping_wheel *wheel, uint64_t now_ms)
{
	struct ping_entry *entry;

	if (now_ms < wheel->next_batch_ms)
		return;
	if (ping_deadline_ms(wheel) > now_ms)
		return;
	wheel->next_batch_ms = now_ms + BATCH_MS;
	while ((entry = TAILQ_FIRST(&wheel->asked)) != NULL &&
	       entry->since_ms + wheel->pong_ms <= now_ms) {
		/*
		 * At the end of the queue it is not met again in this batch, nor soon reported
		 * again.
		 */
		move(wheel, entry, true, now_ms);
		wheel->effects.lost(wheel->effects.context, entry);
	}
	while ((entry = TAILQ_FIRST(&wheel->quiet)) != NULL &&
	       entry->since_ms + wheel->ping_ms <= now_ms)
		ask(wheel, entry, now_ms);
}

uint64_t
ping_deadline_ms(const struct ping_wheel *wheel)
{
	const struct ping_entry *quiet = TAILQ_FIRST(&wheel->quiet);
	const struct ping_entry *asked = TAILQ_FIRST(&wheel->asked);
	uint64_t due = UINT64_MAX;

	if (quiet != NULL)
		due = quiet->since_ms + wheel->ping_ms;
	if (asked != NULL && asked->since_ms + wheel->pong_ms < due)
		due = asked->since_ms + wheel->pong_ms;
	return due < wheel->next_batch_ms ? wheel->next_batch_ms : due;
}
