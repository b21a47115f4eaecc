/* Where children say, as sd_notify(3) does, that they accept nobody any more. */
#ifndef HUBBUB_DEPLOY_SUPERVISOR_NOTIFY_H
#define HUBBUB_DEPLOY_SUPERVISOR_NOTIFY_H

#include <stdbool.h>
#include <sys/types.h>

/* A socket at `path`; -1 after a complaint. */
int supervisor_notify_open(const char *path);

/* Takes one message; false if there is none. The process that says it stops, 0 if none does. */
bool supervisor_notify_hear(int fd, pid_t *pid_out);

#endif
