/*
 * The clients' side of the gateway on libwebsockets: adopts accepted sockets, serves the page, lets
 * upgrades in or refuses them, hands whole messages to the core and is the core's transport. The
 * only module that knows libwebsockets (its files are websocket*.c).
 */
#ifndef HUBBUB_GATEWAY_WEBSOCKET_H
#define HUBBUB_GATEWAY_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/address.h"
#include "common/config.h"
#include "common/log.h"
#include "common/metrics.h"
#include "gateway/gateway_core.h"
#include "gateway/loop.h"
#include "gateway/mounts.h"

struct tls;
struct websocket;

/* By which listener a connection came in, and what that means. Outlives its connections. */
struct entrance {
	const struct mount_table *mounts;
	const char *origins; /* as config_listener.origins */
	struct address_set trusted_proxies;
	const struct tls *const *tls; /* where its present certificate is; NULL: in the clear */
	bool cookies_count;           /* for logging in: it knows whose pages may connect        */
};

struct websocket_setup {
	struct loop *loop;
	bool tls; /* some entrance has it */
	struct config_limits limits;
	struct auth *auth; /* borrowed; NULL if no mount demands a proof */
	struct log *log;
	struct metrics *metrics;
};

/* One per process: the library's log has no context. NULL with a sentence for the operator. */
struct websocket *websocket_create(
    const struct websocket_setup *setup, char *error, size_t error_size);

/* Drops what is still connected; the core hears of each end, so it must still be there. */
void websocket_destroy(struct websocket **websocket);

/* Whom clients' messages go to. To be called before the first websocket_adopt. */
void websocket_set_core(struct websocket *websocket, struct gateway_core *core);

/* For struct gateway_core_setup. Lives as long as this. */
struct admission *websocket_admission(struct websocket *websocket);
struct transport websocket_transport(void);

/* Takes over a connected nonblocking socket with its peer's address, closes it on failure. */
void websocket_adopt(struct websocket *websocket, int fd, const struct address *peer,
    const struct entrance *entrance);

/* Other limits from now on, for messages under way as well; header and handshake stay. */
void websocket_set_limits(struct websocket *websocket, const struct config_limits *limits);

/* True if no further connection should be adopted, where so many wait for that already. */
bool websocket_is_full(const struct websocket *websocket, unsigned waiting);

/* New upgrades are refused with 503 from now on. */
void websocket_refuse_upgrades(struct websocket *websocket);

/*
 * From now on upgrades that a trusted proxy passes on end without an answer: to balancers that
 * speak HTTP this is the sign to ask another gateway, and nobody notices.
 */
void websocket_send_proxies_elsewhere(struct websocket *websocket);

/* Connections of all kinds. */
unsigned websocket_connections(const struct websocket *websocket);

/* WebSockets that are open or closing. */
unsigned websocket_open(const struct websocket *websocket);

/* Deadlines of unfinished messages and closes; at the end of each turn. */
void websocket_turn(struct websocket *websocket, uint64_t mono_ms);

/* Milliseconds until websocket_turn is next needed; UINT64_MAX for never. */
uint64_t websocket_next_deadline(const struct websocket *websocket, uint64_t mono_ms);

#endif
