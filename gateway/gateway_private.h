/*
 * The parts of a gateway's process, for gateway.c, gateway_doors.c and gateway_reload.c alone.
 */
#ifndef HUBBUB_GATEWAY_GATEWAY_PRIVATE_H
#define HUBBUB_GATEWAY_GATEWAY_PRIVATE_H

#include "common/metrics.h"
#include "common/reload.h"
#include "common/status_http.h"
#include "common/token.h"
#include "gateway/auth.h"
#include "gateway/certificates.h"
#include "gateway/gateway.h"
#include "gateway/gateway_core.h"
#include "gateway/gateway_watch.h"
#include "gateway/listener.h"
#include "gateway/listener_proxy.h"
#include "gateway/loop.h"
#include "gateway/uplink.h"
#include "gateway/websocket.h"

enum { SIGNALS = 3 };

/* A listener with what its connections are told by. */
struct door {
	struct gateway *gateway;
	struct mount_table mounts;
	struct entrance entrance;
	struct listener *listener;
};

struct gateway {
	struct gateway_setup setup;
	const struct config *config; /* the setup's: in force, changed by reloads */
	struct log *log;
	struct reload *reload;
	struct metrics *metrics;
	struct metric *connections;
	struct metric *draining_metric;
	struct metric *link_queue;
	struct metric *turn_seconds;
	struct loop *loop;
	struct certificates *certificates;
	struct auth *auth;
	struct token_keys fresh_keys; /* read for a reload that is under way */
	struct websocket *websocket;
	struct listener_proxy *proxy;
	struct uplink *uplink;
	struct gateway_core *core;
	struct status_http *status;
	struct gateway_watch *watch;
	struct event *signals[SIGNALS];
	struct door doors[CONFIG_LISTENERS_MAX];
	size_t spare_memory; /* free in the heap when last looked at */
	uint64_t spare_checked_ms;
	bool spare_is_back; /* the system has it; nothing was allocated since */
	bool asked;         /* to end, by a signal                                   */
	bool hurried;       /* by another one, or by SIGINT: no window               */
	bool draining;      /* those who are here are let go                          */
	bool open;          /* a listener still lets newcomers in                     */
	bool stopping;      /* says goodbye; only ends of connections are waited for  */
	uint64_t requests_deadline_ms;
	uint64_t stop_deadline_ms;
};

/* A place for the sentence that says why there is no gateway. */
struct refusal {
	char *sentence;
	size_t size;
};

/* All listeners, on sockets that were handed over where there are any. */
bool gateway_open_doors(
    struct gateway *gateway, struct service_sockets *inherited, struct refusal why);

/*
 * As a drain begins: closes the listeners that let nobody in from now on. Where nobody else has the
 * socket, all that waits there is accepted first. gateway_shut_doors does it with all of them.
 */
void gateway_begin_shutting_doors(struct gateway *gateway);
void gateway_shut_doors(struct gateway *gateway);

void gateway_close_doors(struct gateway *gateway);

/* Gets ready for reloads; false without memory. */
bool gateway_watch_settings(struct gateway *gateway);

/* gateway_auth.c: reads the keys of tokens; false with a sentence. The rest for reloads. */
bool gateway_create_auth(struct gateway *gateway, char *error, size_t error_size);
bool gateway_prepare_auth(
    void *context, const struct config *fresh, struct config_mistakes *mistakes);
void gateway_commit_auth(void *context, const struct config *config);
void gateway_abandon_auth(void *context);

#endif
