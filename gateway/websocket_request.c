/*
 * HTTP requests: which become WebSockets, which get a file of the page, and how
 * the rest is refused. Everything a dialect may want of a request is copied
 * here, for the library forgets it afterwards. Must not know what dialects do.
 */
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "gateway/auth.h"
#include "gateway/forwarded_for.h"
#include "gateway/http.h"
#include "gateway/static_files.h"
#include "gateway/websocket_private.h"

/* Another gateway is there by then. */
#define RETRY_WHILE_STOPPING_S 5u

/* A header's value, or the empty text. It stays until the next request is read. */
static struct text
header(struct websocket *websocket, struct lws *wsi, enum lws_token_indexes token)
{
	struct buffer *values = &websocket->upgrade.values;
	size_t length = (size_t)lws_hdr_total_length(wsi, token);
	char *room;

	/* Its room was made at the start; growing would move the values that are there. */
	if (length == 0 || values->capacity - values->length <= length)
		return TEXT("");
	room = values->data + values->length;
	if (lws_hdr_copy(wsi, room, (int)length + 1, token) < 0)
		return TEXT("");
	buffer_advance(values, length + 1);
	return (struct text){ room, length };
}

/*
 * Whose connection it is, as everything behind this calls it: the peer's, or whom a trusted proxy
 * names. The one place that decides so.
 */
static struct address
client_of(struct lws *wsi)
{
	const struct arrival *arrival = lws_get_opaque_user_data(wsi);
	const struct address_set *trusted = &arrival->entrance->trusted_proxies;
	struct address client = arrival->peer;

	if (address_set_has(trusted, &client))
		client = forwarded_for(
		    header(websocket_of(wsi), wsi, WSI_TOKEN_X_FORWARDED_FOR), client, trusted);
	return client;
}

/* By one that speaks HTTP: of those in TCP mode we see the client's address as the peer's. */
static bool
is_passed_on(struct lws *wsi)
{
	const struct arrival *arrival = lws_get_opaque_user_data(wsi);

	return lws_hdr_total_length(wsi, WSI_TOKEN_X_FORWARDED_FOR) > 0 &&
	       address_set_has(&arrival->entrance->trusted_proxies, &arrival->peer);
}

static void
describe_address(struct lws *wsi, char text_out[ADDRESS_TEXT_SIZE])
{
	const struct address client = client_of(wsi);

	address_print(&client, text_out);
}

static void
report(struct websocket *websocket, unsigned status, struct text address)
{
	struct turned_away away = {
		.status = status,
		.address = address,
		.path = websocket->upgrade.path,
		.realm = TEXT(""),
		.user = TEXT(""),
	};

	/* Which is only asked for where a mount demands a proof. */
	if (status == HTTP_UNAUTHORIZED) {
		const struct auth_refusal refusal = auth_last_refusal(websocket->auth);

		away.reason = refusal.reason;
		away.realm = text_of(websocket->upgrade.request.mount->realm);
		away.user = refusal.user;
	}
	gateway_core_turned_away(websocket->core, clock_now(), &away);
}

/* Writes a refusal and ends the connection: no further request is read from one who was refused. */
static int
refuse(struct websocket *websocket, struct lws *wsi, unsigned status)
{
	struct buffer *response = &websocket->response;
	char address[ADDRESS_TEXT_SIZE];

	metric_increment(websocket->refused);
	describe_address(wsi, address);
	log_info(websocket->log, "a request is refused", log_u64("status", status),
	    log_string("address", address), log_text("path", websocket->upgrade.path));
	report(websocket, status, text_of(address));
	buffer_clear(response);
	if (status == HTTP_UNAVAILABLE || status == HTTP_TOO_MANY_REQUESTS)
		http_refuse_for(response, status, websocket->upgrade.retry_seconds);
	else
		http_refuse(response, status);
	if (!response->failed)
		lws_write(wsi, (unsigned char *)response->data, response->length, LWS_WRITE_RAW);
	return -1;
}

/* Headers that may come only once; the first line of the PROXY protocol, which passes for one. */
static bool
has_strays(struct lws *wsi)
{
	static const enum lws_token_indexes once[] = { WSI_TOKEN_HOST, WSI_TOKEN_UPGRADE,
		WSI_TOKEN_KEY, WSI_TOKEN_VERSION, WSI_TOKEN_ORIGIN, WSI_TOKEN_HTTP_CONTENT_LENGTH };

	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
		if (lws_hdr_fragment_length(wsi, once[i], 1) > 0)
			return true;
	}
	return lws_hdr_total_length(wsi, WSI_TOKEN_PROXY) > 0;
}

