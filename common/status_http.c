/*
 * Answers operators and their machines over HTTP. Owns the listening socket
 * and the few pages; knows the process only through struct status_source.
 * Bounded like everything that listens: small headers, no bodies, a deadline.
 */
#include "common/status_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/text.h"
#include "common/unix_socket.h"

#define HEADER_BYTES_MAX 4096
#define TIMEOUT_SECONDS 5
#define BACKLOG 16
#define PAGE_BYTES_MAX (4 * 1024 * 1024)

/* A listener that could not accept, for want of descriptors, tries again this often. */
#define REST_SECONDS 1

struct status_http {
	struct evhttp *server;
	struct evconnlistener *listener; /* the server's */
	struct event *rested;
	struct status_source source;
	char *path; /* of a Unix socket, else NULL */
	struct unix_socket_file file;
};

/* Writes a page and its status code. */
typedef int status_page(struct status_http *http, struct buffer *out);

static int
page_health(struct status_http *http, struct buffer *out)
{
	(void)http;
	buffer_append_string(out, "alive\n");
	return HTTP_OK;
}

static int
page_ready(struct status_http *http, struct buffer *out)
{
	const char *reason = "not ready";

	if (http->source.ready(http->source.context, &reason)) {
		buffer_append_string(out, "ready\n");
		return HTTP_OK;
	}
	buffer_append_string(out, reason);
	buffer_append_byte(out, '\n');
	return HTTP_SERVUNAVAIL;
}

static int
page_metrics(struct status_http *http, struct buffer *out)
{
	if (http->source.refresh != NULL)
		http->source.refresh(http->source.context);
	metrics_render(http->source.metrics, out);
	return HTTP_OK;
}

static const struct {
	const char *path;
	const char *type;
	status_page *page;
} pages[] = {
	{ "/healthz", "text/plain; charset=utf-8", page_health },
	{ "/readyz", "text/plain; charset=utf-8", page_ready },
	{ "/metrics", "text/plain; version=0.0.4; charset=utf-8", page_metrics },
};

static void
answer(struct evhttp_request *request, int code, const char *type, struct text body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *content = NULL;
	const char *reason = code == HTTP_OK ? "OK" : code == HTTP_NOTFOUND ? "Not Found" : NULL;

	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD) {
		/* libevent would send the body all the same. */
		char length[24];

		snprintf(length, sizeof(length), "%zu", body.length);
		evhttp_add_header(headers, "Content-Length", length);
	} else {
		content = evbuffer_new();
	}
	if (content != NULL)
		evbuffer_add(content, body.data, body.length);
	/* Without a reason libevent says what the code stands for. */
	evhttp_send_reply(request, code, reason, content);
	if (content != NULL)
		evbuffer_free(content);
}

static void
answer_plain(struct evhttp_request *request, int code, const char *text)
{
	answer(request, code, "text/plain; charset=utf-8", text_of(text));
}

static void
answer_page(struct status_http *http, struct evhttp_request *request, size_t index)
{
	struct buffer out;
	int code;

	buffer_init(&out, PAGE_BYTES_MAX);
	code = pages[index].page(http, &out);
	if (out.failed)
		answer_plain(request, HTTP_INTERNAL, "the page does not fit\n");
	else
		answer(request, code, pages[index].type, buffer_text(&out));
	buffer_free(&out);
}

static void
on_request(struct evhttp_request *request, void *context)
{
	struct status_http *http = context;
	enum evhttp_cmd_type command = evhttp_request_get_command(request);
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;

	if (command != EVHTTP_REQ_GET && command != EVHTTP_REQ_HEAD) {
		evhttp_add_header(evhttp_request_get_output_headers(request), "Allow", "GET, HEAD");
		answer_plain(request, HTTP_BADMETHOD, "only GET and HEAD\n");
		return;
	}
	for (size_t i = 0; path != NULL && i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(path, pages[i].path) == 0) {
			answer_page(http, request, i);
			return;
		}
	}
	answer_plain(request, HTTP_NOTFOUND, "there are /healthz, /readyz and /metrics\n");
}

/* A numeric loopback address; false for anything else. */
static bool
parse_loopback(const char *address, struct sockaddr_storage *out, socklen_t *length_out)
{
	const char *colon = strrchr(address, ':');
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	uint64_t port;
	char host[64];

	memset(out, 0, sizeof(*out));
	if (colon == NULL || !text_to_u64(text_of(colon + 1), &port) || port > UINT16_MAX)
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
	if (strcmp(host, "[::1]") == 0) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		v6->sin6_addr = in6addr_loopback;
		*length_out = sizeof(*v6);
		return true;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)port);
	*length_out = sizeof(*v4);
	return inet_pton(AF_INET, host, &v4->sin_addr) == 1 &&
	       ntohl(v4->sin_addr.s_addr) >> 24 == 127;
}

