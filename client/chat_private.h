/* Between the files of chat.h: nobody else includes it. */
#ifndef HUBBUB_CLIENT_CHAT_PRIVATE_H
#define HUBBUB_CLIENT_CHAT_PRIVATE_H

#include "client/chat.h"
#include "client/connection.h"
#include "client/inputs.h"
#include "client/line.h"
#include "client/render.h"
#include "client/script.h"
#include "client/typed.h"

enum chat_mode {
	MODE_TERMINAL, /* a person edits lines */
	MODE_PIPE,     /* lines come from standard input as they are */
	MODE_SCRIPT,   /* standard input is not read */
};

struct chat {
	const struct options *options;
	enum chat_mode mode;
	bool color;
	struct session *session;
	struct connection *connection;
	struct line *line; /* in MODE_TERMINAL */
	struct script *script;
	struct inputs inputs;

	struct buffer token;
	struct buffer typed; /* of a pipe: bytes that are no whole line yet */
	bool is_skipping;    /* the rest of a line that was too long */
	bool is_ready;       /* names can be found: who is there has been told */
	bool ended_input;
	bool has_quit;
	bool unsent; /* something was refused */
	bool over;
	enum exit_code status;
	struct buffer *sentence;
	uint64_t deadline_ms; /* UINT64_MAX: none */
	uint64_t save_ms;     /* when the resume file is due; UINT64_MAX: never */
};

/* It is over, with a sentence for people if it is not empty. The first call counts. */
void chat_end(struct chat *chat, enum exit_code status, const char *sentence);

/* Prints lines where they belong. */
void chat_print(struct chat *chat, const struct buffer *lines);
struct render chat_look(const struct chat *chat);

/* What the session does; the context is the chat. */
extern const struct session_effects chat_effects;

/* A line was typed; the context is the chat. */
void chat_entered(void *context, struct text line);

/* Standard input of a pipe can be read. */
void chat_read_pipe(struct chat *chat);

/* True if the next line of a pipe may be obeyed: what was asked before is answered. */
bool chat_takes_lines(const struct chat *chat);

/* True once nothing more will be taken from a pipe. */
bool chat_has_heard_all(const struct chat *chat);
void chat_take_lines(struct chat *chat);

void chat_show_prompt(struct chat *chat);

/* False with chat->sentence: the file is no good. */
bool chat_load(struct chat *chat);
void chat_save(struct chat *chat);

#endif
