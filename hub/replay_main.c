/*
 * hubbub-replay: makes a hub's core do again what a record says, and tells whether it does the
 * same. What a replay is, is replay.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/exit_codes.h"
#include "hub/record_format.h"
#include "hub/replay.h"

struct options {
	const char *path;
	struct replay_setup replay;
	bool print;
};

static void
usage(FILE *to)
{
	fputs("usage: hubbub-replay [--print] [--until TURN] [--any-version] FILE\n"
	      "\n"
	      "Replays a record of a hub (setting hub.record) and tells whether the hub's core\n"
	      "does now what it did then: 0 if it does, 1 at the first difference, 2 if FILE is\n"
	      "no record that can be replayed.\n"
	      "\n"
	      "  --print        also write every input and output in a line of its own\n"
	      "  --until TURN   stop behind that turn\n"
	      "  --any-version  take a record of another version of the software, too\n"
	      "  --version      write the version\n",
	    to);
}

/* False with the exit status: the command line is wrong, or was all that was asked. */
static bool
read_options(struct options *options, int argc, char **argv, int *status_out)
{
	*status_out = EXIT_CODE_USAGE;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--print") == 0) {
			options->print = true;
		} else if (strcmp(argv[i], "--any-version") == 0) {
			options->replay.any_version = true;
		} else if (strcmp(argv[i], "--until") == 0 && i + 1 < argc &&
			   text_to_u64(text_of(argv[i + 1]), &options->replay.until) &&
			   options->replay.until > 0) {
			i++;
		} else if (strcmp(argv[i], "--help") == 0) {
			usage(stdout);
			*status_out = EXIT_CODE_DONE;
			return false;
		} else if (strcmp(argv[i], "--version") == 0) {
			puts("hubbub-replay " HUBBUB_VERSION);
			*status_out = EXIT_CODE_DONE;
			return false;
		} else if (argv[i][0] != '-' && options->path == NULL) {
			options->path = argv[i];
		} else {
			fprintf(stderr, "hubbub-replay: %s is not understood\n", argv[i]);
			usage(stderr);
			return false;
		}
	}
	if (options->path == NULL)
		usage(stderr);
	return options->path != NULL;
}

static bool
begins_as_record(int fd)
{
	char begin[RECORD_MAGIC_SIZE];

	return pread(fd, begin, sizeof(begin), 0) == (ssize_t)sizeof(begin) &&
	       memcmp(begin, RECORD_MAGIC, sizeof(begin)) == 0;
}

/* All of a regular file; what is written to it meanwhile is not in it. */
static bool
read_all(int fd, struct buffer *bytes)
{
	struct stat file;
	ssize_t got = 1;
	char *place;

	if (fstat(fd, &file) != 0)
		return false;
	errno = ESPIPE;
	if (!S_ISREG(file.st_mode))
		return false;
	/* Of what does not begin as a record, which may be as long as a disk, that is enough. */
	if (!begins_as_record(fd))
		file.st_size = RECORD_MAGIC_SIZE;
	while (got > 0 && bytes->length < (size_t)file.st_size) {
		place = buffer_reserve(bytes, (size_t)file.st_size - bytes->length);
		errno = ENOMEM;
		if (place == NULL)
			return false;
		got = read(fd, place, (size_t)file.st_size - bytes->length);
		if (got > 0)
			buffer_advance(bytes, (size_t)got);
	}
	return got >= 0;
}

static bool
read_file(const char *path, struct buffer *bytes)
{
	/* Without waiting for whoever might write to a named pipe. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool done = fd >= 0 && read_all(fd, bytes);

	if (!done)
		fprintf(stderr, "hubbub-replay: %s cannot be read: %s\n", path,
		    errno == ESPIPE ? "it is no regular file" : strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

static void
print_line(void *context, struct text line)
{
	(void)context;
	fwrite(line.data, 1, line.length, stdout);
	putchar('\n');
}

static int
tell(const struct options *options, const struct replay_result *result)
{
	if (result->other_version && options->replay.any_version)
		fputs("hubbub-replay: the record is another version's; differences are likely\n",
		    stderr);
	if (result->end == REPLAY_BAD) {
		fprintf(stderr, "hubbub-replay: %s: %s\n", options->path, result->said);
		return EXIT_CODE_USAGE;
	}
	printf("%llu turns, %llu envelopes in, %llu frames out, %s%s%s\n",
	    (unsigned long long)result->turns, (unsigned long long)result->envelopes,
	    (unsigned long long)result->frames,
	    result->end == REPLAY_IDENTICAL ? "identical" : "different",
	    result->complete || options->replay.until != 0 || result->end != REPLAY_IDENTICAL
		? ""
		: "; the record was cut off here",
	    result->redacted ? " (contents redacted)" : "");
	if (result->end == REPLAY_IDENTICAL)
		return EXIT_CODE_DONE;
	printf("%s\n", result->said);
	return EXIT_CODE_REFUSED;
}

int
main(int argc, char **argv)
{
	struct options options = { 0 };
	struct replay_result result;
	struct buffer record;
	int status;

	if (!read_options(&options, argc, argv, &status))
		return status;
	if (options.print)
		options.replay.line = print_line;
	buffer_init(&record, 0);
	status = EXIT_CODE_USAGE;
	if (read_file(options.path, &record)) {
		options.replay.record = buffer_text(&record);
		result = replay_run(&options.replay);
		status = tell(&options, &result);
	}
	buffer_free(&record);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("hubbub-replay: the output cannot be written\n", stderr);
		return EXIT_CODE_USAGE;
	}
	return status;
}
