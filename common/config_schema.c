/*
 * What can be set. A setting is one row here and one field of struct config;
 * nothing else needs to know of it. Knows no file, no command line.
 */
#include "common/config_schema.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

/*
 * Who reads a setting, and whether a change of it is applied by a reload or by the next start. A
 * key is RELOAD only if all that was made of its value changes with it: test_gateway_settings holds
 * a gateway that was told of a change against one that was started with the new value.
 */
#define HUB_RELOAD                              \
	{                                       \
		CONFIG_AT_RELOAD, CONFIG_UNREAD \
	}
#define HUB_RESTART                              \
	{                                        \
		CONFIG_AT_RESTART, CONFIG_UNREAD \
	}
#define GATEWAY_RELOAD                          \
	{                                       \
		CONFIG_UNREAD, CONFIG_AT_RELOAD \
	}
#define GATEWAY_RESTART                          \
	{                                        \
		CONFIG_UNREAD, CONFIG_AT_RESTART \
	}
#define BOTH_RELOAD                                \
	{                                          \
		CONFIG_AT_RELOAD, CONFIG_AT_RELOAD \
	}
#define BOTH_RESTART                                 \
	{                                            \
		CONFIG_AT_RESTART, CONFIG_AT_RESTART \
	}
#define HUB_RESTART_GATEWAY_RELOAD                  \
	{                                           \
		CONFIG_AT_RESTART, CONFIG_AT_RELOAD \
	}

#define ONE                   \
	NULL, 0, 0, 0, 0,     \
	{                     \
		CONFIG_UNREAD \
	}
#define NAMED(example, field, number, applied)                                                  \
	example,                                                                                \
	    sizeof(((struct config *)NULL)->field) / sizeof(((struct config *)NULL)->field[0]), \
	    offsetof(struct config, field), sizeof(((struct config *)NULL)->field[0]),          \
	    offsetof(struct config, number), applied

/* The order of the printed file. */
const struct config_section config_sections[] = {
	{ "log", "What is written to the log.", ONE },
	{ "hub", "The process that knows who is online. One per installation.", ONE },
	{ "gateway",
	    "The process that clients connect to. One section serves all gateways; what "
	    "differs between them is given on the command line.",
	    ONE },
	{ "listener",
	    "An address that a gateway listens on: one section [listener NAME] for each. "
	    "The name is also that of an inherited descriptor.",
	    NAMED("chat", listeners, listener_count, GATEWAY_RESTART) },
	{ "auth", "Who may come in, and how that is proved: docs/auth.md.", ONE },
	{ "limits", "What strangers may cost us.", ONE },
	{ "store", "What is kept on disk.", ONE },
	{ "class",
	    "Rules for some rooms: one section [class NAME] for each set of rules. A room is of "
	    "the first class in the file that names it, or of the one that it was created "
	    "with. All others are of a class called default, whose rules are the defaults.",
	    NAMED("archive", classes, class_count, HUB_RELOAD) },
	{ NULL, NULL, ONE },
};

#define HUB(field) offsetof(struct config, hub.field)
#define GATEWAY(field) offsetof(struct config, gateway.field)
#define LISTENER(field) offsetof(struct config_listener, field)
#define AUTH(field) offsetof(struct config, auth.field)
#define STORE(field) offsetof(struct config, store.field)
#define LIMITS(field) offsetof(struct config, limits.field)
#define CLASS(field) offsetof(struct config_class, field)

#define MIB (1024u * 1024u)

