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

/* Where it lives, and by what name: the member of the struct is called as the key is. */
#define LOG(key) "log", #key, offsetof(struct config, log_##key)
#define HUB(key) "hub", #key, offsetof(struct config, hub.key)
#define GATEWAY(key) "gateway", #key, offsetof(struct config, gateway.key)
#define LISTENER(key) "listener", #key, offsetof(struct config_listener, key)
#define AUTH(key) "auth", #key, offsetof(struct config, auth.key)
#define STORE(key) "store", #key, offsetof(struct config, store.key)
#define LIMITS(key) "limits", #key, offsetof(struct config, limits.key)
#define CLASS(key) "class", #key, offsetof(struct config_class, key)

/* clang-format off */
/* Rows of the table. */
#define NUMBER(place, applied, min, max, unit, fallback, help) \
	{ place, CONFIG_TYPE_NUMBER, applied, min, max, unit, fallback, NULL, help }
#define CHOICE(place, applied, fallback, choices, help) \
	{ place, CONFIG_TYPE_CHOICE, applied, 0, 0, "", fallback, choices, help }
#define VALUE(place, type, applied, min, max, fallback, help) \
	{ place, type, applied, min, max, "", fallback, NULL, help }

#define MIB (1024u * 1024u)

const struct config_key config_keys[] = {
	CHOICE(LOG(level), BOTH_RELOAD, "info", "error warn info debug",
	    "The least important lines that are still written."),

	VALUE(HUB(socket), CONFIG_TYPE_SOCKET, HUB_RESTART, 0, 0, "/run/hubbub/hub.sock",
	    "Where the hub listens for gateways."),
	VALUE(HUB(socket_mode), CONFIG_TYPE_MODE, HUB_RESTART, 0, 0777, "0660",
	    "Permissions of that socket."),
	VALUE(HUB(socket_group), CONFIG_TYPE_TEXT, HUB_RESTART, 0, 64, "",
	    "Group of that socket; empty keeps the hub's own."),
	VALUE(HUB(allow_users), CONFIG_TYPE_TEXT, HUB_RELOAD, 0, 512, "",
	    "Users whose gateways may connect, separated by blanks, beside root and the hub's "
	    "own."),
	VALUE(HUB(admin_socket), CONFIG_TYPE_SOCKET, HUB_RESTART, 0, 0, "/run/hubbub/admin.sock",
	    "Where the hub listens for hubctl."),
	VALUE(HUB(admin_mode), CONFIG_TYPE_MODE, HUB_RESTART, 0, 0777, "0660",
	    "Permissions of that socket."),
	VALUE(HUB(admin_group), CONFIG_TYPE_TEXT, HUB_RESTART, 0, 64, "",
	    "Group of that socket; empty keeps the hub's own."),
	VALUE(HUB(status), CONFIG_TYPE_STATUS, HUB_RESTART, 0, 0, "",
	    "Where the hub answers /healthz, /readyz and /metrics; empty: nowhere."),
	NUMBER(HUB(gateways_max), HUB_RESTART, 1, CONFIG_GATEWAYS_MAX, "gateways", "64",
	    "Gateways connected at once."),
	NUMBER(HUB(clients_max), HUB_RELOAD, 1, 100000000, "clients", "1000000",
	    "Clients online at once, all gateways together."),
	NUMBER(HUB(rooms_max), HUB_RESTART, 1, 1000000, "rooms", "10000",
	    "Rooms with members at once. As many empty ones are remembered; a room that was empty "
	    "for longer begins anew."),
	NUMBER(HUB(bans_max), HUB_RELOAD, 1, 1000000, "bans", "10000",
	    "Users, clients and addresses that are banned at once. With fewer than there are, "
	    "those stay."),
	VALUE(HUB(operators), CONFIG_TYPE_TEXT, HUB_RELOAD, 0, 900, "",
	    "Ids of users that may do in rooms what operators may, separated by blanks."),
	VALUE(HUB(record), CONFIG_TYPE_PATH, HUB_RESTART, 0, 900, "",
	    "A file in which the hub records all that it takes from its start on, for "
	    "hubbub-replay; the one before becomes FILE.old. Empty: nowhere."),
	VALUE(HUB(record_contents), CONFIG_TYPE_BOOL, HUB_RESTART, 0, 0, "no",
	    "Whether what people say, their secrets and addresses are in the record as they are; "
	    "with no, something as long stands for them."),
	NUMBER(HUB(record_megabytes), HUB_RESTART, 1, 1048576, "megabytes", "1024",
	    "Size of the record, past which the recording ends."),

	VALUE(GATEWAY(name), CONFIG_TYPE_WORD, GATEWAY_RESTART, 1, 32, "gw-1",
	    "Name of this gateway; no other gateway of the same hub has it."),
	VALUE(GATEWAY(hub_socket), CONFIG_TYPE_SOCKET, GATEWAY_RESTART, 0, 0,
	    "/run/hubbub/hub.sock",
	    "Where the hub is found: its hub.socket."),
	VALUE(GATEWAY(status), CONFIG_TYPE_STATUS, GATEWAY_RESTART, 0, 0, "",
	    "Where the gateway answers /healthz, /readyz and /metrics; empty: nowhere."),
	NUMBER(GATEWAY(drain_seconds), GATEWAY_RELOAD, 0, 3600, "seconds", "5",
	    "Over how long clients are let go, evenly, when the gateway is to end; 0: all at "
	    "once."),
	CHOICE(GATEWAY(drain_accepts), GATEWAY_RELOAD, "inherited", "inherited yes no",
	    "From which sockets newcomers are still let in during that time, to go at its end: "
	    "inherited ones, where they would wait for the next process, unless a trusted proxy "
	    "brings them, which is sent to another gateway; all, whoever brings them; or none, as "
	    "another process accepts from the same sockets."),

	VALUE(LISTENER(address), CONFIG_TYPE_LISTEN, GATEWAY_RESTART, 0, 0, "127.0.0.1:8000",
	    "Address to listen on. A descriptor inherited under the listener's name is used "
	    "instead; port 0 takes any that is free."),
	CHOICE(LISTENER(profile), GATEWAY_RESTART, "chat", "chat demo",
	    "Which paths are served: those of the chat, or those of the demonstration protocols."),
	VALUE(LISTENER(mounts), CONFIG_TYPE_TEXT, GATEWAY_RESTART, 0, 900, "",
	    "Paths instead of the profile's: PATTERN DIALECT [room=NAME] [realm=NAME], separated "
	    "by commas; a segment of the path may be {name} or {name:int}. Empty keeps the "
	    "profile's."),
	CHOICE(LISTENER(auth), GATEWAY_RESTART, "default", "default open",
	    "Whether auth.mode counts here, or anybody may come in; users of the one and of the "
	    "other need other realms and rooms (mounts)."),
	VALUE(LISTENER(origins), CONFIG_TYPE_TEXT, GATEWAY_RELOAD, 0, 900, "",
	    "Origins whose pages may connect, such as https://chat.example.org, separated by "
	    "blanks; empty allows any."),
	VALUE(LISTENER(reuse_port), CONFIG_TYPE_BOOL, GATEWAY_RESTART, 0, 0, "no",
	    "Lets several gateways of one user share the address."),
	VALUE(LISTENER(proxy_protocol), CONFIG_TYPE_BOOL, GATEWAY_RESTART, 0, 0, "no",
	    "Whether each connection begins with a header of the PROXY protocol, version 1 or 2; "
	    "without one, or from a peer that is not in trusted_proxies, it is closed."),
	VALUE(LISTENER(trusted_proxies), CONFIG_TYPE_ADDRESSES, GATEWAY_RELOAD, 0, 900, "",
	    "Load balancers that are believed who their clients are, by X-Forwarded-For and, with "
	    "proxy_protocol, by a PROXY header; empty: none is, and a client's address is that of "
	    "its connection."),
	VALUE(LISTENER(tls_certificate), CONFIG_TYPE_PATH, GATEWAY_RELOAD, 0, 900, "",
	    "A PEM file with the certificate for TLS and those that lead to its authority, in this "
	    "order; with it clients come by wss:// and https:// only. Empty: no TLS."),
	VALUE(LISTENER(tls_key), CONFIG_TYPE_SECRET_FILE, GATEWAY_RELOAD, 0, 900, "",
	    "A PEM file with the key of that certificate, which not everybody may read."),
	CHOICE(LISTENER(tls_minimum), GATEWAY_RELOAD, "1.2", "1.2 1.3",
	    "The oldest version of TLS that is spoken."),

	CHOICE(AUTH(mode), GATEWAY_RESTART, "open", "open token jwt",
	    "Whether anybody may come in under any name, or only with a token: one of our own "
	    "form, or a JSON Web Token."),
	VALUE(AUTH(keys), CONFIG_TYPE_TEXT, GATEWAY_RELOAD, 0, 900, "",
	    "Keys of tokens, as KID:FILE separated by blanks, the newest first: secrets of 32 "
	    "bytes or more, or with jwt also public keys in PEM. FILE is absolute, or a name in "
	    "$CREDENTIALS_DIRECTORY."),
	VALUE(AUTH(audience), CONFIG_TYPE_TEXT, GATEWAY_RELOAD, 0, 200, "",
	    "What tokens have to name in aud; empty: nothing."),
	VALUE(AUTH(issuer), CONFIG_TYPE_TEXT, GATEWAY_RELOAD, 0, 200, "",
	    "What tokens have to name in iss; empty: anything."),
	NUMBER(AUTH(leeway_seconds), GATEWAY_RELOAD, 0, 600, "seconds", "10",
	    "By how much the issuer's clock may differ from ours."),
	VALUE(AUTH(cookie), CONFIG_TYPE_TEXT, GATEWAY_RELOAD, 0, 64, "",
	    "Name of a cookie that may hold the token; only looked at on listeners with origins. "
	    "Empty: none."),
	VALUE(AUTH(close_at_expiry), CONFIG_TYPE_BOOL, GATEWAY_RELOAD, 0, 0, "yes",
	    "Whether clients are closed (1008) when their token expires."),
	NUMBER(AUTH(failures_per_minute), GATEWAY_RELOAD, 1, 100000, "tokens", "60",
	    "Refused tokens from one address; past it none is looked at."),

	NUMBER(LIMITS(message_bytes), GATEWAY_RELOAD, 1024, 64 * MIB, "bytes", "65536",
	    "One WebSocket message, all its fragments together."),
	NUMBER(LIMITS(content_bytes), BOTH_RELOAD, 1, MIB / 2, "bytes", "16384",
	    "The text of one chat message."),
	NUMBER(LIMITS(name_code_points), BOTH_RELOAD, 1, 256, "code points", "64",
	    "A display name; what is longer is cut."),
	/* With less, a browser that keeps many cookies could not connect. */
	NUMBER(LIMITS(header_bytes), GATEWAY_RESTART, 8192, 65535, "bytes", "8192",
	    "The header of one HTTP request."),
	NUMBER(LIMITS(handshake_seconds), GATEWAY_RESTART, 1, 600, "seconds", "10",
	    "From connection to complete request."),
	NUMBER(LIMITS(login_seconds), GATEWAY_RELOAD, 1, 3600, "seconds", "120",
	    "From upgrade to a name."),
	NUMBER(LIMITS(fragments), GATEWAY_RELOAD, 1, 65536, "fragments", "1024",
	    "Fragments of one message."),
	NUMBER(LIMITS(message_seconds), GATEWAY_RELOAD, 1, 3600, "seconds", "30",
	    "From a message's first fragment to its last."),
	NUMBER(LIMITS(clients), GATEWAY_RELOAD, 1, 1000000, "clients", "100000",
	    "Clients of one gateway."),
	NUMBER(LIMITS(queue_bytes), GATEWAY_RELOAD, 4096, 64 * MIB, "bytes", "262144",
	    "Waiting for one client; past it the client is closed."),
	NUMBER(LIMITS(queue_seconds), GATEWAY_RELOAD, 1, 3600, "seconds", "30",
	    "Age of what waits longest for one client; past it the client is closed."),
	NUMBER(LIMITS(pinned_bytes), GATEWAY_RELOAD, MIB, UINT_MAX, "bytes", "67108864",
	    "Waiting for all clients of a gateway; past it the slowest reader is closed."),
	NUMBER(LIMITS(ping_seconds), GATEWAY_RELOAD, 1, 3600, "seconds", "20",
	    "Between two pings to a client."),
	NUMBER(LIMITS(pong_seconds), GATEWAY_RELOAD, 1, 3600, "seconds", "20",
	    "Wait for the answer to a ping; past it the client is closed."),
	NUMBER(LIMITS(errors_per_minute), GATEWAY_RELOAD, 1, 100000, "messages", "60",
	    "Refused messages of one client; past it the client is closed."),
	NUMBER(LIMITS(messages_per_second), GATEWAY_RELOAD, 1, 100000, "messages", "50",
	    "Messages of one client in the long run."),
	NUMBER(LIMITS(messages_burst), GATEWAY_RELOAD, 1, 1000000, "messages", "200",
	    "Messages of one client at once."),
	NUMBER(LIMITS(connections_per_address), GATEWAY_RELOAD, 0, 1000000, "connections", "0",
	    "Connections of one address, or IPv6 prefix of 64 bits, to one gateway; 0: any "
	    "number."),
	NUMBER(LIMITS(accepts_per_second_per_address), GATEWAY_RELOAD, 0, 100000,
	    "connections per second", "0",
	    "New connections of one address in the long run; 0: any number."),
	NUMBER(LIMITS(accepts_burst_per_address), GATEWAY_RELOAD, 1, 1000000, "connections", "50",
	    "At once."),
	NUMBER(LIMITS(messages_per_second_per_address), GATEWAY_RELOAD, 0, 1000000, "messages", "0",
	    "Messages of all clients of one address in the long run; 0: any number."),
	NUMBER(LIMITS(messages_burst_per_address), GATEWAY_RELOAD, 1, 1000000, "messages", "1000",
	    "At once."),
	NUMBER(LIMITS(messages_per_second_per_user), GATEWAY_RELOAD, 0, 1000000, "messages", "0",
	    "Messages of one user through one gateway in the long run; 0: any number."),
	NUMBER(LIMITS(messages_burst_per_user), GATEWAY_RELOAD, 1, 1000000, "messages", "200",
	    "At once."),
	NUMBER(LIMITS(logins_per_second), GATEWAY_RELOAD, 0, 1000000, "clients per second", "0",
	    "Clients that one gateway lets in, in the long run; 0: any number."),
	NUMBER(LIMITS(logins_burst), GATEWAY_RELOAD, 1, 1000000, "clients", "1000",
	    "At once; who comes beyond is told when to try."),
	NUMBER(LIMITS(list_members), GATEWAY_RELOAD, 1, 10000, "members", "500",
	    "Members of a room whose whole list is sent and of whom every coming and going is "
	    "told; above, lists have the first so many and budgets decide."),
	NUMBER(LIMITS(presence_bytes_per_second), GATEWAY_RELOAD, 65536, 1024 * MIB,
	    "bytes per second", "8388608",
	    "What one room is told by one gateway of who is there, all its members together."),
	NUMBER(LIMITS(notices_per_interval), GATEWAY_RELOAD, 0, 1000, "notices", "20",
	    "Who comes and goes in a room above list_members is told one by one so often in an "
	    "interval; the rest is one summary."),
	NUMBER(LIMITS(link_queue_bytes), BOTH_RESTART, 2 * MIB, 1024 * MIB, "bytes", "16777216",
	    "Waiting for one gateway, or for the hub; past it the link is cut."),
	NUMBER(LIMITS(commands), HUB_RESTART_GATEWAY_RELOAD, 1, 1000000, "commands", "10000",
	    "Commands of a gateway that the hub has not answered yet."),
	NUMBER(LIMITS(rooms_per_client), GATEWAY_RELOAD, 1, 1000, "rooms", "50",
	    "Rooms that one client is in at once."),
	NUMBER(LIMITS(connections_per_user), BOTH_RELOAD, 1, 10000, "connections", "100",
	    "Connections of one user over all gateways."),
	NUMBER(LIMITS(hold_seconds), GATEWAY_RELOAD, 0, 600, "seconds", "10",
	    "How long commands wait for a hub that is away."),
	NUMBER(LIMITS(history_messages), GATEWAY_RELOAD, 1, 256, "messages", "100",
	    "Messages in one answer to a request for history."),
	NUMBER(LIMITS(presence_ms), GATEWAY_RELOAD, 1, 10000, "milliseconds", "100",
	    "How long changes of who is in a room gather; the shortest interval of notices."),
	NUMBER(LIMITS(presence_max_ms), GATEWAY_RELOAD, 1, 60000, "milliseconds", "1000",
	    "The longest interval in a room above list_members, where telling many costs much; "
	    "with less than presence_ms it is that. Past it only what presence_bytes_per_second "
	    "cannot pay waits."),

	VALUE(STORE(path), CONFIG_TYPE_PATH, HUB_RESTART, 0, 900, "/var/lib/hubbub/hubbub.db",
	    "The file; the hub's user owns it and its folder."),
	CHOICE(STORE(durability), HUB_RESTART, "disk", "disk normal memory",
	    "What an acknowledged message survives: the end of the machine, of the hub, or "
	    "neither. With memory there is no file."),
	NUMBER(STORE(megabytes_max), HUB_RESTART, 0, 1000000000, "megabytes", "0",
	    "Size of the file, past which nothing is stored; 0: as large as the disk allows."),
	NUMBER(STORE(inbox_messages), BOTH_RELOAD, 1, 1000000, "messages", "1000",
	    "Private messages that wait for one user."),
	NUMBER(STORE(inbox_kilobytes), BOTH_RELOAD, 1, 1000000, "kilobytes", "4096",
	    "Content that waits for one user."),
	NUMBER(STORE(read_hours), HUB_RESTART, 0, 100000, "hours", "24",
	    "How long a received private message stays for other devices."),
	NUMBER(STORE(resume_hours), BOTH_RELOAD, 1, 100000, "hours", "24",
	    "How long a user without a connection may come again as the same."),

	VALUE(CLASS(rooms), CONFIG_TYPE_ROOMS, HUB_RELOAD, 0, 900, "",
	    "Which rooms are of this class, separated by blanks; empty: those created with it."),
	CHOICE(CLASS(durability), HUB_RESTART, "store", "store disk normal memory",
	    "What an acknowledged message survives: see store.durability, which store stands for."),
	NUMBER(CLASS(keep_messages), HUB_RESTART, 0, 100000000, "messages", "10000",
	    "How many of the newest messages are kept; 0: any number."),
	NUMBER(CLASS(keep_kilobytes), HUB_RESTART, 0, 100000000, "kilobytes", "0",
	    "How much content is kept, the newest; 0: any amount."),
	NUMBER(CLASS(keep_hours), HUB_RESTART, 0, 1000000, "hours", "720",
	    "How long messages are kept; 0: for ever."),
	VALUE(CLASS(read), CONFIG_TYPE_WHO, HUB_RELOAD, 0, 900, "everyone",
	    "Who may enter and read."),
	VALUE(CLASS(write), CONFIG_TYPE_WHO, HUB_RELOAD, 0, 900, "everyone", "Who may write."),
	VALUE(CLASS(list), CONFIG_TYPE_WHO, HUB_RELOAD, 0, 900, "everyone",
	    "Who finds such a room in the list of rooms without being in it."),
	VALUE(CLASS(create), CONFIG_TYPE_WHO, HUB_RELOAD, 0, 900, "everyone",
	    "Who may enter one that does not exist, which makes it."),
	{ .name = NULL },
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
