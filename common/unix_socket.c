/*
 * Makes, finds and removes Unix stream sockets. Owns the dance around stale
 * files; knows nothing of what is spoken over them. Every refusal is one
 * sentence for the operator.
 */
#include "common/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 128

/* How long a start waits for another start in the same directory: attempts, 10 ms apart. */
#define LOCK_ATTEMPTS 100

/* Where refusals are written. */
struct refusal {
	char *sentence;
	size_t size;
};

static bool refuse(struct refusal why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool
refuse(struct refusal why, const char *format, ...)
{
	int saved = errno;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why.sentence, why.size, format, arguments);
	va_end(arguments);
	errno = saved;
	return false;
}

static bool
address_of(const char *path, struct refusal why, struct sockaddr_un *address_out)
{
	size_t length = strlen(path);

	*address_out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	errno = ENAMETOOLONG;
	if (length >= sizeof(address_out->sun_path))
		return refuse(why, "%s has %zu bytes; the path of a Unix socket has at most %zu",
		    path, length, sizeof(address_out->sun_path) - 1);
	errno = EINVAL;
	if (length == 0)
		return refuse(why, "the path of a Unix socket cannot be empty");
	memcpy(address_out->sun_path, path, length + 1);
	return true;
}

static int
new_socket(struct refusal why)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		refuse(why, "cannot make a Unix socket: %s", strerror(errno));
	return fd;
}

/* Where everybody may rename files, anybody can put a socket of their own in place of ours. */
static bool
is_safe_directory(int fd, const char *path, const char *directory, struct refusal why)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return refuse(
		    why, "cannot listen on %s: directory %s: %s", path, directory, strerror(errno));
	if ((status.st_mode & S_IWOTH) == 0 || (status.st_mode & S_ISVTX) != 0)
		return true;
	errno = EPERM;
	return refuse(why,
	    "cannot listen on %s: everybody may write to directory %s; chmod o-w it or choose "
	    "another path",
	    path, directory);
}

/*
 * Two processes that find the same stale socket must not both replace it, for
 * the later one would cut off the earlier. They queue at a lock on the
 * directory, which, unlike a lock file, leaves nothing behind.
 */
static int
lock_directory(const char *path, struct refusal why)
{
	char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const struct timespec pause = { 0, 10 * 1000 * 1000 };
	const char *slash = strrchr(path, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - path);
	int fd;

	if (slash == path)
		snprintf(directory, sizeof(directory), "/");
	else if (slash == NULL)
		snprintf(directory, sizeof(directory), ".");
	else
		snprintf(directory, sizeof(directory), "%.*s", (int)length, path);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		refuse(
		    why, "cannot listen on %s: directory %s: %s", path, directory, strerror(errno));
		return -1;
	}
	if (!is_safe_directory(fd, path, directory, why)) {
		close(fd);
		return -1;
	}
	for (int i = 0; i < LOCK_ATTEMPTS; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		nanosleep(&pause, NULL);
	}
	close(fd);
	refuse(why, "cannot listen on %s: another process keeps %s locked", path, directory);
	return -1;
}

/* True if nothing is at `path` any more, be it that a stale socket was removed. */
static bool
clear_path(const char *path, const struct sockaddr_un *address, struct refusal why)
{
	struct stat status;
	int result;
	int fd;

	if (lstat(path, &status) != 0) {
		if (errno == ENOENT)
			return true;
		return refuse(why, "cannot listen on %s: %s", path, strerror(errno));
	}
	if (!S_ISSOCK(status.st_mode))
		return refuse(
		    why, "%s is there and is no socket; move it or choose another path", path);
	fd = new_socket(why);
	if (fd < 0)
		return false;
	result = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	close(fd);
	if (result == 0 || result == EAGAIN || result == EPROTOTYPE)
		return refuse(why,
		    "another process already listens on %s; stop it or choose "
		    "another path",
		    path);
	if (result != ECONNREFUSED)
		return refuse(why, "cannot tell whether %s is in use: %s", path, strerror(result));
	if (unlink(path) != 0 && errno != ENOENT)
		return refuse(why, "cannot remove the stale socket %s: %s", path, strerror(errno));
	return true;
}

