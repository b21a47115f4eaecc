/* Settings: defaults, files, and one sentence for every mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/config.h"

/* True if there was nothing wrong; else what was wrong first. */
static bool
read_bytes(struct config *config, const char *text, size_t length, char *error, size_t size)
{
	struct config_mistakes mistakes = { .count = 0 };
	bool good = config_read(config, "t.conf", text, length, &mistakes);

	assert_int_equal(good, mistakes.count == 0);
	error[0] = '\0';
	config_mistakes_first(&mistakes, error, size);
	return good;
}

static bool
read_text(struct config *config, const char *text, char *error, size_t size)
{
	return read_bytes(config, text, strlen(text), error, size);
}

static bool
set(struct config *config, const char *key, const char *value, char *error, size_t size)
{
	struct config_mistakes mistakes = { .count = 0 };
	bool good = config_set(config, key, value, &mistakes);

	assert_int_equal(mistakes.count, good ? 0 : 1);
	config_mistakes_first(&mistakes, error, size);
	return good;
}

static bool
check(const struct config *config, char *error, size_t size)
{
	struct config_mistakes mistakes = { .count = 0 };

	config_check(config, &mistakes);
	config_mistakes_first(&mistakes, error, size);
	return mistakes.count == 0;
}

static void
assert_bytes_refused(const char *text, size_t length, const char *expected)
{
	struct config config;
	char error[512];

	config_defaults(&config);
	assert_false(read_bytes(&config, text, length, error, sizeof(error)));
	assert_string_equal(error, expected);
	config_free(&config);
}

static void
assert_refused(const char *text, const char *expected)
{
	assert_bytes_refused(text, strlen(text), expected);
}

static void
test_defaults(void **state)
{
	struct config config;
	char error[512];

	(void)state;
	config_defaults(&config);
	assert_string_equal(config.log_level, "info");
	assert_string_equal(config.hub.socket, "/run/hubbub/hub.sock");
	assert_string_equal(config.gateway.hub_socket, config.hub.socket);
	assert_int_equal(config.hub.socket_mode, 0660);
	assert_int_equal(config.listener_count, 1);
	assert_string_equal(config.listeners[0].name, "chat");
	assert_string_equal(config.listeners[0].address, "127.0.0.1:8000");
	assert_int_equal(config.limits.message_bytes, 65536);
	assert_int_equal(config.limits.pinned_bytes, 67108864);
	assert_true(check(&config, error, sizeof(error)));
	config_free(&config);
}

static void
test_file(void **state)
{
	struct config config;
	char error[512];

	(void)state;
	config_defaults(&config);
	assert_true(read_text(&config,
	    "\xef\xbb\xbf# comment\r\n"
	    "; another\n"
	    "\n"
	    "[hub]\r\n"
	    "  socket =  /a b/hub.sock  \n"
	    "socket_mode=600\n"
	    "status = unix:/s\n"
	    "[ listener   own ] # mine\n"
	    "address = [::1]:8001\n"
	    "reuse_port = Yes\n"
	    "origins = https://a;b # c\n"
	    "[listener two]\n"
	    "[limits]\n"
	    "clients = 5\n"
	    "[listener own]\n"
	    "profile = demo",
	    error, sizeof(error)));
	assert_string_equal(config.hub.socket, "/a b/hub.sock");
	assert_int_equal(config.hub.socket_mode, 0600);
	assert_int_equal(config.limits.clients, 5);
	assert_int_equal(config.listener_count, 2);
	assert_string_equal(config.listeners[0].name, "own");
	assert_string_equal(config.listeners[0].address, "[::1]:8001");
	assert_string_equal(config.listeners[0].profile, "demo");
	assert_string_equal(config.listeners[0].origins, "https://a;b # c");
	assert_true(config.listeners[0].reuse_port);
	assert_string_equal(config.listeners[1].name, "two");
	config_free(&config);
}

