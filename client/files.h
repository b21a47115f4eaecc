/* The two files of a client, both with a secret in them. */
#ifndef HUBBUB_CLIENT_FILES_H
#define HUBBUB_CLIENT_FILES_H

#include "common/buffer.h"

/* Appends the first line of a token's file; false with a sentence, also if others may read it. */
bool files_read_token(const char *path, struct buffer *token, struct buffer *sentence);

/* Appends a file that only its owner may read. A file that is not there is empty. */
bool files_read_own(const char *path, struct buffer *content, struct buffer *sentence);

/*
 * True for a file that a library may be given to read, which would wait for a pipe's writer and
 * read on where there is no end.
 */
bool files_can_be_read(const char *path, struct buffer *sentence);

/* Puts the content in the place of what is there, all of it or nothing, with mode 0600. */
bool files_replace(const char *path, struct text content, struct buffer *sentence);

#endif
