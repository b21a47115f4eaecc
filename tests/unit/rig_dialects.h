/*
 * Dialects for the test bench of gateway_rig.h that use what a session can do beyond one room.
 */
#ifndef HUBBUB_TESTS_UNIT_RIG_DIALECTS_H
#define HUBBUB_TESTS_UNIT_RIG_DIALECTS_H

#include "gateway/positions.h"
#include "gateway_rig.h"

/*
 * Many rooms. The first message is the name; then "+ROOM" joins, "-ROOM" leaves, "#ROOM E S" hears
 * from behind (E, S), "?ROOM N" asks for history before N, "~ROOM" types, "*" lists, "=N" reads,
 * "ROOM:TEXT" says TEXT. It hears:
 *   online USER RESUMED     joined ROOM E.S      no ROOM WORD      left ROOM REASON
 *   item ROOM SEQ TEXT      past ROOM SEQ TEXT   gap ROOM FROM-TO REASON
 *   end ROOM WORD MORE      room ROOM            rooms MORE        typing NAME
 */
extern const struct dialect rig_many_dialect;

/* Receipts by PONG. The first message is the user; it hears "mail SEQ TEXT". */
extern const struct dialect rig_mail_dialect;

/* A client of one of them, taken in by the hub; what was said of it is forgotten. */
struct rig_peer *rig_login_as(
    struct rig *rig, const struct dialect *dialect, struct envelope_opened opened);

/* JOINED for it, with the room's position. */
void rig_joined(struct rig_peer *peer, const char *room, uint64_t epoch, uint64_t seq);

/* The link is lost and there again, and the hub has taken the client in once more as "ana". */
void rig_again(struct rig *rig, struct rig_peer *peer, struct envelope_opened opened);

/* In the channel of "lobby", which stands at (5, 10). */
struct rig_peer *rig_member_of_lobby(struct rig *rig);

/* A message of a room or, by ITEM, of the part `token` of a room or inbox; FETCHED ends it. */
void rig_say(struct rig *rig, const char *room, uint64_t epoch, uint64_t seq, const char *content);
void rig_item(struct rig_peer *peer, uint64_t token, const char *room, struct position at,
    const char *content);
void rig_fetched(struct rig_peer *peer, uint64_t token, const char *room, struct position to);

/* The FETCH that the gateway says next; asserts where it begins and gives its token. */
uint64_t rig_fetch(struct rig *rig, const char *room, uint64_t epoch, uint64_t after);

#endif
