/* The groups, what they say and what they hear. Knows sockets only through load_client. */
#include "tests/bench/crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/histogram.h"

#define NS_PER_S 1e9

/* Where a frame says what it is, if it does. */
#define BEGINNING 24u

/* What should not be is shown so often, and so much of it. */
#define COMPLAINTS 10u
#define SHOWN ((size_t)200)

static bool
contains(const char *bytes, size_t size, const char *words)
{
	return memmem(bytes, size, words, strlen(words)) != NULL;
}

static void
on_joined(void *context, struct load_client *client)
{
	struct crowd_group *group = context;

	(void)client;
	group->crowd->joined++;
}

static void
on_gone(void *context, struct load_client *client, const char *why)
{
	struct crowd_group *group = context;

	if (group->crowd->sums.gone++ < COMPLAINTS)
		fprintf(stderr, "crowd: %s client %u at %s: %s\n", group->peer->name,
		    client->peer.index, group->path, why);
}

/* Nobody comes and nobody goes, so nothing need be said of it. */
static void
on_other(void *context, struct load_client *client, const char *bytes, size_t size)
{
	struct crowd_group *group = context;
	struct crowd_sums *sums = &group->crowd->sums;
	size_t beginning = size < BEGINNING ? size : BEGINNING;

	if (!group->crowd->talking)
		return;
	if (contains(bytes, beginning, "hub_")) {
		sums->degraded++;
		return;
	}
	if (contains(bytes, beginning, "\"error\"") || contains(bytes, size, "\"info\"") ||
	    contains(bytes, size, " is not here"))
		sums->refused++;
	else
		sums->notices++;
	if (sums->refused + sums->notices <= COMPLAINTS)
		fprintf(stderr, "crowd: %s client %u at %s heard %.*s\n", group->peer->name,
		    client->peer.index, group->path, (int)(size < SHOWN ? size : SHOWN), bytes);
}

static void
follow_seq(struct crowd_group *group, unsigned index, bool publicly, const char *bytes, size_t size)
{
	static const char key[] = "\"seq\":";
	const char *at = memmem(bytes, size, key, sizeof(key) - 1);
	uint64_t *place = publicly ? &group->places[index].room : &group->places[index].inbox;
	uint64_t seq;

	if (at == NULL)
		return;
	seq = strtoull(at + sizeof(key) - 1, NULL, 10);
	if (*place != 0 && seq <= *place)
		group->crowd->sums.repeated++;
	else if (*place != 0 && seq > *place + 1)
		group->crowd->sums.skipped++;
	if (seq > *place)
		*place = seq;
}

static void
note_time(struct crowd *crowd, unsigned port, uint64_t due_ns, uint64_t now_ns)
{
	struct crowd_window *window = &crowd->window;
	uint64_t silence = now_ns - window->heard_ns[port];

	if (silence > window->silence_ns[port])
		window->silence_ns[port] = silence;
	window->heard_ns[port] = now_ns;
	window->heard++;
	histogram_record(window->latency, now_ns > due_ns ? now_ns - due_ns : 0);
	crowd->heard_ns = now_ns;
}

/* Notes it where it belongs: lanes of the hall first, then one for each pair of the group. */
static bool
note(struct crowd_group *group, unsigned index, enum peer_kind kind, const struct marker *marker)
{
	unsigned lanes = group->hall->lanes;
	unsigned pair = marker->lane - lanes;

	if (marker->lane < lanes && kind == PEER_DELIVERY)
		return marker_book_note(
		    &group->hall->book, group->first_ear + index, marker->lane, marker->number);
	if (marker->lane < lanes)
		return marker_book_note(
		    &group->answers, 0, marker->lane - group->first_lane, marker->number);
	if (index / 2 != pair)
		pair = UINT32_MAX;
	return marker_book_note(
	    index % 2 == 0 ? &group->copies : &group->told, pair, 0, marker->number);
}

