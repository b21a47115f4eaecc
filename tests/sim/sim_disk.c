/* Files, what of them is synced, and what an end leaves. Knows nothing of SQLite. */
#include "sim_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Images grow by so much at a time. */
#define IMAGE_STEP ((size_t)256 * 1024)

static void
image_resize(struct sim_image *image, size_t length)
{
	if (length > image->capacity) {
		image->capacity = (length + IMAGE_STEP - 1) / IMAGE_STEP * IMAGE_STEP;
		image->bytes = realloc(image->bytes, image->capacity);
		if (image->bytes == NULL)
			abort();
	}
	if (length > image->length)
		memset(image->bytes + image->length, 0, length - image->length);
	image->length = length;
}

static void
image_write(struct sim_image *image, size_t offset, const void *bytes, size_t length)
{
	if (length == 0)
		return;
	if (offset + length > image->length)
		image_resize(image, offset + length);
	memcpy(image->bytes + offset, bytes, length);
}

static void
image_copy(struct sim_image *to, const struct sim_image *from)
{
	image_resize(to, 0);
	image_write(to, 0, from->bytes, from->length);
}

static void
apply(struct sim_image *image, const struct sim_change *change)
{
	if (change->bytes == NULL)
		image_resize(image, change->length);
	else
		image_write(image, change->offset, change->bytes, change->length);
}

static void
note(struct sim_file *file, size_t offset, const void *bytes, size_t length)
{
	struct sim_change *change = calloc(1, sizeof(*change));

	if (change == NULL)
		abort();
	change->offset = offset;
	change->length = length;
	if (bytes != NULL) {
		change->bytes = malloc(length);
		if (change->bytes == NULL)
			abort();
		memcpy(change->bytes, bytes, length);
	}
	if (file->last != NULL)
		file->last->next = change;
	else
		file->first = change;
	file->last = change;
	apply(&file->seen, change);
}

static void
forget_changes(struct sim_file *file)
{
	struct sim_change *change;

	while ((change = file->first) != NULL) {
		file->first = change->next;
		free(change->bytes);
		free(change);
	}
	file->last = NULL;
}

/* True at the moment the process dies, and ever after. */
static bool
dies(struct sim_disk *disk)
{
	if (!disk->dead && disk->dies_in > 0 && --disk->dies_in == 0)
		disk->dead = true;
	return disk->dead;
}

void
sim_disk_init(struct sim_disk *disk, struct random_source random)
{
	*disk = (struct sim_disk){ .random = random };
}

static void
file_free(struct sim_file *file)
{
	forget_changes(file);
	free(file->seen.bytes);
	free(file->synced.bytes);
	for (unsigned i = 0; i < SIM_DISK_SHM_REGIONS; i++)
		free(file->shm[i]);
	free(file);
}

void
sim_disk_free(struct sim_disk *disk)
{
	struct sim_file *file;

	while ((file = disk->files) != NULL) {
		disk->files = file->next;
		file_free(file);
	}
}

struct sim_file *
sim_disk_find(struct sim_disk *disk, const char *name)
{
	struct sim_file *file = disk->files;

	while (file != NULL && (!file->listed || strcmp(file->name, name) != 0))
		file = file->next;
	return file;
}

struct sim_file *
sim_disk_create(struct sim_disk *disk, const char *name)
{
	struct sim_file *file;

	if (dies(disk))
		return NULL;
	file = calloc(1, sizeof(*file));
	if (file == NULL)
		abort();
	snprintf(file->name, sizeof(file->name), "%s", name);
	file->listed = true;
	file->next = disk->files;
	disk->files = file;
	return file;
}

/* Those that nobody can find any more. */
static void
purge(struct sim_disk *disk)
{
	struct sim_file **at = &disk->files;

	while (*at != NULL) {
		struct sim_file *file = *at;

		if (file->listed || file->listed_on_disk || file->handles > 0) {
			at = &file->next;
			continue;
		}
		*at = file->next;
		file_free(file);
	}
}

void
sim_disk_sync_folder(struct sim_disk *disk)
{
	if (disk->dead)
		return;
	for (struct sim_file *file = disk->files; file != NULL; file = file->next)
		file->listed_on_disk = file->listed;
	purge(disk);
}

enum sim_disk_result
sim_disk_remove(struct sim_disk *disk, struct sim_file *file)
{
	if (dies(disk))
		return SIM_DISK_FAILED;
	file->listed = false;
	purge(disk);
	return SIM_DISK_DONE;
}

/* What fails, or is cut off by the process's end, may have got somewhere. */
static void
write_part(
    struct sim_disk *disk, struct sim_file *file, size_t offset, const void *bytes, size_t length)
{
	size_t part = (size_t)random_below(disk->random, length + 1);

	if (part > 0)
		note(file, offset, bytes, part);
}

enum sim_disk_result
sim_disk_write(
    struct sim_disk *disk, struct sim_file *file, size_t offset, const void *bytes, size_t length)
{
	bool was_dead = disk->dead;

