/* What servers say must be understood however it is cut, and nonsense must cost one connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/bench/peer.h"
#include "tests/bench/ws_frame.h"

#define MARK "#000003.00000005.00000000000000aa."
#define CONTENT MARK "xxxx"

struct scene {
	const struct peer *peer;
	struct peer_client client;
	struct peer_events events;
	unsigned joined, heard[2], markers[2], others;
	unsigned opcode;
	char sent[1024];
};

static const struct peer *const all[] = { &peer_room, &peer_native, &peer_native_ids, &peer_direct,
	&peer_pair, &peer_nats, &peer_jetstream, &peer_nchan, &peer_node };

static void
on_send(void *context, unsigned opcode, const char *bytes, size_t size)
{
	struct scene *scene = context;

	assert_true(size < sizeof(scene->sent));
	memcpy(scene->sent, bytes, size);
	scene->sent[size] = '\0';
	scene->opcode = opcode;
}

static void
on_joined(void *context)
{
	struct scene *scene = context;

	scene->joined++;
}

static void
on_heard(void *context, enum peer_kind kind, const char *bytes, size_t size)
{
	struct scene *scene = context;
	struct marker_finder finder = { 0 };
	struct marker marker;

	scene->heard[kind]++;
	if (marker_find(bytes, size, &finder, &marker) && marker.lane == 3 && marker.number == 5)
		scene->markers[kind]++;
}

static void
on_other(void *context, const char *bytes, size_t size)
{
	struct scene *scene = context;

	assert_true(size == 0 || bytes != NULL);
	scene->others++;
}

static void
set(struct scene *scene, const struct peer *peer, bool private)
{
	memset(scene, 0, sizeof(*scene));
	scene->peer = peer;
	scene->client.index = 6;
	scene->client.private = private;
	scene->events = (struct peer_events){
		.context = scene, .send = on_send, .joined = on_joined, .heard = on_heard
	};
	peer->opened(&scene->client, &scene->events);
}

/* From memory of exactly that size, so that a sanitizer sees every byte too many. */
static bool
feed(struct scene *scene, const char *bytes, size_t size)
{
	char *exact = malloc(size > 0 ? size : 1);
	bool taken;

	assert_non_null(exact);
	memcpy(exact, bytes, size);
	taken = scene->peer->received(&scene->client, &scene->events, exact, size);
	free(exact);
	return taken;
}

static bool
feed_text(struct scene *scene, const char *text)
{
	return feed(scene, text, strlen(text));
}

static const char *
say(struct scene *scene, bool private)
{
	static char out[sizeof(CONTENT) + PEER_FRAMING_MAX];
	const struct peer_message message = {
		.mark = MARK,
		.content = CONTENT,
		.size = sizeof(CONTENT) - 1,
		.to = 7,
		.to_id = "0000000b",
		.private = private,
	};
	size_t size = scene->peer->say(&scene->client, &message, out, sizeof(out) - 1);

	assert_true(size < sizeof(out));
	out[size] = '\0';
	return out;
}

static void
they_are_found_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_ptr_equal(peer_find(all[i]->name), all[i]);
	assert_null(peer_find("carrier pigeon"));
}

