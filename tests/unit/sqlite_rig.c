/* A SQLite store in a folder of its own; see sqlite_rig.h. */
#include "sqlite_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "hub/store_sqlite_check.h"

static int64_t
wall_ms(void *context)
{
	return ((struct sqlite_rig *)context)->wall_ms;
}

bool
sqlite_rig_open(struct sqlite_rig *rig)
{
	struct sq_world world = {
		.boot = rig->boot,
		.wall_ms = wall_ms,
		.context = rig,
		.check_whole_bytes = rig->check_whole_bytes,
		.random = random_system(),
	};

	rig->store = sq_open_in(&rig->setup, &world, rig->error, sizeof(rig->error));
	if (rig->store == NULL)
		return false;
	store_ends_watch(rig->store, &rig->ends);
	rig->batch = 0;
	return true;
}

void
sqlite_rig_close(struct sqlite_rig *rig)
{
	store_close(&rig->store);
}

void
sqlite_rig_reopen(struct sqlite_rig *rig)
{
	sqlite_rig_close(rig);
	if (!sqlite_rig_open(rig))
		fail_msg("%s", rig->error);
}

bool
sqlite_rig_commit(struct sqlite_rig *rig)
{
	return store_commit_wait(rig->store, &rig->ends, ++rig->batch);
}

int64_t
sqlite_rig_sql(struct sqlite_rig *rig, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *at = NULL;
	int64_t value = -1;

	assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &at, NULL), SQLITE_OK);
	if (sqlite3_step(at) == SQLITE_ROW)
		value = sqlite3_column_int64(at, 0);
	assert_int_equal(sqlite3_finalize(at), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return value;
}

void
sqlite_rig_remove(struct sqlite_rig *rig)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal", ".lock" };
	char path[128];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", rig->path, ends[i]);
		(void)unlink(path);
	}
}

int
sqlite_rig_set_up(void **state)
{
	struct sqlite_rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	snprintf(rig->folder, sizeof(rig->folder), "/tmp/hubbub-store-XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->path, sizeof(rig->path), "%s/hub.db", rig->folder);
	snprintf(rig->boot, sizeof(rig->boot), "aaaaaaaa-0000-4000-8000-000000000001");
	rig->wall_ms = 1000000;
	rig->check_whole_bytes = SQ_CHECK_WHOLE_BYTES;
	rig->setup = (struct store_sqlite_setup){
		.path = rig->path,
		.durability = STORE_DISK,
		.read_keep_ms = 1000,
	};
	if (!sqlite_rig_open(rig))
		fail_msg("%s", rig->error);
	*state = rig;
	return 0;
}

int
sqlite_rig_tear_down(void **state)
{
	struct sqlite_rig *rig = *state;

	sqlite_rig_close(rig);
	sqlite_rig_remove(rig);
	assert_int_equal(rmdir(rig->folder), 0);
	free(rig);
	return 0;
}

void
sqlite_rig_copy(const char *from, const char *to)
{
	FILE *source = fopen(from, "r");
	FILE *copy = fopen(to, "w");
	char bytes[4096];
	size_t got;

	assert_non_null(source);
	assert_non_null(copy);
	while ((got = fread(bytes, 1, sizeof(bytes), source)) > 0)
		assert_int_equal(fwrite(bytes, 1, got, copy), got);
	fclose(source);
	assert_int_equal(fclose(copy), 0);
}

bool
sqlite_rig_has(const char *path, const char *bytes)
{
	FILE *file = fopen(path, "r");
	struct buffer content;
	bool found;
	size_t got;

	if (file == NULL)
		return false;
	buffer_init(&content, 0);
	do {
		char *place = buffer_reserve(&content, 65536);

		assert_non_null(place);
		got = fread(place, 1, 65536, file);
		buffer_advance(&content, got);
	} while (got > 0);
	fclose(file);
	found = memmem(content.data, content.length, bytes, strlen(bytes)) != NULL;
	buffer_free(&content);
	return found;
}
