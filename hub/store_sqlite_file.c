/*
 * The file before SQLite sees it: whose it is, who may read it, that no other hub has it. Must not
 * know what is in it, and never replaces what it does not like.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub/store_sqlite_jobs.h"

#define FILE_MODE 0600

/* Of whoever can write it, the store is in the hands; of whoever can read it, all that was said. */
#define MODE_OF_OTHERS 0077

/*
 * A lock on a file beside it: one on the file itself would be given up with the first descriptor
 * of it that this process closes, and would keep backups out.
 */
static bool
lock(struct store_sqlite *store, char *error, size_t error_size)
{
	store->lock_fd =
	    open(store->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (store->lock_fd < 0) {
		snprintf(error, error_size, "the store's lock %s cannot be opened: %s",
		    store->lock_path, strerror(errno));
		return false;
	}
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	snprintf(error, error_size, "the store %s is used by another hub", store->path);
	return false;
}

static bool
refuse(const struct store_sqlite *store, const char *why, char *error, size_t error_size)
{
	snprintf(error, error_size, "the store %s %s", store->path, why);
	return false;
}

static bool
check_facts(const struct store_sqlite *store, const struct stat *facts, char *error, size_t size)
{
	char why[160];

	if (S_ISLNK(facts->st_mode))
		return refuse(
		    store, "is a symbolic link; give the path of the file itself", error, size);
	if (S_ISDIR(facts->st_mode))
		return refuse(store, "is a folder; give the path of a file in it", error, size);
	if (!S_ISREG(facts->st_mode))
		return refuse(store, "is not a plain file", error, size);
	if (facts->st_uid != geteuid()) {
		snprintf(
		    why, sizeof(why), "belongs to another user (uid %u)", (unsigned)facts->st_uid);
		return refuse(store, why, error, size);
	}
	if ((facts->st_mode & MODE_OF_OTHERS) != 0) {
		snprintf(why, sizeof(why),
		    "is open to other users (mode %04o); see who used it, then chmod 600 it",
		    (unsigned)(facts->st_mode & 07777));
		return refuse(store, why, error, size);
	}
	return true;
}

static bool
create(const struct store_sqlite *store, char *error, size_t error_size)
{
	int fd = open(store->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	/* The new name must outlive the machine as well. */
	bool synced = fd >= 0 && sq_sync_folder(store->path);

	if (!synced)
		snprintf(error, error_size, "the store %s cannot be created: %s", store->path,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	return synced;
}

bool
sq_file_open(struct store_sqlite *store, const struct store_sqlite_setup *setup, char *error,
    size_t error_size)
{
	struct stat facts;

	if (!lock(store, error, error_size) || !sq_take_restore(setup, error, error_size))
		return false;
	if (lstat(store->path, &facts) == 0)
		return check_facts(store, &facts, error, error_size);
	if (errno == ENOENT)
		return create(store, error, error_size);
	snprintf(
	    error, error_size, "the store %s cannot be opened: %s", store->path, strerror(errno));
	return false;
}

void
sq_file_close(struct store_sqlite *store)
{
	/* The lock's file stays: to remove it is to take it from whoever opened it meanwhile. */
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	store->lock_fd = -1;
	free(store->path);
	free(store->lock_path);
	store->path = store->lock_path = NULL;
}
