/*
 * Unix stream sockets as daemons need them: made with the right mode and
 * group, never taken from a living process, never left behind.
 */
#ifndef HUBBUB_COMMON_UNIX_SOCKET_H
#define HUBBUB_COMMON_UNIX_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The file that a listening socket made: what it takes to remove that one and no other. */
struct unix_socket_file {
	dev_t device;
	ino_t inode;
};

/* Who is at the other end, as the kernel saw it when the connection was made. */
struct peer_credentials {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/*
 * Listens on `path`: a file with permission bits `mode` (at most 0777) and group `group` ("" keeps
 * the process's). A socket nobody listens on any more is replaced; anything else at that path is
 * left alone and refused, a living listener above all. Returns a nonblocking, close-on-exec
 * descriptor owned by the caller, or -1 with one sentence in `error`. Changes the process's umask
 * for a moment: for start-up, before there are threads.
 */
int unix_socket_listen(const char *path, unsigned mode, const char *group, char *error,
    size_t error_size, struct unix_socket_file *file_out);

/* Unlinks `path` if it is still the file that unix_socket_listen made; closes nothing. */
void unix_socket_remove(const char *path, const struct unix_socket_file *file);

/*
 * Connects to `path`. Returns a connected, nonblocking, close-on-exec descriptor owned by the
 * caller, or -1 with one sentence in `error` and errno set (ENOENT and ECONNREFUSED: nobody is
 * there; EAGAIN: the listener's queue is full). It never waits.
 */
int unix_socket_connect(const char *path, char *error, size_t error_size);

/* The credentials of the process at the other end; false if the kernel does not tell. */
bool unix_socket_peer(int fd, struct peer_credentials *peer_out);

/* True if whoever connected was of that group then, beside its first one. */
bool unix_socket_peer_has_group(int fd, gid_t group);

#endif
