/* The ids of the life before; see store_sqlite_past.c. All of it on the loop's thread. */
#ifndef HUBBUB_HUB_STORE_SQLITE_PAST_H
#define HUBBUB_HUB_STORE_SQLITE_PAST_H

#include "hub/store_sqlite_private.h"

/* Begins the index behind the file's last row; false if that cannot be read. */
bool sq_past_begin(struct store_sqlite *store);

/* Starts the thread that reads the rows before it; false if there can be none. */
bool sq_past_read(struct store_sqlite *store);

/* Waits until all of them are in the index; false if they could not be read. */
bool sq_past_known(struct store_sqlite *store);

#endif
