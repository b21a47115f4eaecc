/*
 * The operator's command: words in, one exchange with the hub, an answer
 * printed. The exit status is the contract of exit_codes.h. What the words mean
 * is the grammar's, how an answer looks is the printers'.
 */
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/exit_codes.h"
#include "common/terminal_text.h"
#include "hub/admin.h"
#include "hub/admin_answer.h"
#include "hub/admin_print.h"
#include "hub/admin_protocol.h"
#include "hub/hubctl_exchange.h"
#include "hub/hubctl_follow.h"
#include "hub/hubctl_options.h"
#include "hub/hubctl_token.h"

/* Says something on standard error, which may be several lines and foreign. */
static void
complain(struct text sentence)
{
	struct buffer out;

	buffer_init(&out, 0);
	buffer_append_string(&out, "hubctl: ");
	for (;;) {
		const char *end =
		    sentence.length > 0 ? memchr(sentence.data, '\n', sentence.length) : NULL;
		size_t length = end != NULL ? (size_t)(end - sentence.data) : sentence.length;

		terminal_text_show(&out, (struct text){ sentence.data, length });
		buffer_append_byte(&out, '\n');
		if (end == NULL)
			break;
		sentence = (struct text){ end + 1, sentence.length - length - 1 };
	}
	hubctl_write(STDERR_FILENO, buffer_text(&out));
	buffer_free(&out);
}

/* Writes to standard output; a script that got half an answer must know. */
static enum exit_code
put(struct buffer *out, enum exit_code status)
{
	char why[128];

	if (out->failed) {
		complain(TEXT("out of memory"));
		return EXIT_CODE_REFUSED;
	}
	if (!hubctl_write(STDOUT_FILENO, buffer_text(out))) {
		snprintf(why, sizeof(why), "cannot write to standard output: %s", strerror(errno));
		complain(text_of(why));
		return EXIT_CODE_REFUSED;
	}
	return status;
}

/* As a scraper would get them. */
static void
print_plain(struct buffer *out, const struct admin_answer *answer)
{
	for (size_t row = 0; row < answer->row_count; row++) {
		terminal_text_show(out, admin_answer_value(answer, row, 0));
		buffer_append_byte(out, '\n');
	}
}

/* What people see of a command that is no table. */
static enum exit_code
print_lines(enum admin_command command, const struct admin_answer *answer)
{
	struct buffer out;
	enum exit_code status;

	buffer_init(&out, 0);
	if (command == ADMIN_WHY)
		admin_print_events(&out, answer);
	else
		print_plain(&out, answer);
	status = put(&out, EXIT_CODE_DONE);
	buffer_free(&out);
	return status;
}

static enum exit_code
print(
    const struct hubctl_options *options, const struct admin_answer *answer, enum exit_code status)
{
	struct buffer out;

	buffer_init(&out, 0);
	admin_print(&out, options->format, answer);
	status = put(&out, status);
	buffer_free(&out);
	return status;
}

/* `hubctl version` prints what hubctl knows itself, whether there is a hub or not. */
static enum exit_code
print_versions(const struct hubctl_options *options, struct text hub, enum exit_code status)
{
	static const struct admin_column columns[] = {
		{ "hubctl", ADMIN_TYPE_TEXT },
		{ "hub", ADMIN_TYPE_TEXT },
	};
	const struct admin_cell cells[] = {
		admin_cell_string(HUBBUB_VERSION),
		admin_cell_text(hub),
	};
	struct admin_answer answer;

	admin_answer_init(&answer);
	if (admin_answer_make(&answer, columns, cells, 2))
		status = print(options, &answer, status);
	admin_answer_free(&answer);
	return status;
}

/* The hub's version out of its answer to `version`; no value if it is not there. */
static struct text
hub_version(const struct admin_answer *answer)
{
	if (answer->end == ADMIN_END_VERSION)
		return buffer_text(&answer->sentence);
	for (unsigned i = 0; answer->row_count > 0 && i < answer->column_count; i++) {
		if (text_equal(admin_answer_name(answer, i), TEXT("hub")))
			return admin_answer_value(answer, 0, i);
	}
	return (struct text){ NULL, 0 };
}

/* One page of many; where the next begins goes to *after_out, empty behind the last. */
static enum exit_code
print_page(
    const struct hubctl_options *options, const struct admin_answer *answer, struct buffer *after)
{
	bool is_first = after->length == 0;
	struct buffer out;
	enum exit_code status;

	buffer_clear(after);
	if (answer->sentence.length > 0 && !text_equal(buffer_text(&answer->sentence), TEXT("0")))
		buffer_append_text(after, buffer_text(&answer->sentence));
	buffer_init(&out, 0);
	admin_print_page(&out, options->format, answer, is_first);
	status = put(&out, EXIT_CODE_DONE);
	buffer_free(&out);
	return status;
}

/* Turns the end of an answer into an exit status; rows are printed only if all of them came. */
static enum exit_code
report(const struct hubctl_options *options, enum admin_command command,
    const struct admin_answer *answer, struct buffer *after)
{
	struct buffer sentence;
	enum exit_code status;

	if (answer->end == ADMIN_END_DONE) {
		if (command == ADMIN_VERSION)
			return print_versions(options, hub_version(answer), EXIT_CODE_DONE);
		if (command == ADMIN_STORE_EXPORT)
			return print_page(options, answer, after);
		if (options->format == ADMIN_FORMAT_TABLE &&
		    (command == ADMIN_WHY || command == ADMIN_METRICS))
			return print_lines(command, answer);
		return print(options, answer, EXIT_CODE_DONE);
	}
	if (answer->end == ADMIN_END_VERSION && command == ADMIN_VERSION)
		print_versions(options, hub_version(answer), EXIT_CODE_VERSION);
	buffer_init(&sentence, 0);
	status = hubctl_explain(answer, &sentence);
	complain(buffer_text(&sentence));
	buffer_free(&sentence);
	return status;
}

