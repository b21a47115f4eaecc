/*
 * Owns a descriptor of the terminal, by which its end can be seen. Reads and writes nothing there;
 * knows nothing of processes.
 */
#include "deploy/supervisor_terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/*
 * Some shells send SIGHUP to their jobs before they end and the terminal with them. So long may
 * that take.
 */
#define WATCH_MS 2000

void
terminal_use(struct terminal *terminal_out, int fd)
{
	*terminal_out = (struct terminal){ .fd = fd };
}

void
terminal_open(struct terminal *terminal_out)
{
	struct sigaction before = { .sa_handler = SIG_DFL };

	terminal_use(terminal_out, -1);
	/* nohup(1): it is to outlive the terminal. */
	if (sigaction(SIGHUP, NULL, &before) != 0 || before.sa_handler == SIG_IGN)
		return;
	terminal_out->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

static bool
is_gone(const struct terminal *terminal)
{
	struct pollfd wait = { .fd = terminal->fd };

	return terminal->fd >= 0 && poll(&wait, 1, 0) > 0 && wait.revents != 0;
}

bool
terminal_hung_up(struct terminal *terminal, uint64_t now)
{
	if (is_gone(terminal))
		return true;
	if (terminal->fd >= 0)
		terminal->watched_till_ms = now + WATCH_MS;
	return false;
}

int
terminal_watch_fd(const struct terminal *terminal, uint64_t now)
{
	return now < terminal->watched_till_ms ? terminal->fd : -1;
}

void
terminal_close(struct terminal *terminal)
{
	if (terminal->fd >= 0)
		close(terminal->fd);
	terminal->fd = -1;
}