/* False for a path that the library's decoding made ambiguous: a bare & or ;, or a zero byte. */
static bool
copy_path(struct websocket *websocket, struct lws *wsi)
{
	struct text path = header(websocket, wsi, WSI_TOKEN_GET_URI);

	websocket->upgrade.path = path;
	return path.length > 0 && strnlen(path.data, path.length) == path.length &&
	       lws_hdr_fragment_length(wsi, WSI_TOKEN_GET_URI, 0) == (int)path.length;
}

static bool
copy_args(struct websocket *websocket, struct lws *wsi)
{
	struct buffer *values = &websocket->upgrade.values;
	struct client_request *request = &websocket->upgrade.request;

	request->args = websocket->upgrade.args;
	for (int i = 0; i < ARGS_MAX; i++) {
		char *room = values->data + values->length;
		int size = (int)(values->capacity - values->length);
		int length = lws_hdr_copy_fragment(wsi, room, size, WSI_TOKEN_HTTP_URI_ARGS, i);

		if (length < 0)
			return true;
		websocket->upgrade.args[i] = (struct text){ room, (size_t)length };
		request->arg_count++;
		buffer_advance(values, (size_t)length + 1);
	}
	return false;
}

static void
begin_request(struct websocket *websocket)
{
	buffer_clear(&websocket->upgrade.values);
	websocket->upgrade.path = TEXT("");
	websocket->upgrade.request = (struct client_request){ .mount = NULL };
	websocket->upgrade.answers_subprotocol = false;
	websocket->subprotocol[0] = '\0';
}

/*
 * The library accepts an upgrade only if it has a protocol by one of the names that the client
 * offers, and then answers with that name. Ours takes the first name that is offered for the time
 * of the handshake, so that clients may offer what they like; websocket_on_bound forgets the name
 * again unless it is the dialect's own, so that it is not in the answer.
 */
static bool
choose_subprotocol(struct websocket *websocket, struct lws *wsi)
{
	struct upgrade *upgrade = &websocket->upgrade;
	const char *ours = upgrade->request.mount->dialect->subprotocol;
	struct text offered = upgrade->request.subprotocols;
	struct lws_tokenize tokens;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_PROTOCOL) != (int)offered.length ||
	    offered.length > SUBPROTOCOLS_MAX)
		return false;
	if (offered.length == 0)
		return true;
	if (request_offers(&upgrade->request, ours)) {
		upgrade->answers_subprotocol = true;
		lws_strncpy(websocket->subprotocol, ours, sizeof(websocket->subprotocol));
		return true;
	}
	lws_tokenize_init(&tokens, offered.data,
	    LWS_TOKENIZE_F_COMMA_SEP_LIST | LWS_TOKENIZE_F_MINUS_NONTERM |
		LWS_TOKENIZE_F_DOT_NONTERM | LWS_TOKENIZE_F_RFC7230_DELIMS);
	tokens.len = offered.length;
	return lws_tokenize(&tokens) == LWS_TOKZE_TOKEN &&
	       lws_tokenize_cstr(&tokens, websocket->subprotocol, sizeof(websocket->subprotocol)) ==
		   0;
}

