/*
 * libedit: keys become lines. While it waits for a key the owner waits for
 * everything else; whatever it prints meanwhile goes above the edited line,
 * which is taken off the screen before and drawn anew behind.
 */
#include "client/line.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#define DEFAULT_COLUMNS 80
#define PROMPT_SIZE 96

struct line {
	const struct line_handlers *handlers;
	void *context;
	EditLine *editor;
	HistoryW *history;
	wchar_t prompt[PROMPT_SIZE];
	wchar_t shown_prompt[PROMPT_SIZE]; /* the one on the screen */
	bool editing;
	bool erased; /* nothing of it is on the screen */
};

static struct line *
line_of(EditLine *editor)
{
	void *line = NULL;

	el_wget(editor, EL_CLIENTDATA, &line);
	return line;
}

static wchar_t *
on_prompt(EditLine *editor)
{
	struct line *line = line_of(editor);

	memcpy(line->shown_prompt, line->prompt, sizeof(line->shown_prompt));
	return line->shown_prompt;
}

/* One character, however many bytes it takes; 0 at the end. */
static int
on_key(EditLine *editor, wchar_t *key_out)
{
	struct line *line = line_of(editor);
	mbstate_t state = { 0 };

	for (;;) {
		char byte;
		size_t used;

		if (!line->handlers->wait(line->context) || read(STDIN_FILENO, &byte, 1) != 1)
			return 0;
		used = mbrtowc(key_out, &byte, 1, &state);
		if (used == (size_t)-2)
			continue;
		if (used != (size_t)-1)
			return 1;
		/* Bytes that are no character are no key either. */
		memset(&state, 0, sizeof(state));
	}
}

/* Columns of a character as libedit draws it. */
static size_t
columns_of(wchar_t c)
{
	int width = wcwidth(c);

	if (iswcntrl((wint_t)c))
		return 2;
	return width >= 0 ? (size_t)width : 8;
}

static size_t
terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return DEFAULT_COLUMNS;
	return size.ws_col;
}

/* Adds a character to where the cursor is; a wide one does not fit into a last column. */
static void
walk(size_t *at, size_t columns, wchar_t c)
{
	size_t width = columns_of(c);

	if (width > 1 && *at % columns + width > columns)
		*at += columns - *at % columns;
	*at += width;
}

/* Takes the edited line off the screen; the cursor is then where its prompt began. */
static void
erase(struct line *line)
{
	const LineInfoW *info;
	size_t columns = terminal_columns();
	size_t at = 0;

	if (!line->editing || line->erased)
		return;
	info = el_wline(line->editor);
	for (const wchar_t *c = line->shown_prompt; *c != L'\0'; c++)
		walk(&at, columns, *c);
	for (const wchar_t *c = info->buffer; c < info->cursor; c++)
		walk(&at, columns, *c);
	if (at / columns > 0)
		fprintf(stdout, "\033[%zuA", at / columns);
	fputs("\r\033[J", stdout);
	line->erased = true;
}

static void
draw(struct line *line)
{
	line->erased = false;
	el_wset(line->editor, EL_REFRESH);
	fflush(stdout);
}

/* The line is handed over and gone from the screen: what is heard of it is what stays. */
static unsigned char
on_enter(EditLine *editor, int key)
{
	struct line *line = line_of(editor);
	const LineInfoW *info = el_wline(editor);
	size_t length = (size_t)(info->lastchar - info->buffer);
	wchar_t *copy = calloc(length + 1, sizeof(*copy));
	char *bytes = calloc(length + 1, MB_CUR_MAX);
	HistEventW event;

	(void)key;
	if (copy != NULL && bytes != NULL) {
		wmemcpy(copy, info->buffer, length);
		erase(line);
		el_cursor(editor, (int)(info->lastchar - info->cursor));
		el_wdeletestr(editor, (int)length);
		if (length > 0 && wcstombs(bytes, copy, (length + 1) * MB_CUR_MAX) != (size_t)-1) {
			history_w(line->history, &event, H_ENTER, copy);
			line->handlers->entered(line->context, text_of(bytes));
		}
		draw(line);
	}
	free(copy);
	free(bytes);
	return CC_NORM;
}

static void
set_up(struct line *line, unsigned history_max)
{
	HistEventW event;

	history_w(line->history, &event, H_SETSIZE, (int)history_max);
	history_w(line->history, &event, H_SETUNIQUE, 1);
	el_wset(line->editor, EL_CLIENTDATA, line);
	el_wset(line->editor, EL_PROMPT, on_prompt);
	el_wset(line->editor, EL_EDITOR, L"emacs");
	el_wset(line->editor, EL_HIST, history_w, line->history);
	el_wset(line->editor, EL_GETCFN, on_key);
	el_wset(line->editor, EL_ADDFN, L"hubbub-enter", L"Say the line", on_enter);
	el_source(line->editor, NULL);
	el_wset(line->editor, EL_BIND, L"^J", L"hubbub-enter", NULL);
	el_wset(line->editor, EL_BIND, L"^M", L"hubbub-enter", NULL);
}

struct line *
line_create(const struct line_handlers *handlers, void *context, unsigned history_max)
{
	struct line *line = calloc(1, sizeof(*line));

	if (line == NULL)
		return NULL;
	line->handlers = handlers;
	line->context = context;
	line->history = history_winit();
	line->editor = el_init("hubbub-chat", stdin, stdout, stderr);
	if (line->history == NULL || line->editor == NULL)
		line_destroy(&line);
	else
		set_up(line, history_max);
	return line;
}

void
line_destroy(struct line **line)
{
	struct line *doomed = *line;

	if (doomed == NULL)
		return;
	*line = NULL;
	if (doomed->editor != NULL)
		el_end(doomed->editor);
	if (doomed->history != NULL)
		history_wend(doomed->history);
	free(doomed);
}

void
line_run(struct line *line)
{
	int count = 0;

	line->editing = true;
	while (el_wgets(line->editor, &count) != NULL && count > 0)
		continue;
	erase(line);
	fflush(stdout);
	line->editing = false;
}

void
line_print(struct line *line, struct text lines)
{
	bool was_erased = line->erased;

	erase(line);
	fwrite(lines.data, 1, lines.length, stdout);
	if (line->editing && !was_erased)
		draw(line);
	else
		fflush(stdout);
}

void
line_set_prompt(struct line *line, struct text prompt)
{
	char bytes[PROMPT_SIZE] = "";

	if (prompt.length >= sizeof(bytes))
		return;
	memcpy(bytes, prompt.data, prompt.length);
	if (mbstowcs(line->prompt, bytes, PROMPT_SIZE) == (size_t)-1)
		line->prompt[0] = L'\0';
	if (line->editing && !line->erased && wcscmp(line->prompt, line->shown_prompt) != 0) {
		erase(line);
		draw(line);
	}
}

void
line_resized(struct line *line)
{
	el_resize(line->editor);
	if (!line->editing || line->erased)
		return;
	fputs("\r\033[J", stdout);
	draw(line);
}

void
line_leave_terminal(struct line *line)
{
	erase(line);
	fflush(stdout);
	el_wset(line->editor, EL_PREP_TERM, 0);
}

void
line_take_terminal(struct line *line)
{
	el_wset(line->editor, EL_PREP_TERM, 1);
	if (line->editing)
		draw(line);
}
