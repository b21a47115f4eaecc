/*
 * What SIGHUP means. To a program at a terminal it says that the terminal is gone; to one that
 * nobody watches it says: read the settings again.
 */
#ifndef HUBBUB_DEPLOY_SUPERVISOR_TERMINAL_H
#define HUBBUB_DEPLOY_SUPERVISOR_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

struct terminal {
	int fd;                   /* -1: there is none that this process ends with */
	uint64_t watched_till_ms; /* a SIGHUP before may yet turn out to have meant the terminal */
};

/* The one that this process was started from, unless whoever started it had it ignore SIGHUP. */
void terminal_open(struct terminal *terminal_out);

/* What `terminal_open` makes of a descriptor; takes it over. */
void terminal_use(struct terminal *terminal_out, int fd);

/* SIGHUP has come: true if the terminal is gone. If it is not, it is watched for a moment. */
bool terminal_hung_up(struct terminal *terminal, uint64_t now);

/* While it is watched, the descriptor to be waited for without events; -1 otherwise. */
int terminal_watch_fd(const struct terminal *terminal, uint64_t now);

void terminal_close(struct terminal *terminal);

#endif
