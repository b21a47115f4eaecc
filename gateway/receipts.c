/*
 * Which PING is out, which is due and what answers it. Owns the payloads; knows neither frames nor
 * the hub.
 */
#include "gateway/receipts.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * Storing a receipt costs the hub as much as storing a message, and a thousand at once little
 * more. Until then a message counts as not received, which only matters if the gateway dies.
 */
#define GATHER_MS 50u

void
receipts_desk_init(struct receipts_desk *desk, unsigned pong_seconds, struct random_source random)
{
	*desk = (struct receipts_desk){ .gather_ms = GATHER_MS, .random = random };
	receipts_desk_set(desk, pong_seconds);
	TAILQ_INIT(&desk->due);
	TAILQ_INIT(&desk->asked);
	TAILQ_INIT(&desk->gathered);
}

void
receipts_desk_set(struct receipts_desk *desk, unsigned pong_seconds)
{
	desk->pong_ms = (pong_seconds == 0 ? 1 : pong_seconds) * UINT64_C(1000);
}

static void
make_due(struct receipts_desk *desk, struct receipts *receipts)
{
	if (receipts->due || receipts->out != 0)
		return;
	receipts->due = true;
	TAILQ_INSERT_TAIL(&desk->due, receipts, place);
}

void
receipts_sent(struct receipts_desk *desk, struct receipts *receipts, uint64_t seq)
{
	/* A lower one is of another epoch: what was sent before it counts no more. */
	receipts->sent = seq;
	make_due(desk, receipts);
}

/* ASCII, because libwebsockets holds PONGs behind a text message to the rules for text. */
static void
write_token(const struct receipts *receipts, char token[RECEIPT_TOKEN_SIZE])
{
	snprintf(
	    token, RECEIPT_TOKEN_SIZE, "%" PRIu64 ".%08" PRIx32, receipts->out, receipts->salt);
}

struct receipts *
receipts_ask(struct receipts_desk *desk, uint64_t now_ms, char token[RECEIPT_TOKEN_SIZE])
{
	struct receipts *receipts = TAILQ_FIRST(&desk->due);

	if (receipts == NULL)
		return NULL;
	TAILQ_REMOVE(&desk->due, receipts, place);
	receipts->due = false;
	receipts->out = receipts->sent;
	receipts->asked_ms = now_ms;
	receipts->salt = (uint32_t)random_u64(desk->random);
	TAILQ_INSERT_TAIL(&desk->asked, receipts, place);
	write_token(receipts, token);
	return receipts;
}

static void
gather(struct receipts_desk *desk, struct receipts *receipts, uint64_t seq, uint64_t now_ms)
{
	if (TAILQ_EMPTY(&desk->gathered))
		desk->tell_ms = now_ms + desk->gather_ms;
	if (receipts->got == 0)
		TAILQ_INSERT_TAIL(&desk->gathered, receipts, gathered);
	receipts->got = seq;
}

uint64_t
receipts_answered(
    struct receipts_desk *desk, struct receipts *receipts, struct text payload, uint64_t now_ms)
{
	char token[RECEIPT_TOKEN_SIZE];
	uint64_t seq = receipts->out;

	if (seq == 0)
		return 0;
	write_token(receipts, token);
	if (!text_equal(payload, text_of(token)))
		return 0;
	TAILQ_REMOVE(&desk->asked, receipts, place);
	receipts->out = 0;
	if (receipts->sent != seq)
		make_due(desk, receipts);
	gather(desk, receipts, seq, now_ms);
	return seq;
}

struct receipts *
receipts_gathered(const struct receipts_desk *desk, uint64_t now_ms)
{
	return desk->tell_ms <= now_ms ? TAILQ_FIRST(&desk->gathered) : NULL;
}

uint64_t
receipts_take(struct receipts_desk *desk, struct receipts *receipts)
{
	uint64_t seq = receipts->got;

	if (seq != 0)
		TAILQ_REMOVE(&desk->gathered, receipts, gathered);
	receipts->got = 0;
	return seq;
}

struct receipts *
receipts_lost(struct receipts_desk *desk, uint64_t now_ms)
{
	struct receipts *receipts = TAILQ_FIRST(&desk->asked);

	if (receipts == NULL || receipts->asked_ms + desk->pong_ms > now_ms)
		return NULL;
	TAILQ_REMOVE(&desk->asked, receipts, place);
	receipts->out = 0;
	return receipts;
}

uint64_t
receipts_deadline_ms(const struct receipts_desk *desk)
{
	const struct receipts *receipts = TAILQ_FIRST(&desk->asked);
	uint64_t due = receipts == NULL ? UINT64_MAX : receipts->asked_ms + desk->pong_ms;

	if (!TAILQ_EMPTY(&desk->gathered) && desk->tell_ms < due)
		due = desk->tell_ms;
	return due;
}

void
receipts_remove(struct receipts_desk *desk, struct receipts *receipts)
{
	if (receipts->due)
		TAILQ_REMOVE(&desk->due, receipts, place);
	else if (receipts->out != 0)
		TAILQ_REMOVE(&desk->asked, receipts, place);
	receipts->due = false;
	receipts->out = 0;
	(void)receipts_take(desk, receipts);
}
