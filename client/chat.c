/*
 * Puts the parts together and runs them until it is over: a person left, a
 * script has heard what it wanted or waited too long, the server refused.
 */
#include "client/chat.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/chat_private.h"
#include "client/files.h"

#define MESSAGE_BYTES_MAX (1024 * 1024)
#define PING_SECONDS 30
#define PONG_SECONDS 20
#define OUTBOX_MESSAGES_MAX 1000
#define OUTBOX_WINDOW 16
#define ROOMS_MAX 200
#define PEOPLE_MAX 50000
#define BAD_FRAMES_MAX 10
#define LINES_MAX 500

/* A turn is never longer, so that a clock that jumped is noticed. */
#define TURN_MS_MAX 60000

/* How long the last words and the CLOSE may take. */
#define GOODBYE_MS 1000

void
chat_end(struct chat *chat, enum exit_code status, const char *sentence)
{
	if (chat->over)
		return;
	chat->over = true;
	chat->status = status;
	buffer_append_string(chat->sentence, sentence);
}

static void
on_opened(void *context, bool is_native)
{
	struct chat *chat = context;

	session_opened(chat->session, is_native, clock_now());
}

static void
on_received(void *context, struct text message)
{
	struct chat *chat = context;

	session_received(chat->session, message, clock_now());
}

static void
on_lost(void *context, const struct loss *loss)
{
	struct chat *chat = context;

	session_lost(chat->session, loss, clock_now());
}

static const struct connection_handlers connection_handlers = { on_opened, on_received, on_lost };

static bool
is_settled(const struct chat *chat)
{
	return session_unanswered(chat->session) == 0 &&
	       session_phase(chat->session) == PHASE_ONLINE;
}

/* A script or a pipe is done once all was said and heard. */
static void
judge(struct chat *chat)
{
	if (chat->over || chat->mode == MODE_TERMINAL || !is_settled(chat))
		return;
	if (chat->mode == MODE_PIPE && !chat_has_heard_all(chat))
		return;
	if (chat->unsent)
		chat_end(chat, EXIT_CODE_REFUSED, "not all of it could be done");
	else if (chat->mode == MODE_PIPE || script_wants(chat->script) == NULL)
		chat_end(chat, EXIT_CODE_DONE, "");
}

