/* What some processes have used, as the kernel tells in /proc. */
#ifndef HUBBUB_TESTS_BENCH_SERVER_USAGE_H
#define HUBBUB_TESTS_BENCH_SERVER_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct server_usage {
	uint64_t cpu_ns;    /* on a processor, all threads, by the scheduler's own clock   */
	uint64_t user_ns;   /* in ticks of 10 ms: for the proportion, not for small sums    */
	uint64_t system_ns; /* likewise                                                     */
	uint64_t rss_bytes;
	uint64_t pss_bytes;
};

/* The sum over `count` processes; false if one of them cannot be read. */
bool server_usage_read(const pid_t *pids, size_t count, struct server_usage *usage_out);

/*
 * What the kernel keeps for TCP, of all processes and for both ends of a
 * connection: no process is charged for it. /proc/net/tcp would give the bytes
 * that wait in queues, but not the buffers around them nor the sockets
 * themselves; sockstat counts the pages that buffers take, the slabs have the
 * sockets, descriptors and epoll entries.
 */
struct kernel_usage {
	uint64_t tcp_buffer_bytes; /* "mem" of /proc/net/sockstat       */
	uint64_t slab_bytes;       /* "Slab" of /proc/meminfo           */
};

/* Zeros for what cannot be read. */
void kernel_usage_read(struct kernel_usage *usage_out);

#endif
