/* What differs between two configurations, and what of it is taken over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/config_reload.h"
#include "common/config_schema.h"
#include "common/config_value.h"

/* The changes as lines. */
struct told {
	char text[4096];
	size_t length;
};

static void
on_change(void *context, const struct config_change *change)
{
	struct told *told = context;

	told->length += (size_t)snprintf(told->text + told->length,
	    sizeof(told->text) - told->length, "%s '%s' '%s' %s\n", change->name, change->before,
	    change->after, change->at_reload ? "reload" : "restart");
	assert_true(told->length < sizeof(told->text));
}

static void
set(struct config *config, const char *key, const char *value)
{
	struct config_mistakes mistakes = { .count = 0 };

	if (!config_set(config, key, value, &mistakes))
		fail_msg("%s", mistakes.sentences[0]);
}

static void
assert_differ(const struct config *before, const struct config *after, enum config_role role,
    const char *expected)
{
	struct told told = { .length = 0 };

	config_diff(before, after, role, on_change, &told);
	assert_string_equal(told.text, expected);
}

static void
test_what_differs_is_told_to_its_reader(void **state)
{
	struct config before;
	struct config after;

	(void)state;
	config_defaults(&before);
	config_defaults(&after);
	assert_differ(&before, &after, CONFIG_ROLE_GATEWAY, "");
	set(&after, "log.level", "debug");
	set(&after, "hub.allow_users", "root");
	set(&after, "hub.socket_mode", "0600");
	set(&after, "listener.chat.origins", "https://a.b https://c.d");
	set(&after, "listener.chat.reuse_port", "yes");
	set(&after, "limits.clients", "7");
	assert_differ(&before, &after, CONFIG_ROLE_GATEWAY,
	    "log.level 'info' 'debug' reload\n"
	    "listener.chat.origins '' 'https://a.b https://c.d' reload\n"
	    "listener.chat.reuse_port 'no' 'yes' restart\n"
	    "limits.clients '100000' '7' reload\n");
	assert_differ(&before, &after, CONFIG_ROLE_HUB,
	    "log.level 'info' 'debug' reload\n"
	    "hub.socket_mode '0660' '0600' restart\n"
	    "hub.allow_users '' 'root' reload\n");
	config_free(&before);
	config_free(&after);
}

/* Sections that come, go or change places are told as the names there are, in order. */
static void
test_sections_with_names(void **state)
{
	struct config before;
	struct config after;

	(void)state;
	config_defaults(&before);
	config_defaults(&after);
	set(&before, "listener.demo.profile", "demo");
	set(&after, "listener.other.address", "127.0.0.1:9000");
	set(&after, "listener.chat.origins", "https://a.b");
	assert_differ(&before, &after, CONFIG_ROLE_GATEWAY,
	    "listener 'chat demo' 'chat other' restart\n"
	    "listener.chat.origins '' 'https://a.b' reload\n");
	assert_differ(&before, &after, CONFIG_ROLE_HUB, "");
	config_free(&before);
	config_free(&after);
}

static void
test_takes_what_can_be_taken(void **state)
{
	struct config config;
	struct config fresh;
	const char *name;
	const char *address;

	(void)state;
	config_defaults(&config);
	config_defaults(&fresh);
	name = config.gateway.name;
	address = config.listeners[0].address;
	set(&fresh, "log.level", "debug");
	set(&fresh, "limits.messages_per_second", "3");
	set(&fresh, "limits.header_bytes", "9000");
	set(&fresh, "gateway.status", "127.0.0.1:9100");
	set(&fresh, "listener.first.origins", "https://no.one");
	set(&fresh, "listener.chat.origins", "https://a.b");
	set(&fresh, "hub.allow_users", "root");
	config_take(&config, &fresh, CONFIG_ROLE_GATEWAY);
	assert_string_equal(config.log_level, "debug");
	assert_int_equal(config.limits.messages_per_second, 3);
	assert_string_equal(config.listeners[0].origins, "https://a.b");
	/* These wait for a restart, or are not ours. */
	assert_int_equal(config.limits.header_bytes, 8192);
	assert_string_equal(config.gateway.status, "");
	assert_int_equal(config.listener_count, 1);
	assert_string_equal(config.hub.allow_users, "");
	/* Whoever borrowed what did not change has it still. */
	assert_ptr_equal(config.gateway.name, name);
	assert_ptr_equal(config.listeners[0].address, address);
	/* What was in force before is the other one's now. */
	assert_string_equal(fresh.log_level, "info");
	assert_string_equal(fresh.listeners[1].origins, "https://no.one");
	config_free(&config);
	config_free(&fresh);
}

/* New classes bear at once; what is kept of rooms of the old ones does not. */
static void
test_takes_sections_that_are_new(void **state)
{
	struct config config;
	struct config fresh;
	struct config wanted;

	(void)state;
	config_defaults(&config);
	config_defaults(&fresh);
	set(&config, "class.gone.rooms", "gone");
	set(&config, "class.staff.rooms", "staff");
	set(&fresh, "class.new.rooms", "new");
	set(&fresh, "class.new.keep_hours", "1");
	set(&fresh, "class.staff.read", "ana");
	set(&fresh, "class.staff.keep_hours", "2");
	config_copy(&fresh, &wanted);
	config_take(&config, &fresh, CONFIG_ROLE_HUB);
	assert_int_equal(config.class_count, 2);
	assert_string_equal(config.classes[0].rooms, "new");
	assert_int_equal(config.classes[0].keep_hours, 1);
	assert_string_equal(config.classes[1].read, "ana");
	assert_string_equal(config.classes[1].rooms, "");
	assert_int_equal(config.classes[1].keep_hours, 720);
	assert_differ(
	    &config, &wanted, CONFIG_ROLE_HUB, "class.staff.keep_hours '720' '2' restart\n");
	config_free(&config);
	config_free(&fresh);
	config_free(&wanted);
}

