/*
 * Records everything that the hub's core takes, and what stands for all that it says, so that
 * hubbub-replay makes a core do the same again: a bug report is one file. docs/record.md.
 *
 * The process calls the core by the functions below, which take no record (NULL) as well: then
 * they are the core's own. Everything else that the core takes it takes through its setup, which a
 * record wraps: the store, the links, randomness.
 */
#ifndef HUBBUB_HUB_RECORD_H
#define HUBBUB_HUB_RECORD_H

#include "hub/core.h"
#include "hub/core_settings.h"

struct record;

struct record_setup {
	const char *path;
	uint64_t bytes_max;
	bool contents; /* what people say is recorded as well */
	struct log *log;
};

/* NULL with one sentence in `error`. */
struct record *record_create(const struct record_setup *setup, char *error, size_t error_size);

/* A record is whole from the core's beginning on. As core_create. */
struct core *record_core_create(struct record *record, const struct core_setup *setup);

/* Ends the record; what the core does from here on is not in it. */
void record_end(struct record *record);

/* Frees it, behind the core's end. */
void record_destroy(struct record **record);

/* What follows is recorded; none of it may be called with NULL. */
int record_connected(
    struct record *record, struct core *core, struct now now, const struct store_process *process);
enum link_loss record_envelope(struct record *record, struct core *core, unsigned slot,
    struct now now, const struct envelope *envelope);
uint32_t record_detached(
    struct record *record, struct core *core, unsigned slot, struct now now, enum link_loss why);
void record_died(struct record *record, struct core *core, uint32_t life, struct now now);
bool record_set(
    struct record *record, struct core *core, struct now now, const struct core_settings *settings);
void record_turn(struct record *record, struct core *core, struct now now);

/* The core's functions of the same names, recorded if there is a record. */
static inline int
recorded_connected(
    struct record *record, struct core *core, struct now now, const struct store_process *process)
{
	return record == NULL ? core_gateway_connected(core, now, process)
			      : record_connected(record, core, now, process);
}

static inline enum link_loss
recorded_envelope(struct record *record, struct core *core, unsigned slot, struct now now,
    const struct envelope *envelope)
{
	return record == NULL ? core_gateway_envelope(core, slot, now, envelope)
			      : record_envelope(record, core, slot, now, envelope);
}

static inline uint32_t
recorded_detached(
    struct record *record, struct core *core, unsigned slot, struct now now, enum link_loss why)
{
	return record == NULL ? core_gateway_detached(core, slot, now, why)
			      : record_detached(record, core, slot, now, why);
}

static inline void
recorded_died(struct record *record, struct core *core, uint32_t life, struct now now)
{
	if (record == NULL)
		core_gateway_died(core, life, now);
	else
		record_died(record, core, life, now);
}

static inline void
recorded_turn(struct record *record, struct core *core, struct now now)
{
	if (record == NULL)
		core_turn(core, now);
	else
		record_turn(record, core, now);
}

static inline bool
recorded_set(
    struct record *record, struct core *core, struct now now, const struct core_settings *settings)
{
	return record == NULL ? core_set(core, now, settings)
			      : record_set(record, core, now, settings);
}

#endif
