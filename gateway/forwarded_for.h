/*
 * Whose request it is, by the X-Forwarded-For header of an HTTP proxy. Pure.
 */
#ifndef HUBBUB_GATEWAY_FORWARDED_FOR_H
#define HUBBUB_GATEWAY_FORWARDED_FOR_H

#include "common/address.h"
#include "common/text.h"

/*
 * Each proxy adds the address of its own peer at the right. So the client is the rightmost one that
 * is not itself a trusted proxy, or the leftmost if all are; what stands left of it is only its own
 * word. It is the peer if that is not trusted, for whoever writes no header, and if what would
 * have to be believed is no address.
 */
struct address forwarded_for(
    struct text header, struct address peer, const struct address_set *trusted);

#endif
