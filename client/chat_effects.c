/* What the session does to the world: connect, send, print, remember. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/chat_private.h"
#include "client/files.h"

/* Places move on with every message; the file follows at this distance, and at the end. */
#define SAVE_DELAY_MS 2000

struct render
chat_look(const struct chat *chat)
{
	return (struct render){
		.color = chat->color,
		.room = session_room(chat->session),
		.people = session_people(chat->session),
		.user = session_user(chat->session),
		.wall_ms = clock_now().wall_ms,
	};
}

void
chat_print(struct chat *chat, const struct buffer *lines)
{
	struct text rest = buffer_text(lines);

	if (chat->line != NULL) {
		line_print(chat->line, rest);
		return;
	}
	while (rest.length > 0) {
		ssize_t written = write(STDOUT_FILENO, rest.data, rest.length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			chat_end(chat, EXIT_CODE_REFUSED, "cannot write to standard output");
			return;
		}
		rest.data += written;
		rest.length -= (size_t)written;
	}
}

void
chat_show_prompt(struct chat *chat)
{
	struct buffer prompt;

	if (chat->line == NULL)
		return;
	buffer_init(&prompt, 0);
	buffer_append_text(&prompt, session_room(chat->session));
	if (session_phase(chat->session) != PHASE_ONLINE)
		buffer_append_string(&prompt, prompt.length > 0 ? " (offline)" : "(offline)");
	buffer_append_string(&prompt, "> ");
	line_set_prompt(chat->line, buffer_text(&prompt));
	buffer_free(&prompt);
}

static void
on_connect(void *context, bool offer_native)
{
	struct chat *chat = context;

	connection_open(chat->connection, offer_native);
}

static void
on_hang_up(void *context)
{
	struct chat *chat = context;

	connection_drop(chat->connection);
}

static void
on_send(void *context, struct text frame)
{
	struct chat *chat = context;

	connection_send(chat->connection, frame);
}

static void
on_state(void *context, const struct session_state *state)
{
	struct chat *chat = context;
	struct render look = chat_look(chat);
	struct buffer out;

	buffer_init(&out, 0);
	if (chat->options->json)
		render_json_state(state, &out);
	else
		render_state(&look, state, &out);
	chat_print(chat, &out);
	buffer_clear(&out);
	if (state->phase == PHASE_CONNECTING)
		chat->is_ready = false;
	if (state->phase == PHASE_ENDED && state->end != END_WISHED) {
		render_ending(state, &out);
		buffer_append_byte(&out, '\0');
		chat_end(chat,
		    state->end == END_UNREACHABLE ? EXIT_CODE_UNREACHABLE : EXIT_CODE_REFUSED,
		    out.failed ? "" : out.data);
	}
	buffer_free(&out);
	chat_show_prompt(chat);
}

/* Whether names can be found from now on. */
static bool
makes_ready(const struct chat *chat, const struct frame *frame)
{
	return (frame->kind == FRAME_PRESENCE && frame->snapshot) ||
	       (frame->kind == FRAME_WELCOME && session_room(chat->session).length == 0);
}

static void
on_heard(void *context, const struct frame *frame)
{
	struct chat *chat = context;
	struct render look = chat_look(chat);
	struct buffer out;

	buffer_init(&out, 0);
	if (chat->options->json)
		render_json_frame(frame, &out);
	else
		render_frame(&look, frame, &out);
	chat_print(chat, &out);
	buffer_free(&out);
	script_heard(chat->script, frame);
	chat->is_ready |= makes_ready(chat, frame);
	chat_show_prompt(chat);
}

static void
on_unsent(void *context, const struct outbox_entry *entry, struct text code, struct text why)
{
	struct chat *chat = context;
	struct render look = chat_look(chat);
	struct buffer out;

	chat->unsent = true;
	buffer_init(&out, 0);
	if (chat->options->json)
		render_json_unsent(entry, code, why, &out);
	else
		render_unsent(&look, entry, code, why, &out);
	chat_print(chat, &out);
	buffer_free(&out);
}

static void
on_changed(void *context)
{
	struct chat *chat = context;

	if (chat->options->resume_file != NULL && chat->save_ms == UINT64_MAX)
		chat->save_ms = clock_now().mono_ms + SAVE_DELAY_MS;
}

const struct session_effects chat_effects = {
	.connect = on_connect,
	.hang_up = on_hang_up,
	.send = on_send,
	.state = on_state,
	.heard = on_heard,
	.unsent = on_unsent,
	.changed = on_changed,
};

static bool
refuse(struct chat *chat, const char *why)
{
	buffer_printf(chat->sentence, "--resume-file %s %s", chat->options->resume_file, why);
	return false;
}

/* A secret is for the server that gave it. */
static bool
take_kept(struct chat *chat, const struct json *kept)
{
	struct text url;

	if (kept == NULL || json_get_string(kept, "url", &url) != JSON_FOUND)
		return refuse(chat, "is not a file that this program wrote");
	if (!text_equal(url, text_of(chat->options->address)))
		return refuse(chat, "was written for another address");
	return session_read(chat->session, kept) ||
	       refuse(chat, "is not a file that this program wrote");
}

bool
chat_load(struct chat *chat)
{
	struct buffer content;
	struct json *kept;
	const char *why;
	bool done;

	if (chat->options->resume_file == NULL)
		return true;
	buffer_init(&content, 0);
	done = files_read_own(chat->options->resume_file, &content, chat->sentence);
	if (done && content.length > 0) {
		kept = json_parse_object(buffer_text(&content), &why);
		done = take_kept(chat, kept);
		json_destroy(&kept);
	}
	buffer_free(&content);
	return done;
}

void
chat_save(struct chat *chat)
{
	struct buffer content;
	struct buffer sentence;

	if (chat->save_ms == UINT64_MAX)
		return;
	chat->save_ms = UINT64_MAX;
	buffer_init(&content, 0);
	buffer_init(&sentence, 0);
	buffer_append_string(&content, "{\"url\":");
	json_append_utf8(&content, text_of(chat->options->address));
	buffer_append_byte(&content, ',');
	session_write(chat->session, &content);
	buffer_append_string(&content, "}\n");
	if (content.failed ||
	    !files_replace(chat->options->resume_file, buffer_text(&content), &sentence)) {
		buffer_append_byte(&sentence, '\0');
		chat_end(chat, EXIT_CODE_REFUSED, sentence.failed ? "" : sentence.data);
	}
	buffer_free(&sentence);
	buffer_free(&content);
}