static void
test_wrong_values(void **state)
{
	(void)state;
	assert_refused("[hub]\ngateways_max = abc\n",
	    "hub.gateways_max: 'abc' is not a whole number from 1 to 64 (t.conf:2)");
	assert_refused("[hub]\ngateways_max = 65\n",
	    "hub.gateways_max: '65' is not a whole number from 1 to 64 (t.conf:2)");
	assert_refused("[hub]\ngateways_max = -1\n",
	    "hub.gateways_max: '-1' is not a whole number from 1 to 64 (t.conf:2)");
	assert_refused("[hub]\ngateways_max =\n",
	    "hub.gateways_max: '' is not a whole number from 1 to 64 (t.conf:2)");
	assert_refused("[hub]\nsocket_mode = 888\n",
	    "hub.socket_mode: '888' is not an octal mode such as 0660 (t.conf:2)");
	assert_refused("[hub]\nsocket = hub.sock\n",
	    "hub.socket: 'hub.sock' is not an absolute path of at most 107 bytes (t.conf:2)");
	assert_refused("[log]\nlevel = loud\n",
	    "log.level: 'loud' is not one of error, warn, info, debug (t.conf:2)");
	assert_refused("[listener a]\nreuse_port = maybe\n",
	    "listener.a.reuse_port: 'maybe' is not yes or no (t.conf:2)");
	assert_refused("[listener a]\naddress = localhost:80\n",
	    "listener.a.address: 'localhost:80' is not a numeric address and port such as "
	    "127.0.0.1:8000 or [::1]:8000 (t.conf:2)");
	assert_refused("[hub]\nstatus = 0.0.0.0:80\n",
	    "hub.status: '0.0.0.0:80' is not a socket such as unix:/run/hubbub/status.sock, a "
	    "loopback address such as 127.0.0.1:9100, or empty (t.conf:2)");
	assert_refused("[gateway]\nname = a b\n",
	    "gateway.name: 'a b' is not a name of 1 to 32 letters, digits, '_' and '-' (t.conf:2)");
}

static void
test_unknown_and_duplicate_keys(void **state)
{
	(void)state;
	assert_refused("[hub]\ngatways_max = 3\n",
	    "hub.gatways_max is not a setting; did you mean hub.gateways_max? (t.conf:2)");
	assert_refused("[hub]\nmessage_bytes = 3\n",
	    "hub.message_bytes is not a setting; did you mean limits.message_bytes? (t.conf:2)");
	assert_refused("[hub]\nfrobnicate_everything = 3\n",
	    "hub.frobnicate_everything is not a setting (t.conf:2)");
	assert_refused("[hub]\nsocket = /a\n\nsocket = /b\n",
	    "hub.socket was already set on line 2 (t.conf:4)");
	assert_refused("[listener a]\nprofile = chat\n[listener b]\nprofile = chat\n"
		       "[listener a]\nprofile = demo\n",
	    "listener.a.profile was already set on line 2 (t.conf:6)");
}

static void
test_sections(void **state)
{
	(void)state;
	assert_refused(
	    "[limts]\n", "there is no section [limts]; did you mean [limits]? (t.conf:1)");
	assert_refused("[frobnicate]\n", "there is no section [frobnicate] (t.conf:1)");
	assert_refused("[hub one]\n",
	    "there is no section [hub one]; only listeners and classes have names (t.conf:1)");
	assert_refused(
	    "[listener]\n", "a listener needs a name, for example [listener chat] (t.conf:1)");
	assert_refused("[listener a/b]\n",
	    "'a/b' is no name for a listener: 1 to 32 letters, digits, '_' and '-' (t.conf:1)");
	assert_refused("[listener 1]\n[listener 2]\n[listener 3]\n[listener 4]\n[listener 5]\n"
		       "[listener 6]\n[listener 7]\n[listener 8]\n[listener 9]\n",
	    "[listener 9] is one too many: there can be 8 of them (t.conf:9)");
	assert_refused("socket = /a\n", "'socket' stands before the first [section] (t.conf:1)");
	assert_refused("[hub\n",
	    "a section is written [name] or [listener name], alone on its line (t.conf:1)");
	assert_refused("[hub] socket = /a\n",
	    "a section is written [name] or [listener name], alone on its line (t.conf:1)");
	assert_refused("[hub]\nwhat is this\n",
	    "the line is no [section], no key = value and no # comment (t.conf:2)");
}

static void
test_files_that_are_no_text(void **state)
{
	static char big[1024 * 1024 + 2];
	char line[1200];

	(void)state;
	assert_bytes_refused(
	    "[hub]\n\0", 7, "the line has a control byte in it; is this a text file? (t.conf:2)");
	assert_refused("\x7f"
		       "ELF\x02",
	    "the line has a control byte in it; is this a text file? (t.conf:1)");
	assert_refused(
	    "[hub]\n# caf\xe9\n", "the line is not UTF-8; is this a text file? (t.conf:2)");
	memset(line, '#', sizeof(line));
	line[1100] = '\0';
	assert_refused(line, "the line is too long (t.conf:1)");
	memset(big, '\n', sizeof(big));
	assert_bytes_refused(
	    big, sizeof(big), "the file is too long: it can have 1048576 bytes (t.conf)");
}

/* A line of the greatest length goes through inih's own buffer. */
static void
test_longest_line(void **state)
{
	struct config config;
	char text[1100];
	char error[512];
	int length;

	(void)state;
	length = snprintf(text, sizeof(text), "[listener a]\norigins = %0900d%90s\n", 0, "");
	assert_int_equal(length, 13 + 1000 + 1);
	config_defaults(&config);
	assert_true(read_text(&config, text, error, sizeof(error)));
	assert_int_equal(strlen(config.listeners[0].origins), 900);
	config_free(&config);
}

