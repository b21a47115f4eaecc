/*
 * A record's file while it is written: a shared mapping of a file that only its owner may read, so
 * that every entry is in it the moment it was appended, whatever becomes of the process, and no
 * entry costs a system call.
 */
#ifndef HUBBUB_HUB_RECORD_FILE_H
#define HUBBUB_HUB_RECORD_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

struct record_file;

/*
 * A new file of at most `bytes_max`. One that is there is kept as PATH.old, in place of an earlier
 * one, unless another process is writing it. NULL with one sentence in `error`.
 */
struct record_file *record_file_create(
    const char *path, uint64_t bytes_max, char *error, size_t error_size);

/* Bytes at the end, whole or not at all. False: there is no place for them, see record_file_why. */
bool record_file_append(struct record_file *file, unsigned char kind, struct text fields);

/* The last entry, for which there is always place if there was any for one before. */
void record_file_end(struct record_file *file, unsigned char kind, struct text fields);

/* Why nothing more can be appended. Borrowed. */
const char *record_file_why(const struct record_file *file);

uint64_t record_file_bytes(const struct record_file *file);

/* Cuts the file where the entries end. */
void record_file_close(struct record_file **file);

#endif
