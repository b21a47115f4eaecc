/* Bugs between the store and SQLite, and between the store and the machine that it runs on. */
#include <sqlite3.h>
#include <string.h>

#include "sabotage.h"

#include "hub/store_sqlite_private.h"
#include "sim_world.h"

SABOTAGE_WRAP(int, sqlite3_exec, sqlite3 *db, const char *sql, sqlite3_callback callback,
    void *context, char **error_out);
SABOTAGE_WRAP(
    int, sqlite3_file_control, sqlite3 *db, const char *name, int operation, void *argument);
SABOTAGE_WRAP(int, sq_meta_set, sqlite3 *db, const char *name, int64_t value);
SABOTAGE_WRAP(struct store *, sq_open_in, const struct store_sqlite_setup *setup,
    const struct sq_world *world, char *error, size_t error_size);

int
__wrap_sqlite3_exec(
    sqlite3 *db, const char *sql, sqlite3_callback callback, void *context, char **error_out)
{
	bool full = strcmp(sql, "PRAGMA synchronous = FULL") == 0;

	if (sabotage() == SABOTAGE_SYNC_SKIPPED && full)
		sql = "PRAGMA synchronous = OFF";
	if (sabotage() == SABOTAGE_SYNC_LATE && full)
		sql = "PRAGMA synchronous = NORMAL";
	return __real_sqlite3_exec(db, sql, callback, context, error_out);
}

int
__wrap_sqlite3_file_control(sqlite3 *db, const char *name, int operation, void *argument)
{
	if (sabotage() != SABOTAGE_LOG_BELIEVED || operation != SQLITE_FCNTL_JOURNAL_POINTER)
		return __real_sqlite3_file_control(db, name, operation, argument);
	*(sqlite3_file **)argument = NULL;
	return SQLITE_OK;
}

int
__wrap_sq_meta_set(sqlite3 *db, const char *name, int64_t value)
{
	if (sabotage() == SABOTAGE_CRASH_IS_CLEAN && strcmp(name, "clean") == 0)
		value = 1;
	return __real_sq_meta_set(db, name, value);
}

struct store *
__wrap_sq_open_in(const struct store_sqlite_setup *setup, const struct sq_world *world, char *error,
    size_t error_size)
{
	struct sim_disk *disk = &((struct sim_world *)world->context)->sqlite->disk;
	struct sq_world mine = *world;
	struct sim_file *log = NULL;
	char name[SIM_DISK_NAME_SIZE];

	snprintf(name, sizeof(name), "%s-wal", setup->path);
	if (sabotage() == SABOTAGE_LOG_LOST)
		log = sim_disk_find(disk, name);
	if (log != NULL)
		(void)sim_disk_remove(disk, log);
	if (sabotage() == SABOTAGE_BOOT_IGNORED)
		mine.boot = "1";
	return __real_sq_open_in(setup, &mine, error, error_size);
}
