/*
 * Owns the state folder: what is in it, who may use it, how it is left behind.
 * Knows nothing of processes; the daemons make their sockets themselves.
 */
#include "deploy/supervisor_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "deploy/supervisor_options.h"
#include "deploy/supervisor_text.h"

#define FOLDER_MODE 0750

/* Of a file in the folder, and the highest generation that must fit into a socket's path. */
#define NAME_SIZE 64
#define GENERATION_MAX 99999

static const char way_out[] = "choose another folder with --state";

static void
path_join(const struct supervisor_state *state, const char *name, char *path_out)
{
	/* The longest name was measured against a socket's path when the folder was opened. */
	snprintf(path_out, PATH_MAX, "%.*s/%.*s", PATH_MAX - NAME_SIZE - 1, state->folder,
	    NAME_SIZE - 1, name);
}

void
supervisor_state_store(const struct supervisor_state *state, char *path_out)
{
	path_join(state, "data/hubbub.db", path_out);
}

void
supervisor_state_hub_socket(const struct supervisor_state *state, char *path_out)
{
	path_join(state, "run/hub.sock", path_out);
}

void
supervisor_state_admin_socket(const struct supervisor_state *state, char *path_out)
{
	path_join(state, "run/admin.sock", path_out);
}

void
supervisor_state_notify_socket(const struct supervisor_state *state, char *path_out)
{
	path_join(state, "run/notify.sock", path_out);
}

void
supervisor_state_status_socket(
    const struct supervisor_state *state, unsigned number, unsigned generation, char *path_out)
{
	char name[NAME_SIZE];

	if (number == 0)
		snprintf(name, sizeof name, "run/hub-status.sock");
	else
		snprintf(name, sizeof name, "run/gw-%u.%u-status.sock", number, generation);
	path_join(state, name, path_out);
}

void
supervisor_state_show_status(
    const struct supervisor_state *state, unsigned number, unsigned generation)
{
	char target[NAME_SIZE], path[PATH_MAX], beside[PATH_MAX], name[NAME_SIZE];

	snprintf(target, sizeof target, "gw-%u.%u-status.sock", number, generation);
	snprintf(name, sizeof name, "run/gw-%u-status.sock", number);
	path_join(state, name, path);
	path_join(state, "run/gw-new-status.sock", beside);
	/* Put in place at once: whoever asks finds the one or the other. */
	unlink(beside);
	if (symlink(target, beside) != 0 || rename(beside, path) != 0)
		complain("%s cannot be made: %s", path, strerror(errno));
}

/* Makes a folder and the ones above it; new ones above it are for this user alone. */
static bool
folder_make(const char *folder, bool *made_out)
{
	char path[PATH_MAX];

	*made_out = false;
	if (snprintf(path, sizeof path, "%s", folder) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return false;
	}
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	if (mkdir(path, FOLDER_MODE) == 0)
		*made_out = true;
	else if (errno != EEXIST)
		return false;
	return true;
}

static bool
folder_lock(struct supervisor_state *state)
{
	struct stat facts;

	state->folder_fd = open(state->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state->folder_fd < 0 || fstat(state->folder_fd, &facts) != 0) {
		complain("the state folder %s cannot be opened: %s; %s", state->folder,
		    strerror(errno), way_out);
		return false;
	}
	if (facts.st_uid != geteuid()) {
		complain("the state folder %s belongs to another user (uid %u); %s", state->folder,
		    (unsigned)facts.st_uid, way_out);
		return false;
	}
	/* Whoever may write there could put a folder of his own in place of run. */
	if ((facts.st_mode & 0022) != 0 && (facts.st_mode & S_ISVTX) == 0) {
		complain("others may write to the state folder %s; take that right away, or %s",
		    state->folder, way_out);
		return false;
	}
	if (flock(state->folder_fd, LOCK_EX | LOCK_NB) != 0) {
		complain("the state folder %s is in use by another Hubbub; stop that one, or %s",
		    state->folder, way_out);
		return false;
	}
	return true;
}

