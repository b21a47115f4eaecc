/*
 * Owns the socket on which children speak. Who speaks is the kernel's word, not the child's; of all
 * that may be said only STOPPING=1 means anything here.
 */
#include "deploy/supervisor_notify.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "deploy/supervisor_text.h"

static const char stopping[] = "STOPPING=1";

int
supervisor_notify_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int on = 1;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mode_t before = umask(0177);
	bool bound = false;

	/* The state folder has measured that longer names fit. */
	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	if (fd >= 0)
		bound = setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0 &&
			bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
	umask(before);
	if (bound)
		return fd;
	complain("%s cannot be made: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* True if one of the lines is that word. */
static bool
says_stopping(const char *text)
{
	const size_t length = sizeof stopping - 1;

	while (text != NULL) {
		if (strncmp(text, stopping, length) == 0 &&
		    (text[length] == '\0' || text[length] == '\n'))
			return true;
		text = strchr(text, '\n');
		text = text == NULL ? NULL : text + 1;
	}
	return false;
}

bool
supervisor_notify_hear(int fd, pid_t *pid_out)
{
	char text[512];
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr header;
	} control;
	struct iovec run = { text, sizeof text - 1 };
	struct msghdr message = {
		.msg_iov = &run,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes,
	};
	ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *header;
	struct ucred sender;

	*pid_out = 0;
	if (length < 0)
		return false;
	text[length] = '\0';
	header = CMSG_FIRSTHDR(&message);
	if (header == NULL || header->cmsg_level != SOL_SOCKET ||
	    header->cmsg_type != SCM_CREDENTIALS || !says_stopping(text))
		return true;
	memcpy(&sender, CMSG_DATA(header), sizeof sender);
	*pid_out = sender.pid;
	return true;
}
