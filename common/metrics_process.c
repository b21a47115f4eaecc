/*
 * Memory, descriptors, processor time and start of this process, under the
 * names that every Prometheus dashboard knows. Reads /proc when asked; knows
 * nothing of how metrics are shown.
 */
#include "common/metrics_process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MICROSECONDS 1e6

struct metrics_process {
	struct metric *resident;
	struct metric *open_fds;
	struct metric *max_fds;
	struct metric *cpu;
};

static int64_t
microseconds(clockid_t id)
{
	struct timespec at = { 0, 0 };

	(void)clock_gettime(id, &at);
	return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

/* The 22nd field of /proc/self/stat: clock ticks between boot and our start; -1 if unreadable. */
static long long
start_ticks(void)
{
	FILE *file = fopen("/proc/self/stat", "re");
	char line[1024];
	long long ticks = -1;
	char *at;

	if (file == NULL)
		return -1;
	line[fread(line, 1, sizeof(line) - 1, file)] = '\0';
	fclose(file);
	/* The second field is the program's name in brackets and may contain anything. */
	at = strrchr(line, ')');
	for (int field = 2; at != NULL && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at != NULL && sscanf(at, "%lld", &ticks) != 1)
		ticks = -1;
	return ticks;
}

static int64_t
start_time_us(void)
{
	int64_t booted = microseconds(CLOCK_REALTIME) - microseconds(CLOCK_BOOTTIME);
	long long ticks = start_ticks();
	long per_second = sysconf(_SC_CLK_TCK);

	if (ticks < 0 || per_second <= 0)
		return microseconds(CLOCK_REALTIME);
	return booted + ticks * (1000000 / per_second);
}

struct metrics_process *
metrics_process_create(struct metrics *metrics)
{
	struct metrics_process *process = calloc(1, sizeof(*process));
	struct metric *start;

	if (process == NULL)
		return NULL;
	metric_set(metrics_gauge(metrics, "hubbub_build_info", "version=\"" HUBBUB_VERSION "\"",
		       "Always 1; the version of the software is its label."),
	    1);
	start = metrics_gauge(metrics, "process_start_time_seconds", NULL,
	    "When the process started, in seconds since the Unix epoch.");
	metric_set_unit(start, MICROSECONDS);
	metric_set(start, start_time_us());
	process->cpu = metrics_counter(metrics, "process_cpu_seconds_total", NULL,
	    "Processor time used, user and system together.");
	metric_set_unit(process->cpu, MICROSECONDS);
	process->resident =
	    metrics_gauge(metrics, "process_resident_memory_bytes", NULL, "Memory that is in RAM.");
	process->open_fds =
	    metrics_gauge(metrics, "process_open_fds", NULL, "File descriptors in use.");
	process->max_fds =
	    metrics_gauge(metrics, "process_max_fds", NULL, "File descriptors that may be in use.");
	return process;
}

void
metrics_process_destroy(struct metrics_process **process)
{
	free(*process);
	*process = NULL;
}

static void
refresh_resident(struct metric *metric)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long long pages;

	if (file == NULL)
		return;
	if (fscanf(file, "%*d %lld", &pages) == 1)
		metric_set(metric, pages * sysconf(_SC_PAGESIZE));
	fclose(file);
}

static void
refresh_open_fds(struct metric *metric)
{
	DIR *directory = opendir("/proc/self/fd");
	int64_t count = 0;

	if (directory == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (entry->d_name[0] != '.')
			count++;
	}
	closedir(directory);
	/* The one that we read the list through is gone again. */
	metric_set(metric, count - 1);
}

void
metrics_process_refresh(struct metrics_process *process)
{
	struct rlimit limit;

	refresh_resident(process->resident);
	refresh_open_fds(process->open_fds);
	metric_set(process->cpu, microseconds(CLOCK_PROCESS_CPUTIME_ID));
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		metric_set(process->max_fds, (int64_t)limit.rlim_cur);
}
