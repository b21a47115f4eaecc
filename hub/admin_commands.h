/*
 * The operator's grammar, once: the hub's parser, hubctl's usage and the
 * check of the man page all follow this table. <WORD> is a required argument,
 * [WORD] and [--option VALUE] are optional ones; what each may be is said in admin_grammar.c.
 */
#ifndef HUBBUB_HUB_ADMIN_COMMANDS_H
#define HUBBUB_HUB_ADMIN_COMMANDS_H

/*
 * X(identifier, grammar, access, help): READ changes nothing; WRITE leaves an audit line, and so
 * does SEE, which shows what people said. Options may change that: admin_access().
 */
/* clang-format off */
#define ADMIN_COMMANDS(X) \
	X(STATUS, "status", READ, "how the hub is doing") \
	X(GATEWAYS, "gateways", READ, "the gateways linked to the hub") \
	X(DRAIN, "drain <GATEWAY> [--over TIME]", WRITE, "let a gateway's clients go and end it") \
	X(ROOMS, "rooms", READ, "the rooms that are there, by name") \
	X(USERS, "users [--room ROOM]", READ, "who is online, in joining order") \
	X(SHOW, "show <USER>", READ, "a user's connections and inbox") \
	X(HISTORY, "history <ROOM> [--number N]", SEE, "what was said in a room last") \
	X(INBOX, "inbox <USER> [--number N]", SEE, "a user's newest private messages") \
	X(WHY, "why [USER] [--address ADDRESS]", READ, "what happened to a user, or from there") \
	X(TAIL, "tail [--user USER] [--room ROOM] [--contents]", READ, "what happens, as it does") \
	X(TOP, "top [--every SECONDS] [--once]", READ, "what the hub and its gateways do") \
	X(KICK, "kick <USER|ID> [--id] [--reason TEXT]", \
	    WRITE, "close a user's connections (1008)") \
	X(BAN_USER, "ban user <USER> [--realm REALM] [--for TIME] [--reason TEXT]", \
	    WRITE, "keep a user out, by its id") \
	X(BAN_CLIENT, "ban client <CLIENT> [--for TIME] [--reason TEXT]", \
	    WRITE, "keep out whoever has that client_id") \
	X(BAN_ADDRESS, "ban address <ADDRESS> [--for TIME] [--reason TEXT]", \
	    WRITE, "keep out an IP address, or a prefix of some") \
	X(UNBAN_USER, "unban user <USER> [--realm REALM]", WRITE, "let a user in again") \
	X(UNBAN_CLIENT, "unban client <CLIENT>", WRITE, "let a client_id in again") \
	X(UNBAN_ADDRESS, "unban address <ADDRESS>", WRITE, "let an address or a prefix in again") \
	X(BANS, "bans", READ, "who is kept out, until when and why") \
	X(SAY, "say <TEXT>", WRITE, "a system notice to everyone") \
	X(CREATE, "room create <ROOM> [--class CLASS] [--read WHO] [--write WHO] [--list WHO]", \
	    WRITE, "make a room, or take one over") \
	X(CLOSE, "room close <ROOM> [--yes]", WRITE, "end a room and forget what was said") \
	X(RENAME, "room rename <ROOM> <NEW>", WRITE, "move a room to another name") \
	X(STORE_STATS, "store stats", READ, "what the store holds") \
	X(STORE_CHECK, "store check", READ, "read all of the store, looking for damage") \
	X(STORE_BACKUP, "store backup <FILE>", WRITE, "a copy of the store into a new file") \
	X(STORE_RESTORE, "store restore <FILE> [--yes]", WRITE, "replace the store; the hub ends") \
	X(STORE_EXPORT, "store export [--after CURSOR]", SEE, "every message, as JSON lines") \
	X(STORE_FORGET, "store forget <USER> [--yes]", \
	    WRITE, "remove what a user said, and its name") \
	X(METRICS, "metrics", READ, "the hub's metrics, for Prometheus") \
	X(LOG_LEVEL, "log-level [LEVEL] [--gateway GATEWAY] [--all]", WRITE, "how much is logged") \
	X(VERSION, "version", READ, "the versions of hubctl and the hub")

/* What hubctl does by itself, without a hub: X(identifier, grammar, help). */
#define ADMIN_LOCAL_COMMANDS(X) \
	X(ISSUE, "token issue <USER> [--for TIME] [--name NAME] [--key KID] [--config FILE]", \
	    "make an access token") \
	X(VERIFY, "token verify [--file FILE] [--config FILE]", "check one from standard input")
/* clang-format on */

#endif
