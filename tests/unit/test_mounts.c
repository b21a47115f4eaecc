/* Mount tables: what the profiles serve, what a configuration may say, who wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/mounts.h"

/* What the table may know of dialects, in every combination that it tells apart. */
static unsigned
wants_token(const struct client_request *request)
{
	struct text token;

	return request_arg(request, "token", &token) && token.length > 0 ? 0 : 401;
}

static const struct dialect fake_room = { .name = "room", .reaches_hub = true };
static const struct dialect fake_lobby = { .name = "lobby", .reaches_hub = true };
static const struct dialect fake_native = {
	.name = "native", .subprotocol = "hubbub.v1", .reaches_hub = true
};
static const struct dialect fake_direct = {
	.name = "direct",
	.reaches_hub = true,
	.takes_token = true,
	.authentication = AUTHENTICATION_TOKEN,
	.admit = wants_token,
};
static const struct dialect fake_pair = {
	.name = "pair", .reaches_hub = true, .authentication = AUTHENTICATION_PATH
};
static const struct dialect fake_echo = { .name = "echo" };
static const struct dialect fake_items = { .name = "items", .admit = wants_token };
static const struct dialect fake_mirror = { .name = "mirror" };

static const struct dialect *const known[] = {
	&fake_room,
	&fake_lobby,
	&fake_native,
	&fake_direct,
	&fake_pair,
	&fake_echo,
	&fake_items,
	&fake_mirror,
	NULL,
};

/* Every way in at the paths that old clients hard-code. */
#define ALL_WAYS "/ws native, /ws room, /ws/{user} direct, /ws/{client_id:int} pair"

static bool
build(const char *profile, const char *mounts, struct mount_table *table, char error[256])
{
	struct config_listener listener = {
		.name = (char *)"chat",
		.profile = (char *)profile,
		.mounts = (char *)mounts,
	};

	error[0] = '\0';
	return mounts_build(&listener, known, table, error, 256);
}

static unsigned
resolve_as(const struct mount_table *table, const char *path, const char *subprotocols,
    const char *argument, struct client_request *request)
{
	static struct text argument_text;

	memset(request, 0, sizeof(*request));
	argument_text = text_of(argument);
	request->args = &argument_text;
	request->arg_count = argument[0] == '\0' ? 0 : 1;
	request->subprotocols = text_of(subprotocols);
	return mounts_resolve(table, text_of(path), request);
}

static unsigned
resolve(const struct mount_table *table, const char *path, struct client_request *request)
{
	return resolve_as(table, path, "", "token=t", request);
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
	assert_int_equal(resolve(&table, "/ws/7", &request), 0);
	assert_string_equal(request.mount->dialect->name, "direct");
	request.arg_count = 0;
	assert_int_equal(mounts_resolve(&table, TEXT("/ws/7"), &request), 0);
	assert_string_equal(request.mount->dialect->name, "pair");
	assert_int_equal(mounts_resolve(&table, TEXT("/ws/ana"), &request), 401);

	assert_true(build("demo", "", &table, error));
	assert_false(table.page);
	assert_int_equal(resolve(&table, "/ws", &request), 0);
	assert_string_equal(request.mount->dialect->name, "echo");
	assert_int_equal(resolve(&table, "/ws/7", &request), 0);
	assert_string_equal(request.mount->dialect->name, "lobby");
	assert_string_equal(request.mount->room, "demo");
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
		"/ws/7/8",
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
token_and_subprotocol_select(void **state)
{
	static const struct {
		const char *path;
		const char *subprotocols;
		const char *argument;
		unsigned status;
		const char *dialect;
		const char *segment;
	} rows[] = {
		{ "/ws", "", "", 0, "room", "" },
		{ "/ws", "hubbub.v1", "", 0, "native", "" },
		{ "/ws", "chat , hubbub.v1", "", 0, "native", "" },
		{ "/ws", "hubbub.v1", "token=t", 0, "native", "" },
		{ "/ws", "", "token=t", 0, "room", "" },
		/* What nobody speaks is no reason to send an old client away. */
		{ "/ws", "chat", "", 0, "room", "" },
		{ "/ws", "hubbub.v2,hubbub.v11", "", 0, "room", "" },
		{ "/ws", "HUBBUB.V1", "", 0, "room", "" },
		{ "/ws/ana", "", "token=t", 0, "direct", "ana" },
		{ "/ws/7", "", "token=t", 0, "direct", "7" },
		{ "/ws/7", "", "", 0, "pair", "7" },
		{ "/ws/007", "", "", 0, "pair", "007" },
		{ "/ws/7", "", "token=", 0, "pair", "7" },
		{ "/ws/7", "hubbub.v1", "", 0, "pair", "7" },
		{ "/ws/999999999999999999", "", "", 0, "pair", "999999999999999999" },
		{ "/ws/1000000000000000000", "", "", 401, "direct", "1000000000000000000" },
		{ "/ws/1000000000000000000", "", "token=t", 0, "direct", "1000000000000000000" },
		{ "/ws/ana", "", "", 401, "direct", "ana" },
		{ "/ws/ana", "", "token=", 401, "direct", "ana" },
		{ "/ws/-7", "", "", 401, "direct", "-7" },
		{ "/ws/+7", "", "", 401, "direct", "+7" },
		{ "/ws/7 ", "", "", 401, "direct", "7 " },
		{ "/ws/", "", "token=t", 404, NULL, "" },
		{ "/ws/a/b", "", "token=t", 404, NULL, "" },
		{ "/ws/7/", "", "", 404, NULL, "" },
		{ "/", "hubbub.v1", "", 404, NULL, "" },
	};
	struct mount_table table;
	struct client_request request;
	char error[256];

	(void)state;
	assert_true(build("chat", ALL_WAYS, &table, error));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(resolve_as(&table, rows[i].path, rows[i].subprotocols,
				     rows[i].argument, &request),
		    rows[i].status);
		assert_true(text_equal(request.segment, text_of(rows[i].segment)));
		if (rows[i].dialect == NULL)
			assert_null(request.mount);
		else
			assert_string_equal(request.mount->dialect->name, rows[i].dialect);
	}
}

