/* Mounts whose clients have to prove who they are, beside others whose clients do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/mounts.h"

/* One listener is open, the other one's clients have to prove who they are. */
static void
who_proves_nothing_has_other_realms_and_rooms(void **state)
{
	static const struct {
		const char *open;
		const char *says; /* NULL: all is well */
	} rows[] = {
		{ "/a room",
		    "listener.two.mounts: realm 'open' is shared by '/a room', which takes "
		    "anybody, and '/ws room', which verifies tokens" },
		{ "/a room realm=o", "room 'lobby' is entered from realm" },
		{ "/a room realm=o room=o", NULL },
		{ "/a pair", "realm 'pair' is shared by" },
		{ "/a mirror", NULL },
	};
	struct config_mistakes mistakes = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config = { .listener_count = 2, .auth.mode = (char *)"jwt" };

		config.listeners[0] = (struct config_listener){ .name = (char *)"one",
			.auth = (char *)"default",
			.profile = (char *)"chat",
			.mounts = (char *)"/ws room, /ws/{client_id:int} pair realm=pair" };
		config.listeners[1] = (struct config_listener){ .name = (char *)"two",
			.auth = (char *)"open",
			.profile = (char *)"chat",
			.mounts = (char *)rows[i].open };
		mistakes.count = 0;
		mounts_check(&config, dialects, &mistakes);
		assert_int_equal(mistakes.count, rows[i].says == NULL ? 0 : 1);
		if (rows[i].says != NULL)
			assert_non_null(strstr(mistakes.sentences[0], rows[i].says));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_proves_nothing_has_other_realms_and_rooms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
