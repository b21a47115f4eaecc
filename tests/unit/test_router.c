/* The router: whom a word means, to an operator and in a private message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/envelope_kinds.h"
#include "hub/router.h"

static const struct table_key key = { { 11, 13 } };

struct scene {
	struct presence *presence;
	struct users *users;
	uint64_t conns;
};

static void
begin(struct scene *scene)
{
	*scene = (struct scene){ presence_create(key), users_create(key), 0 };
	assert_non_null(scene->presence);
	assert_non_null(scene->users);
}

static void
end(struct scene *scene)
{
	presence_destroy(&scene->presence);
	users_destroy(&scene->users);
}

/* A client of a user; `user` NULL: of its own. */
static struct client *
come(struct scene *scene, uint32_t id, const char *realm, const char *user, const char *name)
{
	char own[CLIENT_ID_TEXT_SIZE];
	struct client facts = {
		.id = id,
		.conn = ++scene->conns,
		.name = text_of(name),
		.dialect = TEXT("room"),
		.realm = text_of(realm),
	};
	struct client *client = presence_open(scene->presence, &facts);

	text_client_id(id, own);
	assert_non_null(client);
	users_attach(
	    users_get(scene->users, client->realm, text_of(user == NULL ? own : user)), client);
	return client;
}

static const char *
operator_means(const struct scene *scene, const char *who)
{
	struct router_target target = router_operator(scene->presence, scene->users, text_of(who));

	if (target.client != NULL)
		return target.client->name.data;
	return target.user == NULL ? NULL : target.user->id.data;
}

static const char *
tell_means(const struct scene *scene, const char *who, uint32_t flags)
{
	struct router_target target =
	    router_private(scene->presence, scene->users, TEXT("open"), text_of(who), flags);

	return target.user == NULL ? NULL : target.user->id.data;
}

static void
an_operators_word_means_one_or_nobody(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	(void)come(&scene, 1, "open", NULL, "ana");
	assert_string_equal(operator_means(&scene, "ana"), "00000001");
	assert_string_equal(operator_means(&scene, "00000001"), "00000001");
	(void)come(&scene, 2, "direct", NULL, "ana");
	assert_null(operator_means(&scene, "ana"));
	assert_null(operator_means(&scene, ""));
	assert_null(operator_means(&scene, "zoe"));
	(void)come(&scene, 3, "direct", "bob", "Bob");
	(void)come(&scene, 4, "direct", "bob", "Bob");
	assert_string_equal(operator_means(&scene, "bob"), "bob");
	assert_string_equal(operator_means(&scene, "Bob"), "bob");
	/* A client of a user that is called otherwise. */
	assert_string_equal(operator_means(&scene, "00000004"), "Bob");
	(void)come(&scene, 5, "pair", "bob", "Rob");
	assert_null(operator_means(&scene, "bob"));
	assert_string_equal(operator_means(&scene, "pair/bob"), "bob");
	assert_null(operator_means(&scene, "none/bob"));
	end(&scene);
}

static void
what_looks_like_an_id_is_never_a_name(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	(void)come(&scene, 1, "open", NULL, "0000beef");
	(void)come(&scene, 0xcafe, "open", NULL, "ana");
	assert_null(operator_means(&scene, "0000beef"));
	assert_null(tell_means(&scene, "0000beef", TELL_BY_NAME));
	assert_string_equal(tell_means(&scene, "0000cafe", 0), "0000cafe");
	assert_string_equal(tell_means(&scene, "00000001", 0), "00000001");
	/* Not 8 lower-case digits: a name like any other. */
	assert_null(operator_means(&scene, "0000CAFE"));
	assert_null(tell_means(&scene, "cafe", TELL_BY_NAME));
	end(&scene);
}

static void
a_message_stays_in_its_realm(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	(void)come(&scene, 1, "open", "ana", "Ana");
	(void)come(&scene, 2, "direct", "ben", "Ben");
	assert_string_equal(tell_means(&scene, "ana", TELL_USER), "ana");
	assert_string_equal(tell_means(&scene, "Ana", TELL_BY_NAME), "ana");
	assert_null(tell_means(&scene, "Ana", 0));
	assert_string_equal(tell_means(&scene, "00000001", 0), "ana");
	assert_null(tell_means(&scene, "00000001", TELL_USER));
	assert_null(tell_means(&scene, "ben", 0));
	assert_null(tell_means(&scene, "Ben", TELL_BY_NAME));
	assert_null(tell_means(&scene, "00000002", 0));
	/* A name of two realms is one user's in each. */
	(void)come(&scene, 3, "direct", "eve", "Ana");
	assert_string_equal(tell_means(&scene, "Ana", TELL_BY_NAME), "ana");
	(void)come(&scene, 4, "open", "zoe", "Ana");
	assert_null(tell_means(&scene, "Ana", TELL_BY_NAME));
	end(&scene);
}

static void
a_crowd_of_one_name_is_not_searched(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	(void)come(&scene, 1, "open", "ana", "guest");
	for (uint32_t id = 2; id < ROUTER_NAMESAKES_MAX + 2; id++)
		(void)come(&scene, id, "direct", "crowd", "guest");
	assert_null(tell_means(&scene, "guest", TELL_BY_NAME));
	end(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_operators_word_means_one_or_nobody),
		cmocka_unit_test(what_looks_like_an_id_is_never_a_name),
		cmocka_unit_test(a_message_stays_in_its_realm),
		cmocka_unit_test(a_crowd_of_one_name_is_not_searched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
