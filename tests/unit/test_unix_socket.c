/* Unix sockets in a temporary folder: taken, stale, foreign and vanished paths. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/unix_socket.h"

struct fixture {
	char folder[32];
	char path[64];
	char error[512];
	struct unix_socket_file file;
};

static int
open_folder(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	strcpy(fixture->folder, "/tmp/hubbub-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->path, sizeof(fixture->path), "%s/s.sock", fixture->folder);
	*state = fixture;
	return 0;
}

static int
close_folder(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->path);
	assert_int_equal(rmdir(fixture->folder), 0);
	free(fixture);
	return 0;
}

static int
listen_at(struct fixture *fixture, const char *path, const char *group)
{
	return unix_socket_listen(
	    path, 0640, group, fixture->error, sizeof(fixture->error), &fixture->file);
}

static void
test_mode_flags_and_umask(void **state)
{
	struct fixture *fixture = *state;
	mode_t before = umask(0027);
	int fd = listen_at(fixture, fixture->path, "");
	struct stat status;

	assert_true(fd >= 0);
	assert_int_equal(umask(before), 0027);
	assert_int_equal(lstat(fixture->path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 0777, 0640);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	unix_socket_remove(fixture->path, &fixture->file);
	assert_int_equal(access(fixture->path, F_OK), -1);
	close(fd);
}

static void
test_connect_and_peer(void **state)
{
	struct fixture *fixture = *state;
	int listener = listen_at(fixture, fixture->path, "");
	int client = unix_socket_connect(fixture->path, fixture->error, sizeof(fixture->error));
	int server = accept(listener, NULL, NULL);
	struct peer_credentials peer;
	int pipes[2];

	assert_true(client >= 0 && server >= 0);
	assert_true(unix_socket_peer(server, &peer));
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.gid, getegid());
	assert_int_equal(pipe(pipes), 0);
	assert_false(unix_socket_peer(pipes[0], &peer));
	close(pipes[0]);
	close(pipes[1]);
	close(client);
	close(server);
	close(listener);
}

static void
test_living_listener_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	int first = listen_at(fixture, fixture->path, "");
	struct unix_socket_file mine = fixture->file;
	int client;

	assert_int_equal(listen_at(fixture, fixture->path, ""), -1);
	assert_non_null(strstr(fixture->error, "another process already listens on"));
	assert_non_null(strstr(fixture->error, fixture->path));
	client = unix_socket_connect(fixture->path, fixture->error, sizeof(fixture->error));
	assert_true(client >= 0);
	close(client);
	close(first);
	unix_socket_remove(fixture->path, &mine);
}

static void
test_stale_socket_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	int first = listen_at(fixture, fixture->path, "");
	struct unix_socket_file old = fixture->file;
	int second;

	close(first);
	assert_int_equal(
	    unix_socket_connect(fixture->path, fixture->error, sizeof(fixture->error)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	second = listen_at(fixture, fixture->path, "");
	assert_true(second >= 0);
	/* The first process, ending late, must not remove what the second made. */
	if (old.inode != fixture->file.inode) {
		unix_socket_remove(fixture->path, &old);
		assert_int_equal(access(fixture->path, F_OK), 0);
	}
	unix_socket_remove(fixture->path, &fixture->file);
	close(second);
}