	if (dies(disk)) {
		if (!was_dead)
			write_part(disk, file, offset, bytes, length);
		return SIM_DISK_FAILED;
	}
	if (disk->fails) {
		write_part(disk, file, offset, bytes, length);
		return SIM_DISK_FAILED;
	}
	if (disk->full && offset + length > file->seen.length) {
		if (offset < file->seen.length)
			write_part(disk, file, offset, bytes, file->seen.length - offset);
		return SIM_DISK_FULL;
	}
	note(file, offset, bytes, length);
	return SIM_DISK_DONE;
}

enum sim_disk_result
sim_disk_truncate(struct sim_disk *disk, struct sim_file *file, size_t length)
{
	if (dies(disk) || disk->fails)
		return SIM_DISK_FAILED;
	note(file, 0, NULL, length);
	return SIM_DISK_DONE;
}

enum sim_disk_result
sim_disk_sync(struct sim_disk *disk, struct sim_file *file)
{
	if (dies(disk))
		return SIM_DISK_FAILED;
	if (disk->sync_fails) {
		/* The kernel gives up: processes see what the disk may not have. */
		for (struct sim_change *each = file->first; each != NULL; each = each->next) {
			if (random_below(disk->random, 2) == 0)
				apply(&file->synced, each);
		}
		forget_changes(file);
		disk->sync_fails = false;
		disk->syncs_failed++;
		return SIM_DISK_FAILED;
	}
	for (struct sim_change *each = file->first; each != NULL; each = each->next)
		apply(&file->synced, each);
	forget_changes(file);
	disk->syncs++;
	return SIM_DISK_DONE;
}

enum arrival { NOTHING_ARRIVES, ALL_ARRIVES, A_BEGINNING_ARRIVES, SECTORS_ARRIVE, ARRIVALS };

/* Each sector for itself; a length may be there before its bytes are. */
static void
apply_sectors(struct sim_disk *disk, struct sim_file *file, const struct sim_change *change)
{
	size_t at = 0;

	if (change->bytes == NULL) {
		if (random_below(disk->random, 2) == 0)
			apply(&file->synced, change);
		return;
	}
	while (at < change->length) {
		size_t offset = change->offset + at;
		size_t part = SIM_DISK_SECTOR - offset % SIM_DISK_SECTOR;

		if (part > change->length - at)
			part = change->length - at;
		if (random_below(disk->random, 2) == 0)
			image_write(&file->synced, offset, change->bytes + at, part);
		at += part;
	}
	if (change->offset + change->length > file->synced.length &&
	    random_below(disk->random, 4) == 0)
		image_resize(&file->synced, change->offset + change->length);
}

static void
lose(struct sim_disk *disk, struct sim_file *file)
{
	enum arrival arrival = (enum arrival)random_below(disk->random, ARRIVALS);
	uint64_t count = 0;

	for (const struct sim_change *each = file->first; each != NULL; each = each->next)
		count++;
	count = random_below(disk->random, count + 1);
	for (const struct sim_change *each = file->first; each != NULL; each = each->next) {
		if (arrival == ALL_ARRIVES || (arrival == A_BEGINNING_ARRIVES && count > 0))
			apply(&file->synced, each);
		else if (arrival == SECTORS_ARRIVE ||
			 (arrival == A_BEGINNING_ARRIVES && count == 0))
			apply_sectors(disk, file, each);
		if (arrival == A_BEGINNING_ARRIVES && count-- == 0)
			break;
	}
	forget_changes(file);
	image_copy(&file->seen, &file->synced);
}

/* A new name, or the end of one, may have arrived; of two files of one name the newer stays. */
static void
lose_names(struct sim_disk *disk)
{
	for (struct sim_file *file = disk->files; file != NULL; file = file->next) {
		if (file->listed != file->listed_on_disk && random_below(disk->random, 2) == 0)
			file->listed_on_disk = file->listed;
	}
	for (struct sim_file *file = disk->files; file != NULL; file = file->next) {
		for (struct sim_file *older = file->next; older != NULL; older = older->next) {
			if (file->listed_on_disk && strcmp(file->name, older->name) == 0)
				older->listed_on_disk = false;
		}
	}
	for (struct sim_file *file = disk->files; file != NULL; file = file->next)
		file->listed = file->listed_on_disk;
}

void
sim_disk_crash(struct sim_disk *disk, bool machine)
{
	disk->dead = false;
	disk->dies_in = 0;
	disk->sync_fails = false;
	if (machine) {
		disk->machines++;
		for (struct sim_file *file = disk->files; file != NULL; file = file->next)
			lose(disk, file);
		lose_names(disk);
	}
	purge(disk);
}

void
sim_disk_heals(struct sim_disk *disk)
{
	disk->full = disk->fails = disk->sync_fails = false;
	disk->dies_in = 0;
}

static uint64_t
mix(uint64_t digest, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		digest = (digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
	return digest;
}

uint64_t
sim_disk_digest(const struct sim_disk *disk)
{
	uint64_t digest = 0xcbf29ce484222325u;

	for (const struct sim_file *file = disk->files; file != NULL; file = file->next) {
		digest = mix(digest, file->name, strlen(file->name));
		digest = mix(digest, file->seen.bytes, file->seen.length);
		digest = mix(digest, file->synced.bytes, file->synced.length);
	}
	return mix(mix(digest, &disk->syncs, sizeof(disk->syncs)), &disk->machines,
	    sizeof(disk->machines));
}
