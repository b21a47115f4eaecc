/* Signals by signalfd and standard input, gathered by epoll. Knows no line and no chat. */
#include "client/inputs.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

bool
inputs_open(struct inputs *inputs)
{
	static const int wanted[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP };
	struct epoll_event event = { .events = EPOLLIN, .data.fd = -1 };
	sigset_t set;

	*inputs = (struct inputs){ .epoll = -1, .signals = -1 };
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		sigaddset(&set, wanted[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	inputs->epoll = epoll_create1(EPOLL_CLOEXEC);
	inputs->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return inputs->epoll >= 0 && inputs->signals >= 0 &&
	       epoll_ctl(inputs->epoll, EPOLL_CTL_ADD, inputs->signals, &event) == 0;
}

void
inputs_close(struct inputs *inputs)
{
	if (inputs->signals >= 0)
		close(inputs->signals);
	inputs->signals = -1;
	inputs->epoll = -1;
}

int
inputs_fd(const struct inputs *inputs)
{
	return inputs->epoll;
}

void
inputs_want_standard(struct inputs *inputs, bool wants)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = STDIN_FILENO };

	if (wants == inputs->wants_standard)
		return;
	inputs->wants_standard = wants;
	if (!wants)
		epoll_ctl(inputs->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
	else
		inputs->is_always_ready =
		    epoll_ctl(inputs->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0;
}

static unsigned
take_signals(const struct inputs *inputs)
{
	struct signalfd_siginfo info;
	unsigned ready = 0;

	while (read(inputs->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			ready |= INPUT_RESIZED;
		else if (info.ssi_signo == SIGTSTP)
			ready |= INPUT_SUSPEND;
		else
			ready |= INPUT_STOP;
	}
	return ready;
}

unsigned
inputs_ready(struct inputs *inputs)
{
	struct epoll_event events[2];
	unsigned ready = inputs->wants_standard && inputs->is_always_ready ? INPUT_READABLE : 0;
	int count = epoll_wait(inputs->epoll, events, 2, 0);

	for (int i = 0; i < count; i++)
		ready |= events[i].data.fd == STDIN_FILENO ? INPUT_READABLE : take_signals(inputs);
	return ready;
}

bool
inputs_read(struct buffer *out)
{
	char bytes[4096];
	ssize_t count = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (count < 0)
		return errno == EINTR || errno == EAGAIN;
	buffer_append(out, bytes, (size_t)count);
	return count > 0;
}
