/*
 * Owns the descriptor and the mapping of a record's file. The mapping is as long as the record may
 * ever become, the file grows under it in steps whose blocks are reserved first: a full disk is an
 * error of fallocate and never a signal. Knows entries as a kind and bytes.
 */
#include "hub/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub/record_format.h"

/* The file grows by so much at a time. */
#define STEP_BYTES ((size_t)1024 * 1024)

/* Kept free for the entry that ends the record. */
#define END_BYTES 64u

/* A kind and the longest length. */
#define HEAD_BYTES 11u

#define ERROR_BYTES 160u

struct record_file {
	int fd;
	char *memory;
	size_t limit;    /* of the mapping, and so of the file */
	size_t reserved; /* the file's length                  */
	size_t used;
	const char *why;
	char said[ERROR_BYTES];
};

/* One that is there is not lost: it may be what somebody was waiting for. */
static bool
keep_old(const char *path, char *error, size_t error_size)
{
	char *old = malloc(strlen(path) + sizeof(".old"));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat file = { 0 };
	bool done = false;

	if (fd < 0 && errno == ENOENT) {
		free(old);
		return true;
	}
	if (old == NULL)
		snprintf(error, error_size, "there is no memory for the record");
	else if (fd < 0 || fstat(fd, &file) != 0)
		snprintf(error, error_size, "hub.record: %s: %s", path, strerror(errno));
	else if (!S_ISREG(file.st_mode))
		snprintf(error, error_size, "hub.record: %s is no file", path);
	else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		snprintf(error, error_size, "hub.record: %s is being written by another hub", path);
	else
		done = true;
	if (done) {
		sprintf(old, "%s.old", path);
		done = rename(path, old) == 0;
		if (!done)
			snprintf(error, error_size, "hub.record: %s cannot be renamed: %s", path,
			    strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	free(old);
	return done;
}

static bool
open_new(struct record_file *file, const char *path, char *error, size_t error_size)
{
	file->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file->fd >= 0 && fchmod(file->fd, 0600) == 0 && flock(file->fd, LOCK_EX | LOCK_NB) == 0)
		file->memory =
		    mmap(NULL, file->limit, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
	if (file->memory != NULL && file->memory != MAP_FAILED)
		return true;
	file->memory = NULL;
	snprintf(error, error_size, "hub.record: %s cannot be written: %s", path, strerror(errno));
	return false;
}

struct record_file *
record_file_create(const char *path, uint64_t bytes_max, char *error, size_t error_size)
{
	struct record_file *file = calloc(1, sizeof(*file));

	snprintf(error, error_size, "there is no memory for the record");
	if (file == NULL)
		return NULL;
	file->fd = -1;
	file->limit = (size_t)bytes_max / STEP_BYTES * STEP_BYTES;
	if (!keep_old(path, error, error_size) || !open_new(file, path, error, error_size))
		record_file_close(&file);
	return file;
}

/* What was written already need not be in our memory any more; it is the kernel's to write. */
static void
let_go(const struct record_file *file)
{
	size_t behind = file->used / STEP_BYTES * STEP_BYTES;

	if (behind >= STEP_BYTES)
		(void)madvise(file->memory + behind - STEP_BYTES, STEP_BYTES, MADV_DONTNEED);
}

static bool
reserve(struct record_file *file, size_t length)
{
	int error = 0;

	while (file->why == NULL && length + END_BYTES > file->reserved - file->used) {
		if (file->reserved == file->limit) {
			file->why = "it has become as long as hub.record_megabytes allows";
			return false;
		}
		error = posix_fallocate(file->fd, (off_t)file->reserved, (off_t)STEP_BYTES);
		if (error == EINTR)
			continue;
		if (error != 0) {
			snprintf(file->said, sizeof(file->said), "it cannot be written: %s",
			    strerror(error));
			file->why = file->said;
			return false;
		}
		file->reserved += STEP_BYTES;
		let_go(file);
	}
	return file->why == NULL;
}

/*
 * The kind comes last: a process that is killed in between leaves a zero there, which is where a
 * record ends.
 */
static void
put(struct record_file *file, unsigned char kind, struct text fields)
{
	char *at = file->memory + file->used + 1;
	size_t length = fields.length;

	for (; length >= 0x80; length >>= 7)
		*at++ = (char)(unsigned char)(length | 0x80);
	*at++ = (char)(unsigned char)length;
	if (fields.length > 0)
		memcpy(at, fields.data, fields.length);
	at += fields.length;
	atomic_signal_fence(memory_order_release);
	*(volatile char *)(file->memory + file->used) = (char)kind;
	file->used = (size_t)(at - file->memory);
}

bool
record_file_append(struct record_file *file, unsigned char kind, struct text fields)
{
	if (!reserve(file, HEAD_BYTES + fields.length))
		return false;
	if (file->used == 0) {
		memcpy(file->memory, RECORD_MAGIC, RECORD_MAGIC_SIZE);
		file->used = RECORD_MAGIC_SIZE;
	}
	put(file, kind, fields);
	return true;
}

void
record_file_end(struct record_file *file, unsigned char kind, struct text fields)
{
	if (file->used > 0 && HEAD_BYTES + fields.length <= file->reserved - file->used)
		put(file, kind, fields);
}

const char *
record_file_why(const struct record_file *file)
{
	return file->why != NULL ? file->why : "";
}

uint64_t
record_file_bytes(const struct record_file *file)
{
	return file->used;
}

void
record_file_close(struct record_file **file)
{
	struct record_file *doomed = *file;

	if (doomed == NULL)
		return;
	*file = NULL;
	if (doomed->memory != NULL) {
		(void)munmap(doomed->memory, doomed->limit);
		/* Zeros behind the end would do no harm. */
		(void)!ftruncate(doomed->fd, (off_t)doomed->used);
	}
	if (doomed->fd >= 0)
		(void)close(doomed->fd);
	free(doomed);
}
