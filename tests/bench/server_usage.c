/*
 * Reads /proc of other processes: time from schedstat, which counts nanoseconds where stat counts
 * ticks, memory from smaps_rollup. It knows files and numbers, and not what is measured.
 */
#include "tests/bench/server_usage.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

static bool
read_stat(pid_t pid, struct server_usage *sum)
{
	char path[64], line[1024];
	uint64_t user, system, tick = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	const char *after;
	FILE *file;
	bool got;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	got = fgets(line, sizeof(line), file) != NULL;
	fclose(file);
	/* The name, in brackets, may contain anything. */
	after = got ? strrchr(line, ')') : NULL;
	if (after == NULL ||
	    sscanf(after, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
		&user, &system) != 2)
		return false;
	sum->user_ns += user * tick;
	sum->system_ns += system * tick;
	return true;
}

static bool
read_threads(pid_t pid, struct server_usage *sum)
{
	char path[320];
	struct dirent *thread;
	bool any = false;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	folder = opendir(path);
	if (folder == NULL)
		return false;
	while ((thread = readdir(folder)) != NULL) {
		uint64_t ran;
		FILE *file;

		snprintf(
		    path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)pid, thread->d_name);
		file = thread->d_name[0] == '.' ? NULL : fopen(path, "re");
		if (file == NULL)
			continue;
		if (fscanf(file, "%" SCNu64, &ran) == 1) {
			sum->cpu_ns += ran;
			any = true;
		}
		fclose(file);
	}
	closedir(folder);
	return any;
}

static bool
read_memory(pid_t pid, struct server_usage *sum)
{
	char path[64], line[256];
	uint64_t kib;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "Rss: %" SCNu64 " kB", &kib) == 1)
			sum->rss_bytes += kib * 1024;
		else if (sscanf(line, "Pss: %" SCNu64 " kB", &kib) == 1)
			sum->pss_bytes += kib * 1024;
	}
	fclose(file);
	return true;
}

bool
server_usage_read(const pid_t *pids, size_t count, struct server_usage *usage_out)
{
	memset(usage_out, 0, sizeof(*usage_out));
	for (size_t i = 0; i < count; i++) {
		uint64_t before = usage_out->user_ns + usage_out->system_ns;

		if (!read_stat(pids[i], usage_out) || !read_memory(pids[i], usage_out))
			return false;
		/* A kernel without schedstat: ticks are better than nothing. */
		if (!read_threads(pids[i], usage_out))
			usage_out->cpu_ns += usage_out->user_ns + usage_out->system_ns - before;
	}
	return true;
}

void
kernel_usage_read(struct kernel_usage *usage_out)
{
	FILE *sockets = fopen("/proc/net/sockstat", "re");
	FILE *memory = fopen("/proc/meminfo", "re");
	char line[256];
	uint64_t value;

	memset(usage_out, 0, sizeof(*usage_out));
	while (sockets != NULL && fgets(line, sizeof(line), sockets) != NULL)
		if (sscanf(line, "TCP: inuse %*d orphan %*d tw %*d alloc %*d mem %" SCNu64,
			&value) == 1)
			usage_out->tcp_buffer_bytes = value * (uint64_t)sysconf(_SC_PAGESIZE);
	while (memory != NULL && fgets(line, sizeof(line), memory) != NULL)
		if (sscanf(line, "Slab: %" SCNu64 " kB", &value) == 1)
			usage_out->slab_bytes = value * 1024;
	if (sockets != NULL)
		fclose(sockets);
	if (memory != NULL)
		fclose(memory);
}
