/*
 * Whole dialects inside a real gateway core: the input is what one client says, message by
 * message, and this file plays the hub. Whatever comes in, every frame that goes out must
 * be one a strict client takes.
 *
 * Input: a first byte that picks the mount, then messages, each ended by a byte 0xFE (text)
 * or 0xFF (binary), which no UTF-8 text contains.
 */
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "gateway/gateway_core.h"
#include "gateway/mounts.h"
#include "tests/fuzz/fuzz.h"

#define MOUNTS                                                     \
	"/a room, /b echo, /c/{item} items, /d mirror, /e/{user} " \
	"direct, /f/{id:int} pair, /g/{name} lobby, /h native"
#define CLIENT_ID 0x0badcafe
#define CLIENT_TEXT TEXT("0badcafe")
#define INBOX_EPOCH 5

struct bench {
	struct gateway_core *core;
	struct envelope_decoder *decoder;
	const struct dialect *dialect;
	struct now now;
	struct session *session;
	bool closed;
	bool connecting;
	uint64_t whispers; /* in the inbox */
	struct buffer to_hub;
};

static void
demand(bool kept)
{
	if (!kept)
		abort();
}

/* The payload behind the header of one whole server frame; the frame's length in *size_out. */
static struct text
payload_of(struct text rest, size_t *size_out)
{
	const uint8_t *bytes = (const uint8_t *)rest.data;
	size_t header = 2;
	uint64_t length;

	demand(rest.length >= 2 && (bytes[0] & 0x70) == 0 && (bytes[0] & 0x80) != 0);
	length = bytes[1];
	if (length >= 126) {
		size_t width = length == 126 ? 2 : 8;

		header += width;
		demand(rest.length >= header);
		length = 0;
		for (size_t i = 0; i < width; i++)
			length = length << 8 | bytes[2 + i];
	}
	demand(length <= rest.length - header);
	*size_out = header + (size_t)length;
	return (struct text){ rest.data + header, (size_t)length };
}

static bool
speaks_json(const struct dialect *dialect)
{
	return strcmp(dialect->name, "room") == 0 || strcmp(dialect->name, "direct") == 0 ||
	       strcmp(dialect->name, "native") == 0;
}

static size_t
on_write(void *peer, const struct iovec *runs, int count)
{
	const struct bench *bench = peer;
	size_t taken = 0;

	demand(!bench->closed);
	for (int i = 0; i < count; i++) {
		struct text rest = { runs[i].iov_base, runs[i].iov_len };

		while (rest.length > 0) {
			size_t size;
			struct text payload = payload_of(rest, &size);
			const char *why;
			struct json *frame;

			if ((rest.data[0] & 0x0f) == FRAME_TEXT)
				demand(text_is_utf8(payload));
			if (speaks_json(bench->dialect) && (rest.data[0] & 0x0f) == FRAME_TEXT) {
				frame = json_parse_object(payload, &why);
				demand(frame != NULL);
				json_destroy(&frame);
			}
			rest.data += size;
			rest.length -= size;
		}
		taken += runs[i].iov_len;
	}
	return taken;
}

static void
on_close(void *peer, enum close_code code, struct text reason)
{
	struct bench *bench = peer;

	demand(!bench->closed && reason.length <= 123 && text_is_utf8(reason));
	demand(code == CLOSE_DROP || (code >= 1000 && code < 1015));
	bench->closed = true;
}

static void
on_read_more(void *peer, bool wanted)
{
	(void)peer;
	(void)wanted;
}

static void
on_connect(void *context)
{
	((struct bench *)context)->connecting = true;
}

static void
on_send(void *context, const void *frames, size_t length)
{
	buffer_append(&((struct bench *)context)->to_hub, frames, length);
}

static size_t
on_queued(void *context)
{
	(void)context;
	return 0;
}

static void
on_drop(void *context, enum link_loss why)
{
	(void)context;
	(void)why;
	abort(); /* this hub gives no reason to */
}

static void
tell(struct bench *bench, struct envelope envelope)
{
	demand(gateway_core_hub_envelope(bench->core, bench->now, &envelope) == LINK_ALIVE);
}