/* clang-format off */
const struct config_key config_keys[] = {
	{ "log", "level", CONFIG_TYPE_CHOICE, BOTH_RELOAD, offsetof(struct config, log_level), 0, 0,
	  "", "info", "error warn info debug", "The least important lines that are still "
	  "written." },

	{ "hub", "socket", CONFIG_TYPE_SOCKET, HUB_RESTART, HUB(socket), 0, 0, "",
	  "/run/hubbub/hub.sock", NULL, "Where the hub listens for gateways." },
	{ "hub", "socket_mode", CONFIG_TYPE_MODE, HUB_RESTART, HUB(socket_mode), 0, 0777, "",
	  "0660", NULL, "Permissions of that socket." },
	{ "hub", "socket_group", CONFIG_TYPE_TEXT, HUB_RESTART, HUB(socket_group), 0, 64, "", "",
	  NULL, "Group of that socket; empty keeps the hub's own." },
	{ "hub", "allow_users", CONFIG_TYPE_TEXT, HUB_RELOAD, HUB(allow_users), 0, 512, "", "",
	  NULL, "Users whose gateways may connect, separated by blanks, beside root and the hub's "
	  "own." },
	{ "hub", "admin_socket", CONFIG_TYPE_SOCKET, HUB_RESTART, HUB(admin_socket), 0, 0, "",
	  "/run/hubbub/admin.sock", NULL, "Where the hub listens for hubctl." },
	{ "hub", "admin_mode", CONFIG_TYPE_MODE, HUB_RESTART, HUB(admin_mode), 0, 0777, "", "0660",
	  NULL, "Permissions of that socket." },
	{ "hub", "admin_group", CONFIG_TYPE_TEXT, HUB_RESTART, HUB(admin_group), 0, 64, "", "",
	  NULL, "Group of that socket; empty keeps the hub's own." },
	{ "hub", "status", CONFIG_TYPE_STATUS, HUB_RESTART, HUB(status), 0, 0, "", "", NULL,
	  "Where the hub answers /healthz, /readyz and /metrics; empty: nowhere." },
	{ "hub", "gateways_max", CONFIG_TYPE_NUMBER, HUB_RESTART, HUB(gateways_max), 1,
	  CONFIG_GATEWAYS_MAX, "gateways", "64", NULL, "Gateways connected at once." },
	{ "hub", "clients_max", CONFIG_TYPE_NUMBER, HUB_RELOAD, HUB(clients_max), 1, 100000000,
	  "clients", "1000000", NULL, "Clients online at once, all gateways together." },
	{ "hub", "rooms_max", CONFIG_TYPE_NUMBER, HUB_RESTART, HUB(rooms_max), 1, 1000000, "rooms",
	  "10000", NULL, "Rooms with members at once. As many empty ones are remembered; a room "
	  "that was empty for longer begins anew." },
	{ "hub", "bans_max", CONFIG_TYPE_NUMBER, HUB_RELOAD, HUB(bans_max), 1, 1000000, "bans",
	  "10000", NULL, "Users, clients and addresses that are banned at once. With fewer than "
	  "there are, those stay." },
	{ "hub", "operators", CONFIG_TYPE_TEXT, HUB_RELOAD, HUB(operators), 0, 900, "", "", NULL,
	  "Ids of users that may do in rooms what operators may, separated by blanks." },
	{ "hub", "record", CONFIG_TYPE_PATH, HUB_RESTART, HUB(record), 0, 900, "", "", NULL,
	  "A file in which the hub records all that it takes from its start on, for "
	  "hubbub-replay; the one before becomes FILE.old. Empty: nowhere." },
	{ "hub", "record_contents", CONFIG_TYPE_BOOL, HUB_RESTART, HUB(record_contents), 0, 0, "",
	  "no", NULL, "Whether what people say, their secrets and addresses are in the record as "
	  "they are; with no, something as long stands for them." },
	{ "hub", "record_megabytes", CONFIG_TYPE_NUMBER, HUB_RESTART, HUB(record_megabytes), 1,
	  1048576, "megabytes", "1024", NULL, "Size of the record, past which the recording "
	  "ends." },

	{ "gateway", "name", CONFIG_TYPE_WORD, GATEWAY_RESTART, GATEWAY(name), 1, 32, "", "gw-1",
	  NULL, "Name of this gateway; no other gateway of the same hub has it." },
	{ "gateway", "hub_socket", CONFIG_TYPE_SOCKET, GATEWAY_RESTART, GATEWAY(hub_socket), 0, 0,
	  "", "/run/hubbub/hub.sock", NULL, "Where the hub is found: its hub.socket." },
	{ "gateway", "status", CONFIG_TYPE_STATUS, GATEWAY_RESTART, GATEWAY(status), 0, 0, "", "",
	  NULL, "Where the gateway answers /healthz, /readyz and /metrics; empty: nowhere." },
	{ "gateway", "drain_seconds", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, GATEWAY(drain_seconds), 0,
	  3600, "seconds", "5", NULL, "Over how long clients are let go, evenly, when the gateway "
	  "is to end; 0: all at once." },
	{ "gateway", "drain_accepts", CONFIG_TYPE_CHOICE, GATEWAY_RELOAD, GATEWAY(drain_accepts),
	  0, 0, "", "inherited", "inherited yes no", "From which sockets newcomers are still let "
	  "in during that time, to go at its end: inherited ones, where they would wait for the "
	  "next process, unless a trusted proxy brings them, which is sent to another gateway; "
	  "all, whoever brings them; or none, as another process accepts from the same sockets." },

	{ "listener", "address", CONFIG_TYPE_LISTEN, GATEWAY_RESTART, LISTENER(address), 0, 0, "",
	  "127.0.0.1:8000", NULL, "Address to listen on. A descriptor inherited under the "
	  "listener's name is used instead; port 0 takes any that is free." },
	{ "listener", "profile", CONFIG_TYPE_CHOICE, GATEWAY_RESTART, LISTENER(profile), 0, 0, "",
	  "chat", "chat demo", "Which paths are served: those of the chat, or those of the "
	  "demonstration protocols." },
	{ "listener", "mounts", CONFIG_TYPE_TEXT, GATEWAY_RESTART, LISTENER(mounts), 0, 900, "", "",
	  NULL, "Paths instead of the profile's: PATTERN DIALECT [room=NAME] [realm=NAME], "
	  "separated by commas; a segment of the path may be {name} or {name:int}. Empty keeps the "
	  "profile's." },
	{ "listener", "auth", CONFIG_TYPE_CHOICE, GATEWAY_RESTART, LISTENER(auth), 0, 0, "",
	  "default", "default open", "Whether auth.mode counts here, or anybody may come in; users "
	  "of the one and of the other need other realms and rooms (mounts)." },
	{ "listener", "origins", CONFIG_TYPE_TEXT, GATEWAY_RELOAD, LISTENER(origins), 0, 900, "",
	  "", NULL, "Origins whose pages may connect, such as https://chat.example.org, separated "
	  "by blanks; empty allows any." },
	{ "listener", "reuse_port", CONFIG_TYPE_BOOL, GATEWAY_RESTART, LISTENER(reuse_port), 0, 0,
	  "", "no", NULL, "Lets several gateways of one user share the address." },
	{ "listener", "proxy_protocol", CONFIG_TYPE_BOOL, GATEWAY_RESTART,
	  LISTENER(proxy_protocol), 0, 0, "", "no", NULL, "Whether each connection begins with a "
	  "header of the PROXY protocol, version 1 or 2; without one, or from a peer that is not "
	  "in trusted_proxies, it is closed." },
	{ "listener", "trusted_proxies", CONFIG_TYPE_ADDRESSES, GATEWAY_RELOAD,
	  LISTENER(trusted_proxies), 0, 900, "", "", NULL, "Load balancers that are believed who "
	  "their clients are, by X-Forwarded-For and, with proxy_protocol, by a PROXY header; "
	  "empty: none is, and a client's address is that of its connection." },
	{ "listener", "tls_certificate", CONFIG_TYPE_PATH, GATEWAY_RELOAD,
	  LISTENER(tls_certificate), 0, 900, "", "", NULL, "A PEM file with the certificate for "
	  "TLS and those that lead to its authority, in this order; with it clients come by wss:// "
	  "and https:// only. Empty: no TLS." },
	{ "listener", "tls_key", CONFIG_TYPE_SECRET_FILE, GATEWAY_RELOAD, LISTENER(tls_key), 0, 900,
	  "", "", NULL, "A PEM file with the key of that certificate, which not everybody may "
	  "read." },
	{ "listener", "tls_minimum", CONFIG_TYPE_CHOICE, GATEWAY_RELOAD, LISTENER(tls_minimum), 0,
	  0, "", "1.2", "1.2 1.3", "The oldest version of TLS that is spoken." },

	{ "auth", "mode", CONFIG_TYPE_CHOICE, GATEWAY_RESTART, AUTH(mode), 0, 0, "", "open",
	  "open token jwt", "Whether anybody may come in under any name, or only with a token: one "
	  "of our own form, or a JSON Web Token." },
	{ "auth", "keys", CONFIG_TYPE_TEXT, GATEWAY_RELOAD, AUTH(keys), 0, 900, "", "", NULL,
	  "Keys of tokens, as KID:FILE separated by blanks, the newest first: secrets of 32 bytes "
	  "or more, or with jwt also public keys in PEM. FILE is absolute, or a name in "
	  "$CREDENTIALS_DIRECTORY." },
	{ "auth", "audience", CONFIG_TYPE_TEXT, GATEWAY_RELOAD, AUTH(audience), 0, 200, "", "",
	  NULL, "What tokens have to name in aud; empty: nothing." },
	{ "auth", "issuer", CONFIG_TYPE_TEXT, GATEWAY_RELOAD, AUTH(issuer), 0, 200, "", "", NULL,
	  "What tokens have to name in iss; empty: anything." },
	{ "auth", "leeway_seconds", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, AUTH(leeway_seconds), 0,
	  600, "seconds", "10", NULL, "By how much the issuer's clock may differ from ours." },
	{ "auth", "cookie", CONFIG_TYPE_TEXT, GATEWAY_RELOAD, AUTH(cookie), 0, 64, "", "", NULL,
	  "Name of a cookie that may hold the token; only looked at on listeners with origins. "
	  "Empty: none." },
	{ "auth", "close_at_expiry", CONFIG_TYPE_BOOL, GATEWAY_RELOAD, AUTH(close_at_expiry), 0, 0,
	  "", "yes", NULL, "Whether clients are closed (1008) when their token expires." },
	{ "auth", "failures_per_minute", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  AUTH(failures_per_minute), 1, 100000, "tokens", "60", NULL,
	  "Refused tokens from one address; past it none is looked at." },

	{ "limits", "message_bytes", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(message_bytes),
	  1024, 64 * MIB, "bytes", "65536", NULL,
	  "One WebSocket message, all its fragments together." },
	{ "limits", "content_bytes", CONFIG_TYPE_NUMBER, BOTH_RELOAD,
	  LIMITS(content_bytes), 1, MIB / 2, "bytes", "16384", NULL,
	  "The text of one chat message." },
	{ "limits", "name_code_points", CONFIG_TYPE_NUMBER, BOTH_RELOAD,
	  LIMITS(name_code_points), 1, 256, "code points", "64", NULL,
	  "A display name; what is longer is cut." },
	/* With less, a browser that keeps many cookies could not connect. */
	{ "limits", "header_bytes", CONFIG_TYPE_NUMBER, GATEWAY_RESTART, LIMITS(header_bytes), 8192,
	  65535, "bytes", "8192", NULL, "The header of one HTTP request." },
	{ "limits", "handshake_seconds", CONFIG_TYPE_NUMBER, GATEWAY_RESTART,
	  LIMITS(handshake_seconds), 1, 600, "seconds", "10", NULL,
	  "From connection to complete request." },
	{ "limits", "login_seconds", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(login_seconds), 1,
	  3600, "seconds", "120", NULL, "From upgrade to a name." },
	{ "limits", "fragments", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(fragments), 1, 65536,
	  "fragments", "1024", NULL, "Fragments of one message." },
	{ "limits", "message_seconds", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(message_seconds),
	  1, 3600, "seconds", "30", NULL, "From a message's first fragment to its last." },
	{ "limits", "clients", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(clients), 1, 1000000,
	  "clients", "100000", NULL, "Clients of one gateway." },
	{ "limits", "queue_bytes", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(queue_bytes), 4096, 64
	  * MIB, "bytes", "262144", NULL, "Waiting for one client; past it the client is closed." },
	{ "limits", "queue_seconds", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(queue_seconds), 1,
	  3600, "seconds", "30", NULL, "Age of what waits longest for one client; past it the "
	  "client is closed." },
	{ "limits", "pinned_bytes", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(pinned_bytes), MIB,
	  UINT_MAX, "bytes", "67108864", NULL, "Waiting for all clients of a gateway; past it the "
	  "slowest reader is closed." },
	{ "limits", "ping_seconds", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(ping_seconds), 1,
	  3600, "seconds", "20", NULL, "Between two pings to a client." },
	{ "limits", "pong_seconds", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(pong_seconds), 1,
	  3600, "seconds", "20", NULL, "Wait for the answer to a ping; past it the client is "
	  "closed." },
	{ "limits", "errors_per_minute", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(errors_per_minute), 1, 100000, "messages", "60", NULL, "Refused messages of one "
	  "client; past it the client is closed." },
	{ "limits", "messages_per_second", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(messages_per_second), 1, 100000, "messages", "50", NULL,
	  "Messages of one client in the long run." },
	{ "limits", "messages_burst", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(messages_burst), 1,
	  1000000, "messages", "200", NULL, "Messages of one client at once." },
	{ "limits", "connections_per_address", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(connections_per_address), 0, 1000000, "connections", "0", NULL, "Connections of "
	  "one address, or IPv6 prefix of 64 bits, to one gateway; 0: any number." },
	{ "limits", "accepts_per_second_per_address", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(accepts_per_second_per_address), 0, 100000, "connections per second", "0", NULL,
	  "New connections of one address in the long run; 0: any number." },
	{ "limits", "accepts_burst_per_address", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(accepts_burst_per_address), 1, 1000000, "connections", "50", NULL, "At once." },
	{ "limits", "messages_per_second_per_address", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(messages_per_second_per_address), 0, 1000000, "messages", "0", NULL,
	  "Messages of all clients of one address in the long run; 0: any number." },
	{ "limits", "messages_burst_per_address", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(messages_burst_per_address), 1, 1000000, "messages", "1000", NULL, "At once." },
	{ "limits", "messages_per_second_per_user", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(messages_per_second_per_user), 0, 1000000, "messages", "0", NULL, "Messages of "
	  "one user through one gateway in the long run; 0: any number." },
	{ "limits", "messages_burst_per_user", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(messages_burst_per_user), 1, 1000000, "messages", "200", NULL, "At once." },
	{ "limits", "logins_per_second", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(logins_per_second), 0, 1000000, "clients per second", "0", NULL, "Clients that "
	  "one gateway lets in, in the long run; 0: any number." },
	{ "limits", "logins_burst", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(logins_burst), 1,
	  1000000, "clients", "1000", NULL, "At once; who comes beyond is told when to try." },
	{ "limits", "list_members", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(list_members), 1,
	  10000, "members", "500", NULL, "Members of a room whose whole list is sent and of whom "
	  "every coming and going is told; above, lists have the first so many and budgets "
	  "decide." },
	{ "limits", "presence_bytes_per_second", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(presence_bytes_per_second), 65536, 1024 * MIB, "bytes per second", "8388608",
	  NULL, "What one room is told by one gateway of who is there, all its members together." },
	{ "limits", "notices_per_interval", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(notices_per_interval), 0, 1000, "notices", "20", NULL, "Who comes and goes in a "
	  "room above list_members is told one by one so often in an interval; the rest is one "
	  "summary." },
	{ "limits", "link_queue_bytes", CONFIG_TYPE_NUMBER, BOTH_RESTART, LIMITS(link_queue_bytes),
	  2 * MIB, 1024 * MIB, "bytes", "16777216", NULL, "Waiting for one gateway, or for the "
	  "hub; past it the link is cut." },
	{ "limits", "commands", CONFIG_TYPE_NUMBER, HUB_RESTART_GATEWAY_RELOAD, LIMITS(commands), 1,
	  1000000, "commands", "10000", NULL,
	  "Commands of a gateway that the hub has not answered yet." },
	{ "limits", "rooms_per_client", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(rooms_per_client), 1, 1000, "rooms", "50", NULL,
	  "Rooms that one client is in at once." },
	{ "limits", "connections_per_user", CONFIG_TYPE_NUMBER, BOTH_RELOAD,
	  LIMITS(connections_per_user), 1, 10000, "connections", "100", NULL,
	  "Connections of one user over all gateways." },
	{ "limits", "hold_seconds", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(hold_seconds), 0,
	  600, "seconds", "10", NULL, "How long commands wait for a hub that is away." },
	{ "limits", "history_messages", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD,
	  LIMITS(history_messages), 1, 256, "messages", "100", NULL,
	  "Messages in one answer to a request for history." },
	{ "limits", "presence_ms", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(presence_ms), 1,
	  10000, "milliseconds", "100", NULL, "How long changes of who is in a room gather; the "
	  "shortest interval of notices." },
	{ "limits", "presence_max_ms", CONFIG_TYPE_NUMBER, GATEWAY_RELOAD, LIMITS(presence_max_ms),
	  1, 60000, "milliseconds", "1000", NULL, "The longest interval in a room above "
	  "list_members, where telling many costs much; with less than presence_ms it is that. "
	  "Past it only what presence_bytes_per_second cannot pay waits." },

	{ "store", "path", CONFIG_TYPE_PATH, HUB_RESTART, STORE(path), 0, 900, "",
	  "/var/lib/hubbub/hubbub.db", NULL, "The file; the hub's user owns it and its folder." },
	{ "store", "durability", CONFIG_TYPE_CHOICE, HUB_RESTART, STORE(durability), 0, 0, "",
	  "disk", "disk normal memory", "What an acknowledged message survives: the end of the "
	  "machine, of the hub, or neither. With memory there is no file." },
	{ "store", "megabytes_max", CONFIG_TYPE_NUMBER, HUB_RESTART, STORE(megabytes_max), 0,
	  1000000000, "megabytes", "0", NULL, "Size of the file, past which nothing is stored; 0: "
	  "as large as the disk allows." },
	{ "store", "inbox_messages", CONFIG_TYPE_NUMBER, BOTH_RELOAD,
	  STORE(inbox_messages), 1, 1000000, "messages", "1000", NULL,
	  "Private messages that wait for one user." },
	{ "store", "inbox_kilobytes", CONFIG_TYPE_NUMBER, BOTH_RELOAD,
	  STORE(inbox_kilobytes), 1, 1000000, "kilobytes", "4096", NULL,
	  "Content that waits for one user." },
	{ "store", "read_hours", CONFIG_TYPE_NUMBER, HUB_RESTART, STORE(read_hours), 0, 100000,
	  "hours", "24", NULL, "How long a received private message stays for other devices." },
	{ "store", "resume_hours", CONFIG_TYPE_NUMBER, BOTH_RELOAD,
	  STORE(resume_hours), 1, 100000, "hours", "24", NULL, "How long a user without a "
	  "connection may come again as the same." },

	{ "class", "rooms", CONFIG_TYPE_ROOMS, HUB_RELOAD, CLASS(rooms), 0, 900, "", "", NULL,
	  "Which rooms are of this class, separated by blanks; empty: those created with it." },
	{ "class", "durability", CONFIG_TYPE_CHOICE, HUB_RESTART, CLASS(durability), 0, 0, "",
	  "store", "store disk normal memory", "What an acknowledged message survives: see "
	  "store.durability, which store stands for." },
	{ "class", "keep_messages", CONFIG_TYPE_NUMBER, HUB_RESTART, CLASS(keep_messages), 0,
	  100000000, "messages", "10000", NULL,
	  "How many of the newest messages are kept; 0: any number." },
	{ "class", "keep_kilobytes", CONFIG_TYPE_NUMBER, HUB_RESTART, CLASS(keep_kilobytes), 0,
	  100000000, "kilobytes", "0", NULL, "How much content is kept, the newest; 0: any "
	  "amount." },
	{ "class", "keep_hours", CONFIG_TYPE_NUMBER, HUB_RESTART, CLASS(keep_hours), 0, 1000000,
	  "hours", "720", NULL, "How long messages are kept; 0: for ever." },
	{ "class", "read", CONFIG_TYPE_WHO, HUB_RELOAD, CLASS(read), 0, 900, "", "everyone", NULL,
	  "Who may enter and read." },
	{ "class", "write", CONFIG_TYPE_WHO, HUB_RELOAD, CLASS(write), 0, 900, "", "everyone",
	  NULL, "Who may write." },
	{ "class", "list", CONFIG_TYPE_WHO, HUB_RELOAD, CLASS(list), 0, 900, "", "everyone", NULL,
	  "Who finds such a room in the list of rooms without being in it." },
	{ "class", "create", CONFIG_TYPE_WHO, HUB_RELOAD, CLASS(create), 0, 900, "", "everyone",
	  NULL, "Who may enter one that does not exist, which makes it." },
	{ NULL, NULL, CONFIG_TYPE_TEXT, { CONFIG_UNREAD }, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

size_t
config_keys_count(void)
{
	return sizeof(config_keys) / sizeof(config_keys[0]) - 1;
}

size_t
config_key_index(const struct config_key *key)
{
	return (size_t)(key - config_keys);
}

const struct config_key *
config_key_find(const char *section, const char *name)
{
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		if (strcmp(key->section, section) == 0 && strcmp(key->name, name) == 0)
			return key;
	}
	return NULL;
}

const struct config_section *
config_section_find(const char *section)
{
	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		if (strcmp(at->name, section) == 0)
			return at;
	}
	return NULL;
}