static void
assert_set_refused(const char *key, const char *value, const char *expected)
{
	struct config config;
	char error[512];

	config_defaults(&config);
	assert_false(set(&config, key, value, error, sizeof(error)));
	assert_string_equal(error, expected);
	config_free(&config);
}

static void
test_set(void **state)
{
	struct config config;
	char error[512];

	(void)state;
	config_defaults(&config);
	assert_true(set(&config, "limits.clients", " 7 ", error, sizeof(error)));
	assert_int_equal(config.limits.clients, 7);
	assert_true(set(&config, "listener.own.address", "0.0.0.0:1", error, sizeof(error)));
	assert_int_equal(config.listener_count, 2);
	assert_string_equal(config.listeners[0].name, "chat");
	assert_string_equal(config.listeners[1].name, "own");
	assert_string_equal(config.listeners[1].profile, "chat");
	config_free(&config);
	assert_set_refused(
	    "clients", "7", "'clients' is not a setting: it has the form SECTION.KEY");
	assert_set_refused("", "", "'' is not a setting: it has the form SECTION.KEY");
	assert_set_refused("listener.address", "0.0.0.0:1",
	    "a listener needs a name, for example [listener chat]");
	assert_set_refused(
	    "limits.client", "7", "limits.client is not a setting; did you mean limits.clients?");
	assert_set_refused("hub.allow_users", "a\nb",
	    "hub.allow_users: 'a\\nb' is not a text of at most 512 bytes");
}

static void
assert_check_refused(const char *key, const char *value, const char *expected)
{
	struct config config;
	char error[512];

	config_defaults(&config);
	assert_true(set(&config, key, value, error, sizeof(error)));
	assert_false(check(&config, error, sizeof(error)));
	assert_string_equal(error, expected);
	config_free(&config);
}

static void
test_classes(void **state)
{
	struct config config;
	char error[512];

	(void)state;
	config_defaults(&config);
	assert_int_equal(config.class_count, 0);
	assert_true(read_text(&config,
	    "[class staff]\nrooms = staff staff-*\nread = ana ben\nlist=operators\n"
	    "[class talk]\nrooms = *\nkeep_hours = 24\n"
	    "[listener one]\n"
	    "[class staff]\nwrite = ana\n",
	    error, sizeof(error)));
	assert_true(set(&config, "class.talk.durability", "memory", error, sizeof(error)));
	assert_true(set(&config, "class.new.create", " operators ", error, sizeof(error)));
	assert_int_equal(config.class_count, 3);
	assert_string_equal(config.classes[0].name, "staff");
	assert_string_equal(config.classes[0].rooms, "staff staff-*");
	assert_string_equal(config.classes[0].read, "ana ben");
	assert_string_equal(config.classes[0].write, "ana");
	assert_string_equal(config.classes[0].list, "operators");
	assert_string_equal(config.classes[0].create, "everyone");
	assert_string_equal(config.classes[0].durability, "store");
	assert_int_equal(config.classes[0].keep_messages, 10000);
	assert_int_equal(config.classes[0].keep_kilobytes, 0);
	assert_int_equal(config.classes[0].keep_hours, 720);
	assert_string_equal(config.classes[1].name, "talk");
	assert_string_equal(config.classes[1].durability, "memory");
	assert_int_equal(config.classes[1].keep_hours, 24);
	assert_string_equal(config.classes[2].name, "new");
	assert_string_equal(config.classes[2].rooms, "");
	assert_string_equal(config.classes[2].create, "operators");
	assert_int_equal(config.listener_count, 1);
	assert_true(check(&config, error, sizeof(error)));
	config_free(&config);
}