/* Everybody has this name, so that what is done to names is done to this one as well. */
#define NAME TEXT("小明 \\\"<")

static void
hub_opens(struct bench *bench, const struct envelope_open *open)
{
	demand(text_is_utf8(open->name));
	tell(bench, (struct envelope){ .kind = ENVELOPE_OPENED,
			.opened = { .conn = open->conn,
			    .client = CLIENT_ID,
			    .name = text_is_empty(open->name) ? NAME : open->name,
			    .user = text_is_empty(open->user) ? CLIENT_TEXT : open->user,
			    .resume = TEXT("s"),
			    .resumed = !text_is_empty(open->resume),
			    .epoch = INBOX_EPOCH } });
}

static void
hub_joins(struct bench *bench, const struct envelope_join *join)
{
	tell(bench, (struct envelope){ .kind = ENVELOPE_JOINED,
			.joined = { .conn = join->conn,
			    .room = join->room,
			    .ordinal = 1,
			    .epoch = 1,
			    .members = 1 } });
	tell(bench, (struct envelope){ .kind = ENVELOPE_ENTERED,
			.entered = { .room = join->room,
			    .client = CLIENT_ID,
			    .name = NAME,
			    .user = CLIENT_TEXT,
			    .ordinal = 1,
			    .time = 1 } });
}

static void
hub_publishes(struct bench *bench, const struct envelope_publish *publish)
{
	tell(bench,
	    (struct envelope){ .kind = ENVELOPE_OUTCOME,
		.outcome = { .number = publish->number, .room = publish->room, .time = 1 } });
	tell(bench, (struct envelope){ .kind = ENVELOPE_DELIVER,
			.deliver = { .room = publish->room,
			    .epoch = 1,
			    .seq = publish->number,
			    .from = CLIENT_ID,
			    .from_name = NAME,
			    .from_user = CLIENT_TEXT,
			    .time = 1,
			    .content = publish->content } });
}

/* Whom it was for writes back the same, after which it comes into the pairs' room and leaves. */
static void
hub_tells(struct bench *bench, const struct envelope_tell *said)
{
	static const uint32_t codes[] = { OUTCOME_NO_SUCH_USER, OUTCOME_OK, OUTCOME_OK,
		OUTCOME_MAILBOX_FULL };

	tell(bench, (struct envelope){ .kind = ENVELOPE_WHISPER,
			.whisper = { .conn = said->conn,
			    .to = CLIENT_ID,
			    .from = 1,
			    .from_name = said->to,
			    .from_user = said->to,
			    .time = 1,
			    .content = said->content,
			    .epoch = INBOX_EPOCH,
			    .seq = ++bench->whispers,
			    .extra = said->extra } });
	tell(bench, (struct envelope){ .kind = ENVELOPE_OUTCOME,
			.outcome = { .number = said->number,
			    .to = CLIENT_ID,
			    .code = codes[said->content.length % 4],
			    .room = TEXT(""),
			    .user = said->to,
			    .flags = said->content.length % 2 == 0 ? OUTCOME_WAS_ABSENT : 0,
			    .time = 1 } });
	tell(bench, (struct envelope){ .kind = ENVELOPE_ENTERED,
			.entered = { .room = TEXT("pair"),
			    .client = 1,
			    .name = NAME,
			    .user = said->to,
			    .ordinal = 2,
			    .time = 1 } });
	tell(bench, (struct envelope){ .kind = ENVELOPE_EXITED,
			.exited = { .room = TEXT("pair"), .client = 1, .time = 1 } });
}

static void
hub_reads(struct bench *bench, const struct envelope_read *read)
{
	uint32_t code = read->seq > bench->whispers ? OUTCOME_BAD_SEQ : OUTCOME_OK;

	tell(bench, (struct envelope){ .kind = ENVELOPE_OUTCOME,
			.outcome = { .number = read->number, .code = code, .room = TEXT("") } });
}

