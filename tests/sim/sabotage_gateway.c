/* Bugs within a gateway's core and at its edges. */
#include "sabotage.h"

#include "gateway/catch_up.h"
#include "gateway/gateway_core.h"
#include "gateway/roster.h"
#include "sim_socket.h"

#define DAY_MS UINT64_C(86400000)

SABOTAGE_WRAP(
    struct gateway_core *, gateway_core_create, const struct gateway_core_setup *setup);
SABOTAGE_WRAP(void, gateway_core_turn, struct gateway_core *core, struct now now);
SABOTAGE_WRAP(enum position_verdict, position_judge, const struct position *position,
    uint64_t epoch, uint64_t seq);
SABOTAGE_WRAP(bool, positions_drop, struct positions *positions, struct room_position *room);
SABOTAGE_WRAP(void, catch_up_link_lost, struct session *session);
SABOTAGE_WRAP(void, catch_up_left, struct sessions *sessions, struct session *session,
    struct room_position *room);
SABOTAGE_WRAP(void, roster_begin, struct roster *roster);
SABOTAGE_WRAP(uint64_t, receipts_answered, struct receipts_desk *desk, struct receipts *receipts,
    struct text payload, uint64_t now_ms);
SABOTAGE_WRAP(struct receipts *, receipts_ask, struct receipts_desk *desk, uint64_t now_ms,
    char token[RECEIPT_TOKEN_SIZE]);
SABOTAGE_WRAP(struct transport, sim_socket_transport, void);

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
__wrap_gateway_core_turn(struct gateway_core *core, struct now now)
{
	/* It cannot be what it was before: time that goes back is a bug of another kind. */
	if (sabotage() == SABOTAGE_WALL_TIMERS)
		now.mono_ms += (uint64_t)now.wall_ms / DAY_MS * DAY_MS;
	__real_gateway_core_turn(core, now);
}

enum position_verdict
__wrap_position_judge(const struct position *position, uint64_t epoch, uint64_t seq)
{
	enum position_verdict verdict = __real_position_judge(position, epoch, seq);

	if (sabotage() == SABOTAGE_OLD_IS_NEWS && verdict == POSITION_OLD)
		return POSITION_NEWS;
	if (sabotage() == SABOTAGE_WHISPER_TWICE && verdict == POSITION_OLD)
		return POSITION_NEWS;
	if (sabotage() == SABOTAGE_GAP_IS_NEWS && verdict == POSITION_GAP)
		return POSITION_NEWS;
	return verdict;
}

bool
__wrap_positions_drop(struct positions *positions, struct room_position *room)
{
	if (sabotage() != SABOTAGE_POSITION_KEPT)
		return __real_positions_drop(positions, room);
	if (room->holders > 0)
		room->holders--;
	return false;
}

void
__wrap_catch_up_link_lost(struct session *session)
{
	if (sabotage() != SABOTAGE_FETCH_FORGOTTEN)
		__real_catch_up_link_lost(session);
}

void
__wrap_catch_up_left(
    struct sessions *sessions, struct session *session, struct room_position *room)
{
	__real_catch_up_left(sessions, session, room);
	if (sabotage() == SABOTAGE_READER_GONE && room->behind)
		room->behind = false;
}

void
__wrap_roster_begin(struct roster *roster)
{
	if (sabotage() != SABOTAGE_ROSTER_GHOST || !roster_is_known(roster))
		__real_roster_begin(roster);
}

uint64_t
__wrap_receipts_answered(struct receipts_desk *desk, struct receipts *receipts, struct text payload,
    uint64_t now_ms)
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
