/*
 * SQLite's way to the disk that forgets: opening, reading, writing, locks and the memory that a
 * write-ahead log's index lies in. For the connections of one process on one thread.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "sim_disk.h"

/* As SQLite itself takes a disk to be. */
#define SECTOR_BYTES 4096
#define JULIAN_EPOCH_MS INT64_C(210866760000000)

struct sim_disk_vfs {
	sqlite3_vfs vfs; /* first */
	struct sim_disk *disk;
};

struct handle {
	sqlite3_file base; /* first */
	struct sim_disk *disk;
	struct sim_file *file;
	bool name_is_new; /* a log or journal, whose name is synced with its bytes */
	int lock;
	bool uses_shm;
	unsigned shared; /* locks of the index: one bit each */
	unsigned exclusive;
};

static struct handle *
of(sqlite3_file *base)
{
	return (struct handle *)base;
}

static int
on_read(sqlite3_file *base, void *bytes, int length, sqlite3_int64 offset)
{
	const struct sim_image *seen = &of(base)->file->seen;
	size_t from = (size_t)offset;
	size_t wanted = (size_t)length;
	size_t there = from < seen->length ? seen->length - from : 0;

	if (of(base)->disk->dead)
		return SQLITE_IOERR_READ;
	if (there > wanted)
		there = wanted;
	if (there > 0)
		memcpy(bytes, seen->bytes + from, there);
	if (there == wanted)
		return SQLITE_OK;
	memset((char *)bytes + there, 0, wanted - there);
	return SQLITE_IOERR_SHORT_READ;
}

static int
on_write(sqlite3_file *base, const void *bytes, int length, sqlite3_int64 offset)
{
	switch (
	    sim_disk_write(of(base)->disk, of(base)->file, (size_t)offset, bytes, (size_t)length)) {
	case SIM_DISK_DONE:
		return SQLITE_OK;
	case SIM_DISK_FULL:
		return SQLITE_FULL;
	default:
		return SQLITE_IOERR_WRITE;
	}
}

static int
on_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	return sim_disk_truncate(of(base)->disk, of(base)->file, (size_t)size) == SIM_DISK_DONE
		   ? SQLITE_OK
		   : SQLITE_IOERR_TRUNCATE;
}

static int
on_sync(sqlite3_file *base, int flags)
{
	struct handle *handle = of(base);

	(void)flags;
	if (sim_disk_sync(handle->disk, handle->file) != SIM_DISK_DONE)
		return SQLITE_IOERR_FSYNC;
	if (handle->name_is_new)
		sim_disk_sync_folder(handle->disk);
	handle->name_is_new = false;
	return SQLITE_OK;
}