static unsigned
judge(struct websocket *websocket, struct lws *wsi)
{
	struct upgrade *upgrade = &websocket->upgrade;
	struct address client;
	struct client_request *request = &upgrade->request;
	const struct http_upgrade headers = {
		.is_get = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0,
		.strays = has_strays(wsi),
		.version = header(websocket, wsi, WSI_TOKEN_HTTP),
		.host = header(websocket, wsi, WSI_TOKEN_HOST),
		.connection = header(websocket, wsi, WSI_TOKEN_CONNECTION),
		.key = header(websocket, wsi, WSI_TOKEN_KEY),
		.websocket_version = header(websocket, wsi, WSI_TOKEN_VERSION),
		.origin = header(websocket, wsi, WSI_TOKEN_ORIGIN),
		.content_length = header(websocket, wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH),
		.transfer_encoding = header(websocket, wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING),
	};
	unsigned status =
	    http_judge_upgrade(&headers, text_of(upgrade->arrival->entrance->origins));

	if (status != 0)
		return status;
	request->cookies = header(websocket, wsi, WSI_TOKEN_HTTP_COOKIE);
	request->authorization = header(websocket, wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
	request->subprotocols = header(websocket, wsi, WSI_TOKEN_PROTOCOL);
	if (!copy_path(websocket, wsi) || !copy_args(websocket, wsi))
		return HTTP_BAD_REQUEST;
	status = mounts_resolve(upgrade->arrival->entrance->mounts, upgrade->path, request);
	if (status != 0)
		return status;
	client = client_of(wsi);
	address_print(&client, upgrade->address);
	request->address = text_of(upgrade->address);
	if (websocket->refusing) {
		upgrade->retry_seconds = RETRY_WHILE_STOPPING_S;
		return HTTP_UNAVAILABLE;
	}
	if (!choose_subprotocol(websocket, wsi))
		return HTTP_BAD_REQUEST;
	status = websocket_may_enter(websocket, wsi, &client);
	if (status == 0 && request->verified &&
	    !auth_admit(
		websocket->auth, request, upgrade->arrival->entrance->cookies_count, clock_now()))
		return HTTP_UNAUTHORIZED;
	return status;
}

int
websocket_on_upgrade(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	struct websocket *websocket = websocket_of(wsi);
	char word[16] = "";
	unsigned status;

	(void)peer;
	(void)length;
	/* It points into memory that the library has freed if it does not know the word. */
	(void)in;
	begin_request(websocket);
	websocket->upgrade.arrival = lws_get_opaque_user_data(wsi);
	if (lws_hdr_copy(wsi, word, sizeof(word), WSI_TOKEN_UPGRADE) <= 0)
		return -1;
	/* The other word that the library knows and has not answered yet: HTTP/2, which is off. */
	if (strcasecmp(word, "h2c") == 0)
		return refuse(websocket, wsi, HTTP_BAD_REQUEST);
	if (strcasecmp(word, "websocket") != 0)
		return -1;
	if (websocket->sends_elsewhere && is_passed_on(wsi)) {
		metric_increment(websocket->sent_elsewhere);
		return -1;
	}
	status = judge(websocket, wsi);
	if (status != 0)
		return refuse(websocket, wsi, status);
	websocket->upgrade.request.place = websocket->upgrade.arrival->place;
	return 0;
}

int
websocket_on_bound(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	struct websocket *websocket = websocket_of(wsi);

	(void)peer;
	(void)in;
	(void)length;
	if (!websocket->upgrade.answers_subprotocol)
		websocket->subprotocol[0] = '\0';
	return 0;
}

int
websocket_on_request(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	struct websocket *websocket = websocket_of(wsi);

	(void)peer;
	begin_request(websocket);
	websocket->upgrade.path = (struct text){ in, length };
	if (has_strays(wsi) || lws_hdr_total_length(wsi, WSI_TOKEN_HOST) == 0 ||
	    http_announces_body(header(websocket, wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH),
		header(websocket, wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING)))
		return refuse(websocket, wsi, HTTP_BAD_REQUEST);
	return 0;
}

/* What a request that no file answers is told: a WebSocket's path asks to be upgraded. */
static unsigned
missing_file_status(struct websocket *websocket, const struct mount_table *mounts)
{
	unsigned status =
	    mounts_resolve(mounts, websocket->upgrade.path, &websocket->upgrade.request);

	return status == HTTP_NOT_FOUND ? HTTP_NOT_FOUND : HTTP_UPGRADE_REQUIRED;
}

int
websocket_on_page(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	struct websocket *websocket = websocket_of(wsi);
	const struct arrival *arrival = lws_get_opaque_user_data(wsi);
	const struct mount_table *mounts = arrival->entrance->mounts;
	struct buffer *response = &websocket->response;
	const struct static_request request = {
		.path = { in, length },
		.if_none_match = header(websocket, wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH),
		.head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0,
	};
	unsigned status = HTTP_NOT_FOUND;

	(void)peer;
	if (!request.head && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == 0)
		return refuse(websocket, wsi, HTTP_METHOD_NOT_ALLOWED);
	metric_increment(websocket->page_requests);
	buffer_clear(response);
	if (mounts->page)
		status = static_files_answer(&request, response);
	if (status == HTTP_NOT_FOUND)
		return refuse(websocket, wsi, missing_file_status(websocket, mounts));
	if (response->failed ||
	    lws_write(wsi, (unsigned char *)response->data, response->length, LWS_WRITE_RAW) < 0)
		return -1;
	return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}
