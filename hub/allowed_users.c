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
add(struct allowed_users *users, const char *name, struct config_mistakes *mistakes)
{
	const struct passwd *entry = getpwnam(name);
	uint64_t number = 0;

	if (entry == NULL && !(text_to_u64(text_of(name), &number) && number < UINT32_MAX))
		return config_mistake(mistakes,
		    "hub.allow_users: there is no user %s; give names that getent passwd knows",
		    name);
	if (users->count == ALLOWED_USERS_MAX)
		return config_mistake(
		    mistakes, "hub.allow_users: at most %u users can be named", ALLOWED_USERS_MAX);
	users->uids[users->count++] = entry != NULL ? entry->pw_uid : (uid_t)number;
	return true;
}

bool
allowed_users_read(struct allowed_users *users, const char *names, struct config_mistakes *mistakes)
{
	char *copy = strdup(names);
	char *rest = NULL;
	bool known = true;

	users->count = 0;
	if (copy == NULL)
		return config_mistake(mistakes, "hub.allow_users: no memory");
	for (char *name = strtok_r(copy, " \t", &rest); name != NULL;
	     name = strtok_r(NULL, " \t", &rest))
		known = add(users, name, mistakes) && known;
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