static int
on_size(sqlite3_file *base, sqlite3_int64 *size_out)
{
	*size_out = (sqlite3_int64)of(base)->file->seen.length;
	return of(base)->disk->dead ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int
on_lock(sqlite3_file *base, int level)
{
	struct handle *handle = of(base);
	struct sim_file *file = handle->file;

	if (handle->lock >= level)
		return SQLITE_OK;
	if (level == SQLITE_LOCK_SHARED) {
		if (file->pending)
			return SQLITE_BUSY;
		file->readers++;
		handle->lock = level;
		return SQLITE_OK;
	}
	if (file->reserver != NULL && file->reserver != handle)
		return SQLITE_BUSY;
	file->reserver = handle;
	handle->lock = SQLITE_LOCK_RESERVED;
	if (level == SQLITE_LOCK_RESERVED)
		return SQLITE_OK;
	file->pending = true;
	handle->lock = SQLITE_LOCK_PENDING;
	if (file->readers > 1)
		return SQLITE_BUSY;
	handle->lock = SQLITE_LOCK_EXCLUSIVE;
	return SQLITE_OK;
}

static int
on_unlock(sqlite3_file *base, int level)
{
	struct handle *handle = of(base);
	struct sim_file *file = handle->file;

	if (handle->lock <= level)
		return SQLITE_OK;
	if (file->reserver == handle) {
		file->reserver = NULL;
		file->pending = false;
	}
	if (level == SQLITE_LOCK_NONE)
		file->readers--;
	handle->lock = level;
	return SQLITE_OK;
}

static int
on_check_lock(sqlite3_file *base, int *reserved_out)
{
	*reserved_out = of(base)->file->reserver != NULL;
	return SQLITE_OK;
}

static int
on_control(sqlite3_file *base, int operation, void *argument)
{
	(void)base;
	(void)operation;
	(void)argument;
	return SQLITE_NOTFOUND;
}

static int
on_sector_size(sqlite3_file *base)
{
	(void)base;
	return SECTOR_BYTES;
}

static int
on_characteristics(sqlite3_file *base)
{
	(void)base;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int
on_shm_map(sqlite3_file *base, int page, int size, int extend, void volatile **memory_out)
{
	struct handle *handle = of(base);
	struct sim_file *file = handle->file;

	*memory_out = NULL;
	if (handle->disk->dead || page >= SIM_DISK_SHM_REGIONS)
		return SQLITE_IOERR_SHMMAP;
	file->shm_users += !handle->uses_shm;
	handle->uses_shm = true;
	if (file->shm[page] == NULL && extend)
		file->shm[page] = calloc(1, (size_t)size);
	*memory_out = file->shm[page];
	return extend && file->shm[page] == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

static void
give_back(struct handle *handle, unsigned bits)
{
	for (unsigned i = 0; i < SIM_DISK_SHM_LOCKS; i++) {
		if ((handle->shared & bits & 1u << i) != 0)
			handle->file->shm_shared[i]--;
		if ((handle->exclusive & bits & 1u << i) != 0)
			handle->file->shm_exclusive[i] = false;
	}
	handle->shared &= ~bits;
	handle->exclusive &= ~bits;
}

static int
on_shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
	struct handle *handle = of(base);
	struct sim_file *file = handle->file;
	bool shared = (flags & SQLITE_SHM_SHARED) != 0;
	unsigned bits = ((1u << count) - 1) << offset;

	if ((flags & SQLITE_SHM_UNLOCK) != 0) {
		give_back(handle, bits);
		return SQLITE_OK;
	}
	for (int i = offset; i < offset + count; i++) {
		unsigned own = (handle->shared >> i) & 1u;

		if (file->shm_exclusive[i] || (!shared && file->shm_shared[i] > own))
			return (handle->exclusive >> i & 1u) != 0 ? SQLITE_OK : SQLITE_BUSY;
	}
	if (shared && (handle->shared & bits) != 0)
		return SQLITE_OK;
	for (int i = offset; i < offset + count; i++) {
		if (shared)
			file->shm_shared[i]++;
		else
			file->shm_exclusive[i] = true;
	}
	if (shared)
		handle->shared |= bits;
	else
		handle->exclusive |= bits;
	return SQLITE_OK;
}

static void
on_shm_barrier(sqlite3_file *base)
{
	(void)base;
}

/* With the last one it is gone, as behind a process's end: the next builds it from the log. */
static int
on_shm_unmap(sqlite3_file *base, int remove)
{
	struct handle *handle = of(base);
	struct sim_file *file = handle->file;

	(void)remove;
	if (!handle->uses_shm)
		return SQLITE_OK;
	give_back(handle, ~0u);
	handle->uses_shm = false;
	if (--file->shm_users > 0)
		return SQLITE_OK;
	for (unsigned i = 0; i < SIM_DISK_SHM_REGIONS; i++) {
		free(file->shm[i]);
		file->shm[i] = NULL;
	}
	return SQLITE_OK;
}

static int
on_close(sqlite3_file *base)
{
	(void)on_shm_unmap(base, 0);
	(void)on_unlock(base, SQLITE_LOCK_NONE);
	of(base)->file->handles--;
	return SQLITE_OK;
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

static struct sim_disk *
disk_of(sqlite3_vfs *vfs)
{
	return ((struct sim_disk_vfs *)vfs)->disk;
}

/* The store keeps temporary things in memory, so no file is without a name. */
static int
on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *flags_out)
{
	struct sim_disk *disk = disk_of(vfs);
	struct handle *handle = of(base);
	struct sim_file *file = name == NULL || disk->dead ? NULL : sim_disk_find(disk, name);
	bool creates = file == NULL && name != NULL && (flags & SQLITE_OPEN_CREATE) != 0;

	base->pMethods = NULL;
	if (creates)
		file = disk->fails || disk->full ? NULL : sim_disk_create(disk, name);
	if (file == NULL)
		return SQLITE_CANTOPEN;
	memset(handle, 0, sizeof(*handle));
	handle->base.pMethods = &methods;
	handle->disk = disk;
	handle->file = file;
	handle->name_is_new =
	    creates && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
	file->handles++;
	if (flags_out != NULL)
		*flags_out = flags;
	return SQLITE_OK;
}

static int
on_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	struct sim_disk *disk = disk_of(vfs);
	struct sim_file *file = sim_disk_find(disk, name);

	if (file == NULL)
		return SQLITE_IOERR_DELETE_NOENT;
	if (sim_disk_remove(disk, file) != SIM_DISK_DONE)
		return SQLITE_IOERR_DELETE;
	if (sync_folder)
		sim_disk_sync_folder(disk);
	return SQLITE_OK;
}

static int
on_access(sqlite3_vfs *vfs, const char *name, int flags, int *result_out)
{
	(void)flags;
	*result_out = sim_disk_find(disk_of(vfs), name) != NULL;
	return SQLITE_OK;
}

static int
on_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	sqlite3_snprintf(size, out, "%s", name);
	return SQLITE_OK;
}

static int
on_randomness(sqlite3_vfs *vfs, int length, char *out)
{
	struct random_source random = disk_of(vfs)->random;

	random.fill(random.context, out, (size_t)length);
	return length;
}

/* On one thread nobody else would go on meanwhile. */
static int
on_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

/* No statement of the store asks SQLite for the time. */
static int
on_time(sqlite3_vfs *vfs, sqlite3_int64 *ms_out)
{
	(void)vfs;
	*ms_out = JULIAN_EPOCH_MS;
	return SQLITE_OK;
}

static int
on_error(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	(void)size;
	(void)out;
	return 0;
}

struct sim_disk_vfs *
sim_disk_mount(struct sim_disk *disk)
{
	struct sim_disk_vfs *own = calloc(1, sizeof(*own));

	if (own == NULL)
		abort();
	own->disk = disk;
	own->vfs = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = (int)sizeof(struct handle),
		.mxPathname = SIM_DISK_NAME_SIZE - 1,
		.zName = "simulated",
		.xOpen = on_open,
		.xDelete = on_delete,
		.xAccess = on_access,
		.xFullPathname = on_full_path,
		.xRandomness = on_randomness,
		.xSleep = on_sleep,
		.xGetLastError = on_error,
		.xCurrentTimeInt64 = on_time,
	};
	if (sqlite3_vfs_register(&own->vfs, 1) != SQLITE_OK)
		abort();
	/* It seeds itself anew, now from here. */
	sqlite3_randomness(0, NULL);
	return own;
}

void
sim_disk_unmount(struct sim_disk_vfs **vfs)
{
	struct sim_disk_vfs *doomed = *vfs;

	if (doomed == NULL)
		return;
	*vfs = NULL;
	sqlite3_vfs_unregister(&doomed->vfs);
	free(doomed);
}
