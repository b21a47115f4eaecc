/* One process to be kept alive: how it is started, what its death means, when it is due again. */
#ifndef HUBBUB_DEPLOY_SUPERVISOR_CHILD_H
#define HUBBUB_DEPLOY_SUPERVISOR_CHILD_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_SETTINGS_MAX 16
#define CHILD_DESCRIPTORS_MAX 3
#define CHILD_NAME_SIZE 32

struct child {
	char name[CHILD_NAME_SIZE];         /* "hub", "gw-1", "gw-1-2"                         */
	const char *program;                /* path of the executable                          */
	const char *config;                 /* its configuration file, or NULL                 */
	const char *notify;                 /* the socket for sd_notify(3), or NULL            */
	char *settings[CHILD_SETTINGS_MAX]; /* "section.key=value", owned                     */
	unsigned setting_count;
	int descriptors[CHILD_DESCRIPTORS_MAX]; /* handed over from 3 on, not owned      */
	const char *descriptor_names[CHILD_DESCRIPTORS_MAX];
	unsigned descriptor_count;

	pid_t pid;           /* 0 while it does not run                       */
	uint64_t started_ms; /* when it was last started                      */
	uint64_t due_ms;     /* when it is to be started again, if pid is 0   */
	uint64_t pause_ms;   /* before the next restart                       */
};

/* Adds one setting, given to the program as --set. False without memory or room. */
bool child_set(struct child *child, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Starts the process with `mask` as its signal mask. It is killed by the kernel when this process
 * ends, however it ends. False if no process could be made; it is due again then.
 */
bool child_start(struct child *child, const sigset_t *mask, uint64_t now);

/* Takes note of the end of the process and decides when it is due again. `status` is waitpid's. */
void child_ended(struct child *child, uint64_t now);

/* What became of it, for people: "ended with status 1", "was killed by signal 9 (Killed)". */
void child_fate(int status, char *words_out, unsigned size);

/* Frees what child_set made. */
void child_clear(struct child *child);

#endif