#define WORD_MAX 32

/* Letters to insert, delete or exchange to make one word of the other; a lot for long words. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t a_length = strlen(a);
	size_t b_length = strlen(b);

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return UINT_MAX;
	for (unsigned j = 0; j <= b_length; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned exchange = diagonal + (a[i - 1] != b[j - 1]);
			unsigned insert = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = exchange < insert ? exchange : insert;
		}
	}
	return row[b_length];
}

/* A guess that changes more than a third of the word helps nobody. */
static bool
is_near(unsigned changes, const char *word)
{
	return changes <= 1 + strlen(word) / 3;
}

const struct config_key *
config_key_nearest(const char *section, const char *name)
{
	const struct config_key *nearest = NULL;
	unsigned least = UINT_MAX;

	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		unsigned changes = distance(name, key->name);

		/* The right name in the wrong section is near, a wrong name there less so. */
		if (strcmp(key->section, section) != 0 && changes < UINT_MAX)
			changes += changes > 0 ? 2 : 1;
		if (changes < least) {
			least = changes;
			nearest = key;
		}
	}
	return is_near(least, name) ? nearest : NULL;
}

const char *
config_section_nearest(const char *section)
{
	const char *nearest = NULL;
	unsigned least = UINT_MAX;

	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		unsigned changes = distance(section, at->name);

		if (changes < least) {
			least = changes;
			nearest = at->name;
		}
	}
	return is_near(least, section) ? nearest : NULL;
}

void *
config_key_value(const struct config_key *key, struct config *config, void *item)
{
	bool named = config_section_find(key->section)->example != NULL;

	return (named ? (char *)item : (char *)config) + key->offset;
}
