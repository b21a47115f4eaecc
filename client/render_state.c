/* What becomes of the connection, as lines for people; and everything as lines for programs. */
#include <inttypes.h>

#include "client/render.h"
#include "common/terminal_text.h"

static void
append_reason(const struct session_state *state, struct buffer *out)
{
	if (state->reason.length > 0) {
		buffer_append_string(out, ": ");
		terminal_text_show(out, state->reason);
	}
	if (state->code != 0)
		buffer_printf(out, " (%u)", state->code);
}

void
render_ending(const struct session_state *state, struct buffer *out)
{
	if (state->end == END_UNREACHABLE)
		buffer_append_string(out, "cannot connect");
	else if (state->was_online)
		buffer_append_string(out, "the server ended the connection");
	else
		buffer_append_string(out, "the server refused");
	append_reason(state, out);
}

void
render_state(const struct render *look, const struct session_state *state, struct buffer *out)
{
	struct buffer words;

	if (state->phase != PHASE_WAITING)
		return;
	buffer_init(&words, 0);
	buffer_append_string(
	    &words, state->was_online ? "the connection is lost" : "no connection");
	append_reason(state, &words);
	buffer_printf(&words, "; trying again in %" PRIu64 ".%" PRIu64 " s", state->retry_ms / 1000,
	    state->retry_ms % 1000 / 100);
	render_notice(look, buffer_text(&words), out);
	buffer_free(&words);
}

void
render_json_frame(const struct frame *frame, struct buffer *out)
{
	size_t start = out->length;

	if (frame->kind == FRAME_BAD) {
		buffer_append_string(out, "{\"type\":\"bad_frame\",\"reason\":");
		json_append_utf8(out, text_of(frame->why));
		buffer_append_byte(out, '}');
	} else {
		frame_write_json(frame, out);
	}
	if (out->length > start)
		buffer_append_byte(out, '\n');
}

static void
append_member(struct buffer *out, const char *key, struct text value)
{
	if (value.data == NULL)
		return;
	buffer_printf(out, ",\"%s\":", key);
	json_append_utf8(out, value);
}

void
render_json_state(const struct session_state *state, struct buffer *out)
{
	static const char *const names[] = {
		[PHASE_IDLE] = "idle",
		[PHASE_CONNECTING] = "connecting",
		[PHASE_JOINING] = "joining",
		[PHASE_ONLINE] = "online",
		[PHASE_WAITING] = "waiting",
		[PHASE_ENDED] = "ended",
	};

	buffer_printf(out, "{\"type\":\"connection\",\"state\":\"%s\"", names[state->phase]);
	if (state->phase == PHASE_JOINING || state->phase == PHASE_ONLINE)
		buffer_printf(out, ",\"protocol\":\"%s\"",
		    state->protocol == PROTOCOL_NATIVE ? "native" : "room");
	if (state->code != 0)
		buffer_printf(out, ",\"code\":%u", state->code);
	append_member(out, "reason", state->reason);
	if (state->phase == PHASE_WAITING)
		buffer_printf(out, ",\"retry_ms\":%" PRIu64, state->retry_ms);
	buffer_append_string(out, "}\n");
}

void
render_json_unsent(
    const struct outbox_entry *entry, struct text code, struct text why, struct buffer *out)
{
	buffer_append_string(out, "{\"type\":\"unsent\"");
	append_member(out, "id", text_of(entry->id));
	if (entry->to.data == NULL && entry->room.length > 0)
		append_member(out, "room", entry->room);
	append_member(out, "to", entry->to);
	append_member(out, "content", entry->content);
	append_member(out, "code", code);
	append_member(out, "reason", why);
	buffer_append_string(out, "}\n");
}
