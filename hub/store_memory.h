/*
 * A test's hand on the store in RAM: commits that wait, and commits that fail. Daemons use
 * store_memory_open of hub/store.h alone.
 */
#ifndef HUBBUB_HUB_STORE_MEMORY_H
#define HUBBUB_HUB_STORE_MEMORY_H

#include "hub/store.h"

/* From now on batches wait for store_memory_end; letting go commits those that wait. */
void store_memory_hold(struct store *store, bool held);

/*
 * Ends the oldest batch that waits; not committed, nothing of it, of later ones and of the open
 * one is kept. False if none waits.
 */
bool store_memory_end(struct store *store, bool committed);

#endif
