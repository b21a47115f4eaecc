/*
 * The chat page's files, answered from the table that the build compiled in.
 * No path of a request ever reaches a file system. Pure: bytes out.
 */
#ifndef HUBBUB_GATEWAY_STATIC_FILES_H
#define HUBBUB_GATEWAY_STATIC_FILES_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/text.h"

/* What of a GET or HEAD request matters here; borrowed. */
struct static_request {
	struct text path;          /* percent-decoded, without query; "/" is "/index.html" */
	struct text if_none_match; /* empty when absent                                    */
	bool head;                 /* headers only                                         */
};

/* Appends the whole response of a file and returns its status; 404 appends nothing. */
unsigned static_files_answer(const struct static_request *request, struct buffer *response);

#endif
