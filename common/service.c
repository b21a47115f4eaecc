/*
 * Owns libsystemd. Must not know what the sockets are for, nor when we are well.
 */
#include "common/service.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

/* So many have a bit in service_sockets.used. */
#define SOCKETS_MAX 64

/* What a start may take beside reading its files, and how fast even a slow disk reads them. */
#define START_SECONDS 60
#define DISK_BYTES_PER_SECOND (UINT64_C(10) * 1024 * 1024)

#define MICROSECONDS UINT64_C(1000000)

bool
service_sockets_take(struct service_sockets *sockets_out, char *error, size_t error_size)
{
	*sockets_out = (struct service_sockets){ 0, NULL, 0 };
	sockets_out->count = sd_listen_fds_with_names(1, &sockets_out->names);
	if (sockets_out->count >= 0 && sockets_out->count <= SOCKETS_MAX)
		return true;
	snprintf(error, error_size, "cannot take over listening sockets: %s",
	    sockets_out->count < 0 ? strerror(-sockets_out->count) : "there are too many");
	sockets_out->count = 0;
	return false;
}

static bool
is_of_kind(int fd, enum service_socket_kind kind)
{
	if (kind == SERVICE_SOCKET_UNIX)
		return sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) > 0;
	return sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0;
}

bool
service_sockets_next(struct service_sockets *sockets, const char *name,
    enum service_socket_kind kind, int *fd_out, char *error, size_t error_size)
{
	*fd_out = -1;
	for (int i = 0; sockets != NULL && sockets->names != NULL && i < sockets->count; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if ((sockets->used >> i & 1) != 0 || strcmp(sockets->names[i], name) != 0)
			continue;
		if (!is_of_kind(fd, kind)) {
			snprintf(error, error_size,
			    "descriptor %d was handed over but is no listening %s socket", fd,
			    kind == SERVICE_SOCKET_UNIX ? "Unix stream" : "stream");
			return false;
		}
		if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
			snprintf(error, error_size, "descriptor %d: %s", fd, strerror(errno));
			return false;
		}
		sockets->used |= UINT64_C(1) << i;
		*fd_out = fd;
		return true;
	}
	return true;
}

int
service_sockets_close_rest(struct service_sockets *sockets)
{
	int closed = 0;

	for (int i = 0; i < sockets->count; i++) {
		if ((sockets->used >> i & 1) != 0)
			continue;
		close(SD_LISTEN_FDS_START + i);
		closed++;
	}
	for (int i = 0; sockets->names != NULL && sockets->names[i] != NULL; i++)
		free(sockets->names[i]);
	free(sockets->names);
	*sockets = (struct service_sockets){ 0, NULL, 0 };
	return closed;
}

bool
service_is_there(void)
{
	const char *address = getenv("NOTIFY_SOCKET");

	return address != NULL && address[0] != '\0';
}

void
service_say_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

void
service_say_opening(uint64_t bytes)
{
	service_say_longer((START_SECONDS + bytes / DISK_BYTES_PER_SECOND) * 1000);
	service_say_status("opening the store");
}

void
service_say_reloading(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    (uint64_t)now.tv_sec * MICROSECONDS + (uint64_t)now.tv_nsec / 1000);
}

void
service_say_stopping(uint64_t within_ms)
{
	(void)sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRIu64, within_ms * 1000);
}

void
service_say_longer(uint64_t within_ms)
{
	(void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRIu64, within_ms * 1000);
}

void
service_say_status(const char *line)
{
	(void)sd_notifyf(0, "STATUS=%s", line);
}

void
service_feed_watchdog(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

uint64_t
service_watchdog_ms(void)
{
	uint64_t us = 0;

	return sd_watchdog_enabled(0, &us) > 0 ? us / 1000 : 0;
}
