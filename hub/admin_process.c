/*
 * The hub's metrics as a scraper would get them, and how much it logs.
 */
#include "hub/admin_process.h"

#include <string.h>

#include "hub/admin_protocol.h"

static const struct admin_column metrics_columns[] = {
	{ "line", ADMIN_TYPE_TEXT },
};

static const struct admin_column level_columns[] = {
	{ "process", ADMIN_TYPE_TEXT },
	{ "level", ADMIN_TYPE_TEXT },
};

static void
answer_metrics(const struct admin_process *process, struct buffer *out)
{
	struct buffer lines;
	const char *line;
	const char *end;

	buffer_init(&lines, 0);
	metrics_render(process->metrics, &lines);
	buffer_append_byte(&lines, '\0');
	admin_write_columns(out, metrics_columns, 1, false);
	for (line = lines.failed ? "" : lines.data; *line != '\0'; line = end + 1) {
		struct admin_cell cell;

		end = strchr(line, '\n');
		if (end == NULL)
			break;
		cell = admin_cell_text((struct text){ line, (size_t)(end - line) });
		admin_write_row(out, metrics_columns, &cell, 1);
	}
	out->failed |= lines.failed;
	buffer_free(&lines);
}

static void
answer_level(
    const struct admin_process *process, const struct admin_request *request, struct buffer *out)
{
	enum log_level level;
	struct admin_cell cells[2];

	if (request->level.data != NULL && log_level_of_name(request->level, &level))
		log_set_level(process->log, level);
	cells[0] = admin_cell_string("hub");
	cells[1] = admin_cell_string(log_level_name(log_level_of(process->log)));
	admin_write_columns(out, level_columns, 2, true);
	admin_write_row(out, level_columns, cells, 2);
}

bool
admin_process_answer(
    const struct admin_process *process, const struct admin_request *request, struct buffer *out)
{
	if (request->command == ADMIN_METRICS)
		answer_metrics(process, out);
	else if (request->command == ADMIN_LOG_LEVEL && request->gateway.data == NULL &&
		 request->all.data == NULL)
		answer_level(process, request, out);
	else
		return false;
	admin_write_end(out, ADMIN_END_DONE, TEXT(""));
	return true;
}