static void
on_heard(void *context, struct load_client *client, enum peer_kind kind, const char *bytes,
    size_t size, uint64_t now_ns)
{
	struct crowd_group *group = context;
	struct crowd *crowd = group->crowd;
	unsigned index = client->peer.index;
	struct marker marker;

	if (!crowd->talking || !marker_find(bytes, size, &group->finders[kind], &marker))
		return;
	if (group->places != NULL && kind == PEER_DELIVERY)
		follow_seq(group, index, marker.lane < group->hall->lanes, bytes, size);
	if (note(group, index, kind, &marker))
		note_time(crowd, index % crowd->port_count, marker.due_ns, now_ns);
}

static struct crowd_hall *
hall_of(struct crowd *crowd, const char *path)
{
	for (unsigned i = 0; i < crowd->hall_count; i++) {
		if (strcmp(crowd->halls[i].path, path) == 0)
			return &crowd->halls[i];
	}
	crowd->halls[crowd->hall_count].path = path;
	return &crowd->halls[crowd->hall_count++];
}

bool
crowd_add(struct crowd *crowd, const struct peer *peer, const char *path, unsigned clients,
    double publicly, double privately)
{
	struct crowd_group *group = &crowd->groups[crowd->group_count];

	if (crowd->group_count == CROWD_GROUPS_MAX) {
		fprintf(stderr, "crowd: too many groups\n");
		return false;
	}
	crowd->group_count++;
	group->crowd = crowd;
	group->peer = peer;
	group->path = path;
	group->clients = clients;
	group->publicly.rate = publicly;
	group->privately.rate = privately;
	group->hall = hall_of(crowd, path);
	group->first_ear = group->hall->ears;
	group->first_lane = group->hall->lanes;
	if (publicly > 0)
		group->lanes = clients < CROWD_SPEAKERS ? clients : CROWD_SPEAKERS;
	if (privately > 0)
		group->pairs = clients / 2;
	group->hall->ears += clients;
	group->hall->lanes += group->lanes;
	return true;
}

/* How many one lane has at most, of so many that take turns. */
static uint32_t
numbers(struct crowd_stream *stream, unsigned lanes, unsigned seconds)
{
	uint32_t each = 1 + (uint32_t)(stream->rate * seconds / (lanes > 0 ? lanes : 1));

	stream->most = (uint64_t)each * lanes;
	return each;
}

static bool
open_group(struct crowd *crowd, struct crowd_group *group)
{
	uint32_t of_lane = numbers(&group->publicly, group->lanes, crowd->most_seconds);
	uint32_t of_pair = numbers(&group->privately, group->pairs, crowd->most_seconds);

	group->net = (struct load_net){
		.events = { group, on_joined, on_heard, on_other, on_gone },
		.ports = crowd->ports,
		.port_count = crowd->port_count,
		.address = crowd->address,
		.path = group->path,
		.peer = group->peer,
	};
	if (group->peer->subprotocol != NULL)
		group->places = calloc(group->clients, sizeof(*group->places));
	return (group->peer->subprotocol == NULL || group->places != NULL) &&
	       load_net_open(&group->net, group->clients) &&
	       marker_book_open(&group->told, group->pairs, 1, of_pair) &&
	       marker_book_open(&group->copies, group->pairs, 1, of_pair) &&
	       marker_book_open(&group->answers, 1, group->lanes, of_lane);
}

/* As many numbers as its busiest lane has. */
static bool
open_hall(const struct crowd *crowd, struct crowd_hall *hall)
{
	uint32_t most = 1;

	for (unsigned i = 0; i < crowd->group_count; i++) {
		const struct crowd_group *group = &crowd->groups[i];

		if (group->hall == hall && group->answers.numbers > most)
			most = group->answers.numbers;
	}
	return marker_book_open(&hall->book, hall->ears, hall->lanes, most);
}

bool
crowd_open(struct crowd *crowd)
{
	bool opened = true;

	memset(crowd->content, 'x', sizeof(crowd->content));
	crowd->window.latency = histogram_new();
	opened = crowd->window.latency != NULL;
	for (unsigned i = 0; opened && i < crowd->group_count; i++)
		opened = open_group(crowd, &crowd->groups[i]);
	for (unsigned i = 0; opened && i < crowd->hall_count; i++)
		opened = open_hall(crowd, &crowd->halls[i]);
	if (!opened)
		fprintf(stderr, "crowd: not enough memory\n");
	return opened;
}

