/*
 * Standard error is shared: with the terminal, with a supervisor and the other
 * daemons below it. O_NONBLOCK is a property of the open file that all of them
 * share, so setting it there would break the others' writes. For a pipe or a
 * terminal we therefore open our own file description by way of /proc and make
 * that one nonblocking; a socket (the journal's) has MSG_DONTWAIT instead; a
 * regular file never makes anybody wait. Where opening is not allowed we ask
 * poll() first: a pipe that is writable then takes a line of less than PIPE_BUF.
 */
#include "common/log_stderr.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log_line.h"

#define PREFIX_SIZE 96
#define WHOLE_SIZE (PREFIX_SIZE + LOG_LINE_SIZE + 1)

enum way { WAY_WRITE, WAY_SEND, WAY_POLL };

struct log_stderr {
	char program[32];
	bool journal;
	enum way way;
	int fd;             /* STDERR_FILENO or our own                           */
	uint64_t lost;      /* lines dropped                                      */
	size_t rest_length; /* what a terminal or socket left of a line it began  */
	char rest[WHOLE_SIZE];
};

/*
 * The journal names its socket by device and inode: a process whose standard
 * error was redirected inherits the variable but must not write priorities.
 */
static bool
is_journal(const struct stat *status)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device;
	unsigned long long inode;

	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       device == status->st_dev && inode == status->st_ino;
}

static void
choose_way(struct log_stderr *sink)
{
	struct stat status;
	int own;

	sink->fd = STDERR_FILENO;
	sink->way = WAY_POLL;
	if (fstat(STDERR_FILENO, &status) != 0)
		return;
	sink->journal = is_journal(&status);
	if (S_ISREG(status.st_mode))
		sink->way = WAY_WRITE;
	if (S_ISSOCK(status.st_mode))
		sink->way = WAY_SEND;
	if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode))
		return;
	own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_APPEND);
	if (own < 0)
		return;
	sink->fd = own;
	sink->way = WAY_WRITE;
}

struct log_stderr *
log_stderr_create(const char *program)
{
	struct log_stderr *sink = calloc(1, sizeof(*sink));

	if (sink == NULL)
		return NULL;
	snprintf(sink->program, sizeof(sink->program), "%s", program);
	choose_way(sink);
	/* Whoever read our lines may go away; that must not end us. */
	signal(SIGPIPE, SIG_IGN);
	return sink;
}

void
log_stderr_destroy(struct log_stderr **sink)
{
	struct log_stderr *doomed = *sink;

	if (doomed == NULL)
		return;
	*sink = NULL;
	if (doomed->fd != STDERR_FILENO)
		close(doomed->fd);
	free(doomed);
}

/* Bytes taken, or -1. */
static ssize_t
put(struct log_stderr *sink, const char *bytes, size_t length)
{
	struct pollfd ready = { .fd = sink->fd, .events = POLLOUT };

	switch (sink->way) {
	case WAY_SEND:
		return send(sink->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	case WAY_POLL:
		if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0)
			return -1;
		return write(sink->fd, bytes, length);
	case WAY_WRITE:
		break;
	}
	return write(sink->fd, bytes, length);
}

/* Writes what was left of an earlier line; false if some of it is still there. */
static bool
put_rest(struct log_stderr *sink)
{
	ssize_t taken;

	if (sink->rest_length == 0)
		return true;
	taken = put(sink, sink->rest, sink->rest_length);
	if (taken <= 0)
		return false;
	sink->rest_length -= (size_t)taken;
	memmove(sink->rest, sink->rest + taken, sink->rest_length);
	return sink->rest_length == 0;
}

/* What stands before the line; its length. */
static size_t
make_prefix(const struct log_stderr *sink, enum log_level level, char out[PREFIX_SIZE])
{
	static const int priorities[] = {
		[LOG_LEVEL_ERROR] = 3,
		[LOG_LEVEL_WARN] = 4,
		[LOG_LEVEL_INFO] = 6,
		[LOG_LEVEL_DEBUG] = 7,
	};
	char time[CLOCK_LOCAL_SIZE];

	if (sink->journal)
		return (size_t)snprintf(out, PREFIX_SIZE, "<%d>", priorities[level]);
	clock_local(clock_now().wall_ms, time);
	return (size_t)snprintf(
	    out, PREFIX_SIZE, "%s %s[%ld] ", time, sink->program, (long)getpid());
}

/* Writes one line or begins it; false if nothing of it was taken. */
static bool
put_line(struct log_stderr *sink, enum log_level level, struct text line)
{
	char whole[WHOLE_SIZE];
	size_t length = make_prefix(sink, level, whole);
	ssize_t taken;

	memcpy(whole + length, line.data, line.length);
	length += line.length;
	whole[length++] = '\n';
	taken = put_rest(sink) ? put(sink, whole, length) : -1;
	if (taken < 0)
		return false;
	sink->rest_length = length - (size_t)taken;
	memcpy(sink->rest, whole + taken, sink->rest_length);
	return true;
}

void
log_stderr_flush(struct log_stderr *sink)
{
	struct log_field lost = log_u64("lost", sink->lost);
	struct log_line line;

	if (sink->lost == 0) {
		(void)put_rest(sink);
		return;
	}
	log_line_begin(&line);
	log_line_literal(&line, "warn log lines lost");
	log_line_field(&line, &lost);
	if (put_line(sink, LOG_LEVEL_WARN, log_line_end(&line)))
		sink->lost = 0;
}

void
log_stderr_write(void *context, enum log_level level, struct text line)
{
	struct log_stderr *sink = context;

	log_stderr_flush(sink);
	if (!put_line(sink, level, line))
		sink->lost++;
}
