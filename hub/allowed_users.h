/* The users beside root and our own whose processes may connect: names made numbers. */
#ifndef HUBBUB_HUB_ALLOWED_USERS_H
#define HUBBUB_HUB_ALLOWED_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/config_mistakes.h"

#define ALLOWED_USERS_MAX 32u

struct allowed_users {
	uid_t uids[ALLOWED_USERS_MAX];
	unsigned count;
};

/* Reads hub.allow_users. False with a mistake for each user that the system does not know. */
bool allowed_users_read(
    struct allowed_users *users, const char *names, struct config_mistakes *mistakes);

bool allowed_users_have(const struct allowed_users *users, uid_t uid);

#endif
