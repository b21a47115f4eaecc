/*
 * The pace of a drain. Owns the arithmetic and its rounding: never more are asked to go than the
 * time that passed allows, and nobody may stay once the window is over.
 */
#include "gateway/drain.h"

void
drain_begin(struct drain *drain, uint64_t now_ms, uint64_t over_ms, unsigned clients)
{
	*drain = (struct drain){
		.active = true,
		.began_ms = now_ms,
		.over_ms = over_ms,
		.clients = clients,
	};
}

uint64_t
drain_ends_ms(const struct drain *drain)
{
	return drain->began_ms + drain->over_ms;
}

unsigned
drain_may_stay(const struct drain *drain, uint64_t now_ms, unsigned late)
{
	uint64_t passed = now_ms > drain->began_ms ? now_ms - drain->began_ms : 0;

	if (passed >= drain->over_ms)
		return 0;
	return drain->clients - (unsigned)(drain->clients * passed / drain->over_ms) + late;
}

uint64_t
drain_next_ms(const struct drain *drain, unsigned staying, unsigned late)
{
	uint64_t gone;

	if (staying == 0)
		return UINT64_MAX;
	if (staying <= late)
		return drain_ends_ms(drain);
	/* There are more than there were: whoever counts is to look at once. */
	if (staying - late > drain->clients)
		return drain->began_ms;
	gone = (uint64_t)drain->clients - (staying - late) + 1;
	return drain->began_ms + (gone * drain->over_ms + drain->clients - 1) / drain->clients;
}
