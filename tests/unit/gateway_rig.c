/* See gateway_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_rig.h"

#define ROOM "lobby"

static char heard[1024 * 1024];

/* Bytes of the first frame, header included, and of its payload. */
static size_t
frame_size(const char *bytes, size_t length, size_t *payload_out)
{
	const unsigned char *b = (const unsigned char *)bytes;
	size_t header = 2;
	size_t payload;

	assert_true(length >= 2);
	assert_int_equal(b[0] & 0x70, 0);
	assert_true((b[0] & 0x80) != 0 && (b[1] & 0x80) == 0);
	payload = b[1];
	if (payload >= 126) {
		size_t extra = payload == 126 ? 2 : 8;

		assert_true(length >= header + extra);
		payload = 0;
		for (size_t i = 0; i < extra; i++)
			payload = payload << 8 | b[header + i];
		header += extra;
	}
	assert_true(length >= header + payload);
	*payload_out = payload;
	return header + payload;
}

/* Takes whole frames as long as they fit, like a socket whose library keeps the cut one. */
static size_t
fake_write(void *context, const struct iovec *runs, int count)
{
	struct rig_peer *peer = context;
	struct buffer offered;
	size_t taken = 0;
	size_t payload;

	assert_int_equal(peer->closes, 0);
	assert_non_null(peer->session);
	peer->writes++;
	peer->last_write = ++peer->rig->writes;
	buffer_init(&offered, 0);
	for (int i = 0; i < count; i++)
		buffer_append(&offered, runs[i].iov_base, runs[i].iov_len);
	while (taken < offered.length) {
		size_t size = frame_size(offered.data + taken, offered.length - taken, &payload);

		if (size > peer->room - taken)
			break;
		taken += size;
	}
	peer->rig->frame_bytes += taken;
	if (!peer->rig->keeps_first || peer->writes == 1)
		buffer_append(&peer->taken, offered.data, taken);
	peer->room -= taken;
	buffer_free(&offered);
	return taken;
}

static void
fake_close(void *context, enum close_code code, struct text reason)
{
	struct rig_peer *peer = context;

	peer->closes++;
	peer->close_code = code;
	assert_true(reason.length < sizeof(peer->close_reason));
	memcpy(peer->close_reason, reason.data, reason.length);
	peer->close_reason[reason.length] = '\0';
}

static void
fake_read_more(void *context, bool wanted)
{
	(void)context;
	(void)wanted;
}

static void
fake_connect(void *context)
{
	((struct rig *)context)->connects++;
}

static void
fake_uplink_send(void *context, const void *frames, size_t length)
{
	struct rig *rig = context;
	const char *at = frames;
	struct envelope envelope;

	for (size_t size; length > 0; at += size, length -= size) {
		size = ENVELOPE_HEADER_SIZE + envelope_header_read(at);
		assert_true(size <= length);
		assert_true(envelope_decode(rig->decoder, at + ENVELOPE_HEADER_SIZE,
		    size - ENVELOPE_HEADER_SIZE, &envelope));
		buffer_append(
		    envelope.kind == ENVELOPE_REPORT ? &rig->reported : &rig->said, at, size);
	}
}

static size_t
fake_queued(void *context)
{
	return ((struct rig *)context)->queued;
}

static void
fake_drop(void *context, enum link_loss why)
{
	((struct rig *)context)->drops++;
	((struct rig *)context)->dropped = why;
}

void
rig_create(struct rig *rig, void (*adjust)(struct config_limits *limits))
{
	struct gateway_core_setup setup = {
		.name = "gw-1",
		.transport = { fake_write, fake_close, fake_read_more },
		.uplink = { fake_connect, fake_uplink_send, fake_queued, fake_drop, rig },
	};
	struct config config;

	*rig = (struct rig){ .now = { 1000000, 1700000000000 }, .seed = 7 };
	config_defaults(&config);
	if (adjust != NULL)
		adjust(&config.limits);
	rig->metrics = metrics_create();
	rig->mount = (struct mount){ .dialect = &rig_dialect, .room = ROOM, .realm = "room" };
	rig->decoder = envelope_decoder_create();
	rig->peers = calloc(RIG_PEERS_MAX, sizeof(*rig->peers));
	rig->auth = auth_create(
	    &(struct auth_setup){ .config = &config.auth, .random = random_seeded(&rig->seed) });
	assert_non_null(rig->auth);
	setup.auth = rig->auth;
	setup.limits = config.limits;
	setup.random = random_seeded(&rig->seed);
	setup.metrics = rig->metrics;
	setup.now = rig->now;
	rig->core = gateway_core_create(&setup);
	config_free(&config);
	assert_non_null(rig->core);
}

