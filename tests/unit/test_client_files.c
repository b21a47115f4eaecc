/* Files with secrets: who else may read them, and what is left when writing fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/files.h"

struct folder {
	char path[64];
	char file[96];
	struct buffer content;
	struct buffer sentence;
};

static int
set_up(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	strcpy(folder->path, "/tmp/hubbub-files-XXXXXX");
	if (mkdtemp(folder->path) == NULL)
		return -1;
	snprintf(folder->file, sizeof(folder->file), "%s/secret", folder->path);
	*state = folder;
	return 0;
}

static int
tear_down(void **state)
{
	struct folder *folder = *state;

	unlink(folder->file);
	rmdir(folder->path);
	buffer_free(&folder->content);
	buffer_free(&folder->sentence);
	free(folder);
	return 0;
}

static void
write_file(const struct folder *folder, const char *content, mode_t mode)
{
	FILE *file = fopen(folder->file, "w");

	assert_non_null(file);
	fputs(content, file);
	fclose(file);
	assert_int_equal(chmod(folder->file, mode), 0);
}

static void
test_a_token_is_not_for_everybody(void **state)
{
	struct folder *folder = *state;

	assert_false(files_read_token(folder->file, &folder->content, &folder->sentence));
	write_file(folder, "t0ken\nmore\n", 0640);
	assert_true(files_read_token(folder->file, &folder->content, &folder->sentence));
	assert_true(text_equal(buffer_text(&folder->content), TEXT("t0ken")));
	buffer_clear(&folder->content);
	write_file(folder, "t0ken\n", 0644);
	assert_false(files_read_token(folder->file, &folder->content, &folder->sentence));
	assert_int_equal(folder->content.length, 0);
	write_file(folder, "\n", 0600);
	assert_false(files_read_token(folder->file, &folder->content, &folder->sentence));
}

static void
test_the_own_file_is_replaced_whole(void **state)
{
	struct folder *folder = *state;
	struct stat status;

	assert_true(files_read_own(folder->file, &folder->content, &folder->sentence));
	assert_int_equal(folder->content.length, 0);
	assert_true(files_replace(folder->file, TEXT("one"), &folder->sentence));
	assert_true(files_replace(folder->file, TEXT("two"), &folder->sentence));
	assert_int_equal(stat(folder->file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_true(files_read_own(folder->file, &folder->content, &folder->sentence));
	assert_true(text_equal(buffer_text(&folder->content), TEXT("two")));
	assert_int_equal(chmod(folder->file, 0640), 0);
	assert_false(files_read_own(folder->file, &folder->content, &folder->sentence));
	assert_false(files_replace("/nonexistent/x", TEXT("x"), &folder->sentence));
}

static void
test_what_a_library_may_read(void **state)
{
	struct folder *folder = *state;

	write_file(folder, "certificates", 0644);
	assert_true(files_can_be_read(folder->file, &folder->sentence));
	assert_int_equal(folder->sentence.length, 0);
	assert_int_equal(truncate(folder->file, 1024L * 1024 * 1024), 0);
	assert_false(files_can_be_read(folder->file, &folder->sentence));
	assert_int_equal(unlink(folder->file), 0);
	assert_false(files_can_be_read(folder->file, &folder->sentence));
	assert_int_equal(mkfifo(folder->file, 0600), 0);
	assert_false(files_can_be_read(folder->file, &folder->sentence));
	assert_false(files_can_be_read(folder->path, &folder->sentence));
	assert_false(files_can_be_read("/dev/zero", &folder->sentence));
	buffer_append_byte(&folder->sentence, 0);
	assert_non_null(strstr(folder->sentence.data, "secret\": File too large"));
	assert_non_null(strstr(folder->sentence.data, "secret\": No such file"));
	assert_non_null(strstr(folder->sentence.data, "secret\": it is no regular file"));
	assert_non_null(strstr(folder->sentence.data, "\"/dev/zero\": it is no regular file"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_a_token_is_not_for_everybody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_the_own_file_is_replaced_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_a_library_may_read, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