/* One message, or a gap where the number asked for is odd. */
static void
hub_fetches(struct bench *bench, const struct envelope_fetch *fetch)
{
	uint64_t last = text_is_empty(fetch->room) ? bench->whispers : fetch->after + 1;
	bool is_gap = fetch->before == 0 && fetch->after % 2 == 1;
	struct envelope_fetched fetched = {
		.token = fetch->token,
		.conn = fetch->conn,
		.room = fetch->room,
		.epoch = text_is_empty(fetch->room) ? INBOX_EPOCH : 1,
		.after = fetch->after,
		.to = last,
		.gap_from = is_gap ? fetch->after + 1 : 0,
		.gap_to = is_gap ? last : 0,
		.gap_reason = is_gap ? GAP_EXPIRED : GAP_NONE,
	};

	if (!is_gap)
		tell(bench, (struct envelope){ .kind = ENVELOPE_ITEM,
				.item = { .token = fetch->token,
				    .conn = fetch->conn,
				    .room = fetch->room,
				    .epoch = fetched.epoch,
				    .seq = last,
				    .from = 1,
				    .from_name = NAME,
				    .time = 1,
				    .content = NAME } });
	tell(bench, (struct envelope){ .kind = ENVELOPE_FETCHED, .fetched = fetched });
}

static void
hub_lists(struct bench *bench, const struct envelope_list *list)
{
	tell(bench, (struct envelope){ .kind = ENVELOPE_LISTED,
			.listed = { .token = list->token,
			    .conn = list->conn,
			    .room = TEXT("lobby"),
			    .rights = ROOM_MAY_READ } });
	tell(bench, (struct envelope){ .kind = ENVELOPE_LIST_END,
			.list_end = { .token = list->token,
			    .conn = list->conn,
			    .more = !text_is_empty(list->after) } });
}

/* Rooms that are left are renamed as often as not. */
static void
hub_leaves(struct bench *bench, const struct envelope_leave *leave)
{
	bool renamed = leave->room.length % 2 == 0;

	tell(bench, (struct envelope){ .kind = ENVELOPE_LEFT,
			.left = { .conn = leave->conn,
			    .room = leave->room,
			    .reason = renamed ? LEFT_ROOM_RENAMED : LEFT_WISHED,
			    .renamed = renamed ? TEXT("hall") : TEXT("") } });
}

static void
hub_types(struct bench *bench, const struct envelope_typing *typing)
{
	tell(bench, (struct envelope){ .kind = ENVELOPE_TYPED,
			.typed = { .conn = text_is_empty(typing->room) ? typing->conn : 0,
			    .room = typing->room,
			    .from = 1,
			    .from_user = typing->to,
			    .from_name = NAME } });
}

static void
hub_answers_one(struct bench *bench, const struct envelope *envelope)
{
	switch (envelope->kind) {
	case ENVELOPE_HELLO:
		tell(bench, (struct envelope){ .kind = ENVELOPE_WELCOME,
				.welcome = { .link_version = LINK_VERSION,
				    .hub_epoch = 7,
				    .software = TEXT("fuzz"),
				    .commands_max = 1000 } });
		break;
	case ENVELOPE_ROSTER_END:
		tell(bench, (struct envelope){
				.kind = ENVELOPE_ROSTER_END, .roster_end = { .gateways = 1 } });
		break;
	case ENVELOPE_OPEN:
		hub_opens(bench, &envelope->open);
		break;
	case ENVELOPE_JOIN:
		hub_joins(bench, &envelope->join);
		break;
	case ENVELOPE_LEAVE:
		hub_leaves(bench, &envelope->leave);
		break;
	case ENVELOPE_PUBLISH:
		hub_publishes(bench, &envelope->publish);
		break;
	case ENVELOPE_TELL:
		hub_tells(bench, &envelope->tell);
		break;
	case ENVELOPE_READ:
		hub_reads(bench, &envelope->read);
		break;
	case ENVELOPE_FETCH:
		hub_fetches(bench, &envelope->fetch);
		break;
	case ENVELOPE_LIST:
		hub_lists(bench, &envelope->list);
		break;
	case ENVELOPE_TYPING:
		hub_types(bench, &envelope->typing);
		break;
	default:
		break;
	}
}