static int
listen_on_port(const char *address, char *error, size_t error_size)
{
	struct sockaddr_storage name;
	socklen_t length;
	int on = 1;
	int fd;

	if (!parse_loopback(address, &name, &length)) {
		snprintf(error, error_size,
		    "the status address '%.100s' is neither unix:/path nor a loopback address "
		    "such as 127.0.0.1:9100",
		    address);
		return -1;
	}
	fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, (const struct sockaddr *)&name, length) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	snprintf(error, error_size, "cannot listen on the status address %.100s: %s", address,
	    strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
listen_on(struct status_http *http, const char *address, char *error, size_t error_size)
{
	static const char prefix[] = "unix:";
	const char *path = address + sizeof(prefix) - 1;
	int fd;

	if (strncmp(address, prefix, sizeof(prefix) - 1) != 0)
		return listen_on_port(address, error, error_size);
	fd = unix_socket_listen(path, 0660, "", error, error_size, &http->file);
	if (fd < 0)
		return -1;
	http->path = strdup(path);
	if (http->path == NULL) {
		unix_socket_remove(path, &http->file);
		close(fd);
		snprintf(error, error_size, "no memory for the status address");
		return -1;
	}
	return fd;
}

/*
 * The connection stays in the queue, so that libevent would try again at once, for ever, and write
 * a line to stderr each time. libevent passes us nothing of ours: on_rested wakes all that rest.
 */
static void
on_accept_failed(struct evconnlistener *listener, void *context)
{
	(void)context;
	evconnlistener_disable(listener);
}

static void
on_rested(evutil_socket_t fd, short what, void *context)
{
	struct status_http *http = context;

	(void)fd;
	(void)what;
	if (http->listener != NULL)
		evconnlistener_enable(http->listener);
}

static bool
listen_patiently(struct status_http *http, struct event_base *base, int fd)
{
	struct timeval rest = { .tv_sec = REST_SECONDS };
	struct evhttp_bound_socket *bound;

	http->rested = event_new(base, -1, EV_PERSIST, on_rested, http);
	if (http->rested == NULL || event_add(http->rested, &rest) != 0)
		return false;
	bound = evhttp_accept_socket_with_handle(http->server, fd);
	if (bound == NULL)
		return false;
	http->listener = evhttp_bound_socket_get_listener(bound);
	evconnlistener_set_error_cb(http->listener, on_accept_failed);
	return true;
}

static bool
set_up_server(struct status_http *http, struct event_base *base, int fd)
{
	http->server = evhttp_new(base);
	if (http->server == NULL)
		return false;
	evhttp_set_max_headers_size(http->server, HEADER_BYTES_MAX);
	evhttp_set_max_body_size(http->server, 0);
	evhttp_set_timeout(http->server, TIMEOUT_SECONDS);
	/* All methods reach us, so that the wrong ones are told which are right. */
	evhttp_set_allowed_methods(
	    http->server, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
			      EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
			      EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
	evhttp_set_gencb(http->server, on_request, http);
	return listen_patiently(http, base, fd);
}

struct status_http *
status_http_create(struct event_base *base, const char *address, struct status_source source,
    struct log *log, char *error, size_t error_size)
{
	struct status_http *http = calloc(1, sizeof(*http));
	int fd;

	snprintf(error, error_size, "no memory for the status address");
	if (http == NULL)
		return NULL;
	http->source = source;
	fd = listen_on(http, address, error, error_size);
	if (fd < 0) {
		free(http);
		return NULL;
	}
	if (!set_up_server(http, base, fd)) {
		snprintf(error, error_size, "cannot serve the status address %.100s", address);
		close(fd);
		status_http_destroy(&http);
		return NULL;
	}
	log_info(log, "status is served", log_string("address", address));
	return http;
}

void
status_http_destroy(struct status_http **http)
{
	struct status_http *doomed = *http;

	if (doomed == NULL)
		return;
	*http = NULL;
	if (doomed->path != NULL)
		unix_socket_remove(doomed->path, &doomed->file);
	if (doomed->rested != NULL)
		event_free(doomed->rested);
	if (doomed->server != NULL)
		evhttp_free(doomed->server);
	free(doomed->path);
	free(doomed);
}
