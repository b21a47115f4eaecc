/* Asks one daemon at a time, over its status socket, whether it is ready. */
#ifndef HUBBUB_DEPLOY_SUPERVISOR_PROBE_H
#define HUBBUB_DEPLOY_SUPERVISOR_PROBE_H

#include <stddef.h>

struct probe {
	int fd; /* readable when there is something to hear; -1 between two questions */
	char answer[16];
	size_t length;
};

enum probe_result {
	PROBE_WAITING, /* ask again when fd is readable */
	PROBE_READY,
	PROBE_NOT_READY, /* nobody there, or it says so   */
};

/* Sends the question to the Unix socket at `path`; never blocks. */
enum probe_result probe_begin(struct probe *probe, const char *path);

/* Hears what came. */
enum probe_result probe_hear(struct probe *probe);

void probe_end(struct probe *probe);

#endif
