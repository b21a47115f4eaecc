/*
 * Reads files with secrets. Owns what makes such a file unfit; must not know what secrets are for,
 * and never writes a byte of one anywhere.
 */
#include "common/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

/* What everybody, who is neither the owner nor of the group, may do with it. */
#define MODE_OF_OTHERS 0007u

struct secret {
	size_t length;
	char bytes[];
};

/* Where the sentence about a fault goes, and whose fault it is. */
struct blame {
	const char *path;
	char *sentence;
	size_t size;
};

static bool blame(struct blame of, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool
blame(struct blame of, const char *format, ...)
{
	int used = snprintf(of.sentence, of.size, "%.200s ", of.path);
	va_list arguments;

	if (used < 0 || (size_t)used >= of.size)
		return false;
	va_start(arguments, format);
	vsnprintf(of.sentence + used, of.size - (size_t)used, format, arguments);
	va_end(arguments);
	return false;
}

bool
secret_file_is_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > SECRET_FILE_NAME_MAX)
		return false;
	if (name[0] == '/')
		return name[length - 1] != '/';
	return strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* A name without a slash stands in the folder of credentials, and nowhere else. */
static bool
find_path(const char *name, char path[PATH_SIZE], struct blame of)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	int length;

	if (!secret_file_is_name(name))
		return blame(of, "is neither an absolute path nor the name of a credential");
	if (name[0] == '/') {
		snprintf(path, PATH_SIZE, "%s", name);
		return true;
	}
	if (folder == NULL || folder[0] != '/')
		return blame(of,
		    "is the name of a credential, but the service manager has handed over none "
		    "(CREDENTIALS_DIRECTORY is not set); give an absolute path");
	length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
	if (length < 0 || length >= PATH_SIZE)
		return blame(of, "cannot be found: CREDENTIALS_DIRECTORY is too long");
	return true;
}

static bool
judge(const struct stat *status, size_t bytes_max, struct blame of)
{
	if (!S_ISREG(status->st_mode))
		return blame(of, "is not a regular file");
	if ((status->st_mode & MODE_OF_OTHERS) != 0)
		return blame(of,
		    "is open to everybody (mode %04o); take that away, for example with "
		    "chmod o= FILE",
		    (unsigned)status->st_mode & 07777u);
	if (status->st_size == 0)
		return blame(of, "is empty");
	if ((uintmax_t)status->st_size > bytes_max)
		return blame(of, "has %jd bytes, more than the %zu that it may have",
		    (intmax_t)status->st_size, bytes_max);
	return true;
}

/* All of the file; it must have the length that it had when it was judged. */
static bool
read_whole(int fd, struct secret *secret, size_t length, struct blame of)
{
	while (secret->length <= length) {
		ssize_t got = read(fd, secret->bytes + secret->length, length + 1 - secret->length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return blame(of, "cannot be read: %s", strerror(errno));
		if (got == 0)
			break;
		secret->length += (size_t)got;
	}
	if (secret->length != length)
		return blame(of, "changed while it was read; try again");
	return true;
}

static struct secret *
read_open(int fd, size_t bytes_max, struct blame of)
{
	struct stat status;
	struct secret *secret;
	size_t length;

	if (fstat(fd, &status) != 0) {
		blame(of, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	if (!judge(&status, bytes_max, of))
		return NULL;
	length = (size_t)status.st_size;
	/* One byte more than it has, to see that there is none. */
	secret = calloc(1, sizeof(*secret) + length + 1);
	if (secret == NULL) {
		blame(of, "cannot be read: no memory");
		return NULL;
	}
	if (!read_whole(fd, secret, length, of))
		secret_destroy(&secret);
	return secret;
}

struct secret *
secret_file_read(const char *name, size_t bytes_max, char *error, size_t error_size)
{
	struct blame of = { name, error, error_size };
	struct secret *secret;
	char path[PATH_SIZE];
	int fd;

	if (!find_path(name, path, of))
		return NULL;
	of.path = path;
	/*
	 * Opened without waiting: a named pipe would hold us up until somebody writes to it. Links
	 * are followed: certificate authorities' clients and mounted secrets have the present file
	 * behind one, and what lies at its end is judged like any other.
	 */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		blame(of, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	secret = read_open(fd, bytes_max, of);
	close(fd);
	return secret;
}

struct text
secret_bytes(const struct secret *secret)
{
	return (struct text){ secret->bytes, secret->length };
}

struct text
secret_line(const struct secret *secret)
{
	struct text line = secret_bytes(secret);

	if (line.length > 0 && line.data[line.length - 1] == '\n')
		line.length--;
	if (line.length > 0 && line.data[line.length - 1] == '\r')
		line.length--;
	return line;
}

void
secret_destroy(struct secret **secret)
{
	struct secret *doomed = *secret;

	if (doomed == NULL)
		return;
	*secret = NULL;
	explicit_bzero(doomed->bytes, doomed->length);
	free(doomed);
}