void
rig_destroy(struct rig *rig)
{
	gateway_core_destroy(&rig->core);
	auth_destroy(&rig->auth);
	for (unsigned i = 0; i < rig->peer_count; i++)
		buffer_free(&rig->peers[i].taken);
	free(rig->peers);
	buffer_free(&rig->said);
	buffer_free(&rig->reported);
	envelope_decoder_destroy(&rig->decoder);
	metrics_destroy(&rig->metrics);
}

void
rig_turn(struct rig *rig)
{
	gateway_core_turn(rig->core, rig->now);
}

void
rig_after(struct rig *rig, uint64_t ms)
{
	rig->now.mono_ms += ms;
	rig->now.wall_ms += (int64_t)ms;
	rig_turn(rig);
}

void
rig_hub(struct rig *rig, struct envelope envelope)
{
	assert_int_equal(gateway_core_hub_envelope(rig->core, rig->now, &envelope), LINK_ALIVE);
}

void
rig_welcome(struct rig *rig, uint64_t hub_epoch)
{
	gateway_core_hub_connected(rig->core, rig->now);
	rig_turn(rig);
	rig_hub(rig, (struct envelope){ .kind = ENVELOPE_WELCOME,
			 .welcome = { .link_version = LINK_VERSION,
			     .hub_epoch = hub_epoch,
			     .software = TEXT("hub") } });
}

void
rig_roster_end(struct rig *rig)
{
	rig_hub(rig, (struct envelope){ .kind = ENVELOPE_ROSTER_END, .roster_end = { 1, 1 } });
}

void
rig_attach(struct rig *rig)
{
	rig_welcome(rig, 77);
	rig_roster_end(rig);
	rig_turn(rig);
	rig_forget_said(rig);
}

void
rig_lose(struct rig *rig)
{
	gateway_core_hub_lost(rig->core, rig->now, LINK_CLOSED_BY_PEER);
	rig_turn(rig);
	rig_forget_said(rig);
}

static struct envelope
next_of(struct rig *rig, struct buffer *frames, enum envelope_kind kind)
{
	static char frame[ENVELOPE_FRAME_MAX];
	struct envelope envelope;
	uint32_t length;

	assert_true(frames->length >= ENVELOPE_HEADER_SIZE);
	length = envelope_header_read(frames->data);
	assert_true(frames->length >= ENVELOPE_HEADER_SIZE + length);
	memcpy(frame, frames->data + ENVELOPE_HEADER_SIZE, length);
	buffer_consume(frames, ENVELOPE_HEADER_SIZE + length);
	assert_true(envelope_decode(rig->decoder, frame, length, &envelope));
	assert_string_equal(envelope_kind_name(envelope.kind), envelope_kind_name(kind));
	return envelope;
}

struct envelope
rig_said(struct rig *rig, enum envelope_kind kind)
{
	return next_of(rig, &rig->said, kind);
}

struct envelope
rig_reported(struct rig *rig)
{
	return next_of(rig, &rig->reported, ENVELOPE_REPORT);
}

void
rig_said_nothing(struct rig *rig)
{
	assert_int_equal(rig->said.length, 0);
}

void
rig_forget_said(struct rig *rig)
{
	buffer_clear(&rig->said);
}