static bool
find_group(const char *group, struct refusal why, gid_t *gid_out)
{
	struct group *entry;

	*gid_out = (gid_t)-1;
	if (group[0] == '\0')
		return true;
	entry = getgrnam(group);
	if (entry == NULL)
		return refuse(why, "there is no group '%s' on this system", group);
	*gid_out = entry->gr_gid;
	return true;
}

/* Binds and listens. Until listen() nobody can connect, so the group may follow the bind. */
static bool
bind_and_listen(int fd, const struct sockaddr_un *address, unsigned mode, gid_t gid,
    struct refusal why, struct unix_socket_file *file_out)
{
	const char *path = address->sun_path;
	mode_t before = umask((mode_t)(~mode & 0777));
	int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	struct stat status;

	umask(before);
	if (result != 0)
		return refuse(why, "cannot listen on %s: %s", path, strerror(errno));
	if (lstat(path, &status) != 0)
		return refuse(why, "cannot listen on %s: %s", path, strerror(errno));
	*file_out = (struct unix_socket_file){ status.st_dev, status.st_ino };
	if ((gid != (gid_t)-1 && lchown(path, (uid_t)-1, gid) != 0) || listen(fd, BACKLOG) != 0) {
		refuse(why, "cannot listen on %s%s: %s", path,
		    gid != (gid_t)-1 ? " with its group" : "", strerror(errno));
		unix_socket_remove(path, file_out);
		return false;
	}
	return true;
}

int
unix_socket_listen(const char *path, unsigned mode, const char *group, char *error,
    size_t error_size, struct unix_socket_file *file_out)
{
	struct refusal why = { error, error_size };
	struct sockaddr_un address;
	gid_t gid;
	int lock;
	int fd;

	if (!address_of(path, why, &address) || !find_group(group, why, &gid))
		return -1;
	lock = lock_directory(path, why);
	if (lock < 0)
		return -1;
	fd = clear_path(path, &address, why) ? new_socket(why) : -1;
	if (fd >= 0 && !bind_and_listen(fd, &address, mode, gid, why, file_out)) {
		close(fd);
		fd = -1;
	}
	close(lock);
	return fd;
}

void
unix_socket_remove(const char *path, const struct unix_socket_file *file)
{
	struct stat status;

	if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode) &&
	    status.st_dev == file->device && status.st_ino == file->inode)
		(void)unlink(path);
}

int
unix_socket_connect(const char *path, char *error, size_t error_size)
{
	struct refusal why = { error, error_size };
	struct sockaddr_un address;
	int saved;
	int fd;

	if (!address_of(path, why, &address))
		return -1;
	fd = new_socket(why);
	if (fd < 0)
		return -1;
	/* A Unix socket connects at once or not at all. */
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	saved = errno;
	refuse(why, "cannot connect to %s: %s", path,
	    saved == ECONNREFUSED ? "nobody listens there any more" : strerror(saved));
	close(fd);
	errno = saved;
	return -1;
}

bool
unix_socket_peer(int fd, struct peer_credentials *peer_out)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
		return false;
	*peer_out = (struct peer_credentials){ credentials.pid, credentials.uid, credentials.gid };
	return true;
}

bool
unix_socket_peer_has_group(int fd, gid_t wanted)
{
	socklen_t size = 0;
	gid_t *groups;
	bool found = false;

	/* The kernel says how much room it needs; these are the groups at the time of connect(). */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 || errno != ERANGE)
		return false;
	groups = malloc(size);
	if (groups == NULL)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0) {
		for (size_t i = 0; i < size / sizeof(gid_t) && !found; i++)
			found = groups[i] == wanted;
	}
	free(groups);
	return found;
}
