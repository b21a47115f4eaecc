/*
 * Finds where WebSocket frames end in bytes that we made ourselves. Pure.
 */
#ifndef HUBBUB_GATEWAY_FRAME_WALK_H
#define HUBBUB_GATEWAY_FRAME_WALK_H

#include <stddef.h>
#include <sys/uio.h>

/*
 * `runs` are whole unmasked frames, none across two runs, of which the first `sent` bytes are gone.
 * Returns what is left of the frame that was cut: a part of one run, empty if `sent` is
 * at a frame's end or behind all runs.
 */
struct iovec frame_walk_rest(const struct iovec *runs, int count, size_t sent);

/*
 * Bytes at the beginning of `run` that are as many whole frames as fit into `max`; the first
 * frame alone if not even that fits.
 */
size_t frame_walk_fit(const struct iovec *run, size_t max);

#endif
