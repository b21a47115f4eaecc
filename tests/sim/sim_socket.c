/* A socket with moods: takes bytes as a kernel would, cuts them into frames, and judges framing. */
#include "sim_socket.h"

#include <stdarg.h>
#include <stdio.h>

void
sim_socket_init(struct sim_socket *socket, sim_message_fn *message, struct random_source random)
{
	*socket = (struct sim_socket){ .message = message, .random = random };
	buffer_init(&socket->arrived, 0);
	buffer_init(&socket->pong, 0);
}

void
sim_socket_free(struct sim_socket *socket)
{
	buffer_free(&socket->arrived);
	buffer_free(&socket->pong);
}

void
sim_socket_open(struct sim_socket *socket, unsigned gateway, struct session *session)
{
	buffer_clear(&socket->arrived);
	buffer_clear(&socket->pong);
	socket->gateway = gateway;
	socket->session = session;
	socket->state = SIM_CONNECTED;
	sim_socket_recovers(socket);
	socket->may_close = false;
	socket->may_ban = false;
	socket->holds_pong = false;
	socket->wants_writable = false;
	socket->close_asked = false;
	socket->close_code = CLOSE_DROP;
}

void
sim_socket_recovers(struct sim_socket *socket)
{
	socket->slow = false;
	socket->stuck = false;
	socket->stuck_until_ms = 0;
}

void
sim_socket_broken(struct sim_socket *socket, const char *format, ...)
{
	va_list arguments;

	if (socket->broken[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(socket->broken, sizeof(socket->broken), format, arguments);
	va_end(arguments);
}

/*
 * The size of the frame at the start of `bytes`, 0 if it is not all there; only short
 * server frames.
 */
static size_t
frame_size(struct text bytes, size_t *header_out)
{
	const uint8_t *b = (const uint8_t *)bytes.data;
	uint64_t length;

	if (bytes.length < 2)
		return 0;
	length = b[1] & 0x7Fu;
	*header_out = length < 126 ? 2 : length == 126 ? 4 : 10;
	if (bytes.length < *header_out)
		return 0;
	if (length >= 126) {
		size_t width = length == 126 ? 2 : 8;

		length = 0;
		for (size_t i = 0; i < width; i++)
			length = length << 8 | b[2 + i];
	}
	return bytes.length - *header_out < length ? 0 : *header_out + (size_t)length;
}

/* As much of one run as ends with a whole frame and is no longer than `room`. */
static size_t
whole_frames(struct text run, size_t room)
{
	size_t taken = 0;

	while (taken < run.length) {
		struct text rest = { run.data + taken, run.length - taken };
		size_t header;
		size_t size = frame_size(rest, &header);

		if (size == 0 || taken + size > room)
			break;
		taken += size;
	}
	return taken;
}

/* A socket with room for everything, for some frames, or for nothing. */
static size_t
transport_write(void *peer, const struct iovec *runs, int count)
{
	struct sim_socket *socket = peer;
	size_t room = SIZE_MAX;
	size_t taken = 0;

	if (socket->close_asked)
		sim_socket_broken(socket, "written to after the core closed it");
	if (socket->stuck)
		room = 0;
	else if (socket->slow || random_below(socket->random, 8) == 0)
		room = (size_t)random_below(socket->random, 2) * random_below(socket->random, 3000);
	for (int i = 0; i < count; i++) {
		struct text run = { runs[i].iov_base, runs[i].iov_len };
		size_t part = room == SIZE_MAX ? run.length : whole_frames(run, room - taken);

		buffer_append(&socket->arrived, run.data, part);
		taken += part;
		if (part < run.length) {
			socket->wants_writable = true;
			break;
		}
	}
	socket->bytes += taken;
	return taken;
}

static void
transport_close(void *peer, enum close_code code, struct text reason)
{
	struct sim_socket *socket = peer;

	if (socket->close_asked)
		sim_socket_broken(socket, "closed twice");
	if (!socket->may_close && !socket->slow && !socket->stuck && !socket->holds_pong)
		sim_socket_broken(socket, "its connection closed for nothing: %u %.*s",
		    (unsigned)code, (int)reason.length, reason.data);
	if (!socket->may_ban && text_equal(reason, TEXT("banned")))
		sim_socket_broken(socket, "a ban that is not there");
	if (reason.length > 123)
		sim_socket_broken(socket, "a close reason of more than 123 bytes");
	socket->close_asked = true;
	socket->close_code = code;
}

static void
transport_read_more(void *peer, bool wanted)
{
	(void)peer;
	(void)wanted;
}

struct transport
sim_socket_transport(void)
{
	return (struct transport){
		.write = transport_write,
		.close = transport_close,
		.read_more = transport_read_more,
	};
}

static void
read_frame(struct sim_socket *socket, uint8_t first, struct text payload)
{
	if (first == (0x80 | FRAME_TEXT))
		socket->message(socket, payload);
	else if (first == (0x80 | FRAME_PING) && payload.length > 0) {
		if (socket->pinged != NULL && !socket->pinged(socket, payload))
			return;
		buffer_clear(&socket->pong);
		buffer_append_text(&socket->pong, payload);
	} else
		sim_socket_broken(socket, "an opcode that no server sends");
}

void
sim_socket_read(struct sim_socket *socket)
{
	size_t header;
	size_t size;

	while ((size = frame_size(buffer_text(&socket->arrived), &header)) > 0) {
		struct text payload = { socket->arrived.data + header, size - header };

		read_frame(socket, (uint8_t)socket->arrived.data[0], payload);
		buffer_consume(&socket->arrived, size);
	}
	if (socket->arrived.length > 0)
		sim_socket_broken(socket, "half a frame");
}