void
crowd_close(struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->group_count; i++) {
		struct crowd_group *group = &crowd->groups[i];

		if (group->net.clients != NULL)
			load_net_close(&group->net);
		marker_book_close(&group->told);
		marker_book_close(&group->copies);
		marker_book_close(&group->answers);
		free(group->places);
	}
	for (unsigned i = 0; i < crowd->hall_count; i++)
		marker_book_close(&crowd->halls[i].book);
	histogram_destroy(&crowd->window.latency);
}

void
crowd_look(struct crowd *crowd, uint64_t now_ns)
{
	struct crowd_window *window = &crowd->window;

	histogram_destroy(&window->latency);
	*window = (struct crowd_window){ .began_ns = now_ns, .latency = histogram_new() };
	if (window->latency == NULL)
		abort();
	for (unsigned port = 0; port < crowd->port_count; port++)
		window->heard_ns[port] = now_ns;
}

static void
say(struct crowd_group *group, bool publicly, uint64_t count, uint64_t due_ns)
{
	struct crowd *crowd = group->crowd;
	unsigned lanes = publicly ? group->lanes : group->pairs;
	unsigned turn = (unsigned)(count % lanes);
	struct marker marker = {
		.lane = turn + (publicly ? group->first_lane : group->hall->lanes),
		.number = (uint32_t)(count / lanes),
		.due_ns = due_ns,
	};
	struct load_client *from = &group->net.clients[publicly ? turn : 2 * turn];
	struct peer_message message = {
		.mark = crowd->content,
		.content = crowd->content,
		.size = crowd->bytes,
		.private = !publicly,
	};

	if (!publicly) {
		message.to = peer_partner(&from->peer);
		message.to_id = group->net.clients[message.to].peer.id;
	}
	marker_write(crowd->content, &marker);
	load_client_say(&group->net, from, &message);
	if (publicly)
		group->hall->said++;
	crowd->window.said++;
}

static uint64_t
due_of(const struct crowd *crowd, const struct crowd_stream *stream)
{
	if (stream->rate <= 0 || stream->said >= stream->most)
		return UINT64_MAX;
	return crowd->begun_ns + (uint64_t)((double)stream->said * NS_PER_S / stream->rate);
}

static uint64_t
talk(struct crowd_group *group, bool publicly, uint64_t now_ns)
{
	struct crowd *crowd = group->crowd;
	struct crowd_stream *stream = publicly ? &group->publicly : &group->privately;
	uint64_t due_ns;

	while ((due_ns = due_of(crowd, stream)) <= now_ns) {
		say(group, publicly, stream->said++, due_ns);
		if (now_ns - due_ns > crowd->window.send_lag_ns)
			crowd->window.send_lag_ns = now_ns - due_ns;
	}
	return due_ns;
}

uint64_t
crowd_talk(struct crowd *crowd, uint64_t now_ns)
{
	uint64_t next_ns = UINT64_MAX;

	for (unsigned i = 0; i < 2 * crowd->group_count; i++) {
		uint64_t due_ns = talk(&crowd->groups[i / 2], i % 2 == 0, now_ns);

		next_ns = due_ns < next_ns ? due_ns : next_ns;
	}
	return next_ns;
}

static void
add_book(struct crowd_account *account, const struct marker_book *book)
{
	account->heard += book->heard;
	account->duplicates += book->duplicates;
	account->misordered += book->misordered;
	account->foreign += book->foreign;
}

void
crowd_count(const struct crowd *crowd, struct crowd_account *account_out)
{
	*account_out = (struct crowd_account){ 0 };
	for (unsigned i = 0; i < crowd->hall_count; i++) {
		account_out->said += crowd->halls[i].said;
		account_out->expected += crowd->halls[i].said * crowd->halls[i].ears;
		add_book(account_out, &crowd->halls[i].book);
	}
	for (unsigned i = 0; i < crowd->group_count; i++) {
		const struct crowd_group *group = &crowd->groups[i];
		uint64_t told = group->privately.said;

		account_out->said += told;
		account_out->expected += told;
		if (group->peer->answers_private)
			account_out->expected += told;
		if (group->peer->answers_public)
			account_out->expected += group->publicly.said;
		add_book(account_out, &group->told);
		add_book(account_out, &group->copies);
		add_book(account_out, &group->answers);
	}
}
