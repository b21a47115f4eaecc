/*
 * The settings of every Hubbub process. One table (config_schema.c) gives each key its type,
 * bounds, unit, default and help; reading, checking, printing and documentation follow it.
 */
#ifndef HUBBUB_COMMON_CONFIG_H
#define HUBBUB_COMMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/config_mistakes.h"

#define CONFIG_LISTENERS_MAX 8
#define CONFIG_CLASSES_MAX 32

/* Longest file, in bytes. */
#define CONFIG_FILE_MAX (1024u * 1024u)

/* Gateways are bits of one word in the hub. */
#define CONFIG_GATEWAYS_MAX 64

/* All strings below are NUL-terminated and owned by the struct; never NULL. */
struct config_hub {
	char *socket; /* gateways connect here */
	unsigned socket_mode;
	char *socket_group; /* "" keeps the process's group */
	char *allow_users;  /* blank-separated users beside root and our own */
	char *admin_socket; /* hubctl connects here */
	unsigned admin_mode;
	char *admin_group;
	char *status; /* address of status HTTP, "" for none */
	unsigned gateways_max;
	unsigned clients_max; /* online at once, all gateways together */
	unsigned rooms_max;   /* with members at once                  */
	unsigned bans_max;    /* users, clients and addresses together */
	char *operators;      /* blank-separated ids of users that may what "operators" may */
	char *record;         /* the file of the record, "" for none */
	bool record_contents;
	unsigned record_megabytes; /* of that file at most */
};

struct config_store {
	char *path;
	char *durability;        /* "disk", "normal" or "memory" */
	unsigned megabytes_max;  /* of the file; 0 without bound */
	unsigned inbox_messages; /* not yet received, of one user */
	unsigned inbox_kilobytes;
	unsigned read_hours;   /* what was received is kept for other devices */
	unsigned resume_hours; /* users without a connection may come again */
};

/* One [class NAME] section: rules for the rooms it names. */
struct config_class {
	char *name;
	char *rooms;      /* names, or beginnings followed by '*', blank-separated */
	char *durability; /* "store", "disk", "normal" or "memory" */
	unsigned keep_messages;
	unsigned keep_kilobytes;
	unsigned keep_hours;
	char *read; /* "everyone", "operators", or blank-separated user ids; likewise the rest */
	char *write;
	char *list;
	char *create; /* who may enter one that does not exist: likewise */
};

struct config_gateway {
	char *name; /* unique among the gateways of one hub */
	char *hub_socket;
	char *status;
	unsigned drain_seconds; /* over which clients are let go before it ends */
	char *drain_accepts;    /* "inherited", "yes" or "no"                   */
};

/* Who may come in. */
struct config_auth {
	char *mode;     /* "open", "token" or "jwt"                          */
	char *keys;     /* "KID:FILE ...", blank-separated                   */
	char *audience; /* of tokens, "" for none                            */
	char *issuer;   /* of tokens, "" for any                             */
	char *cookie;   /* name of the cookie that may hold a token, or ""   */
	unsigned leeway_seconds;
	unsigned failures_per_minute; /* of one address                      */
	bool close_at_expiry;
};

/* One [listener NAME] section. */
struct config_listener {
	char *name;
	char *address; /* HOST:PORT; ignored when a descriptor of this name is inherited */
	char *profile; /* "chat" or "demo": which mount table */
	char *mounts;  /* "PATTERN DIALECT, ..." instead of the profile's; "" keeps it */
	char *auth;    /* "default" or "open": whether auth.mode counts here */
	char *origins; /* allowed Origin values, blank-separated; "" allows any */
	bool reuse_port;
	bool proxy_protocol;   /* connections begin with a PROXY header, of these peers: */
	char *trusted_proxies; /* as address_set_parse takes it */
	char *tls_certificate; /* file of the chain, "" for no TLS */
	char *tls_key;         /* file of its key, "" without a certificate */
	char *tls_minimum;     /* "1.2" or "1.3" */
};

