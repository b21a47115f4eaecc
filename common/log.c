/*
 * Levels, contexts and the rate limit of log lines. Owns the root of a
 * process's log and the chain of contexts below it; how a line looks is
 * log_line.c's, where it goes is the sink's. Never the reason why a process
 * stops: without memory there are fewer lines, not fewer processes.
 */
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log_line.h"
#include "common/log_stderr.h"

#define LINES_PER_WINDOW 10
#define WINDOW_MS 1000

/* Call sites remembered. Past that, lines of new sites are limited together. */
#define SITES 256

/* Bytes of context that a line carries at most, so that the message is always seen. */
#define CONTEXT_SIZE 1024

/* One message at one level. */
struct site {
	const char *message; /* NULL: unused */
	enum log_level level;
	uint64_t window_ms; /* when the present window began */
	uint64_t suppressed;
	unsigned lines;
};

struct root {
	enum log_level level;
	struct log_sink sink;
	struct log_stderr *own_sink; /* NULL if the sink is somebody else's */
	uint64_t swept_ms;
	struct site sites[SITES + 1]; /* the last one is shared by all that found no place */
};

struct log {
	struct root *root;
	bool owns_root;
	size_t context_length;
	char context[]; /* " key=value key=value", as it stands in the line */
};

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

struct log *
log_create_sink(const char *program, enum log_level level, struct log_sink sink)
{
	struct log *log = calloc(1, sizeof(*log) + 1);
	struct root *root = calloc(1, sizeof(*root));

	/* A sink knows whose lines it takes; what it is given is the same wherever it goes. */
	(void)program;
	if (log == NULL || root == NULL) {
		free(log);
		free(root);
		return NULL;
	}
	root->level = level;
	root->sink = sink;
	log->root = root;
	log->owns_root = true;
	return log;
}

struct log *
log_create(const char *program, enum log_level level)
{
	struct log_stderr *own_sink = log_stderr_create(program);
	struct log_sink sink = { .write = log_stderr_write, .context = own_sink };
	struct log *log = own_sink != NULL ? log_create_sink(program, level, sink) : NULL;

	if (log == NULL) {
		log_stderr_destroy(&own_sink);
		return NULL;
	}
	log->root->own_sink = own_sink;
	return log;
}

struct log *
log_child(struct log *parent, const char *key, struct text value)
{
	struct log_field field = log_text(key, value);
	struct log_line line;
	struct text added;
	struct log *child;
	size_t length;

	if (parent == NULL)
		return NULL;
	log_line_begin(&line);
	log_line_field(&line, &field);
	added = log_line_end(&line);
	length = parent->context_length + added.length;
	if (length > CONTEXT_SIZE) {
		added = TEXT(" [cut]");
		length = parent->context_length + added.length;
	}
	child = malloc(sizeof(*child) + length + 1);
	if (child == NULL)
		return NULL;
	child->root = parent->root;
	child->owns_root = false;
	child->context_length = length;
	memcpy(child->context, parent->context, parent->context_length);
	memcpy(child->context + parent->context_length, added.data, added.length);
	child->context[length] = '\0';
	return child;
}

void
log_set_level(struct log *log, enum log_level level)
{
	if (log != NULL)
		log->root->level = level;
}

enum log_level
log_level_of(const struct log *log)
{
	return log != NULL ? log->root->level : LOG_LEVEL_ERROR;
}

const char *
log_level_name(enum log_level level)
{
	return level_names[level];
}

bool
log_level_of_name(struct text name, enum log_level *level_out)
{
	for (enum log_level level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		if (text_equal(name, text_of(level_names[level]))) {
			*level_out = level;
			return true;
		}
	}
	return false;
}

bool
log_enabled(const struct log *log, enum log_level level)
{
	return log != NULL && level <= log->root->level;
}

struct log_field
log_text(const char *key, struct text value)
{
	return (struct log_field){ .key = key, .type = LOG_FIELD_TEXT, .text = value };
}

struct log_field
log_string(const char *key, const char *value)
{
	return log_text(key, text_of(value));
}

struct log_field
log_u64(const char *key, uint64_t value)
{
	return (struct log_field){ .key = key, .type = LOG_FIELD_U64, .number = value };
}

struct log_field
log_i64(const char *key, int64_t value)
{
	return (struct log_field){ .key = key, .type = LOG_FIELD_I64, .number = (uint64_t)value };
}

