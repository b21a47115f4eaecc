/*
 * Where connections and requests meet the limits of addresses and newcomers. What the limits are is
 * admission.c's.
 */
#include "common/clock.h"
#include "gateway/http.h"
#include "gateway/websocket_private.h"

/* Addresses and users whose rates are remembered while nobody is here from them. */
#define IDLE_PLACES 16384

struct admission *
websocket_admission_create(const struct websocket_setup *setup)
{
	return admission_create(&(struct admission_setup){
	    .limits = &setup->limits,
	    .idle_max = IDLE_PLACES,
	    .random = random_system(),
	    .log = setup->log,
	    .metrics = setup->metrics,
	});
}

struct admission *
websocket_admission(struct websocket *websocket)
{
	return websocket->admission;
}

static void
say_refused(
    struct websocket *websocket, enum admission_verdict verdict, const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	address_print(address, text);
	admission_refused(websocket->admission, verdict, text_of(text));
}

/* Whom a trusted proxy speaks for is known with the request: it is looked at then. */
bool
websocket_may_come(struct websocket *websocket, const struct address *peer,
    const struct entrance *entrance, struct admission_place **place_out)
{
	enum admission_verdict verdict;

	*place_out = NULL;
	if (address_set_has(&entrance->trusted_proxies, peer))
		return true;
	verdict = admission_arrive(websocket->admission, peer, clock_now().mono_ms, place_out);
	if (verdict != ADMISSION_GRANTED)
		say_refused(websocket, verdict, peer);
	return verdict == ADMISSION_GRANTED;
}

unsigned
websocket_may_enter(struct websocket *websocket, struct lws *wsi, const struct address *client)
{
	const uint64_t now_ms = clock_now().mono_ms;
	struct arrival *arrival = lws_get_opaque_user_data(wsi);
	enum admission_verdict verdict = ADMISSION_GRANTED;

	if (websocket->open >= websocket->limits.clients)
		verdict = ADMISSION_CLIENTS;
	else if (arrival->place == NULL && !address_equal(client, &arrival->peer))
		verdict = admission_arrive(websocket->admission, client, now_ms, &arrival->place);
	if (verdict == ADMISSION_GRANTED)
		verdict = admission_login(websocket->admission, now_ms);
	if (verdict == ADMISSION_GRANTED)
		return 0;
	say_refused(websocket, verdict, client);
	websocket->upgrade.retry_seconds =
	    admission_retry_seconds(websocket->admission, verdict, now_ms);
	if (verdict == ADMISSION_ADDRESS_CONNECTIONS || verdict == ADMISSION_ADDRESS_ACCEPTS)
		return HTTP_TOO_MANY_REQUESTS;
	return HTTP_UNAVAILABLE;
}