static void
what_a_row_does_not_ask_for_does_not_hinder(void **state)
{
	struct mount_table table;
	struct client_request request;
	char error[256];

	(void)state;
	assert_true(build("chat", "/n native, /p/{id:int} pair, /p/me echo", &table, error));
	assert_int_equal(resolve_as(&table, "/n", "hubbub.v1", "", &request), 0);
	/* Something is here, but not in what the client speaks. */
	assert_int_equal(resolve_as(&table, "/n", "", "", &request), 400);
	assert_null(request.mount);
	assert_int_equal(resolve_as(&table, "/p/7", "", "token=t", &request), 0);
	assert_string_equal(request.mount->dialect->name, "pair");
	assert_int_equal(resolve_as(&table, "/p/me", "", "token=t", &request), 0);
	assert_string_equal(request.mount->dialect->name, "echo");
	assert_int_equal(resolve_as(&table, "/p/you", "", "token=t", &request), 404);
}

static void
the_closest_row_wins_wherever_it_stands(void **state)
{
	static const char *const orders[] = {
		"/a/{x} echo, /a/{x:int} mirror, /a/7 items",
		"/a/7 items, /a/{x:int} mirror, /a/{x} echo",
		"/a/{x:int} mirror, /a/7 items, /a/{x} echo",
	};
	struct mount_table table;
	struct client_request request;
	char error[256];

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		assert_true(build("chat", orders[i], &table, error));
		assert_int_equal(resolve(&table, "/a/7", &request), 0);
		assert_string_equal(request.mount->dialect->name, "items");
		assert_true(text_equal(request.segment, TEXT("")));
		assert_int_equal(resolve(&table, "/a/8", &request), 0);
		assert_string_equal(request.mount->dialect->name, "mirror");
		assert_int_equal(resolve(&table, "/a/b", &request), 0);
		assert_string_equal(request.mount->dialect->name, "echo");
	}
}

static void
rooms_and_realms_have_defaults_and_options(void **state)
{
	static const struct {
		const char *mounts;
		const char *room;
		const char *realm;
	} rows[] = {
		{ "/x room", "lobby", "open" },
		{ "/x native", "lobby", "open" },
		{ "/x lobby", "demo", "open" },
		{ "/x direct", "", "direct" },
		{ "/x pair", "pair", "pair" },
		{ "/x echo", "", "" },
		{ "/x room room=town realm=staff", "town", "staff" },
		{ "/x room  realm=staff   room=town ", "town", "staff" },
		{ "/x lobby room=lobby", "lobby", "open" },
		{ "/x pair realm=old", "pair", "old" },
	};
	struct mount_table table;
	char error[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(build("chat", rows[i].mounts, &table, error));
		assert_int_equal(table.count, 1);
		assert_string_equal(table.rows[0].room, rows[i].room);
		assert_string_equal(table.rows[0].realm, rows[i].realm);
	}
}

