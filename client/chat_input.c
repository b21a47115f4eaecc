/* What is typed, whether by a person or a pipe, becomes messages and questions. */
#include <string.h>

#include "client/chat_private.h"
#include "common/terminal_text.h"

/* Longer lines of a pipe are refused; a server's limit is lower as a rule. */
#define LINE_BYTES_MAX (64 * 1024)

/* Says something of our own; programs hear it as JSON. */
static void
say(struct chat *chat, struct text words)
{
	struct render look = chat_look(chat);
	struct buffer out;

	buffer_init(&out, 0);
	if (chat->options->json) {
		buffer_append_string(&out, "{\"type\":\"notice\",\"content\":");
		json_append_utf8(&out, words);
		buffer_append_string(&out, "}\n");
	} else {
		render_notice(&look, words, &out);
	}
	chat_print(chat, &out);
	buffer_free(&out);
}

/* What was typed is not done; a pipe is told by the exit status as well. */
static void
refuse(struct chat *chat, const char *why)
{
	chat->unsent = true;
	say(chat, text_of(why));
}

static void
post(struct chat *chat, struct text to, struct text words)
{
	if (!text_is_utf8(words))
		refuse(chat, "not sent: that is not UTF-8");
	else if (!session_post(chat->session, to, words, clock_now()))
		refuse(chat, "not sent: too much waits already");
}

static void
tell(struct chat *chat, struct text words)
{
	const char *blank = memchr(words.data, ' ', words.length);
	struct text user = { words.data, (size_t)(blank - words.data) };
	struct text rest = { blank, words.length - user.length };

	/* Whom nobody here is called may be an id, or somebody the server knows. */
	if (people_find(session_people(chat->session), words, &user, &rest) == PEOPLE_SEVERAL) {
		refuse(chat, "several are called so: say @ and the id of whom you mean");
		return;
	}
	rest = text_trimmed(rest);
	if (rest.length == 0)
		refuse(chat, "to whom, and what? @NAME TEXT");
	else
		post(chat, user, rest);
}

static void
ask(struct chat *chat, enum session_question question, const struct typed *typed)
{
	struct text room = typed->words.length > 0 ? typed->words : (struct text){ NULL, 0 };

	switch (session_ask(chat->session, question, room, (unsigned)typed->count)) {
	case ASKED_OFFLINE:
		refuse(chat, "there is no connection now");
		break;
	case ASKED_OF_ONE_ROOM:
		refuse(chat, "this server's protocol has one room and no history");
		break;
	case ASKED_NOWHERE:
		refuse(chat, "you are in no room; /join ROOM");
		break;
	default:
		break;
	}
}

static void
help(struct chat *chat)
{
	struct buffer words;

	buffer_init(&words, 0);
	typed_help(&words);
	say(chat, buffer_text(&words));
	buffer_free(&words);
}

/* What is not answered by then is given up. */
static void
end_input(struct chat *chat)
{
	chat->ended_input = true;
	if (chat->deadline_ms == UINT64_MAX)
		chat->deadline_ms =
		    clock_now().mono_ms + (uint64_t)chat->options->timeout_seconds * 1000;
}

/* What a pipe has said before is answered first; what follows is not taken. */
static void
quit(struct chat *chat)
{
	if (chat->mode == MODE_TERMINAL)
		chat_end(chat, EXIT_CODE_DONE, "");
	else
		end_input(chat);
	chat->has_quit = true;
}

static void
obey(struct chat *chat, const struct typed *typed)
{
	switch (typed->kind) {
	case TYPED_SAY:
		post(chat, (struct text){ NULL, 0 }, typed->words);
		break;
	case TYPED_TELL:
		tell(chat, typed->words);
		break;
	case TYPED_JOIN:
		ask(chat, ASK_JOIN, typed);
		break;
	case TYPED_LEAVE:
		ask(chat, ASK_LEAVE, typed);
		break;
	case TYPED_ROOMS:
		ask(chat, ASK_ROOMS, typed);
		break;
	case TYPED_WHO:
		ask(chat, ASK_WHO, typed);
		break;
	case TYPED_HISTORY:
		ask(chat, ASK_HISTORY, typed);
		break;
	case TYPED_HELP:
		help(chat);
		break;
	case TYPED_QUIT:
		quit(chat);
		break;
	case TYPED_MISTAKE:
		refuse(chat, typed->why);
		break;
	default:
		break;
	}
}

void
chat_entered(void *context, struct text line)
{
	struct chat *chat = context;
	struct typed typed = typed_read(line);

	obey(chat, &typed);
	chat_show_prompt(chat);
}

bool
chat_takes_lines(const struct chat *chat)
{
	return !chat->over && !chat->has_quit && session_questions(chat->session) == 0 &&
	       !session_is_full(chat->session);
}

void
chat_take_lines(struct chat *chat)
{
	struct buffer *bytes = &chat->typed;
	const char *end = NULL;

	while (bytes->length > 0 && chat_takes_lines(chat) &&
	       (end = memchr(bytes->data, '\n', bytes->length)) != NULL) {
		size_t length = (size_t)(end - bytes->data);

		if (!chat->is_skipping)
			chat_entered(chat, (struct text){ bytes->data, length });
		chat->is_skipping = false;
		buffer_consume(bytes, length + 1);
	}
	if (bytes->length > LINE_BYTES_MAX && memchr(bytes->data, '\n', bytes->length) == NULL) {
		if (!chat->is_skipping)
			refuse(chat, "not sent: a line that is too long");
		chat->is_skipping = true;
		buffer_clear(bytes);
	}
}

void
chat_read_pipe(struct chat *chat)
{
	if (inputs_read(&chat->typed))
		return;
	if (chat->typed.length > 0)
		buffer_append_byte(&chat->typed, '\n');
	end_input(chat);
}

bool
chat_has_heard_all(const struct chat *chat)
{
	return chat->ended_input && (chat->typed.length == 0 || chat->has_quit);
}
