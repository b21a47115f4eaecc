/* Bugs within a gateway's core and at its edges. */
#include "sabotage.h"

#include "gateway/closing.h"
#include "gateway/gateway_core.h"
#include "gateway/positions.h"
#include "gateway/receipts.h"
#include "gateway/roster.h"
#include "sim_socket.h"

SABOTAGE_WRAP(struct gateway_core *, gateway_core_create, const struct gateway_core_setup *setup);
SABOTAGE_WRAP(void, gateway_core_set, struct gateway_core *core, struct now now,
    const struct gateway_core_settings *settings);
SABOTAGE_WRAP(enum position_verdict, position_judge, const struct position *position,
    uint64_t epoch, uint64_t seq);
SABOTAGE_WRAP(void, roster_begin, struct roster *roster);
SABOTAGE_WRAP(uint64_t, receipts_answered, struct receipts_desk *desk, struct receipts *receipts,
    struct text payload, uint64_t now_ms);
SABOTAGE_WRAP(struct receipts *, receipts_ask, struct receipts_desk *desk, uint64_t now_ms,
    char token[RECEIPT_TOKEN_SIZE]);
SABOTAGE_WRAP(struct transport, sim_socket_transport, void);
SABOTAGE_WRAP(
    struct closing *, closings_add, struct closings *closings, const struct session *session);

struct gateway_core *
__wrap_gateway_core_create(const struct gateway_core_setup *setup)
{
	struct gateway_core_setup mine = *setup;

	if (sabotage() == SABOTAGE_QUEUE_UNBOUNDED)
		mine.limits.queue_bytes *= 100;
	if (sabotage() == SABOTAGE_COMMANDS_UNBOUNDED)
		mine.limits.commands *= 1000;
	return __real_gateway_core_create(&mine);
}

void
__wrap_gateway_core_set(
    struct gateway_core *core, struct now now, const struct gateway_core_settings *settings)
{
	if (sabotage() != SABOTAGE_GATEWAY_SETTINGS_OLD)
		__real_gateway_core_set(core, now, settings);
}

enum position_verdict
__wrap_position_judge(const struct position *position, uint64_t epoch, uint64_t seq)
{
	enum position_verdict verdict = __real_position_judge(position, epoch, seq);

	if (sabotage() == SABOTAGE_WHISPER_TWICE && verdict == POSITION_OLD)
		return POSITION_NEWS;
	if (sabotage() == SABOTAGE_GAP_IS_NEWS && verdict == POSITION_GAP)
		return POSITION_NEWS;
	return verdict;
}

void
__wrap_roster_begin(struct roster *roster)
{
	if (sabotage() != SABOTAGE_ROSTER_GHOST || !roster_is_known(roster))
		__real_roster_begin(roster);
}

uint64_t
__wrap_receipts_answered(
    struct receipts_desk *desk, struct receipts *receipts, struct text payload, uint64_t now_ms)
{
	uint64_t seq = __real_receipts_answered(desk, receipts, payload, now_ms);

	if (sabotage() == SABOTAGE_PONG_IGNORED && seq != 0)
		(void)receipts_take(desk, receipts);
	return seq;
}

struct receipts *
__wrap_receipts_ask(struct receipts_desk *desk, uint64_t now_ms, char token[RECEIPT_TOKEN_SIZE])
{
	struct receipts *receipts = __real_receipts_ask(desk, now_ms, token);

	if (sabotage() == SABOTAGE_PONG_GUESSED && receipts != NULL)
		(void)__real_receipts_answered(desk, receipts, text_of(token), now_ms);
	return receipts;
}

struct closing *
__wrap_closings_add(struct closings *closings, const struct session *session)
{
	if (sabotage() == SABOTAGE_CLOSING_FORGOTTEN)
		return NULL;
	return __real_closings_add(closings, session);
}

static struct transport honest;

static size_t
write_all(void *peer, const struct iovec *runs, int count)
{
	size_t offered = 0;

	(void)honest.write(peer, runs, count);
	for (int i = 0; i < count; i++)
		offered += runs[i].iov_len;
	return offered;
}

struct transport
__wrap_sim_socket_transport(void)
{
	struct transport transport = __real_sim_socket_transport();

	honest = transport;
	if (sabotage() == SABOTAGE_SHORT_WRITE)
		transport.write = write_all;
	return transport;
}
