/*
 * A disk in RAM that forgets: of each file it has what processes see and what would be there after
 * the machine's end. Between both lie the changes since the last sync, of which any part may have
 * arrived. The VFS through which SQLite uses it is sim_disk_vfs.c's.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_DISK_H
#define HUBBUB_TESTS_SIM_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/random.h"

#define SIM_DISK_NAME_SIZE 64
#define SIM_DISK_SECTOR 512u
#define SIM_DISK_SHM_LOCKS 8
#define SIM_DISK_SHM_REGIONS 16

struct sim_image {
	uint8_t *bytes;
	size_t length;
	size_t capacity;
};

/* A write, or without bytes a new length. */
struct sim_change {
	size_t offset;
	size_t length;
	uint8_t *bytes;
	struct sim_change *next;
};

struct sim_file {
	char name[SIM_DISK_NAME_SIZE];
	bool listed;         /* in its folder, as processes see it      */
	bool listed_on_disk; /* and as the machine would find it         */
	unsigned handles;    /* open                                      */
	struct sim_image seen;
	struct sim_image synced;
	struct sim_change *first; /* since the last sync, in their order */
	struct sim_change *last;

	/* What several connections of one process agree upon; gone with the last handle. */
	unsigned readers;
	const void *reserver; /* the handle that is about to write        */
	bool pending;         /* no new readers: it waits for the old ones */
	unsigned shm_users;
	unsigned shm_shared[SIM_DISK_SHM_LOCKS];
	bool shm_exclusive[SIM_DISK_SHM_LOCKS];
	void *shm[SIM_DISK_SHM_REGIONS];
	struct sim_file *next;
};

struct sim_disk {
	struct random_source random; /* of what arrives, and how far a failing write gets */
	struct sim_file *files;
	bool full;         /* no file grows                                               */
	bool fails;        /* nothing can be written                                      */
	bool sync_fails;   /* the next sync does, and what it was about is lost or not     */
	uint64_t dies_in;  /* changes and syncs until the process counts as dead; 0: never */
	bool dead;         /* it does: nothing changes any more                            */
	uint64_t syncs;    /* that succeeded */
	uint64_t machines; /* that ended     */
	uint64_t syncs_failed;
};

enum sim_disk_result { SIM_DISK_DONE, SIM_DISK_FULL, SIM_DISK_FAILED };

void sim_disk_init(struct sim_disk *disk, struct random_source random);
void sim_disk_free(struct sim_disk *disk);

/* NULL: there is none of that name. */
struct sim_file *sim_disk_find(struct sim_disk *disk, const char *name);
/* A new one; NULL if the process dies over it. */
struct sim_file *sim_disk_create(struct sim_disk *disk, const char *name);
enum sim_disk_result sim_disk_remove(struct sim_disk *disk, struct sim_file *file);
/* Makes names outlast the machine. */
void sim_disk_sync_folder(struct sim_disk *disk);

enum sim_disk_result sim_disk_write(
    struct sim_disk *disk, struct sim_file *file, size_t offset, const void *bytes, size_t length);
enum sim_disk_result sim_disk_truncate(struct sim_disk *disk, struct sim_file *file, size_t length);
enum sim_disk_result sim_disk_sync(struct sim_disk *disk, struct sim_file *file);

/*
 * The process has ended, and all its handles are closed; with `machine` the machine as well: of
 * what was not synced any sectors are there.
 */
void sim_disk_crash(struct sim_disk *disk, bool machine);

/* From now on nothing fails and nobody dies. */
void sim_disk_heals(struct sim_disk *disk);

/* All that it has as one number. */
uint64_t sim_disk_digest(const struct sim_disk *disk);

/* Makes it SQLite's default VFS, or ends that. SQLite's own luck begins anew from the disk's. */
struct sim_disk_vfs;
struct sim_disk_vfs *sim_disk_mount(struct sim_disk *disk);
void sim_disk_unmount(struct sim_disk_vfs **vfs);

#endif