/* Answers all that the core has sent. The answers may make it send more: next time. */
static void
hub_answers(struct bench *bench)
{
	struct buffer sent = bench->to_hub;
	size_t at = 0;

	buffer_init(&bench->to_hub, 0);
	while (at < sent.length) {
		const uint8_t *head = (const uint8_t *)sent.data + at;
		size_t length =
		    (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
		struct envelope envelope;

		demand(envelope_decode(
		    bench->decoder, head + ENVELOPE_HEADER_SIZE, length, &envelope));
		hub_answers_one(bench, &envelope);
		at += ENVELOPE_HEADER_SIZE + length;
	}
	buffer_free(&sent);
}

static void
turn(struct bench *bench)
{
	if (bench->connecting) {
		bench->connecting = false;
		gateway_core_hub_connected(bench->core, bench->now);
	}
	hub_answers(bench);
	bench->now.mono_ms += 20;
	gateway_core_turn(bench->core, bench->now);
	if (bench->closed && bench->session != NULL) {
		gateway_core_client_closed(bench->core, bench->session, bench->now);
		bench->session = NULL;
	}
}

static void
create(struct bench *bench, uint64_t *seed)
{
	struct config config;
	struct gateway_core_setup setup = {
		.name = "fuzz",
		.transport = { .write = on_write, .close = on_close, .read_more = on_read_more },
		.uplink = { .connect = on_connect,
		    .send = on_send,
		    .queued = on_queued,
		    .drop = on_drop,
		    .context = bench },
		.random = random_seeded(seed),
		.now = bench->now,
	};

	config_defaults(&config);
	setup.limits = config.limits;
	bench->core = gateway_core_create(&setup);
	bench->decoder = envelope_decoder_create();
	demand(bench->core != NULL && bench->decoder != NULL);
	config_free(&config);
	for (int i = 0; i < 3; i++)
		turn(bench);
}

/* The first byte picks the mount; the credential of items is the message's own first bytes. */
static void
open_client(struct bench *bench, const struct mount_table *table, uint8_t pick, struct text first)
{
	static const char *const paths[] = { "/a", "/b", "/c/x", "/d", "/e/ana", "/f/07", "/g/ana",
		"/h" };
	struct text offered = TEXT("hubbub.v1");
	struct text credential = TEXT("token=t");
	struct client_request request = { .args = &credential, .arg_count = 1 };

	request.cookies = first;
	request.subprotocols = offered;
	if (mounts_resolve(
		table, text_of(paths[pick % (sizeof(paths) / sizeof(paths[0]))]), &request) != 0)
		return;
	bench->dialect = request.mount->dialect;
	bench->session = gateway_core_client_opened(bench->core, bench->now, bench, &request);
}

static void
say(struct bench *bench, struct text message, bool binary)
{
	if (bench->session == NULL || (!binary && !text_is_utf8(message)))
		return;
	gateway_core_client_received(
	    bench->core, bench->session, bench->now, binary ? FRAME_BINARY : FRAME_TEXT, message);
	turn(bench);
	turn(bench);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct config_listener listener = {
		.name = (char *)"fuzz", .profile = (char *)"demo", .mounts = (char *)MOUNTS
	};
	struct mount_table table;
	struct bench bench = { .now = { 1000, 1700000000000 } };
	uint64_t seed = 1;
	char error[128];
	size_t from = 1;

	if (length == 0)
		return 0;
	demand(mounts_build(&listener, dialects, &table, error, sizeof(error)));
	buffer_init(&bench.to_hub, 0);
	create(&bench, &seed);
	open_client(&bench, &table, bytes[0],
	    (struct text){ (const char *)bytes + 1, length - 1 < 40 ? length - 1 : 40 });
	for (size_t i = 1; i < length; i++) {
		if (bytes[i] < 0xfe)
			continue;
		say(&bench, (struct text){ (const char *)bytes + from, i - from },
		    bytes[i] == 0xff);
		from = i + 1;
	}
	gateway_core_destroy(&bench.core);
	envelope_decoder_destroy(&bench.decoder);
	buffer_free(&bench.to_hub);
	return 0;
}