static void
room_comes_in_by_the_last_of_the_list(void **state)
{
	struct scene scene;

	(void)state;
	set(&scene, &peer_room, false);
	assert_string_equal(scene.sent, "{\"username\": \"load6\"}");
	assert_true(feed_text(&scene, "{\"type\": \"system\", \"content\": \"x\"}"));
	assert_true(feed_text(&scene, "{\"type\": \"user_list\", \"users\": []}"));
	assert_false(feed_text(&scene, "{\"type\": \"user_list\", \"users\": [{\"client_id\": "
				       "\"bf0c711a\", \"username\": \"load7\"}]}"));
	assert_true(
	    feed_text(&scene, "{\"type\": \"user_list\", \"users\": [{\"client_id\": \"aaaaaaaa\"},"
			      " {\"client_id\": \"bf0c711b\", \"username\": \"load6\"}]}"));
	assert_int_equal(scene.joined, 1);
	assert_string_equal(scene.client.id, "bf0c711b");
	assert_true(feed_text(&scene, "{\"type\": \"public\", \"content\": \"" CONTENT "\"}"));
	assert_int_equal(scene.markers[PEER_DELIVERY], 1);
	assert_string_equal(
	    say(&scene, false), "{\"type\": \"public\", \"content\": \"" CONTENT "\"}");
	assert_string_equal(say(&scene, true),
	    "{\"type\": \"private\", \"to\": \"0000000b\", \"content\": \"" CONTENT "\"}");
}

static void
native_tells_acks_from_messages(void **state)
{
	struct scene scene;

	(void)state;
	set(&scene, &peer_native_ids, false);
	assert_string_equal(scene.sent, "{\"type\":\"hello\",\"username\":\"load6\"}");
	assert_true(
	    feed_text(&scene, "{\"type\":\"welcome\",\"client_id\":\"bf0c711b\",\"user\":\"x\"}"));
	assert_int_equal(scene.joined, 1);
	assert_true(feed_text(&scene, "{\"type\":\"presence\",\"room\":\"lobby\"}"));
	assert_true(feed_text(&scene, "{\"type\":\"public\",\"content\":\"" CONTENT "\"}"));
	assert_true(feed_text(&scene, "{\"type\":\"ack\",\"id\":\"" MARK "\"}"));
	assert_int_equal(scene.heard[PEER_DELIVERY] + scene.heard[PEER_ANSWER], 2);
	assert_int_equal(scene.markers[PEER_DELIVERY], 1);
	assert_int_equal(scene.markers[PEER_ANSWER], 1);
	assert_string_equal(say(&scene, true),
	    "{\"type\":\"private\",\"to\":\"0000000b\",\"content\":\"" CONTENT "\",\"id\":\"" MARK
	    "\"}");
	set(&scene, &peer_native, false);
	assert_false(feed_text(&scene, "{\"type\":\"welcome\",\"client_id\":\"bf0c711b00\"}"));
	assert_string_equal(
	    say(&scene, false), "{\"type\":\"public\",\"content\":\"" CONTENT "\"}");
}

static void
direct_and_pair_write_to_users(void **state)
{
	char target[PEER_PATH_MAX];
	struct scene scene;

	(void)state;
	set(&scene, &peer_direct, true);
	assert_int_equal(scene.joined, 1);
	peer_direct.target(&scene.client, "/ws", target);
	assert_string_equal(target, "/ws/load6?token=load");
	assert_string_equal(
	    say(&scene, true), "{\"content\": \"" CONTENT "\", \"to_user\": \"load7\"}");
	assert_true(feed_text(&scene, "{\"from\": \"load7\", \"content\": \"" CONTENT
				      "\", \"timestamp\": null, \"type\": \"message\"}"));
	assert_int_equal(scene.markers[PEER_DELIVERY], 1);
	scene.events.other = on_other;
	assert_true(feed_text(&scene, "{\"type\": \"info\", \"content\": \"x\"}"));
	assert_int_equal(scene.others, 1);

	set(&scene, &peer_pair, true);
	assert_int_equal(scene.joined, 1);
	peer_pair.target(&scene.client, "/ws", target);
	assert_string_equal(target, "/ws/6");
	assert_string_equal(say(&scene, true), "7:" CONTENT);
	assert_true(feed_text(&scene, "Client #7 says: " CONTENT));
	assert_int_equal(scene.markers[PEER_DELIVERY], 1);
	scene.events.other = on_other;
	assert_true(feed_text(&scene, "Client #7 left the chat"));
	assert_int_equal(scene.others, 1);
}

