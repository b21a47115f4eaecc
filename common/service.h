/*
 * The service manager that started us, by libsystemd: the listening sockets it hands over
 * (sd_listen_fds(3)) and what it is told of us (sd_notify(3)). Without one nothing is handed over
 * and nobody is told.
 */
#ifndef HUBBUB_COMMON_SERVICE_H
#define HUBBUB_COMMON_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The descriptors handed over in LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES. */
struct service_sockets {
	int count;
	char **names;  /* NULL without any             */
	uint64_t used; /* a bit for each that is taken */
};

/* False with a sentence if the environment is malformed. Once per process. */
bool service_sockets_take(struct service_sockets *sockets_out, char *error, size_t error_size);

/* What a descriptor has to be. */
enum service_socket_kind {
	SERVICE_SOCKET_STREAM, /* a listening stream socket of any family */
	SERVICE_SOCKET_UNIX,   /* of the Unix family                      */
};

/*
 * The next descriptor of that name, from now on the caller's, nonblocking and close-on-exec; -1 if
 * there is none (left). False with a sentence if it is not of that kind. `sockets` may be NULL.
 */
bool service_sockets_next(struct service_sockets *sockets, const char *name,
    enum service_socket_kind kind, int *fd_out, char *error, size_t error_size);

/* Closes those that nobody took; returns how many there were. */
int service_sockets_close_rest(struct service_sockets *sockets);

/* True if somebody wants to be told of us. */
bool service_is_there(void);

/* The start, or a reload, is over. */
void service_say_ready(void);

/* The start takes longer than usual: so many bytes have to be read first. */
void service_say_opening(uint64_t bytes);

void service_say_reloading(void);

/* We are about to end; `within_ms` may pass before, or less. */
void service_say_stopping(uint64_t within_ms);

/* What is under way, a start or a stop, may take that long from now on. */
void service_say_longer(uint64_t within_ms);

/* For people. */
void service_say_status(const char *line);

/* The watchdog's food: it ends us when it gets none for service_watchdog_ms (0: there is none). */
void service_feed_watchdog(void);
uint64_t service_watchdog_ms(void);

#endif
