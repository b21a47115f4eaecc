/*
 * Asks the system for users by name. Knows nothing of links.
 */
#include "hub/allowed_users.h"

#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

static bool
add(struct allowed_users *users, const char *name, char *error, size_t error_size)
{
	const struct passwd *entry = getpwnam(name);
	uint64_t number = 0;

	if (entry == NULL && !(text_to_u64(text_of(name), &number) && number < UINT32_MAX)) {
		snprintf(error, error_size,
		    "hub.allow_users: there is no user %s; give names that getent passwd knows",
		    name);
		return false;
	}
	if (users->count == ALLOWED_USERS_MAX) {
		snprintf(error, error_size, "hub.allow_users: at most %u users can be named",
		    ALLOWED_USERS_MAX);
		return false;
	}
	users->uids[users->count++] = entry != NULL ? entry->pw_uid : (uid_t)number;
	return true;
}

bool
allowed_users_read(struct allowed_users *users, const char *names, char *error, size_t error_size)
{
	char *copy = strdup(names);
	char *rest = NULL;
	bool known = copy != NULL;

	users->count = 0;
	if (copy == NULL)
		snprintf(error, error_size, "hub.allow_users: no memory");
	for (char *name = known ? strtok_r(copy, " \t", &rest) : NULL; known && name != NULL;
	     name = strtok_r(NULL, " \t", &rest))
		known = add(users, name, error, error_size);
	free(copy);
	return known;
}

bool
allowed_users_have(const struct allowed_users *users, uid_t uid)
{
	for (unsigned i = 0; i < users->count; i++) {
		if (users->uids[i] == uid)
			return true;
	}
	return false;
}