static void
what_is_no_message_is_told_to_who_asks(void **state)
{
	struct scene scene;

	(void)state;
	set(&scene, &peer_room, false);
	scene.client.in = true;
	scene.events.other = on_other;
	assert_true(feed_text(&scene, "{\"type\": \"system\", \"content\": \"" MARK "\"}"));
	assert_int_equal(scene.others, 1);
	assert_int_equal(scene.markers[PEER_DELIVERY], 0);
	assert_true(feed_text(&scene, "{\"type\": \"private\", \"content\": \"" MARK "\"}"));
	assert_int_equal(scene.markers[PEER_DELIVERY], 1);
	set(&scene, &peer_native, false);
	scene.client.in = true;
	scene.events.other = on_other;
	assert_true(feed_text(&scene, "{\"type\":\"presence\"}"));
	assert_int_equal(scene.others, 1);
}

static void
nchan_and_node_speak_plainly(void **state)
{
	char target[PEER_PATH_MAX];
	struct scene scene;

	(void)state;
	set(&scene, &peer_nchan, true);
	assert_int_equal(scene.joined, 1);
	peer_nchan.target(&scene.client, "/room", target);
	assert_string_equal(target, "/user?me=6&to=7");
	assert_string_equal(say(&scene, true), CONTENT);
	assert_true(feed_text(&scene, CONTENT));
	assert_int_equal(scene.markers[PEER_DELIVERY], 1);

	set(&scene, &peer_node, true);
	assert_true(feed_text(&scene, "{\"welcome\":\"12\"}"));
	assert_string_equal(scene.client.id, "12");
	assert_true(feed_text(&scene, "{\"type\":\"private\",\"content\":\"" CONTENT "\"}"));
	assert_int_equal(scene.markers[PEER_DELIVERY], 1);
	set(&scene, &peer_node, true);
	assert_false(feed_text(&scene, "{\"welcome\":\"a very long id\"}"));
	assert_false(feed_text(&scene, "{\"welcome\":\""));
}

static void
nats_is_understood_wherever_it_is_cut(void **state)
{
	static const char stream[] =
	    "INFO {\"server_id\":\"x\"}\r\nPONG\r\n"
	    "MSG room 1 38\r\n" CONTENT "\r\nMSG room 1 r.1 38\r\n" CONTENT "\r\nPING\r\n"
	    "+OK\r\nINFO {}\r\nMSG a.6." MARK "a 2 10\r\n{\"seq\":12}\r\nMSG room 1 0\r\n\r\n";
	const size_t size = sizeof(stream) - 1;
	struct scene scene;

	(void)state;
	for (size_t first = 0; first < size; first++) {
		for (size_t step = 1; step < 40; step += 13) {
			set(&scene, &peer_jetstream, false);
			assert_true(feed(&scene, stream, first));
			for (size_t at = first; at < size; at += step)
				assert_true(
				    feed(&scene, stream + at, size - at < step ? size - at : step));
			assert_int_equal(scene.joined, 1);
			assert_int_equal(scene.heard[PEER_DELIVERY], 3);
			assert_int_equal(scene.markers[PEER_DELIVERY], 2);
			assert_int_equal(scene.markers[PEER_ANSWER], 1);
			assert_int_equal(scene.client.kept_size, 0);
			assert_string_equal(scene.sent, "PONG\r\n");
			assert_int_equal(scene.opcode, WS_BINARY);
			peer_client_reset(&scene.client);
		}
	}
}

static void
nats_introduces_itself_once(void **state)
{
	struct scene scene;

	(void)state;
	set(&scene, &peer_nats, true);
	assert_true(feed_text(&scene, "INFO {}\r\n"));
	assert_non_null(strstr(scene.sent, "\r\nSUB u.6 1\r\nSUB a.6.> 2\r\nPING\r\n"));
	scene.sent[0] = '\0';
	assert_true(feed_text(&scene, "INFO {}\r\n"));
	assert_string_equal(scene.sent, "");
	assert_string_equal(say(&scene, true), "PUB u.7 38\r\n" CONTENT "\r\n");
	assert_string_equal(say(&scene, false), "PUB room 38\r\n" CONTENT "\r\n");
	set(&scene, &peer_jetstream, true);
	assert_string_equal(say(&scene, true), "PUB u.7 a.6." MARK "a 38\r\n" CONTENT "\r\n");
	peer_client_reset(&scene.client);
}

