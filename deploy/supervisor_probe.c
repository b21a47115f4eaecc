/*
 * Owns the question "are you ready?" to a daemon's status socket: one HTTP request, of whose
 * answer only the status line matters. Does not know who is asked, nor why.
 */
#include "deploy/supervisor_probe.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char question[] =
    "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
static const char ready[] = "HTTP/1.1 200";

enum probe_result
probe_begin(struct probe *probe, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*probe = (struct probe){ .fd = -1 };
	if (strlen(path) >= sizeof address.sun_path)
		return PROBE_NOT_READY;
	memcpy(address.sun_path, path, strlen(path));
	probe->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe->fd >= 0 &&
	    connect(probe->fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
	    send(probe->fd, question, sizeof question - 1, MSG_NOSIGNAL) ==
		(ssize_t)sizeof question - 1)
		return PROBE_WAITING;
	probe_end(probe);
	return PROBE_NOT_READY;
}

enum probe_result
probe_hear(struct probe *probe)
{
	ssize_t length = recv(probe->fd, probe->answer + probe->length,
	    sizeof ready - 1 - probe->length, MSG_DONTWAIT);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return PROBE_WAITING;
	if (length > 0) {
		probe->length += (size_t)length;
		if (probe->length < sizeof ready - 1)
			return PROBE_WAITING;
	}
	probe_end(probe);
	return probe->length == sizeof ready - 1 &&
		       memcmp(probe->answer, ready, sizeof ready - 1) == 0
		   ? PROBE_READY
		   : PROBE_NOT_READY;
}

void
probe_end(struct probe *probe)
{
	if (probe->fd >= 0)
		close(probe->fd);
	probe->fd = -1;
}