static void
test_other_files_are_never_removed(void **state)
{
	struct fixture *fixture = *state;
	int fd = open(fixture->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	struct stat status;

	assert_true(fd >= 0);
	assert_int_equal(listen_at(fixture, fixture->path, ""), -1);
	assert_non_null(strstr(fixture->error, "is no socket"));
	assert_int_equal(fstat(fd, &status), 0);
	fixture->file = (struct unix_socket_file){ status.st_dev, status.st_ino };
	unix_socket_remove(fixture->path, &fixture->file);
	assert_int_equal(access(fixture->path, F_OK), 0);
	close(fd);
	unlink(fixture->path);
	assert_int_equal(symlink("/nowhere/at/all", fixture->path), 0);
	assert_int_equal(listen_at(fixture, fixture->path, ""), -1);
	assert_non_null(strstr(fixture->error, "is no socket"));
}

static void
test_impossible_paths(void **state)
{
	struct fixture *fixture = *state;
	char path[200];

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[108] = '\0';
	assert_int_equal(listen_at(fixture, path, ""), -1);
	assert_non_null(strstr(fixture->error, "has 108 bytes"));
	assert_int_equal(listen_at(fixture, "", ""), -1);
	assert_non_null(strstr(fixture->error, "empty"));
	snprintf(path, sizeof(path), "%s/missing/s.sock", fixture->folder);
	assert_int_equal(listen_at(fixture, path, ""), -1);
	assert_non_null(strstr(fixture->error, "No such file or directory"));
	assert_int_equal(unix_socket_connect(path, fixture->error, sizeof(fixture->error)), -1);
	assert_int_equal(errno, ENOENT);
}

static void
test_groups(void **state)
{
	struct fixture *fixture = *state;
	struct group *own = getgrgid(getegid());
	int fd;

	assert_int_equal(listen_at(fixture, fixture->path, "no-such-group"), -1);
	assert_non_null(strstr(fixture->error, "no group 'no-such-group'"));
	assert_int_equal(access(fixture->path, F_OK), -1);
	if (own == NULL)
		return;
	fd = listen_at(fixture, fixture->path, own->gr_name);
	assert_true(fd >= 0);
	close(fd);
}

static void
test_full_queue_is_a_living_listener(void **state)
{
	struct fixture *fixture = *state;
	int listener = listen_at(fixture, fixture->path, "");
	int clients[1024];
	size_t count = 0;

	assert_int_equal(listen(listener, 1), 0);
	while (count < 1024) {
		clients[count] =
		    unix_socket_connect(fixture->path, fixture->error, sizeof(fixture->error));
		if (clients[count] < 0)
			break;
		count++;
	}
	assert_true(count < 1024);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(listen_at(fixture, fixture->path, ""), -1);
	assert_non_null(strstr(fixture->error, "already listens"));
	while (count > 0)
		close(clients[--count]);
	close(listener);
}

/* In a folder of everybody's, only its sticky bit keeps others from replacing the socket. */
static void
test_open_folder_is_refused(void **state)
{
	struct fixture *fixture = *state;
	int fd;

	assert_int_equal(chmod(fixture->folder, 0777), 0);
	assert_int_equal(listen_at(fixture, fixture->path, ""), -1);
	assert_non_null(strstr(fixture->error, "everybody may write to directory"));
	assert_int_equal(access(fixture->path, F_OK), -1);
	assert_int_equal(chmod(fixture->folder, 01777), 0);
	fd = listen_at(fixture, fixture->path, "");
	assert_true(fd >= 0);
	unix_socket_remove(fixture->path, &fixture->file);
	close(fd);
}

/* Tries to listen when the gate opens, says whether it could, and listens until it is closed. */
static void
run_contender(struct fixture *fixture, int gate, int verdict, int end)
{
	char byte;
	int fd;

	(void)!read(gate, &byte, 1);
	fd = listen_at(fixture, fixture->path, "");
	(void)!write(verdict, fd >= 0 ? "y" : "n", 1);
	(void)!read(end, &byte, 1);
	_exit(0);
}

#define CONTENDERS 8

/* Of several processes that find the same stale socket at once, one gets it. */
static void
test_one_of_many_wins(void **state)
{
	struct fixture *fixture = *state;
	char verdicts[CONTENDERS];
	pid_t children[CONTENDERS];
	int winners = 0;
	int gate[2];
	int verdict[2];
	int end[2];

	close(listen_at(fixture, fixture->path, ""));
	assert_int_equal(pipe(gate) + pipe(verdict) + pipe(end), 0);
	for (int i = 0; i < CONTENDERS; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			close(gate[1]);
			close(end[1]);
			run_contender(fixture, gate[0], verdict[1], end[0]);
		}
	}
	close(gate[1]);
	for (int i = 0; i < CONTENDERS; i++) {
		assert_int_equal(read(verdict[0], &verdicts[i], 1), 1);
		winners += verdicts[i] == 'y';
	}
	close(end[1]);
	for (int i = 0; i < CONTENDERS; i++)
		assert_int_equal(waitpid(children[i], NULL, 0), children[i]);
	assert_int_equal(winners, 1);
	close(gate[0]);
	close(verdict[0]);
	close(verdict[1]);
	close(end[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_mode_flags_and_umask, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(test_connect_and_peer, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(
		    test_living_listener_is_left_alone, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(
		    test_stale_socket_is_replaced, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(
		    test_other_files_are_never_removed, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(test_impossible_paths, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(test_groups, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(
		    test_open_folder_is_refused, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(test_one_of_many_wins, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(
		    test_full_queue_is_a_living_listener, open_folder, close_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
