/*
 * The list of known gateways on its way to the writer. What it is for is core_known.c's; how it is
 * read is store_sqlite_read.c's.
 */
#include "hub/store_sqlite_loop.h"

bool
sq_put_gateway(struct store *base, const struct store_gateway *gateway)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_op *op = sq_push(store, SQ_PUT_GATEWAY);

	if (op == NULL)
		return false;
	op->body.gateway = *gateway;
	return sq_batch_copy(store->open, &op->body.gateway.name);
}

bool
sq_remove_gateway(struct store *base, struct text name)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_op *op = sq_push(store, SQ_REMOVE_GATEWAY);

	if (op == NULL)
		return false;
	op->body.gateway.name = name;
	return sq_batch_copy(store->open, &op->body.gateway.name);
}
