/*
 * Log lines: a sentence with stable keys, `hub[812] info gateway=gw-1 session
 * joined room=lobby user=ana`. Control bytes and line ends in values are
 * escaped, values with blanks quoted, so that no foreign byte can forge a
 * line. Payloads and tokens are never logged.
 */
#ifndef HUBBUB_COMMON_LOG_H
#define HUBBUB_COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_field_type { LOG_FIELD_TEXT, LOG_FIELD_U64, LOG_FIELD_I64, LOG_FIELD_HEX };

/* One key=value. Made by the log_*() field functions below; borrowed until the line is written. */
struct log_field {
	const char *key;
	enum log_field_type type;
	struct text text;
	uint64_t number;
};

/* Where lines go: without time, program and line end, e.g. "info session joined room=lobby". */
struct log_sink {
	void (*write)(void *context, enum log_level level, struct text line);
	void *context;
	/* Monotonic milliseconds for the rate limit; NULL: the system's clock. */
	uint64_t (*mono_ms)(void *context);
};

/* A place to log to: a process's root or one object's context below it. */
struct log;

/*
 * The root log of a process, writing to standard error without ever blocking the caller: lines that
 * the descriptor does not take are counted and the count is written later. Under systemd
 * (JOURNAL_STREAM set) each line begins with its syslog priority "<6>" (sd-daemon(3)) instead of
 * time, program and pid. SIGPIPE is ignored from then on. NULL without memory.
 */
struct log *log_create(const char *program, enum log_level level);

/* The same with another sink, e.g. a test that asserts lines. */
struct log *log_create_sink(const char *program, enum log_level level, struct log_sink sink);

/*
 * A log that adds `key=value` to every line. The root must outlive it. NULL without memory and for
 * a NULL parent: its lines are then not written.
 */
struct log *log_child(struct log *parent, const char *key, struct text value);

void log_destroy(struct log **log);

/*
 * Reports what was suppressed or lost up to now. Every log_write does so too, so this is for a
 * timer, once a second or so, that makes the report come when nothing else is logged.
 */
void log_tick(struct log *log);

void log_set_level(struct log *log, enum log_level level);
enum log_level log_level_of(const struct log *log); /* of a NULL log: error */
const char *log_level_name(enum log_level level);
bool log_level_of_name(struct text name, enum log_level *level_out);
bool log_enabled(const struct log *log, enum log_level level);

struct log_field log_text(const char *key, struct text value);
struct log_field log_string(const char *key, const char *value);
struct log_field log_u64(const char *key, uint64_t value);
struct log_field log_i64(const char *key, int64_t value);
struct log_field log_client(const char *key, uint32_t client_id);

/*
 * Writes one line. `message` must be a literal: it is also the key of the
 * rate limit (10 lines a second of one message, then a "suppressed=N" line).
 * A NULL log writes nothing. errno is kept.
 */
void log_write(struct log *log, enum log_level level, const char *message,
    const struct log_field *fields, unsigned count);

/*
 * Writes one line of level info past the threshold and the rate limit: for what operators change,
 * whose trail must have no holes. The caller bounds how often that is.
 */
void log_write_always(
    struct log *log, const char *message, const struct log_field *fields, unsigned count);

#define LOG_FIELDS(...) ((const struct log_field[]){ __VA_ARGS__ })
#define LOG_COUNT(...) ((unsigned)(sizeof(LOG_FIELDS(__VA_ARGS__)) / sizeof(struct log_field)))

/* log_info(log, "session joined", log_text("room", room)); at least one field, else log_plain. */
#define log_error(log, message, ...) \
	log_write(log, LOG_LEVEL_ERROR, message, LOG_FIELDS(__VA_ARGS__), LOG_COUNT(__VA_ARGS__))
#define log_warn(log, message, ...) \
	log_write(log, LOG_LEVEL_WARN, message, LOG_FIELDS(__VA_ARGS__), LOG_COUNT(__VA_ARGS__))
#define log_info(log, message, ...) \
	log_write(log, LOG_LEVEL_INFO, message, LOG_FIELDS(__VA_ARGS__), LOG_COUNT(__VA_ARGS__))
#define log_debug(log, message, ...) \
	log_write(log, LOG_LEVEL_DEBUG, message, LOG_FIELDS(__VA_ARGS__), LOG_COUNT(__VA_ARGS__))
#define log_always(log, message, ...) \
	log_write_always(log, message, LOG_FIELDS(__VA_ARGS__), LOG_COUNT(__VA_ARGS__))
#define log_plain(log, level, message) log_write(log, level, message, NULL, 0)

#endif