static void
nats_refuses_what_is_none(void **state)
{
	static const char *const wrong[] = { "\r\n", "HELLO\r\n", "-ERR 'no'\r\n", "MSG\r\n",
		"MSG room 1\r\n", "MSG room 1 -1\r\n", "MSG room 1 99999999\r\n",
		"MSG room 1 9999999\r\n", "MSG room 1 2\r\nabcd", "MSG room 1 2x\r\nab\r\n",
		"MSG a.6.x 2 17\r\n{\"error\":{\"c\":1}}\r\n", "MSG a 2 3 4 5 6 7\r\n" };
	static char endless[20000];
	struct scene scene;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		set(&scene, &peer_jetstream, true);
		assert_false(feed_text(&scene, wrong[i]));
		assert_int_equal(scene.heard[PEER_DELIVERY] + scene.heard[PEER_ANSWER], 0);
		peer_client_reset(&scene.client);
	}
	set(&scene, &peer_nats, true);
	memset(endless, 'x', sizeof(endless));
	assert_false(feed(&scene, endless, sizeof(endless)));
	peer_client_reset(&scene.client);
}

static uint32_t
draw(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Pieces of every protocol, cut and bent at random: sanitizers judge. */
static void
strange_bytes_do_no_harm(void **state)
{
	static const char *const pieces[] = { "MSG room 1 5\r\nabcde\r\n", "INFO {}\r\n", "\r\n",
		"\"user_list\"", "\"client_id\": \"", "{\"type\":\"welcome\"", "\"client_id\":\"",
		"{\"welcome\":\"", "{\"type\":\"ack\"", "{\"type\":\"public\"", MARK, "\"",
		"1048576", "PING\r\n", "PONG\r\n", "#", "MSG a 2 b 1\r\n" };
	char bytes[256];
	uint32_t seed = 1;

	(void)state;
	for (unsigned turn = 0; turn < 20000; turn++) {
		struct scene scene;
		bool good = true;

		set(&scene, all[turn % (sizeof(all) / sizeof(all[0]))], turn % 2 == 0);
		for (unsigned frame = 0; good && frame < 8; frame++) {
			const char *one =
			    pieces[draw(&seed) % (sizeof(pieces) / sizeof(pieces[0]))];
			const char *two =
			    pieces[draw(&seed) % (sizeof(pieces) / sizeof(pieces[0]))];
			int size = snprintf(bytes, sizeof(bytes), "%s%s", one, two);

			if (draw(&seed) % 3 == 0)
				bytes[draw(&seed) % (uint32_t)size] = (char)draw(&seed);
			good = feed(&scene, bytes, draw(&seed) % ((uint32_t)size + 1));
		}
		assert_true(scene.joined <= 1 && strlen(scene.client.id) < PEER_ID_SIZE);
		peer_client_reset(&scene.client);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_found_by_name),
		cmocka_unit_test(room_comes_in_by_the_last_of_the_list),
		cmocka_unit_test(native_tells_acks_from_messages),
		cmocka_unit_test(direct_and_pair_write_to_users),
		cmocka_unit_test(what_is_no_message_is_told_to_who_asks),
		cmocka_unit_test(nchan_and_node_speak_plainly),
		cmocka_unit_test(nats_is_understood_wherever_it_is_cut),
		cmocka_unit_test(nats_introduces_itself_once),
		cmocka_unit_test(nats_refuses_what_is_none),
		cmocka_unit_test(strange_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
