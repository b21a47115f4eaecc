/*
 * Exact-match lookup in the compiled-in table and the response headers of the
 * page. Must not know sockets, and knows no other file than the table's.
 */
#include "gateway/static_files.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/http.h"
#include "gateway/web_files.h"

/* What the page needs and nothing else: its own files and the WebSocket back to us. */
#define PAGE_HEADERS                                                                         \
	"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; " \
	"img-src 'self' data:; connect-src 'self' ws: wss:; base-uri 'none'; "               \
	"form-action 'none'; frame-ancestors 'none'\r\n"                                     \
	"X-Content-Type-Options: nosniff\r\n"                                                \
	"Referrer-Policy: no-referrer\r\n"                                                   \
	"Cross-Origin-Opener-Policy: same-origin\r\n"                                        \
	"Cache-Control: no-cache\r\n"

static int
compare_path(const void *key, const void *row)
{
	const struct text *path = key;
	const struct web_file *file = row;

	return text_compare(*path, text_of(file->path));
}

static const struct web_file *
find(struct text path)
{
	if (text_equal(path, TEXT("/")))
		path = TEXT("/index.html");
	return bsearch(&path, web_files, web_files_count, sizeof(web_files[0]), compare_path);
}

/* If-None-Match is "*" or a list of entity tags, weak ones among them (RFC 9110 section 13.1.2). */
static bool
is_known(struct text if_none_match, const char *etag)
{
	struct buffer weak;
	bool known;

	buffer_init(&weak, 0);
	buffer_printf(&weak, "W/%s", etag);
	known = text_equal(if_none_match, TEXT("*")) ||
		http_list_has(if_none_match, text_of(etag)) ||
		http_list_has(if_none_match, buffer_text(&weak));
	buffer_free(&weak);
	return known;
}

unsigned
static_files_answer(const struct static_request *request, struct buffer *response)
{
	const struct web_file *file = find(request->path);

	if (file == NULL)
		return HTTP_NOT_FOUND;
	if (is_known(request->if_none_match, file->etag)) {
		buffer_printf(response, "HTTP/1.1 304 Not Modified\r\nETag: %s\r\n%s\r\n",
		    file->etag, PAGE_HEADERS);
		return HTTP_NOT_MODIFIED;
	}
	buffer_printf(response,
	    "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\nETag: %s\r\n%s\r\n",
	    file->content_type, file->length, file->etag, PAGE_HEADERS);
	if (!request->head)
		buffer_append(response, file->bytes, file->length);
	return HTTP_OK;
}
