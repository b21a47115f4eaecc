/*
 * Tells when a process has ended, by its pidfd: at once and without asking again and again. The
 * end of a socket comes first when a process dies and is also what a mere break looks like.
 */
#ifndef HUBBUB_HUB_PROCESS_WATCH_H
#define HUBBUB_HUB_PROCESS_WATCH_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "hub/store_rows.h"

/*
 * A descriptor that stands for the process, to be closed by the caller; -1 if the kernel gives
 * none: it is dead already, or not of this pid namespace, or the kernel is too old.
 */
int process_open(pid_t pid);

/* True if that process has ended; also for -1, of which nothing can be known. */
bool process_has_ended(int pidfd);

/* What tells that process from a later one with its pid, also after a restart of ours. */
struct store_process process_identify(pid_t pid);

/*
 * True if that process has surely ended: no process has its pid, or a later one. False where that
 * cannot be told, so that a pid that is used again is at worst taken for the first one's.
 */
bool process_is_over(const struct store_process *process);

struct process_watch;

/* Called once by the loop: the process has ended, or did not in time. May destroy the watch. */
typedef void process_watch_fn(void *context, struct process_watch *watch, bool ended);

/* Watches for `ms` milliseconds. Takes `pidfd`. NULL without memory, with `pidfd` closed. */
struct process_watch *process_watch_create(
    struct event_base *base, int pidfd, uint64_t ms, process_watch_fn *told, void *context);
void process_watch_destroy(struct process_watch **watch);

#endif
