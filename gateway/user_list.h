/*
 * A room's user list as one dialect writes it: the entries of the members that are shown are kept
 * rendered, so that a newcomer's list costs a copy and its own entry.
 */
#ifndef HUBBUB_GATEWAY_USER_LIST_H
#define HUBBUB_GATEWAY_USER_LIST_H

#include "common/buffer.h"
#include "gateway/dialect.h"

struct user_list_entry {
	uint32_t client;
	size_t end; /* in the entries, without the separator behind it */
};

/* All zero is an empty one. */
struct user_list {
	struct buffer entries; /* with the separators between them */
	struct user_list_entry *index;
	size_t count;
	size_t capacity;
	uint64_t version; /* of what the room shows */
	size_t cursor;    /* behind the last entry  */
	bool by_user;     /* of each user only its first connection is listed */
};

void user_list_free(struct user_list *list);

/* Catches up with what the room shows. False without memory. */
bool user_list_refresh(
    struct user_list *list, const struct list_words *words, const struct roster_room *room);

/* All that are shown; with the count if the room has more. */
void user_list_render(const struct user_list *list, struct buffer *out,
    const struct list_words *words, const struct roster_room *room);

/*
 * The same for one member, which stands at the end, with at most `others_bytes` of others in front
 * of it: at most one less than are shown. True if these are fewer.
 */
bool user_list_render_for(const struct user_list *list, struct buffer *out,
    const struct list_words *words, const struct roster_room *room,
    const struct roster_member *member, uint64_t others_bytes);

#endif
