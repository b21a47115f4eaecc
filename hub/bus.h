/*
 * What carries messages between hubs of several hosts. On one host there is
 * one hub and bus_local carries nothing anywhere; an engine comes as another file
 * with another struct bus_ops.
 */
#ifndef HUBBUB_HUB_BUS_H
#define HUBBUB_HUB_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"

struct bus;

/* A committed room message that other hosts' hubs must hear, borrowed during the call. */
struct bus_message {
	struct text room;
	uint64_t epoch;
	uint64_t seq;
	const void *frame; /* the DELIVER frame as sent to gateways */
	size_t length;
};

struct bus_ops {
	const char *name;
	/* Tells the other hosts; false: it is lost to them until they ask for the gap. */
	bool (*publish)(struct bus *bus, const struct bus_message *message);
	void (*close)(struct bus *bus);
};

struct bus {
	const struct bus_ops *ops;
};

/* One host: nobody else to tell. */
struct bus *bus_local_open(void);
void bus_close(struct bus **bus);

#endif