static enum exit_code
read_answer(const struct hubctl_options *options, enum admin_command command, struct text said,
    struct buffer *after)
{
	struct admin_answer answer;
	enum exit_code status;

	admin_answer_init(&answer);
	if (admin_answer_read(&answer, said)) {
		status = report(options, command, &answer, after);
	} else {
		complain(TEXT("what listens there does not speak to hubctl as a hub does"));
		status = EXIT_CODE_VERSION;
	}
	admin_answer_free(&answer);
	return status;
}

/* One exchange. With pages, `after` says where the next one begins. */
static enum exit_code
ask(const struct hubctl_options *options, const struct admin_request *request, struct buffer *after)
{
	struct text words[ADMIN_WORDS_MAX];
	unsigned count = admin_words(request, words);
	struct buffer line;
	struct buffer said;
	struct buffer sentence;
	enum exit_code status = EXIT_CODE_UNREACHABLE;

	buffer_init(&line, 0);
	buffer_init(&said, 0);
	buffer_init(&sentence, 0);
	admin_write_request(&line, TEXT(HUBBUB_VERSION), words, count);
	if (hubctl_exchange(
		options->socket, options->timeout_seconds, buffer_text(&line), &said, &sentence)) {
		status = read_answer(options, request->command, buffer_text(&said), after);
	} else {
		if (request->command == ADMIN_VERSION)
			print_versions(options, (struct text){ NULL, 0 }, status);
		complain(buffer_text(&sentence));
	}
	buffer_free(&line);
	buffer_free(&said);
	buffer_free(&sentence);
	return status;
}

/* Asks for one page after the other. */
static enum exit_code
ask_all(const struct hubctl_options *options, const struct admin_request *request)
{
	struct admin_request page = *request;
	struct buffer after;
	struct buffer before;
	enum exit_code status;

	buffer_init(&after, 0);
	buffer_init(&before, 0);
	/* The pages of one export have their names once, wherever it begins. */
	do {
		status = ask(options, &page, &after);
		buffer_clear(&before);
		buffer_append_text(&before, buffer_text(&after));
		page.after = buffer_text(&before);
	} while (status == EXIT_CODE_DONE && after.length > 0 && !before.failed);
	buffer_free(&after);
	buffer_free(&before);
	return status;
}

/* One that ends when its answer does, or one that goes on. */
static enum exit_code
do_command(const struct hubctl_options *options, const struct admin_request *request)
{
	struct buffer sentence;
	enum exit_code status;

	if (request->command != ADMIN_TAIL && request->command != ADMIN_TOP)
		return ask_all(options, request);
	buffer_init(&sentence, 0);
	if (request->command == ADMIN_TAIL)
		status = hubctl_tail(options, request, &sentence);
	else
		status = hubctl_top(options, request, &sentence);
	if (sentence.length > 0)
		complain(buffer_text(&sentence));
	buffer_free(&sentence);
	return status;
}

/* The hub has another working directory: it gets the whole path of a file. */
static void
make_absolute(struct admin_request *request, struct buffer *path)
{
	char folder[PATH_MAX];

	if (request->file.data == NULL || request->file.data[0] == '/' ||
	    getcwd(folder, sizeof(folder)) == NULL)
		return;
	buffer_printf(path, "%s/", folder);
	buffer_append_text(path, request->file);
	if (!path->failed)
		request->file = buffer_text(path);
}

static enum exit_code
run_command(const struct hubctl_options *options)
{
	struct admin_request request;
	struct buffer scratch;
	struct buffer path;
	enum exit_code status;

	buffer_init(&scratch, 0);
	buffer_init(&path, 0);
	if (admin_parse(options->words, options->word_count, &request, &scratch)) {
		make_absolute(&request, &path);
		status = do_command(options, &request);
	} else {
		complain(buffer_text(&scratch));
		status = EXIT_CODE_USAGE;
	}
	buffer_free(&scratch);
	buffer_free(&path);
	return status;
}

static enum exit_code
run_token(const struct hubctl_options *options)
{
	struct buffer out;
	struct buffer sentence;
	enum exit_code status;

	buffer_init(&out, 0);
	buffer_init(&sentence, 0);
	status = hubctl_token_run(options, &out, &sentence);
	if (status == EXIT_CODE_DONE)
		status = put(&out, status);
	else
		complain(buffer_text(&sentence));
	buffer_free(&out);
	buffer_free(&sentence);
	return status;
}

static enum exit_code
run(const struct hubctl_options *options)
{
	struct buffer out;
	enum exit_code status;

	if (!options->help && !options->version)
		return hubctl_token_is(options) ? run_token(options) : run_command(options);
	buffer_init(&out, 0);
	if (options->help)
		hubctl_usage(&out);
	else
		buffer_append_string(&out, "hubctl " HUBBUB_VERSION "\n");
	status = put(&out, EXIT_CODE_DONE);
	buffer_free(&out);
	return status;
}

int
main(int argc, char **argv)
{
	struct hubctl_options options;
	struct buffer sentence;
	enum exit_code status = EXIT_CODE_USAGE;

	/* Answers are UTF-8 whatever the environment says; wcwidth has to know. */
	setlocale(LC_CTYPE, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	buffer_init(&sentence, 0);
	if (hubctl_options_read(&options, argc, argv, &sentence))
		status = run(&options);
	else
		complain(buffer_text(&sentence));
	hubctl_options_free(&options);
	buffer_free(&sentence);
	return (int)status;
}