static char *
printed(const struct config *config)
{
	char *text = NULL;
	size_t length;
	FILE *output = open_memstream(&text, &length);

	assert_non_null(output);
	config_print(config, output);
	fclose(output);
	return text;
}

static void
test_a_copy_is_its_own(void **state)
{
	struct config config;
	struct config copy;
	char *expected;
	char *text;

	(void)state;
	config_defaults(&config);
	set(&config, "hub.socket", "/run/other.sock");
	set(&config, "hub.record_contents", "yes");
	set(&config, "hub.socket_mode", "0600");
	set(&config, "listener.demo.profile", "demo");
	set(&config, "class.staff.rooms", "staff");
	expected = printed(&config);
	config_copy(&config, &copy);
	config_free(&config);
	text = printed(&copy);
	assert_string_equal(text, expected);
	config_free(&copy);
	free(text);
	free(expected);
}

/* A value of its own for each type, other than any default. */
static const char *
other_value(const struct config_key *key)
{
	static const char *const values[] = {
		[CONFIG_TYPE_TEXT] = "other",
		[CONFIG_TYPE_WORD] = "other",
		[CONFIG_TYPE_SOCKET] = "/other",
		[CONFIG_TYPE_MODE] = "0111",
		[CONFIG_TYPE_LISTEN] = "127.0.0.1:4242",
		[CONFIG_TYPE_STATUS] = "127.0.0.1:4242",
		[CONFIG_TYPE_PATH] = "/other",
		[CONFIG_TYPE_ROOMS] = "other",
		[CONFIG_TYPE_WHO] = "other",
		[CONFIG_TYPE_ADDRESSES] = "192.0.2.7",
		[CONFIG_TYPE_SECRET_FILE] = "other",
	};
	static char word[32];

	if (key->type == CONFIG_TYPE_BOOL)
		return strcmp(key->fallback, "no") == 0 ? "yes" : "no";
	if (key->type == CONFIG_TYPE_NUMBER) {
		snprintf(word, sizeof(word), "%u",
		    strtoul(key->fallback, NULL, 10) == key->max ? key->min : key->max);
		return word;
	}
	if (key->type == CONFIG_TYPE_CHOICE) {
		const char *last = strrchr(key->choices, ' ');

		assert_non_null(last);
		return strcmp(last + 1, key->fallback) == 0 ? "other" : last + 1;
	}
	return values[key->type];
}

static void
test_every_key_is_compared_and_taken_as_the_table_says(void **state)
{
	(void)state;
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		bool named = config_section_find(key->section)->example != NULL;
		struct config before;
		struct config after;
		char name[128];

		config_defaults(&before);
		set(&before, "class.a.rooms", "a");
		config_copy(&before, &after);
		snprintf(name, sizeof(name), "%s%s.%s", key->section,
		    !named                               ? ""
		    : strcmp(key->section, "class") == 0 ? ".a"
							 : ".chat",
		    key->name);
		set(&after, name, other_value(key));
		for (enum config_role role = 0; role < CONFIG_ROLES; role++) {
			struct told told = { .length = 0 };
			struct told left = { .length = 0 };
			struct config taken;
			struct config spare;

			config_diff(&before, &after, role, on_change, &told);
			config_copy(&before, &taken);
			config_copy(&after, &spare);
			config_take(&taken, &spare, role);
			config_diff(&taken, &after, role, on_change, &left);
			if (key->applied[role] == CONFIG_UNREAD)
				assert_string_equal(told.text, "");
			else
				assert_memory_equal(told.text, name, strlen(name));
			if (key->applied[role] == CONFIG_AT_RELOAD)
				assert_string_equal(left.text, "");
			else
				assert_string_equal(left.text, told.text);
			config_free(&taken);
			config_free(&spare);
		}
		config_free(&before);
		config_free(&after);
	}
}

/* Somebody reads it, and a section's keys are read by whoever reads its names. */
static void
test_every_key_has_a_reader(void **state)
{
	(void)state;
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		const struct config_section *section = config_section_find(key->section);
		bool is_read = false;

		for (enum config_role role = 0; role < CONFIG_ROLES; role++) {
			is_read = is_read || key->applied[role] != CONFIG_UNREAD;
			if (section->example != NULL)
				assert_int_equal(section->applied[role] == CONFIG_UNREAD,
				    key->applied[role] == CONFIG_UNREAD);
		}
		assert_true(is_read);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_differs_is_told_to_its_reader),
		cmocka_unit_test(test_sections_with_names),
		cmocka_unit_test(test_takes_what_can_be_taken),
		cmocka_unit_test(test_takes_sections_that_are_new),
		cmocka_unit_test(test_a_copy_is_its_own),
		cmocka_unit_test(test_every_key_is_compared_and_taken_as_the_table_says),
		cmocka_unit_test(test_every_key_has_a_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
