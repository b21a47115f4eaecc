/*
 * Secrets from files: keys, and whatever else must not stand in the configuration. What is read
 * lives in memory of its own that is wiped before it is given back.
 */
#ifndef HUBBUB_COMMON_SECRET_FILE_H
#define HUBBUB_COMMON_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"

/* The longest name of such a file. */
#define SECRET_FILE_NAME_MAX 900u

/* What most secrets fit in, certificates with their chains among them. */
#define SECRET_FILE_MAX ((size_t)64 * 1024)

struct secret;

/* True for an absolute path or a name without a slash, of at most SECRET_FILE_NAME_MAX bytes. */
bool secret_file_is_name(const char *name);

/*
 * Reads the file: one of that absolute path, or of that name in the folder that a service manager
 * hands credentials over in ($CREDENTIALS_DIRECTORY). NULL with one sentence in `error` if it is
 * not there, is no regular file, can be read or written by everybody, is empty or has more than
 * `bytes_max` bytes. It is opened once, and judged by what was opened, be it behind a link.
 */
struct secret *secret_file_read(const char *name, size_t bytes_max, char *error, size_t error_size);

/* The content, byte for byte; valid until the secret is destroyed. */
struct text secret_bytes(const struct secret *secret);

/* The same without the line end that editors and echo put behind it. */
struct text secret_line(const struct secret *secret);

/* Wipes and frees. */
void secret_destroy(struct secret **secret);

#endif
