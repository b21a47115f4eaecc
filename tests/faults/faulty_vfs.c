/*
 * See faulty_vfs.h. Everything passes through to the VFS that was the default, but for writes and
 * syncs of databases and their write-ahead logs.
 */
#include "tests/faults/faulty_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum part { PART_DB = 1, PART_WAL = 2, PART_BOTH = 3 };

struct faults {
	unsigned full;
	unsigned write_error;
	unsigned fsync_error;
	unsigned slow_sync_ms;
	bool hang_sync;
};

struct faulty_vfs {
	sqlite3_vfs vfs; /* first */
	sqlite3_vfs *inner;
	const char *control;
	pthread_mutex_t lock;
	struct stat seen;
	struct faults faults;
};

/* The inner file lies right behind. */
struct faulty_file {
	sqlite3_file file; /* first */
	struct faulty_vfs *disk;
	enum part part;
};

static sqlite3_file *
inner(sqlite3_file *file)
{
	return (sqlite3_file *)((struct faulty_file *)file + 1);
}

static void
read_line(struct faults *faults, const char *line)
{
	char word[32] = "";
	char detail[32] = "";
	unsigned part;

	if (sscanf(line, "%31s %31s", word, detail) < 1)
		return;
	part = strcmp(detail, "db") == 0    ? PART_DB
	       : strcmp(detail, "wal") == 0 ? PART_WAL
					    : PART_BOTH;
	if (strcmp(word, "full") == 0)
		faults->full |= part;
	else if (strcmp(word, "write_error") == 0)
		faults->write_error |= part;
	else if (strcmp(word, "fsync_error") == 0)
		faults->fsync_error |= part;
	else if (strcmp(word, "slow_sync") == 0)
		faults->slow_sync_ms = (unsigned)strtoul(detail, NULL, 10);
	else if (strcmp(word, "hang_sync") == 0)
		faults->hang_sync = true;
}

static struct faults
read_control(const char *path)
{
	struct faults faults = { 0 };
	FILE *file = fopen(path, "re");
	char line[128];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		read_line(&faults, line);
	if (file != NULL)
		fclose(file);
	return faults;
}

static struct faults
present_faults(struct faulty_vfs *disk)
{
	struct stat facts = { 0 };
	struct faults faults;

	pthread_mutex_lock(&disk->lock);
	if (stat(disk->control, &facts) != 0)
		memset(&facts, 0, sizeof(facts));
	if (facts.st_ino != disk->seen.st_ino || facts.st_size != disk->seen.st_size ||
	    memcmp(&facts.st_mtim, &disk->seen.st_mtim, sizeof(facts.st_mtim)) != 0)
		disk->faults = read_control(disk->control);
	disk->seen = facts;
	faults = disk->faults;
	pthread_mutex_unlock(&disk->lock);
	return faults;
}

static int
on_close(sqlite3_file *file)
{
	return inner(file)->pMethods->xClose(inner(file));
}

static int
on_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset)
{
	return inner(file)->pMethods->xRead(inner(file), bytes, length, offset);
}

static int
on_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
	const struct faulty_file *self = (const struct faulty_file *)file;
	struct faults faults = present_faults(self->disk);

	if ((faults.full & self->part) != 0)
		return SQLITE_FULL;
	if ((faults.write_error & self->part) != 0)
		return SQLITE_IOERR_WRITE;
	return inner(file)->pMethods->xWrite(inner(file), bytes, length, offset);
}

static int
on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return inner(file)->pMethods->xTruncate(inner(file), size);
}

static int
on_sync(sqlite3_file *file, int flags)
{
	const struct faulty_file *self = (const struct faulty_file *)file;
	struct faults faults = present_faults(self->disk);
	const struct timespec pause = {
		.tv_sec = faults.slow_sync_ms / 1000,
		.tv_nsec = (long)(faults.slow_sync_ms % 1000) * 1000000L,
	};

	if (faults.slow_sync_ms > 0)
		(void)nanosleep(&pause, NULL);
	while (faults.hang_sync) {
		const struct timespec moment = { .tv_nsec = 5 * 1000000L };

		(void)nanosleep(&moment, NULL);
		faults = present_faults(self->disk);
	}
	if ((faults.fsync_error & self->part) != 0)
		return SQLITE_IOERR_FSYNC;
	return inner(file)->pMethods->xSync(inner(file), flags);
}

static int
on_size(sqlite3_file *file, sqlite3_int64 *size_out)
{
	return inner(file)->pMethods->xFileSize(inner(file), size_out);
}

static int
on_lock(sqlite3_file *file, int level)
{
	return inner(file)->pMethods->xLock(inner(file), level);
}

static int
on_unlock(sqlite3_file *file, int level)
{
	return inner(file)->pMethods->xUnlock(inner(file), level);
}

static int
on_check_lock(sqlite3_file *file, int *reserved_out)
{
	return inner(file)->pMethods->xCheckReservedLock(inner(file), reserved_out);
}

static int
on_control(sqlite3_file *file, int operation, void *argument)
{
	return inner(file)->pMethods->xFileControl(inner(file), operation, argument);
}

static int
on_sector_size(sqlite3_file *file)
{
	return inner(file)->pMethods->xSectorSize(inner(file));
}

static int
on_characteristics(sqlite3_file *file)
{
	return inner(file)->pMethods->xDeviceCharacteristics(inner(file));
}

static int
on_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory_out)
{
	return inner(file)->pMethods->xShmMap(inner(file), page, size, extend, memory_out);
}

static int
on_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return inner(file)->pMethods->xShmLock(inner(file), offset, count, flags);
}

static void
on_shm_barrier(sqlite3_file *file)
{
	inner(file)->pMethods->xShmBarrier(inner(file));
}

static int
on_shm_unmap(sqlite3_file *file, int remove)
{
	return inner(file)->pMethods->xShmUnmap(inner(file), remove);
}

/* Version 2: without xFetch nothing is mapped, so every write is seen here. */
static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_check_lock,
	.xFileControl = on_control,
	.xSectorSize = on_sector_size,
	.xDeviceCharacteristics = on_characteristics,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap,
};

static int
on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out)
{
	struct faulty_vfs *disk = (struct faulty_vfs *)vfs;
	struct faulty_file *self = (struct faulty_file *)file;
	int result;

	self->disk = disk;
	self->part = (flags & SQLITE_OPEN_WAL) != 0       ? PART_WAL
		     : (flags & SQLITE_OPEN_MAIN_DB) != 0 ? PART_DB
							  : 0;
	result = disk->inner->xOpen(disk->inner, name, inner(file), flags, flags_out);
	/* Without methods SQLite does not close what could not be opened. */
	self->file.pMethods = inner(file)->pMethods == NULL ? NULL : &methods;
	return result;
}

bool
faulty_vfs_register(const char *control)
{
	struct faulty_vfs *disk = calloc(1, sizeof(*disk));
	sqlite3_vfs *usual = sqlite3_vfs_find(NULL);

	if (disk == NULL || usual == NULL || pthread_mutex_init(&disk->lock, NULL) != 0) {
		free(disk);
		return false;
	}
	/* Paths, randomness and time stay the usual VFS's, whose functions look at its own data. */
	disk->vfs = *usual;
	disk->vfs.pNext = NULL;
	disk->vfs.zName = "faulty";
	disk->vfs.szOsFile = (int)sizeof(struct faulty_file) + usual->szOsFile;
	disk->vfs.xOpen = on_open;
	disk->inner = usual;
	disk->control = control;
	return sqlite3_vfs_register(&disk->vfs, 1) == SQLITE_OK;
}
