#ifndef GATEWAY_WEB_FILES_H
#define GATEWAY_WEB_FILES_H

#include <stddef.h>

/* The files of the chat page, compiled in by the build from gateway/web. */
struct web_file {
	const char *path;           /* as requested: "/index.html", "/js/chat.js" */
	const char *content_type;   /* ready for the header, with its charset */
	const unsigned char *bytes; /* not terminated */
	size_t length;              /* of bytes */
	const char *etag;           /* of these bytes, quotes included */
};

extern const struct web_file web_files[]; /* sorted by path */
extern const size_t web_files_count;

#endif