struct log_field
log_client(const char *key, uint32_t client_id)
{
	return (struct log_field){ .key = key, .type = LOG_FIELD_HEX, .number = client_id };
}

static uint64_t
root_now(const struct root *root)
{
	if (root->sink.mono_ms != NULL)
		return root->sink.mono_ms(root->sink.context);
	return clock_now().mono_ms;
}

static void
emit(struct root *root, enum log_level level, struct text context, const char *message,
    const struct log_field *fields, unsigned count)
{
	struct log_line line;

	log_line_begin(&line);
	log_line_literal(&line, level_names[level]);
	log_line_rendered(&line, context);
	log_line_literal(&line, " ");
	log_line_literal(&line, message);
	for (unsigned i = 0; i < count; i++)
		log_line_field(&line, &fields[i]);
	root->sink.write(root->sink.context, level, log_line_end(&line));
}

/* Says how many lines of the site were left out, and begins its next window. */
static void
close_window(struct root *root, struct site *site, uint64_t now_ms)
{
	bool shared = site == &root->sites[SITES];
	struct log_field suppressed = log_u64("suppressed", site->suppressed);

	if (site->suppressed > 0)
		emit(root, site->level, TEXT(""), shared ? "various messages" : site->message,
		    &suppressed, 1);
	site->suppressed = 0;
	site->lines = 0;
	site->window_ms = now_ms;
}

static void
sweep(struct root *root, uint64_t now_ms, bool at_once)
{
	if (!at_once && now_ms - root->swept_ms < WINDOW_MS)
		return;
	root->swept_ms = now_ms;
	for (size_t i = 0; i <= SITES; i++) {
		struct site *site = &root->sites[i];

		if (site->suppressed > 0 && (at_once || now_ms - site->window_ms >= WINDOW_MS))
			close_window(root, site, now_ms);
	}
}

static struct site *
find_site(struct root *root, enum log_level level, const char *message)
{
	/* Literals lie close together; a multiplication spreads their addresses. */
	uint64_t hash = ((uint64_t)(uintptr_t)message + level) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(hash >> 32) % SITES;

	for (size_t i = 0; i < SITES; i++, at = (at + 1) % SITES) {
		struct site *site = &root->sites[at];

		if (site->message == message && site->level == level)
			return site;
		if (site->message == NULL) {
			site->message = message;
			site->level = level;
			return site;
		}
	}
	root->sites[SITES].level = level;
	return &root->sites[SITES];
}

/* True if the line may be written; otherwise it is counted. */
static bool
admit(struct root *root, enum log_level level, const char *message, uint64_t now_ms)
{
	struct site *site = find_site(root, level, message);

	if (now_ms - site->window_ms >= WINDOW_MS)
		close_window(root, site, now_ms);
	if (site->lines < LINES_PER_WINDOW) {
		site->lines++;
		return true;
	}
	site->suppressed++;
	return false;
}

void
log_write(struct log *log, enum log_level level, const char *message,
    const struct log_field *fields, unsigned count)
{
	int saved = errno;
	uint64_t now_ms;

	if (!log_enabled(log, level))
		return;
	now_ms = root_now(log->root);
	sweep(log->root, now_ms, false);
	if (admit(log->root, level, message, now_ms)) {
		struct text context = { log->context, log->context_length };

		emit(log->root, level, context, message, fields, count);
	}
	errno = saved;
}

void
log_write_always(
    struct log *log, const char *message, const struct log_field *fields, unsigned count)
{
	int saved = errno;
	struct text context;

	if (log == NULL)
		return;
	context = (struct text){ log->context, log->context_length };
	emit(log->root, LOG_LEVEL_INFO, context, message, fields, count);
	errno = saved;
}

void
log_tick(struct log *log)
{
	int saved = errno;

	if (log == NULL)
		return;
	sweep(log->root, root_now(log->root), false);
	if (log->root->own_sink != NULL)
		log_stderr_flush(log->root->own_sink);
	errno = saved;
}

void
log_destroy(struct log **log)
{
	struct log *doomed = *log;

	if (doomed == NULL)
		return;
	*log = NULL;
	if (doomed->owns_root) {
		sweep(doomed->root, root_now(doomed->root), true);
		if (doomed->root->own_sink != NULL)
			log_stderr_flush(doomed->root->own_sink);
		log_stderr_destroy(&doomed->root->own_sink);
		free(doomed->root);
	}
	free(doomed);
}