struct rig_peer *
rig_connect_as(struct rig *rig, const struct dialect *dialect)
{
	struct client_request request = {
		.mount = &rig->mount,
		.address = TEXT("192.0.2.1"),
		.proof = rig->proof,
	};
	struct rig_peer *peer = &rig->peers[rig->peer_count++];

	assert_true(rig->peer_count <= RIG_PEERS_MAX);
	rig->mount.dialect = dialect;
	peer->rig = rig;
	peer->room = SIZE_MAX;
	peer->session = gateway_core_client_opened(rig->core, rig->now, peer, &request);
	return peer;
}

struct rig_peer *
rig_connect(struct rig *rig)
{
	return rig_connect_as(rig, &rig_dialect);
}

struct rig_peer *
rig_connect_loud(struct rig *rig)
{
	return rig_connect_as(rig, &rig_loud_dialect);
}

void
rig_send(struct rig_peer *peer, const char *message)
{
	gateway_core_client_received(
	    peer->rig->core, peer->session, peer->rig->now, FRAME_TEXT, text_of(message));
}

void
rig_open(struct rig_peer *peer, uint32_t client, const char *name)
{
	struct rig *rig = peer->rig;

	rig_send(peer, name);
	rig_turn(rig);
	peer->conn = rig_said(rig, ENVELOPE_OPEN).open.conn;
	rig_said(rig, ENVELOPE_JOIN);
	rig_hub(rig, (struct envelope){ .kind = ENVELOPE_OPENED,
			 .opened = { peer->conn, client, text_of(name) } });
	rig_hub(rig, (struct envelope){ .kind = ENVELOPE_JOINED,
			 .joined = { peer->conn, TEXT(ROOM), ++rig->ordinal, 5, 0 } });
}

void
rig_entered(struct rig *rig, uint32_t client, const char *name, uint64_t ordinal)
{
	rig_hub(rig, (struct envelope){ .kind = ENVELOPE_ENTERED,
			 .entered = { TEXT(ROOM), client, text_of(name), ordinal, 1 } });
}

void
rig_exited(struct rig *rig, uint32_t client)
{
	rig_hub(
	    rig, (struct envelope){ .kind = ENVELOPE_EXITED, .exited = { TEXT(ROOM), client, 1 } });
}

void
rig_deliver(struct rig *rig, const char *from, const char *content)
{
	rig_hub(rig, (struct envelope){ .kind = ENVELOPE_DELIVER,
			 .deliver = { .room = TEXT(ROOM),
			     .from_name = text_of(from),
			     .content = text_of(content) } });
}

struct rig_peer *
rig_login(struct rig *rig, uint32_t client, const char *name)
{
	struct rig_peer *peer = rig_connect(rig);

	rig_open(peer, client, name);
	rig_entered(rig, client, name, rig->ordinal);
	rig_turn(rig);
	rig_forget_said(rig);
	for (unsigned i = 0; i < rig->peer_count; i++)
		rig_forget_heard(&rig->peers[i]);
	return peer;
}

const char *
rig_next(struct rig_peer *peer)
{
	size_t payload;
	size_t size;

	assert_true(peer->taken.length > 0);
	size = frame_size(peer->taken.data, peer->taken.length, &payload);
	assert_true(payload < sizeof(heard));
	memcpy(heard, peer->taken.data + size - payload, payload);
	heard[payload] = '\0';
	if ((peer->taken.data[0] & 0x0F) == FRAME_PING && memchr(heard, '.', payload) == NULL)
		strcpy(heard, "PING");
	buffer_consume(&peer->taken, size);
	return heard;
}

size_t
rig_unheard(const struct rig_peer *peer)
{
	return peer->taken.length;
}

void
rig_forget_heard(struct rig_peer *peer)
{
	buffer_clear(&peer->taken);
	peer->writes = 0;
}

int64_t
rig_count(struct rig *rig, const char *series)
{
	struct buffer page;
	const char *line;
	char start[256];
	int64_t value;

	snprintf(start, sizeof(start), "\n%s ", series);
	buffer_init(&page, 0);
	metrics_render(rig->metrics, &page);
	buffer_append_byte(&page, 0);
	line = strstr(page.data, start);
	assert_non_null(line);
	value = strtoll(line + strlen(start), NULL, 10);
	buffer_free(&page);
	return value;
}
