/*
 * What hubctl's commands have in common towards the terminal and at their end.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/terminal_text.h"
#include "hub/hubctl_follow.h"

bool
hubctl_write(int fd, struct text bytes)
{
	while (bytes.length > 0) {
		ssize_t written = write(fd, bytes.data, bytes.length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		bytes.data += written;
		bytes.length -= (size_t)written;
	}
	return true;
}

enum exit_code
hubctl_explain(const struct admin_answer *answer, struct buffer *sentence)
{
	switch (answer->end) {
	case ADMIN_END_VERSION:
		buffer_append_string(sentence, "this is hubctl " HUBBUB_VERSION ", the hub is ");
		terminal_text_quote(sentence, buffer_text(&answer->sentence));
		buffer_append_string(sentence, ": they do not understand each other");
		return EXIT_CODE_VERSION;
	case ADMIN_END_REFUSED:
		buffer_append_text(sentence, buffer_text(&answer->sentence));
		return EXIT_CODE_REFUSED;
	case ADMIN_END_USAGE:
		buffer_append_text(sentence, buffer_text(&answer->sentence));
		return EXIT_CODE_USAGE;
	case ADMIN_END_DONE:
		return EXIT_CODE_DONE;
	default:
		buffer_append_string(sentence, "the hub hung up before the end of its answer");
		return EXIT_CODE_UNREACHABLE;
	}
}

/* The only thing that a handler of signals can know. */
static const char *volatile last_words = "";

static void
on_signal(int number)
{
	(void)number;
	(void)!write(STDOUT_FILENO, last_words, strlen(last_words));
	_exit(EXIT_CODE_DONE);
}

void
hubctl_end_by_signal(const char *last_bytes)
{
	struct sigaction action = { .sa_handler = on_signal };

	last_words = last_bytes;
	sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
}
