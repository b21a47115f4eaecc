/*
 * Counts the blocks of a program's heap by size, for tests/bench/memory: preloaded, it keeps the
 * counts in the file HEAP_CENSUS.PID, one 64-bit number for each 16 bytes of a block's length
 * with the allocator's own word. Only for glibc, whose functions it stands before.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define STEP 16u
#define SIZES 16384u

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static _Atomic int64_t before_the_file[SIZES];
static _Atomic int64_t *counts = before_the_file;

static void
count(void *block, int64_t by)
{
	size_t place;

	if (block == NULL)
		return;
	place = (malloc_usable_size(block) + sizeof(size_t)) / STEP;
	atomic_fetch_add_explicit(
	    &counts[place < SIZES ? place : SIZES - 1], by, memory_order_relaxed);
}

void *
malloc(size_t size)
{
	void *block = __libc_malloc(size);

	count(block, 1);
	return block;
}

void *
calloc(size_t nmemb, size_t size)
{
	void *block = __libc_calloc(nmemb, size);

	count(block, 1);
	return block;
}

void *
realloc(void *ptr, size_t size)
{
	void *moved;

	count(ptr, -1);
	moved = __libc_realloc(ptr, size);
	if (moved == NULL && size > 0)
		count(ptr, 1);
	count(moved, 1);
	return moved;
}

void
free(void *ptr)
{
	count(ptr, -1);
	__libc_free(ptr);
}

__attribute__((constructor)) static void
begin(void)
{
	const char *name = getenv("HEAP_CENSUS");
	char path[4096];
	void *shared;
	int fd;

	if (name == NULL)
		return;
	snprintf(path, sizeof(path), "%s.%d", name, (int)getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(before_the_file)) != 0)
		return;
	shared = mmap(NULL, sizeof(before_the_file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (shared == MAP_FAILED)
		return;
	for (size_t i = 0; i < SIZES; i++)
		((_Atomic int64_t *)shared)[i] = before_the_file[i];
	counts = shared;
}