static void
realms_are_shared_among_equals_only(void **state)
{
	static const struct {
		const char *first;
		const char *second;
		const char *says; /* NULL: all is well */
	} rows[] = {
		{ ALL_WAYS, "/ws lobby", NULL },
		{ ALL_WAYS, ALL_WAYS, NULL },
		{ "/a echo", "/b mirror", NULL },
		{ "/a direct realm=people", "/b direct realm=people", NULL },
		{ "/a room, /b pair realm=open", "/c room",
		    "listener.one.mounts: realm 'open' is shared by '/a room', which takes "
		    "anybody, and '/b pair', which believes the path" },
		{ "/a room", "/b direct realm=open",
		    "listener.two.mounts: realm 'open' is shared by '/b direct', which demands a "
		    "token, and '/a room', which takes anybody; give one of them another realm" },
		{ "/a direct", "/b room, /c pair realm=direct", "realm 'direct' is shared by" },
		{ "/a pair", "/b pair", NULL },
		{ "/a pair", "/b pair realm=b room=b", NULL },
		{ "/a room", "/b room realm=b", NULL },
		{ "/a pair", "/b pair realm=b",
		    "listener.two.mounts: room 'pair' is entered from realm 'b' by '/b pair' "
		    "and from realm 'pair' by '/a pair'; give one of them another room" },
		{ "/a pair room=lobby, /b room", "/c echo", "room 'lobby' is entered from realm" },
	};
	struct config_mistakes mistakes = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config = { .listener_count = 2, .auth.mode = (char *)"open" };

		config.listeners[0] = (struct config_listener){ .name = (char *)"one",
			.auth = (char *)"default",
			.profile = (char *)"chat",
			.mounts = (char *)rows[i].first };
		config.listeners[1] = (struct config_listener){ .name = (char *)"two",
			.auth = (char *)"default",
			.profile = (char *)"demo",
			.mounts = (char *)rows[i].second };
		mistakes.count = 0;
		mounts_check(&config, known, &mistakes);
		assert_int_equal(mistakes.count, rows[i].says == NULL ? 0 : 1);
		if (rows[i].says != NULL)
			assert_non_null(strstr(mistakes.sentences[0], rows[i].says));
	}
}

/* What is mounted in this build, under the names that the profiles use. */
static void
profiles_stand_on_dialects_that_are_there(void **state)
{
	static const char *const profiles[] = { "chat", "demo" };
	struct config config = { .listener_count = 2, .auth.mode = (char *)"open" };
	struct config_mistakes mistakes = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < 2; i++)
		config.listeners[i] = (struct config_listener){ .name = (char *)profiles[i],
			.auth = (char *)"default",
			.profile = (char *)profiles[i],
			.mounts = (char *)"" };
	mounts_check(&config, dialects, &mistakes);
	assert_int_equal(mistakes.count, 0);
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
		{ "chat", "/ws room, /ws echo",
		    "'/ws echo' takes the same requests as '/ws room'" },
		{ "chat", "/{a} room, /{b} echo", "'/{b} echo' takes the same requests as" },
		{ "chat", "/{a:int} pair, /{b:int} echo", "'/{b:int} echo' takes the same" },
		{ "chat", "/{a} direct, /x room, /{b} direct", "'/{b} direct' takes the same" },
		{ "chat", "/ws native, /ws native room=b", "'/ws native' takes the same" },
		{ "chat", "/{a:float} room", "is not a path" },
		{ "chat", "/{:int} room", "is not a path" },
		{ "chat", "/{a-b} room", "is not a path" },
		{ "chat", "/{a room", "is not a path" },
		{ "chat", "/a/ room", "is not a path" },
		{ "chat", "/ws room rom=x", "'rom=x' (after '/ws') is no option of a mount" },
		{ "chat", "/ws room room", "'' (of '/ws') is no name" },
		{ "chat", "/ws room room=", "'' (of '/ws') is no name" },
		{ "chat", "/ws room room=Lobby", "'Lobby' (of '/ws') is no name" },
		{ "chat", "/ws room realm=a/b", "'a/b' (of '/ws') is no name" },
		{ "chat", "/ws echo room=a", "'/ws' speaks echo, which has no use for 'room=a'" },
		{ "chat", "/ws echo realm=a", "which has no use for 'realm=a'" },
		{ "chat", "/ws direct room=a", "which has no use for 'room=a'" },
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
		cmocka_unit_test(token_and_subprotocol_select),
		cmocka_unit_test(what_a_row_does_not_ask_for_does_not_hinder),
		cmocka_unit_test(the_closest_row_wins_wherever_it_stands),
		cmocka_unit_test(rooms_and_realms_have_defaults_and_options),
		cmocka_unit_test(realms_are_shared_among_equals_only),
		cmocka_unit_test(profiles_stand_on_dialects_that_are_there),
		cmocka_unit_test(bad_tables_are_refused_with_a_sentence),
		cmocka_unit_test(cookies_and_arguments_are_found_by_exact_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