static void
test_wrong_classes(void **state)
{
	static const char rooms[] = "class.a.rooms: '%s' is not a list of names of rooms (a-z, "
				    "0-9, '.', '_', '-') or beginnings of names, each with a '*' "
				    "behind it (t.conf:2)";
	static const char *const bad_rooms[] = { "Lobby", "a/b", "lob*by", "**", "-x", "-*",
		"a,b" };
	static const char *const bad_people[] = { "", "everyone ana", "ana operators" };
	char text[128];
	char expected[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad_rooms) / sizeof(bad_rooms[0]); i++) {
		snprintf(text, sizeof(text), "[class a]\nrooms = %s\n", bad_rooms[i]);
		snprintf(expected, sizeof(expected), rooms, bad_rooms[i]);
		assert_refused(text, expected);
	}
	for (size_t i = 0; i < sizeof(bad_people) / sizeof(bad_people[0]); i++) {
		snprintf(text, sizeof(text), "[class a]\nwrite = %s\n", bad_people[i]);
		snprintf(expected, sizeof(expected),
		    "class.a.write: '%s' is not everyone, operators, or ids of users separated by "
		    "blanks (t.conf:2)",
		    bad_people[i]);
		assert_refused(text, expected);
	}
	assert_refused("[class a]\ndurability = tape\n",
	    "class.a.durability: 'tape' is not one of store, disk, normal, memory (t.conf:2)");
	assert_refused("[class]\n", "a class needs a name, for example [class archive] (t.conf:1)");
	assert_refused("[class a/b]\n",
	    "'a/b' is no name for a class: 1 to 32 letters, digits, '_' and '-' (t.conf:1)");
	assert_refused("[class a]\nrooms = a\n[class b]\nrooms = b\n[class a]\nrooms = c\n",
	    "class.a.rooms was already set on line 2 (t.conf:6)");
	assert_refused("[class a]\nroms = a\n",
	    "class.roms is not a setting; did you mean class.rooms? (t.conf:2)");
	assert_set_refused("class.rooms", "a", "a class needs a name, for example [class archive]");
}

static void
test_more_classes_than_there_is_room_for(void **state)
{
	struct config config;
	char name[64];
	char error[512];

	(void)state;
	config_defaults(&config);
	for (int i = 0; i < CONFIG_CLASSES_MAX; i++) {
		snprintf(name, sizeof(name), "class.c%d.keep_hours", i);
		assert_true(set(&config, name, "1", error, sizeof(error)));
	}
	assert_false(set(&config, "class.more.keep_hours", "1", error, sizeof(error)));
	assert_string_equal(error, "[class more] is one too many: there can be 32 of them");
	config_free(&config);
}

static void
test_the_store_is_held_against_the_classes(void **state)
{
	struct config config;
	char error[512];

	(void)state;
	config_defaults(&config);
	assert_true(set(&config, "store.path", "", error, sizeof(error)));
	assert_false(check(&config, error, sizeof(error)));
	assert_string_equal(error,
	    "store.path is empty, but store.durability is disk; name a file, or set "
	    "store.durability to memory");
	assert_true(set(&config, "store.durability", "memory", error, sizeof(error)));
	assert_true(check(&config, error, sizeof(error)));
	assert_true(set(&config, "class.a.durability", "disk", error, sizeof(error)));
	assert_false(check(&config, error, sizeof(error)));
	assert_string_equal(error,
	    "class.a.durability is disk, but store.durability is memory and keeps no file; lower "
	    "the one or raise the other");
	config_free(&config);
	assert_set_refused("store.path", "hubbub.db",
	    "store.path: 'hubbub.db' is not an absolute path of at most 900 bytes, or empty");
	assert_check_refused("class.default.rooms", "a",
	    "[class default] is the class of all rooms that no other names; for other rules give "
	    "yours another name, and rooms = * as the last");
}

static void
test_settings_held_against_each_other(void **state)
{
	(void)state;
	assert_check_refused("limits.content_bytes", "70000",
	    "limits.content_bytes is 70000, more than limits.message_bytes, which is 65536; lower "
	    "the one or raise the other");
	assert_check_refused("limits.messages_burst", "10",
	    "limits.messages_per_second is 50, more than limits.messages_burst, which is 10; lower "
	    "the one or raise the other");
	assert_check_refused("hub.admin_socket", "/run/hubbub/hub.sock",
	    "hub.socket and hub.admin_socket are both /run/hubbub/hub.sock; give one another path");
	assert_check_refused("hub.status", "unix:/run/hubbub/admin.sock",
	    "hub.status is unix:/run/hubbub/admin.sock, another socket of the hub; give it another "
	    "path");
	assert_check_refused("listener.two.profile", "demo",
	    "listener.chat.address and listener.two.address are both 127.0.0.1:8000; give one "
	    "another port");
	assert_check_refused("listener.chat.proxy_protocol", "yes",
	    "listener.chat.proxy_protocol is on, but listener.chat.trusted_proxies is empty, so "
	    "that every connection would be closed; name the balancers");
	assert_check_refused("listener.chat.tls_certificate", "/a.pem",
	    "listener.chat.tls_certificate is set, but not listener.chat.tls_key; set both or "
	    "none");
	assert_check_refused("listener.chat.tls_key", "/a.key",
	    "listener.chat.tls_key is set, but not listener.chat.tls_certificate; set both or "
	    "none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_unknown_and_duplicate_keys),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_files_that_are_no_text),
		cmocka_unit_test(test_longest_line),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_wrong_classes),
		cmocka_unit_test(test_more_classes_than_there_is_room_for),
		cmocka_unit_test(test_the_store_is_held_against_the_classes),
		cmocka_unit_test(test_settings_held_against_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
