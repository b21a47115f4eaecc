/* The direct client: counts what it said and heard; when it answers is sim_deeds_kept.c's. */
#include "sim_direct.h"

#include <stdlib.h>
#include <string.h>

#include "common/json.h"

static void
change(struct sim_direct *direct, enum sim_receipt from, enum sim_receipt to)
{
	for (unsigned i = 0; i < SIM_DIRECTS; i++) {
		for (unsigned k = 0; k < SIM_DIRECT_NUMBERS; k++) {
			if (direct->receipts[i][k] == from)
				direct->receipts[i][k] = (uint8_t)to;
		}
	}
}

void
sim_direct_came(struct sim_direct *direct)
{
	change(direct, SIM_HEARD, SIM_BEFORE);
	change(direct, SIM_PINGED, SIM_BEFORE);
	change(direct, SIM_PONGED, SIM_BEFORE);
	memset(direct->last, 0, sizeof(direct->last));
	direct->first_here = direct->book->of[direct->number].count + 1;
	direct->infos_here = 0;
	direct->errors_here = 0;
}

void
sim_direct_gone(struct sim_direct *direct, bool alive)
{
	unsigned last = direct->book->of[direct->number].count;
	unsigned said = last + 1 - direct->first_here;

	if (said == 0)
		return;
	if (direct->span_count == SIM_DIRECT_SPANS)
		abort();
	if (direct->errors_here + direct->infos_here > said)
		sim_socket_broken(&direct->socket, "more answers than questions");
	direct->spans[direct->span_count++] = (struct sim_span){
		.first = direct->first_here,
		.last = last,
		.stored = alive ? said - direct->errors_here : direct->infos_here,
	};
	direct->first_here = last + 1;
	direct->infos_here = 0;
	direct->errors_here = 0;
}

void
sim_direct_doubts(struct sim_direct *direct)
{
	change(direct, SIM_PONGED, SIM_BEFORE);
}

void
sim_direct_final(struct sim_direct *direct)
{
	if (direct->socket.state == SIM_CONNECTED)
		change(direct, SIM_PONGED, SIM_FINAL);
}

static void
heard(struct sim_direct *direct, struct text content)
{
	struct sim_message *message = sim_book_read(direct->book, content);
	uint8_t *receipt;
	unsigned from;
	unsigned *last;

	sim_log_add(&direct->heard, "%.*s", (int)content.length, content.data);
	if (message == NULL || message->room != SIM_INBOX || message->to != direct->number) {
		sim_socket_broken(&direct->socket, "'%.*s', meant for another", (int)content.length,
		    content.data);
		return;
	}
	if (message->number >= SIM_DIRECT_NUMBERS)
		abort();
	from = message->from - SIM_FIRST_DIRECT;
	receipt = &direct->receipts[from][message->number];
	if (*receipt == SIM_FINAL)
		sim_socket_broken(&direct->socket, "'%.*s' again after its receipt",
		    (int)content.length, content.data);
	else if (*receipt != SIM_UNHEARD && *receipt != SIM_BEFORE)
		sim_socket_broken(&direct->socket, "'%.*s' twice on one connection",
		    (int)content.length, content.data);
	last = &direct->last[from][message->gateway];
	if (message->number <= *last)
		sim_socket_broken(&direct->socket, "'%.*s' behind number %u of that sender",
		    (int)content.length, content.data, *last);
	*last = message->number;
	*receipt = SIM_HEARD;
}

static void
read_message(struct sim_socket *socket, struct text payload)
{
	struct sim_direct *direct = (struct sim_direct *)socket;
	const char *why = NULL;
	struct json *json = json_parse_object(payload, &why);
	struct text type = TEXT("");
	struct text content = TEXT("");
	struct text code = TEXT("");

	if (json != NULL) {
		json_get_string(json, "type", &type);
		json_get_string(json, "content", &content);
		json_get_string(json, "code", &code);
	}
	if (text_equal(type, TEXT("message"))) {
		heard(direct, content);
	} else if (text_equal(type, TEXT("info"))) {
		direct->infos_here++;
	} else if (text_equal(type, TEXT("error"))) {
		direct->errors_here++;
		if (!text_equal(code, TEXT("not_stored")) &&
		    !text_equal(code, TEXT("unavailable")) &&
		    !text_equal(code, TEXT("mailbox_full")))
			sim_socket_broken(
			    socket, "the error %.*s", (int)payload.length, payload.data);
	} else {
		sim_socket_broken(socket, "a frame that is no message");
	}
	json_destroy(&json);
}

/* A receipt's PING is not to be forgotten over an ordinary one. */
static bool
pinged(struct sim_socket *socket, struct text payload)
{
	if (memchr(payload.data, '.', payload.length) == NULL)
		return socket->pong.length == 0;
	if (socket->pong.length > 0 && memchr(socket->pong.data, '.', socket->pong.length) != NULL)
		sim_socket_broken(socket, "a second PING for receipts");
	change((struct sim_direct *)socket, SIM_HEARD, SIM_PINGED);
	return true;
}

static void
ponged(struct sim_socket *socket)
{
	change((struct sim_direct *)socket, SIM_PINGED, SIM_PONGED);
}

void
sim_direct_init(
    struct sim_direct *direct, unsigned number, struct sim_book *book, struct random_source random)
{
	memset(direct, 0, sizeof(*direct));
	direct->number = number;
	direct->book = book;
	direct->first_here = 1;
	sim_socket_init(&direct->socket, read_message, random);
	direct->socket.pinged = pinged;
	direct->socket.ponged = ponged;
}

void
sim_direct_free(struct sim_direct *direct)
{
	sim_socket_free(&direct->socket);
	sim_log_free(&direct->heard);
}
