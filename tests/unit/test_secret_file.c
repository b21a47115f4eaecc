/* Secrets in files: what is read, and every file that is refused. */
#include <fcntl.h>
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

#include "common/secret_file.h"

static char folder[] = "/tmp/hubbub-secret-XXXXXX";

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static const char *
path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
put(const char *name, const char *content, mode_t mode)
{
	const char *path = path_of(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
assert_text(struct text text, const char *expected)
{
	assert_int_equal(text.length, strlen(expected));
	assert_memory_equal(text.data, expected, text.length);
}

/* Reading it gives that sentence: the path, a blank and `fault`. */
static void
assert_refused(const char *name, const char *fault)
{
	char expected[512];
	char error[512] = "";

	assert_null(secret_file_read(name, SECRET_FILE_MAX, error, sizeof(error)));
	snprintf(expected, sizeof(expected), "%s %s", name, fault);
	assert_string_equal(error, expected);
}

static void
test_reads_what_is_there(void **state)
{
	struct secret *secret;
	char error[512] = "";

	(void)state;
	put("key", "s3cret\r\n", 0640);
	secret = secret_file_read(path_of("key"), 8, error, sizeof(error));
	assert_string_equal(error, "");
	assert_non_null(secret);
	assert_text(secret_bytes(secret), "s3cret\r\n");
	assert_text(secret_line(secret), "s3cret");
	secret_destroy(&secret);
	assert_null(secret);
	secret_destroy(&secret);
	unlink(path_of("key"));
}

/* Only one line end is none of the secret's. */
static void
test_a_line_keeps_its_blanks(void **state)
{
	struct secret *secret;
	char error[512] = "";

	(void)state;
	put("key", " a \n\n", 0600);
	secret = secret_file_read(path_of("key"), SECRET_FILE_MAX, error, sizeof(error));
	assert_non_null(secret);
	assert_text(secret_line(secret), " a \n");
	secret_destroy(&secret);
	unlink(path_of("key"));
}

static void
test_everybody_must_be_kept_out(void **state)
{
	static const mode_t open_modes[] = { 0604, 0602, 0601, 0644, 0666 };

	(void)state;
	for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
		char fault[200];

		put("key", "secret", open_modes[i]);
		snprintf(fault, sizeof(fault),
		    "is open to everybody (mode %04o); take that away, for example with chmod o= "
		    "FILE",
		    (unsigned)open_modes[i]);
		assert_refused(path_of("key"), fault);
		unlink(path_of("key"));
	}
}

static void
test_refuses_what_is_no_secret(void **state)
{
	char error[512] = "";
	char expected[512];

	(void)state;
	assert_refused(path_of("key"), "cannot be read: No such file or directory");
	put("key", "", 0600);
	assert_refused(path_of("key"), "is empty");
	unlink(path_of("key"));
	put("key", "nine byte", 0600);
	assert_null(secret_file_read(path_of("key"), 8, error, sizeof(error)));
	snprintf(expected, sizeof(expected), "%s has 9 bytes, more than the 8 that it may have",
	    path_of("key"));
	assert_string_equal(error, expected);
	unlink(path_of("key"));
}

static void
test_refuses_what_is_no_regular_file(void **state)
{
	(void)state;
	assert_refused(folder, "is not a regular file");
	/* Nobody writes to it, and nobody is waited for. */
	assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
	assert_refused(path_of("pipe"), "is not a regular file");
	unlink(path_of("pipe"));
}

static void
test_judges_what_a_link_leads_to(void **state)
{
	struct secret *secret;
	char target[256];
	char error[512] = "";

	(void)state;
	put("key", "secret", 0600);
	snprintf(target, sizeof(target), "%s", path_of("key"));
	assert_int_equal(symlink(target, path_of("link")), 0);
	secret = secret_file_read(path_of("link"), SECRET_FILE_MAX, error, sizeof(error));
	assert_string_equal(error, "");
	assert_true(text_equal(secret_bytes(secret), TEXT("secret")));
	secret_destroy(&secret);
	assert_int_equal(chmod(path_of("key"), 0644), 0);
	assert_refused(path_of("link"),
	    "is open to everybody (mode 0644); take that away, for example "
	    "with chmod o= FILE");
	unlink(path_of("key"));
	assert_refused(path_of("link"), "cannot be read: No such file or directory");
	assert_int_equal(symlink("link", path_of("key")), 0);
	assert_refused(path_of("link"), "cannot be read: Too many levels of symbolic links");
	unlink(path_of("link"));
	unlink(path_of("key"));
}

static void
test_names_of_credentials(void **state)
{
	struct secret *secret;
	char error[512] = "";

	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_refused("key",
	    "is the name of a credential, but the service manager has handed over none "
	    "(CREDENTIALS_DIRECTORY is not set); give an absolute path");
	put("key", "secret", 0400);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	secret = secret_file_read("key", SECRET_FILE_MAX, error, sizeof(error));
	assert_non_null(secret);
	assert_text(secret_bytes(secret), "secret");
	secret_destroy(&secret);
	assert_null(secret_file_read("other", SECRET_FILE_MAX, error, sizeof(error)));
	assert_non_null(strstr(error, "/other cannot be read: No such file"));
	unsetenv("CREDENTIALS_DIRECTORY");
	unlink(path_of("key"));
}

static void
test_names(void **state)
{
	char longest[SECRET_FILE_NAME_MAX + 2];

	(void)state;
	assert_true(secret_file_is_name("/etc/hubbub/key"));
	assert_true(secret_file_is_name("token-key"));
	assert_false(secret_file_is_name(""));
	assert_false(secret_file_is_name("/etc/hubbub/"));
	assert_false(secret_file_is_name("."));
	assert_false(secret_file_is_name(".."));
	memset(longest, 'a', sizeof(longest));
	longest[SECRET_FILE_NAME_MAX] = '\0';
	assert_true(secret_file_is_name(longest));
	longest[SECRET_FILE_NAME_MAX] = 'a';
	longest[SECRET_FILE_NAME_MAX + 1] = '\0';
	assert_false(secret_file_is_name(longest));
	assert_refused("up/../key", "is neither an absolute path nor the name of a credential");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_what_is_there),
		cmocka_unit_test(test_a_line_keeps_its_blanks),
		cmocka_unit_test(test_everybody_must_be_kept_out),
		cmocka_unit_test(test_refuses_what_is_no_secret),
		cmocka_unit_test(test_refuses_what_is_no_regular_file),
		cmocka_unit_test(test_judges_what_a_link_leads_to),
		cmocka_unit_test(test_names_of_credentials),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
