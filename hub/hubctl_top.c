/*
 * hubctl top: asks again and again and draws what changed. Owns the terminal while it does: its own
 * screen, no cursor, both given back at the end, however that comes.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "hub/admin_answer.h"
#include "hub/admin_print.h"
#include "hub/hubctl_exchange.h"
#include "hub/hubctl_follow.h"
#include "hub/top_view.h"

#define EVERY_SECONDS 2u

/* Another screen without a cursor; from its beginning, nothing behind what is written; back. */
#define SCREEN_BEGIN "\033[?1049h\033[?25l"
#define SCREEN_HOME "\033[H\033[J"
#define SCREEN_END "\033[?25h\033[?1049l"

struct top {
	const struct hubctl_options *options;
	struct buffer request;
	struct top_view view;
	bool on_screen; /* a terminal is drawn on */
	bool colours;
};

static bool
is_set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0';
}

static struct top_look
look_of(const struct top *top)
{
	struct winsize size;

	if (!top->on_screen || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return (struct top_look){ .bold = top->colours };
	return (struct top_look){
		.lines = size.ws_row,
		.columns = size.ws_col,
		.bold = top->colours,
	};
}

static bool
draw(struct top *top, const struct admin_answer *answer)
{
	const struct top_look look = look_of(top);
	struct buffer out;
	bool written;

	buffer_init(&out, 0);
	if (top->options->format == ADMIN_FORMAT_JSON) {
		top_view_print_json(&top->view, &out);
	} else if (top->options->format == ADMIN_FORMAT_TSV) {
		admin_print_page(&out, ADMIN_FORMAT_TSV, answer, top->view.samples == 1);
	} else {
		if (top->on_screen)
			buffer_append_string(&out, SCREEN_HOME);
		else if (top->view.samples > 1)
			buffer_append_byte(&out, '\n');
		top_view_print(&top->view, &look, &out);
	}
	written = !out.failed && hubctl_write(STDOUT_FILENO, buffer_text(&out));
	buffer_free(&out);
	return written;
}

/* One question, its answer taken and drawn. */
static enum exit_code
refresh(struct top *top, struct buffer *sentence)
{
	const struct hubctl_options *options = top->options;
	struct admin_answer answer;
	struct buffer said;
	enum exit_code status = EXIT_CODE_UNREACHABLE;

	buffer_init(&said, 0);
	admin_answer_init(&answer);
	if (hubctl_exchange(options->socket, options->timeout_seconds, buffer_text(&top->request),
		&said, sentence)) {
		if (!admin_answer_read(&answer, buffer_text(&said))) {
			buffer_append_string(
			    sentence, "what listens there does not speak to hubctl as a hub does");
			status = EXIT_CODE_VERSION;
		} else {
			status = hubctl_explain(&answer, sentence);
		}
	}
	if (status == EXIT_CODE_DONE && !top_view_take(&top->view, &answer, clock_now())) {
		buffer_append_string(sentence, "the hub's answer is not what top shows");
		status = EXIT_CODE_VERSION;
	}
	if (status == EXIT_CODE_DONE && !draw(top, &answer)) {
		buffer_append_string(sentence, "cannot write to standard output");
		status = EXIT_CODE_REFUSED;
	}
	admin_answer_free(&answer);
	buffer_free(&said);
	return status;
}

static void
begin_screen(struct top *top, bool once)
{
	const char *terminal = getenv("TERM");
	bool is_terminal = isatty(STDOUT_FILENO) && terminal != NULL &&
			   strcmp(terminal, "dumb") != 0 && *terminal != '\0';

	top->colours = is_terminal && !is_set("NO_COLOR");
	top->on_screen = is_terminal && !once && top->options->format == ADMIN_FORMAT_TABLE;
	hubctl_end_by_signal(top->on_screen ? SCREEN_END : "");
	if (top->on_screen)
		(void)hubctl_write(STDOUT_FILENO, TEXT(SCREEN_BEGIN));
}

enum exit_code
hubctl_top(const struct hubctl_options *options, const struct admin_request *request,
    struct buffer *sentence)
{
	struct text words[ADMIN_WORDS_MAX];
	unsigned count = admin_words(request, words);
	bool once = request->once.data != NULL;
	struct top *top = calloc(1, sizeof(*top));
	uint64_t every = EVERY_SECONDS;
	enum exit_code status;

	if (top == NULL) {
		buffer_append_string(sentence, "out of memory");
		return EXIT_CODE_REFUSED;
	}
	if (request->every.data != NULL)
		(void)text_to_u64(request->every, &every);
	top->options = options;
	buffer_init(&top->request, 0);
	admin_write_request(&top->request, TEXT(HUBBUB_VERSION), words, count);
	begin_screen(top, once);
	while ((status = refresh(top, sentence)) == EXIT_CODE_DONE && !once) {
		const struct timespec pause = { .tv_sec = (time_t)every };

		(void)nanosleep(&pause, NULL);
	}
	if (top->on_screen)
		(void)hubctl_write(STDOUT_FILENO, TEXT(SCREEN_END));
	buffer_free(&top->request);
	free(top);
	return status;
}
