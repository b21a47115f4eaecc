/*
 * Which PING is out, which is due and what answers it. Owns the payloads; knows neither frames nor
 * the hub.
 */
#include "gateway/receipts.h"

#include <inttypes.h>
#include <stdio.h>

void
receipts_desk_init(struct receipts_desk *desk, unsigned pong_seconds, struct random_source random)
{
	*desk = (struct receipts_desk){
		.pong_ms = (pong_seconds == 0 ? 1 : pong_seconds) * UINT64_C(1000),
		.random = random,
	};
	TAILQ_INIT(&desk->due);
	TAILQ_INIT(&desk->asked);
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

uint64_t
receipts_answered(struct receipts_desk *desk, struct receipts *receipts, struct text payload)
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
	return seq;
}

struct receipts *
receipts_lost(struct receipts_desk *desk, uint64_t now_ms)
{
	struct receipts *receipts = TAILQ_FIRST(&desk->asked);

	if (receipts == NULL || receipts->asked_ms + desk->pong_ms > now_ms)
		return NULL;
	receipts_remove(desk, receipts);
	return receipts;
}

uint64_t
receipts_deadline_ms(const struct receipts_desk *desk)
{
	const struct receipts *receipts = TAILQ_FIRST(&desk->asked);

	return receipts == NULL ? UINT64_MAX : receipts->asked_ms + desk->pong_ms;
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
}
