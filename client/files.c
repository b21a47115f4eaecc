/* Reads and writes small files of secrets. What is in them is known elsewhere. */
#include "client/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/terminal_text.h"

#define FILE_BYTES_MAX (256 * 1024)

/* The certificates of all authorities that there are fit in many times. */
#define LIBRARY_BYTES_MAX (16 * 1024 * 1024)

static bool
complain(struct buffer *sentence, const char *path, const char *why)
{
	terminal_text_quote(sentence, text_of(path));
	buffer_printf(sentence, ": %s", why);
	return false;
}

static bool
read_all(int fd, struct buffer *content)
{
	char bytes[4096];
	ssize_t count;

	while ((count = read(fd, bytes, sizeof(bytes))) != 0) {
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return false;
		buffer_append(content, bytes, (size_t)count);
		if (content->length > FILE_BYTES_MAX || content->failed) {
			errno = EFBIG;
			return false;
		}
	}
	return true;
}

static bool
read_open(
    int fd, const char *path, mode_t forbidden, struct buffer *content, struct buffer *sentence)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return complain(sentence, path, strerror(errno));
	if ((status.st_mode & forbidden) != 0)
		return complain(sentence, path, "others may read it; chmod go= takes that away");
	if (!read_all(fd, content))
		return complain(sentence, path, strerror(errno));
	return true;
}

/* A FIFO would keep us waiting for its writer. */
static int
open_to_read(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

bool
files_read_token(const char *path, struct buffer *token, struct buffer *sentence)
{
	int fd = open_to_read(path);
	const char *end;
	bool done;

	if (fd < 0)
		return complain(sentence, path, strerror(errno));
	done = read_open(fd, path, S_IRWXO, token, sentence);
	close(fd);
	if (!done)
		return false;
	end = token->length > 0 ? memchr(token->data, '\n', token->length) : NULL;
	if (end != NULL)
		buffer_truncate(token, (size_t)(end - token->data));
	if (token->length > 0 && token->data[token->length - 1] == '\r')
		buffer_truncate(token, token->length - 1);
	if (token->length == 0 || !text_is_utf8(buffer_text(token)))
		return complain(sentence, path, "no token is in its first line");
	return true;
}

bool
files_read_own(const char *path, struct buffer *content, struct buffer *sentence)
{
	int fd = open_to_read(path);
	bool done;

	if (fd < 0)
		return errno == ENOENT || complain(sentence, path, strerror(errno));
	done = read_open(fd, path, S_IRWXG | S_IRWXO, content, sentence);
	close(fd);
	return done;
}

bool
files_can_be_read(const char *path, struct buffer *sentence)
{
	struct stat status;

	if (access(path, R_OK) != 0 || stat(path, &status) != 0)
		return complain(sentence, path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return complain(sentence, path, "it is no regular file");
	if (status.st_size > LIBRARY_BYTES_MAX)
		return complain(sentence, path, strerror(EFBIG));
	return true;
}

static bool
write_all(int fd, struct text content)
{
	while (content.length > 0) {
		ssize_t written = write(fd, content.data, content.length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		content.data += written;
		content.length -= (size_t)written;
	}
	return fsync(fd) == 0;
}

bool
files_replace(const char *path, struct text content, struct buffer *sentence)
{
	struct buffer beside;
	int fd;
	bool done;

	buffer_init(&beside, 0);
	buffer_printf(&beside, "%s.new", path);
	buffer_append_byte(&beside, '\0');
	if (beside.failed) {
		buffer_free(&beside);
		return complain(sentence, path, "out of memory");
	}
	unlink(beside.data);
	fd = open(beside.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
	done = fd >= 0 && write_all(fd, content);
	if (fd >= 0 && close(fd) != 0)
		done = false;
	done = done && rename(beside.data, path) == 0;
	if (!done) {
		complain(sentence, path, strerror(errno));
		unlink(beside.data);
	}
	buffer_free(&beside);
	return done;
}