static void
time_is_up(struct chat *chat)
{
	const char *wanted = script_wants(chat->script);
	char sentence[256];

	if (session_phase(chat->session) != PHASE_ONLINE) {
		snprintf(sentence, sizeof(sentence), "not connected within %u s",
		    chat->options->timeout_seconds);
		chat_end(chat, EXIT_CODE_UNREACHABLE, sentence);
	} else if (session_unanswered(chat->session) > 0) {
		snprintf(sentence, sizeof(sentence), "no answer within %u s",
		    chat->options->timeout_seconds);
		chat_end(chat, EXIT_CODE_REFUSED, sentence);
	} else {
		snprintf(sentence, sizeof(sentence), "no message matched \"%.128s\" within %u s",
		    wanted != NULL ? wanted : "", chat->options->timeout_seconds);
		chat_end(chat, EXIT_CODE_REFUSED, sentence);
	}
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
time_left(const struct chat *chat)
{
	uint64_t due =
	    earlier(session_due(chat->session), earlier(chat->deadline_ms, chat->save_ms));
	uint64_t now = clock_now().mono_ms;

	/* A file is read as fast as its lines can be taken. */
	if (chat->inputs.wants_standard && chat->inputs.is_always_ready)
		return 0;
	return due <= now ? 0 : earlier(due - now, TURN_MS_MAX);
}

static bool
wants_standard(const struct chat *chat)
{
	switch (chat->mode) {
	case MODE_TERMINAL:
		return true;
	case MODE_PIPE:
		return chat->is_ready && !chat->ended_input && chat_takes_lines(chat);
	default:
		return false;
	}
}

static void
suspend(struct chat *chat)
{
	if (chat->line != NULL)
		line_leave_terminal(chat->line);
	kill(getpid(), SIGSTOP);
	if (chat->line != NULL)
		line_take_terminal(chat->line);
}

/* One turn; true if a key can be read. */
static bool
turn(struct chat *chat)
{
	unsigned ready;
	struct now now;

	inputs_want_standard(&chat->inputs, wants_standard(chat));
	connection_turn(chat->connection, time_left(chat));
	now = clock_now();
	session_tick(chat->session, now);
	ready = inputs_ready(&chat->inputs);
	if (ready & INPUT_STOP)
		chat_end(chat, EXIT_CODE_DONE, "");
	if (ready & INPUT_SUSPEND)
		suspend(chat);
	if ((ready & INPUT_RESIZED) && chat->line != NULL)
		line_resized(chat->line);
	if ((ready & INPUT_READABLE) && chat->mode == MODE_PIPE)
		chat_read_pipe(chat);
	if (chat->mode == MODE_PIPE && chat->is_ready)
		chat_take_lines(chat);
	judge(chat);
	if (chat->deadline_ms <= now.mono_ms && !chat->over)
		time_is_up(chat);
	if (chat->save_ms <= now.mono_ms)
		chat_save(chat);
	return (ready & INPUT_READABLE) != 0;
}

static bool
on_wait(void *context)
{
	struct chat *chat = context;

	while (!chat->over) {
		if (turn(chat))
			return !chat->over;
	}
	return false;
}

static const struct line_handlers line_handlers = { on_wait, chat_entered };

/* Who leaves has said something, perhaps, that is not answered yet. */
static void
wait_for_answers(struct chat *chat, uint64_t until)
{
	uint64_t now;

	while (session_phase(chat->session) == PHASE_ONLINE &&
	       session_unanswered(chat->session) > 0 && (now = clock_now().mono_ms) < until) {
		connection_turn(chat->connection, until - now);
		session_tick(chat->session, clock_now());
		if (inputs_ready(&chat->inputs) & INPUT_STOP)
			return;
	}
	if (session_unanswered(chat->session) > session_questions(chat->session)) {
		chat->status = EXIT_CODE_REFUSED;
		buffer_append_string(chat->sentence, "not all that was said is known to be stored");
	}
}

/* Says goodbye, and waits a moment for it to be heard. */
static void
say_goodbye(struct chat *chat)
{
	uint64_t until = clock_now().mono_ms + GOODBYE_MS;
	uint64_t now;

	inputs_want_standard(&chat->inputs, false);
	if (chat->mode == MODE_TERMINAL && chat->status == EXIT_CODE_DONE)
		wait_for_answers(chat, until);
	session_leave(chat->session);
	connection_close(chat->connection);
	while (connection_is_open(chat->connection) && (now = clock_now().mono_ms) < until) {
		connection_turn(chat->connection, until - now);
		if (inputs_ready(&chat->inputs) & INPUT_STOP)
			break;
	}
}

static void
run(struct chat *chat)
{
	const struct options *options = chat->options;
	struct now now = clock_now();

	if (chat->mode == MODE_SCRIPT)
		chat->deadline_ms = now.mono_ms + (uint64_t)options->timeout_seconds * 1000;
	session_start(chat->session, now);
	for (size_t i = 0; i < options->sends.count; i++)
		session_post(chat->session, (struct text){ NULL, 0 },
		    text_of(options->sends.items[i]), clock_now());
	if (chat->line != NULL) {
		chat_show_prompt(chat);
		line_run(chat->line);
		chat_end(chat, EXIT_CODE_DONE, "");
	}
	while (!chat->over)
		turn(chat);
	say_goodbye(chat);
	line_destroy(&chat->line);
	chat_save(chat);
}

static enum chat_mode
choose_mode(const struct options *options)
{
	const char *terminal = getenv("TERM");

	if (options_are_script(options))
		return MODE_SCRIPT;
	if (options->json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || terminal == NULL ||
	    strcmp(terminal, "dumb") == 0)
		return MODE_PIPE;
	return MODE_TERMINAL;
}

static bool
choose_color(const struct options *options)
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	return (no_color == NULL || *no_color == '\0') && isatty(STDOUT_FILENO) &&
	       terminal != NULL && strcmp(terminal, "dumb") != 0;
}

