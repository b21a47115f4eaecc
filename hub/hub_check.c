/*
 * Looks at what a hub's settings name, and leaves all as it is. What is wrong with a store that can
 * be opened is the store's to find out.
 */
#include "hub/hub_check.h"

#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub/allowed_users.h"

/* What a file of SQLite begins with, its NUL included. */
static const char sqlite_magic[] = "SQLite format 3";

static void
check_group(const char *key, const char *group, struct config_mistakes *mistakes)
{
	if (group[0] != '\0' && !config_is_doubted(mistakes, "hub.%s", key) &&
	    getgrnam(group) == NULL)
		config_mistake(
		    mistakes, "hub.%s: there is no group '%s' on this system", key, group);
}

static void
check_users(const struct config *config, struct config_mistakes *mistakes)
{
	struct allowed_users users;

	if (!config_is_doubted(mistakes, "hub.allow_users"))
		(void)allowed_users_read(&users, config->hub.allow_users, mistakes);
}

/* Where something stands that the file cannot take the place of. */
static bool
check_is_file(const char *name, const char *path, struct config_mistakes *mistakes)
{
	struct stat status;

	if (path[0] == '\0' || config_is_doubted(mistakes, "%s", name) || stat(path, &status) != 0)
		return false;
	if (S_ISREG(status.st_mode))
		return true;
	return config_mistake(mistakes, "%s: %.200s is no file", name, path);
}

static void
check_store(const struct config *config, struct config_mistakes *mistakes)
{
	const char *path = config->store.path;
	char begin[sizeof(sqlite_magic)];
	ssize_t got;
	int fd;

	if (strcmp(config->store.durability, "memory") == 0 ||
	    config_is_doubted(mistakes, "store.durability") ||
	    !check_is_file("store.path", path, mistakes))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return;
	got = read(fd, begin, sizeof(begin));
	(void)close(fd);
	/* An empty one becomes a store. */
	if (got > 0 &&
	    (got < (ssize_t)sizeof(begin) || memcmp(begin, sqlite_magic, sizeof(begin)) != 0))
		config_mistake(mistakes, "the store %.200s is not a Hubbub store", path);
}

void
hub_check(const struct config *config, bool will_run, struct config_mistakes *mistakes)
{
	if (will_run)
		return;
	check_users(config, mistakes);
	check_group("socket_group", config->hub.socket_group, mistakes);
	check_group("admin_group", config->hub.admin_group, mistakes);
	(void)check_is_file("hub.record", config->hub.record, mistakes);
	check_store(config, mistakes);
}
