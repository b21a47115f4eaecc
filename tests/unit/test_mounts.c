/* Mount tables: what the profiles serve, what a configuration may say, who wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/mounts.h"

static bool
build(const char *profile, const char *mounts, struct mount_table *table, char error[256])
{
	struct config_listener listener = {
		.name = (char *)"chat",
		.profile = (char *)profile,
		.mounts = (char *)mounts,
	};

	error[0] = '\0';
	return mounts_build(&listener, table, error, 256);
}

static unsigned
resolve(const struct mount_table *table, const char *path, struct client_request *request)
{
	static const struct text token = TEXT("token=t");

	memset(request, 0, sizeof(*request));
	request->args = &token;
	request->arg_count = 1;
	return mounts_resolve(table, text_of(path), request);
}

static void
profiles_serve_what_clients_hard_code(void **state)
{
	struct mount_table table;
	struct client_request request;
	char error[256];

	(void)state;
	assert_true(build("chat", "", &table, error));
	assert_true(table.page);
	assert_int_equal(resolve(&table, "/ws", &request), 0);
	assert_string_equal(request.mount->dialect->name, "room");
	assert_string_equal(request.mount->room, "lobby");

	assert_true(build("demo", "", &table, error));
	assert_false(table.page);
	assert_int_equal(resolve(&table, "/ws", &request), 0);
	assert_string_equal(request.mount->dialect->name, "echo");
	assert_int_equal(resolve(&table, "/items/foo/ws", &request), 0);
	assert_string_equal(request.mount->dialect->name, "items");
	assert_true(text_equal(request.segment, TEXT("foo")));
}

static void
other_paths_are_not_found(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"ws",
		"/w",
		"/ws/",
		"/ws/7",
		"/wss",
		"//ws",
		"/items//ws",
		"/items/a/b/ws",
		"/items/a",
		"/WS",
	};
	struct mount_table table;
	struct client_request request;
	char error[256];

	(void)state;
	assert_true(build("demo", "", &table, error));
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(resolve(&table, paths[i], &request), 404);
}

static void
segments_must_be_utf8(void **state)
{
	struct mount_table table;
	struct client_request request;
	char error[256];

	(void)state;
	assert_true(build("demo", "", &table, error));
	assert_int_equal(resolve(&table, "/items/\xff/ws", &request), 400);
	assert_int_equal(resolve(&table, "/items/小/ws", &request), 0);
}

static void
own_mounts_replace_the_profile(void **state)
{
	struct mount_table table;
	struct client_request request;
	char error[256];

	(void)state;
	assert_true(
	    build("chat", "/chat/v1 room ,  /probe/{any} mirror, /probe/echo echo", &table, error));
	assert_int_equal(resolve(&table, "/ws", &request), 404);
	assert_int_equal(resolve(&table, "/chat/v1", &request), 0);
	assert_string_equal(request.mount->dialect->name, "room");
	assert_int_equal(resolve(&table, "/probe/x", &request), 0);
	assert_string_equal(request.mount->dialect->name, "mirror");
	assert_int_equal(resolve(&table, "/probe/echo", &request), 0);
	assert_string_equal(request.mount->dialect->name, "echo");
}

static void
bad_tables_are_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *profile;
		const char *mounts;
		const char *says;
	} rows[] = {
		{ "chatt", "", "no profile is called 'chatt'" },
		{ "chat", "/ws rom", "no dialect is called 'rom'" },
		{ "chat", "/ws", "no dialect is called ''" },
		{ "chat", "ws room", "'ws' is not a path" },
		{ "chat", "/ room", "'/' is not a path" },
		{ "chat", "/a//b room", "is not a path" },
		{ "chat", "/{a}/{b} room", "is not a path" },
		{ "chat", "/x{a} room", "is not a path" },
		{ "chat", "/{} room", "is not a path" },
		{ "chat", ", /ws room", "is not a path" },
		{ "chat", "/ws room, /ws echo", "'/ws' takes the same paths as '/ws'" },
		{ "chat", "/{a} room, /{b} echo", "'/{b}' takes the same paths as '/{a}'" },
	};
	struct mount_table table;
	char error[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_false(build(rows[i].profile, rows[i].mounts, &table, error));
		assert_non_null(strstr(error, "listener.chat."));
		assert_non_null(strstr(error, rows[i].says));
	}
}

static void
cookies_and_arguments_are_found_by_exact_name(void **state)
{
	static const struct text args[] = { TEXT("to=x"), TEXT("token"), TEXT("token=a=b"),
		TEXT("token=c") };
	struct client_request request = { .args = args, .arg_count = 4 };
	struct text value;

	(void)state;
	request.cookies = TEXT(" a=1 ;b=; session=x=y");
	assert_true(request_arg(&request, "token", &value));
	assert_true(text_equal(value, TEXT("a=b")));
	assert_false(request_arg(&request, "tok", &value));
	assert_true(request_cookie(&request, "a", &value));
	assert_true(text_equal(value, TEXT("1")));
	assert_true(request_cookie(&request, "b", &value));
	assert_true(text_is_empty(value));
	assert_true(request_cookie(&request, "session", &value));
	assert_true(text_equal(value, TEXT("x=y")));
	assert_false(request_cookie(&request, "sess", &value));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profiles_serve_what_clients_hard_code),
		cmocka_unit_test(other_paths_are_not_found),
		cmocka_unit_test(segments_must_be_utf8),
		cmocka_unit_test(own_mounts_replace_the_profile),
		cmocka_unit_test(bad_tables_are_refused_with_a_sentence),
		cmocka_unit_test(cookies_and_arguments_are_found_by_exact_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
