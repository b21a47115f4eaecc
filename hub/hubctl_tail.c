/*
 * hubctl tail: each event is printed when it comes.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hub/admin_answer.h"
#include "hub/admin_print.h"
#include "hub/hubctl_exchange.h"
#include "hub/hubctl_follow.h"

/* A line that is longer is none of a hub's. */
#define LINE_BYTES_MAX ((size_t)1024 * 1024)

struct tail {
	enum admin_format format;
	struct admin_answer answer;
	struct buffer said; /* without its line's end so far */
	bool nonsense;
	bool was_named; /* the names of TSV's columns are printed */
	int error;      /* of the output; 0: none */
};

static void
print(struct tail *tail)
{
	struct buffer out;

	if (tail->answer.column_count == 0 || (tail->was_named && tail->answer.row_count == 0))
		return;
	buffer_init(&out, 0);
	if (tail->format == ADMIN_FORMAT_TABLE)
		admin_print_events(&out, &tail->answer);
	else
		admin_print_page(&out, tail->format, &tail->answer, !tail->was_named);
	tail->was_named = true;
	if (out.failed)
		tail->error = ENOMEM;
	else if (!hubctl_write(STDOUT_FILENO, buffer_text(&out)))
		tail->error = errno;
	buffer_free(&out);
	admin_answer_drop_rows(&tail->answer);
}

static bool
take(void *context, struct text said)
{
	struct tail *tail = context;
	size_t used = 0;

	buffer_append_text(&tail->said, said);
	tail->nonsense =
	    tail->said.failed || !admin_answer_add(&tail->answer, buffer_text(&tail->said), &used);
	if (tail->nonsense)
		return false;
	buffer_consume(&tail->said, used);
	print(tail);
	return tail->error == 0;
}

static enum exit_code
how_it_ended(const struct tail *tail, struct buffer *sentence)
{
	/* Whoever reads our output has seen enough. */
	if (tail->error == EPIPE)
		return EXIT_CODE_DONE;
	if (tail->error != 0) {
		buffer_printf(
		    sentence, "cannot write to standard output: %s", strerror(tail->error));
		return EXIT_CODE_REFUSED;
	}
	if (tail->nonsense) {
		buffer_append_string(
		    sentence, "what listens there does not speak to hubctl as a hub does");
		return EXIT_CODE_VERSION;
	}
	if (tail->answer.end == ADMIN_END_NONE && tail->answer.column_count > 0) {
		buffer_append_string(sentence, "the hub has ended");
		return EXIT_CODE_UNREACHABLE;
	}
	return hubctl_explain(&tail->answer, sentence);
}

enum exit_code
hubctl_tail(const struct hubctl_options *options, const struct admin_request *request,
    struct buffer *sentence)
{
	struct text words[ADMIN_WORDS_MAX];
	unsigned count = admin_words(request, words);
	struct tail tail = { .format = options->format };
	enum exit_code status = EXIT_CODE_UNREACHABLE;
	struct buffer line;

	hubctl_end_by_signal("");
	admin_answer_init(&tail.answer);
	buffer_init(&tail.said, LINE_BYTES_MAX);
	buffer_init(&line, 0);
	admin_write_request(&line, TEXT(HUBBUB_VERSION), words, count);
	if (hubctl_exchange_follow(options->socket, options->timeout_seconds, buffer_text(&line),
		take, &tail, sentence))
		status = how_it_ended(&tail, sentence);
	buffer_free(&line);
	buffer_free(&tail.said);
	admin_answer_free(&tail.answer);
	return status;
}
