/*
 * The store of a world's hub: the one in RAM behind tests/store_double, or the real one, SQLite on
 * the disk that forgets, whose writer and keeper do one thing after another when the world says so.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_STORE_H
#define HUBBUB_TESTS_SIM_SIM_STORE_H

#include "hub/store.h"
#include "sim_disk.h"

struct sim_world;

#define SIM_BOOT_SIZE 40

/* NULL in the world while the store is in RAM. */
struct sim_sqlite {
	struct sim_disk disk;
	struct sim_disk_vfs *vfs;
	struct store *store; /* NULL: no hub has it */
	char boot[SIM_BOOT_SIZE];
	bool machine;      /* ends as well, when disk.dies_in is over    */
	bool broken;       /* the store said that its process must end   */
	uint64_t start_ms; /* a hub that is not there is started then    */
	bool lossy;        /* what is not synced of SIM_SHORT_ROOM may go with the machine */
};

void sim_store_create(struct sim_world *world);
void sim_store_destroy(struct sim_world *world);

/* As the hub or the judge uses it; NULL if there is none. */
struct store *sim_store(struct sim_world *world);

/* For a hub that starts; false if it cannot, for a reason that the world has. */
bool sim_store_begin(struct sim_world *world);

/* What of the store's work comes to an end in this turn; `all`: all of it. */
void sim_store_turn(struct sim_world *world, bool all);

/* The hub's process is over, or must be: it died while it wrote, or its store is broken. */
bool sim_store_has_ended(const struct sim_world *world);

/* The hub's core is gone, and with it its process; `machine`: and what it ran on. */
void sim_store_killed(struct sim_world *world, bool machine);

/* The same in good order. */
void sim_store_stopped(struct sim_world *world, bool machine);

/* What is said now may be refused. */
bool sim_store_refuses(const struct sim_world *world);

/* The machine ends and the store is opened again, without a hub; NULL or what is wrong with it. */
const char *sim_store_reborn(struct sim_world *world);

#endif
