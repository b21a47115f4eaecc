/*
 * What every store has in common.
 */
#include "hub/store.h"

#include <stddef.h>

void
store_close(struct store **store)
{
	struct store *doomed = *store;

	if (doomed == NULL)
		return;
	*store = NULL;
	doomed->ops->close(doomed);
}