static bool
subfolder_make(const struct supervisor_state *state, const char *name)
{
	struct stat facts;

	if (mkdirat(state->folder_fd, name, FOLDER_MODE) != 0 && errno != EEXIST) {
		complain("%s/%s cannot be created: %s; %s", state->folder, name, strerror(errno),
		    way_out);
		return false;
	}
	/* Whoever may write there could put a socket of his own in place of ours. */
	if (fstatat(state->folder_fd, name, &facts, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISDIR(facts.st_mode) || facts.st_uid != geteuid() || (facts.st_mode & 0022) != 0) {
		complain("%s/%s is not a folder that only this user may write to; remove it, or %s",
		    state->folder, name, way_out);
		return false;
	}
	return true;
}

static void
gateway_sockets_remove(const struct supervisor_state *state)
{
	static const char end[] = "-status.sock";
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *folder;

	path_join(state, "run", path);
	folder = opendir(path);
	if (folder == NULL)
		return;
	while ((entry = readdir(folder)) != NULL) {
		size_t length = strlen(entry->d_name);

		if (strncmp(entry->d_name, "gw-", 3) == 0 && length > sizeof end &&
		    strcmp(entry->d_name + length - (sizeof end - 1), end) == 0)
			unlinkat(dirfd(folder), entry->d_name, 0);
	}
	closedir(folder);
}

/* All there may be: a supervisor that was killed may have had more gateways than this one. */
static void
sockets_remove(const struct supervisor_state *state)
{
	char path[PATH_MAX];

	supervisor_state_hub_socket(state, path);
	unlink(path);
	supervisor_state_admin_socket(state, path);
	unlink(path);
	supervisor_state_notify_socket(state, path);
	unlink(path);
	supervisor_state_status_socket(state, 0, 1, path);
	unlink(path);
	gateway_sockets_remove(state);
}

static bool
length_check(const struct supervisor_state *state)
{
	const size_t longest = sizeof((struct sockaddr_un *)0)->sun_path - 1;
	char path[PATH_MAX];
	size_t length;

	supervisor_state_status_socket(state, state->gateways, GENERATION_MAX, path);
	length = strlen(path);
	if (length <= longest)
		return true;
	complain(
	    "the state folder %s is too deep by %zu bytes: the path of a Unix socket has at most "
	    "%zu; choose a shorter one with --state",
	    state->folder, length - longest, longest);
	return false;
}

bool
supervisor_state_open(struct supervisor_state *state_out, const char *folder, unsigned gateways)
{
	*state_out = (struct supervisor_state){ .folder_fd = -1, .gateways = gateways };
	/* Measured as given first, so that a hopeless path leaves no folders behind. */
	snprintf(state_out->folder, sizeof state_out->folder, "%s", folder);
	if (!length_check(state_out))
		return false;
	if (!folder_make(folder, &state_out->made)) {
		complain("the state folder %s cannot be created: %s; %s", folder, strerror(errno),
		    way_out);
		return false;
	}
	if (realpath(folder, state_out->folder) == NULL) {
		complain(
		    "the state folder %s cannot be used: %s; %s", folder, strerror(errno), way_out);
		return false;
	}
	if (!length_check(state_out) || !folder_lock(state_out)) {
		if (state_out->made)
			rmdir(state_out->folder);
		if (state_out->folder_fd >= 0)
			close(state_out->folder_fd);
		return false;
	}
	if (!subfolder_make(state_out, "run") || !subfolder_make(state_out, "data")) {
		supervisor_state_close(state_out);
		return false;
	}
	sockets_remove(state_out);
	return true;
}

void
supervisor_state_close(struct supervisor_state *state)
{
	if (state->folder_fd < 0)
		return;
	sockets_remove(state);
	/* A folder with something in it stays: that is the hub's data. */
	unlinkat(state->folder_fd, "run", AT_REMOVEDIR);
	unlinkat(state->folder_fd, "data", AT_REMOVEDIR);
	if (state->made)
		rmdir(state->folder);
	close(state->folder_fd);
	state->folder_fd = -1;
}