struct config_limits {
	unsigned message_bytes; /* one WebSocket message, all fragments */
	unsigned content_bytes; /* the text of one chat message */
	unsigned name_code_points;
	unsigned header_bytes; /* one upgrade request */
	unsigned handshake_seconds;
	unsigned login_seconds;   /* from upgrade to a name */
	unsigned fragments;       /* of one message */
	unsigned message_seconds; /* from first to last fragment */
	unsigned clients;         /* of one gateway */
	unsigned queue_bytes;     /* waiting for one client */
	unsigned queue_seconds;   /* age of the oldest byte waiting for one client */
	unsigned pinned_bytes;    /* waiting for all clients of a gateway */
	unsigned ping_seconds;
	unsigned pong_seconds;
	unsigned errors_per_minute;   /* refused messages of one client before CLOSE 1008 */
	unsigned messages_per_second; /* of one client */
	unsigned messages_burst;
	/* 0 each: no limit. Of one address or IPv6 /64, of one user, of all newcomers */
	unsigned connections_per_address;
	unsigned accepts_per_second_per_address;
	unsigned accepts_burst_per_address;
	unsigned messages_per_second_per_address;
	unsigned messages_burst_per_address;
	unsigned messages_per_second_per_user;
	unsigned messages_burst_per_user;
	unsigned logins_per_second;
	unsigned logins_burst;
	unsigned list_members;              /* members up to which a room's full list is sent */
	unsigned presence_bytes_per_second; /* of all presence, per room and gateway */
	unsigned notices_per_interval;      /* in a larger room, before they are summed up */
	unsigned link_queue_bytes;          /* waiting for one gateway or for the hub */
	unsigned commands;                  /* sent by a gateway and not yet answered */
	unsigned rooms_per_client;
	unsigned connections_per_user; /* of all gateways together */
	unsigned hold_seconds;         /* commands wait so long for a hub that is away */
	unsigned history_messages;     /* of one answer */
	unsigned presence_ms;          /* differences gather so long */
	unsigned presence_max_ms;      /* in a large room so long, if telling them is dear */
};

struct config {
	char *log_level;
	struct config_hub hub;
	struct config_gateway gateway;
	struct config_auth auth;
	struct config_limits limits;
	struct config_listener listeners[CONFIG_LISTENERS_MAX];
	unsigned listener_count;
	struct config_store store;
	struct config_class classes[CONFIG_CLASSES_MAX];
	unsigned class_count;
};

/* Which program asks: settings of other roles are accepted and checked all the same. */
enum config_role { CONFIG_ROLE_HUB, CONFIG_ROLE_GATEWAY, CONFIG_ROLES };
enum config_result {
	CONFIG_RUN,  /* go on with the configuration */
	CONFIG_EXIT, /* --help, --check-config and the like: done, exit 0 */
	CONFIG_BAD,  /* sentences were written to `errors`; exit EXIT_CODE_USAGE */
};

/* What only the program can check; leaves alone what is doubted. `will_run`: it is to start. */
typedef void config_checker(
    const struct config *config, bool will_run, struct config_mistakes *mistakes);

/*
 * The whole start-up: defaults, the file (--config FILE, which must be readable), then variables
 * HUBBUB_SET__SECTION__KEY of the environment, then --set SECTION.KEY=VALUE in order
 * ("listener.NAME.KEY", "class.NAME.KEY"; a new name makes a new one), then config_check and
 * `check`, which may be NULL. Every mistake is told, with its place. Without any listener section
 * there is one named "chat" on 127.0.0.1:8000. Whatever is returned, `config` is to be freed.
 */
enum config_result config_start(struct config *config, enum config_role role, config_checker *check,
    int argc, char **argv, FILE *output, FILE *errors);

void config_defaults(struct config *config);
void config_free(struct config *config);

/* Reads INI text as if from a file called `name`; false if there were mistakes. */
bool config_read(struct config *config, const char *name, const char *text, size_t length,
    struct config_mistakes *mistakes);

/* Sets one "section.key", "listener.NAME.key" or "class.NAME.key" from text. */
bool config_set(
    struct config *config, const char *key, const char *value, struct config_mistakes *mistakes);

/* What no single setting can know: limits that contradict each other, addresses given twice. */
void config_check(const struct config *config, struct config_mistakes *mistakes);

/* Writes a complete configuration file that config_read takes back to the same values. */
void config_print(const struct config *config, FILE *output);

/* Write the reference of all keys: docs/configuration.md and docs/man/hubbub.conf.5. */
void config_print_reference(FILE *output);
void config_print_manual(FILE *output);

#endif