static bool
find_token(struct chat *chat)
{
	const char *environment = getenv("HUBBUB_TOKEN");

	if (chat->options->token_file != NULL)
		return files_read_token(chat->options->token_file, &chat->token, chat->sentence);
	if (environment != NULL)
		buffer_append_string(&chat->token, environment);
	return true;
}

static bool
make_session(struct chat *chat)
{
	const struct options *options = chat->options;
	struct session_settings settings = {
		.name = text_of(options->name),
		.token =
		    chat->token.length > 0 ? buffer_text(&chat->token) : (struct text){ NULL, 0 },
		.room = options->room != NULL ? text_of(options->room) : (struct text){ NULL, 0 },
		.dialect = options->dialect,
		.history = options->history,
		.random = random_system(),
		.outbox = { .messages_max = OUTBOX_MESSAGES_MAX, .window = OUTBOX_WINDOW },
		.rooms_max = ROOMS_MAX,
		.people_max = PEOPLE_MAX,
		.bad_frames_max = BAD_FRAMES_MAX,
	};

	if (options->sends.count > settings.outbox.messages_max)
		settings.outbox.messages_max = options->sends.count;
	chat->session = session_create(&settings, &chat_effects, chat);
	if (chat->session == NULL)
		buffer_append_string(chat->sentence, "out of memory");
	return chat->session != NULL;
}

static bool
make_connection(struct chat *chat)
{
	struct connection_settings settings = {
		.url = chat->options->url,
		.token = buffer_text(&chat->token),
		.ca_file = chat->options->ca_file,
		.message_bytes_max = MESSAGE_BYTES_MAX,
		.ping_seconds = PING_SECONDS,
		.pong_seconds = PONG_SECONDS,
	};

	if (settings.ca_file != NULL && !files_can_be_read(settings.ca_file, chat->sentence))
		return false;
	if (!inputs_open(&chat->inputs)) {
		buffer_append_string(chat->sentence, strerror(errno));
		return false;
	}
	settings.watched_fd = inputs_fd(&chat->inputs);
	chat->connection = connection_create(&settings, &connection_handlers, chat, chat->sentence);
	return chat->connection != NULL;
}

static bool
make_line(struct chat *chat)
{
	if (chat->mode != MODE_TERMINAL)
		return true;
	chat->line = line_create(&line_handlers, chat, LINES_MAX);
	if (chat->line == NULL)
		buffer_append_string(chat->sentence, "the terminal cannot be used");
	return chat->line != NULL;
}

enum exit_code
chat_run(const struct options *options, struct buffer *sentence)
{
	struct chat chat = {
		.options = options,
		.mode = choose_mode(options),
		.color = choose_color(options),
		.inputs = { .epoll = -1, .signals = -1 },
		.status = EXIT_CODE_USAGE,
		.sentence = sentence,
		.deadline_ms = UINT64_MAX,
		.save_ms = UINT64_MAX,
	};

	buffer_init(&chat.token, 0);
	buffer_init(&chat.typed, 0);
	chat.script = script_create(options->expects.items, options->expects.count, sentence);
	if (chat.script != NULL && find_token(&chat) && make_session(&chat) && chat_load(&chat) &&
	    make_connection(&chat) && make_line(&chat))
		run(&chat);
	line_destroy(&chat.line);
	connection_destroy(&chat.connection);
	inputs_close(&chat.inputs);
	session_destroy(&chat.session);
	script_destroy(&chat.script);
	buffer_free(&chat.typed);
	buffer_free(&chat.token);
	return chat.status;
}
