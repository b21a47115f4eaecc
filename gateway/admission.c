/*
 * Places of addresses and users in a table each, and in the order in which the idle ones were last
 * of use: the first of these makes room. Keys are all that counts of an address, mixed with a
 * secret, so that nobody chooses where a place lies.
 */
#include "gateway/admission.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "gateway/id_map.h"
#include "gateway/ratelimit.h"

/* Of an IPv4 address among the first 64 bits of IPv6 ones, where nobody's prefix begins so. */
#define IPV4_KEY UINT64_C(0x0000ffff00000000)

/* Whoever is refused comes again in that time, or up to so much later. */
#define RETRY_MIN_S 1u
#define RETRY_SPREAD_S 5u

/* Newcomers are not told to wait longer than that, however many there are. */
#define RETRY_MAX_S 60u

struct admission_place {
	uint64_t key;
	unsigned connections;
	struct ratelimit accepts;
	struct ratelimit messages;
	TAILQ_ENTRY(admission_place) idle; /* while there is no connection */
};

TAILQ_HEAD(place_list, admission_place);

struct places {
	struct id_map by_key;
	struct place_list idle; /* the one used longest ago first */
	unsigned idle_count;
	unsigned idle_max;
};

struct admission {
	unsigned connections_max;
	struct ratelimit_rule accepts;
	struct ratelimit_rule address_messages;
	struct ratelimit_rule user_messages;
	struct ratelimit_rule logins;
	struct ratelimit login_tokens;
	struct ratelimit bookings; /* of those that were told when to come */
	struct places addresses;
	struct places users;
	uint64_t secrets[2];
	struct random_source random;
	struct log *log;
	struct metric *refusals[ADMISSION_VERDICTS];
};

static const char *const words[ADMISSION_VERDICTS] = {
	[ADMISSION_GRANTED] = "granted",
	[ADMISSION_ADDRESS_CONNECTIONS] = "address_connections",
	[ADMISSION_ADDRESS_ACCEPTS] = "address_accepts",
	[ADMISSION_ADDRESS_MESSAGES] = "address_messages",
	[ADMISSION_USER_MESSAGES] = "user_messages",
	[ADMISSION_LOGINS] = "logins",
	[ADMISSION_CLIENTS] = "clients",
	[ADMISSION_HUB_FULL] = "hub_full",
};

const char *
admission_word(enum admission_verdict verdict)
{
	return verdict < ADMISSION_VERDICTS ? words[verdict] : "unknown";
}

static void
places_init(struct places *places, unsigned idle_max)
{
	id_map_init(&places->by_key);
	TAILQ_INIT(&places->idle);
	places->idle_max = idle_max;
}

static void
forget(struct places *places, struct admission_place *place)
{
	(void)id_map_remove(&places->by_key, place->key);
	free(place);
}

static void
rest(struct places *places, struct admission_place *place)
{
	struct admission_place *first;

	TAILQ_INSERT_TAIL(&places->idle, place, idle);
	if (places->idle_count++ < places->idle_max)
		return;
	first = TAILQ_FIRST(&places->idle);
	TAILQ_REMOVE(&places->idle, first, idle);
	places->idle_count--;
	forget(places, first);
}

static void
end_rest(struct places *places, struct admission_place *place)
{
	TAILQ_REMOVE(&places->idle, place, idle);
	places->idle_count--;
}

/* The place of that key, idle if nobody is there; a new one has full buckets. NULL: no memory. */
static struct admission_place *
find(struct admission *admission, struct places *places, uint64_t key,
    const struct ratelimit_rule *messages, uint64_t now_ms)
{
	struct admission_place *place = id_map_get(&places->by_key, key);

	if (place != NULL)
		return place;
	place = calloc(1, sizeof(*place));
	if (place == NULL || !id_map_put(&places->by_key, key, place)) {
		free(place);
		return NULL;
	}
	place->key = key;
	ratelimit_init(&place->accepts, &admission->accepts, now_ms);
	ratelimit_init(&place->messages, messages, now_ms);
	rest(places, place);
	return place;
}

/* Different for different numbers, and never 0. */
static uint64_t
mixed(const struct admission *admission, uint64_t number)
{
	number ^= admission->secrets[0];
	number = (number ^ number >> 33) * UINT64_C(0xff51afd7ed558ccd);
	number = (number ^ number >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	number ^= number >> 33 ^ admission->secrets[1];
	return number == 0 ? 1 : number;
}

static bool
is_counted(const struct address *address)
{
	static const struct address loopback = { .kind = ADDRESS_IPV6, .bytes = { [15] = 1 } };

	if (address->kind == ADDRESS_IPV4)
		return address->bytes[0] != 127;
	return address->kind == ADDRESS_IPV6 && !address_equal(address, &loopback);
}

static uint64_t
key_of_address(const struct admission *admission, const struct address *address)
{
	unsigned count = address->kind == ADDRESS_IPV4 ? 4 : 8;
	uint64_t number = 0;

	for (unsigned i = 0; i < count; i++)
		number = number << 8 | address->bytes[i];
	return mixed(admission, address->kind == ADDRESS_IPV4 ? IPV4_KEY | number : number);
}

static uint64_t
key_of_user(const struct admission *admission, struct text realm, struct text user)
{
	uint64_t number = mixed(admission, realm.length);

	for (size_t i = 0; i < realm.length; i++)
		number = mixed(admission, number ^ (unsigned char)realm.data[i]);
	for (size_t i = 0; i < user.length; i++)
		number = mixed(admission, number ^ (unsigned char)user.data[i]);
	return number;
}

static struct ratelimit_rule
per_second(unsigned tokens, unsigned burst)
{
	return (struct ratelimit_rule){ tokens, 1000, burst };
}

void
admission_set(struct admission *admission, const struct config_limits *limits)
{
	admission->connections_max = limits->connections_per_address;
	admission->accepts =
	    per_second(limits->accepts_per_second_per_address, limits->accepts_burst_per_address);
	admission->address_messages =
	    per_second(limits->messages_per_second_per_address, limits->messages_burst_per_address);
	admission->user_messages =
	    per_second(limits->messages_per_second_per_user, limits->messages_burst_per_user);
	admission->logins = per_second(limits->logins_per_second, limits->logins_burst);
}

struct admission *
admission_create(const struct admission_setup *setup)
{
	struct admission *admission = calloc(1, sizeof(*admission));
	char labels[48];

	if (admission == NULL)
		return NULL;
	admission_set(admission, setup->limits);
	ratelimit_init(&admission->login_tokens, &admission->logins, 0);
	ratelimit_init(&admission->bookings, &admission->logins, 0);
	places_init(&admission->addresses, setup->idle_max);
	places_init(&admission->users, setup->idle_max);
	admission->random = setup->random;
	admission->secrets[0] = random_u64(setup->random);
	admission->secrets[1] = random_u64(setup->random);
	admission->log = setup->log;
	for (unsigned i = ADMISSION_GRANTED + 1; i < ADMISSION_VERDICTS; i++) {
		snprintf(labels, sizeof(labels), "reason=\"%s\"", words[i]);
		admission->refusals[i] = metrics_counter(setup->metrics,
		    "hubbub_gateway_refusals_total", labels,
		    "Connections, clients and messages refused because of a limit on them all.");
	}
	return admission;
}

/* Also those that somebody has not left. */
static void
places_free(struct places *places)
{
	for (uint32_t i = 0; i < places->by_key.capacity; i++) {
		if (places->by_key.places[i].key != 0)
			free(places->by_key.places[i].value);
	}
	id_map_free(&places->by_key);
}

void
admission_destroy(struct admission **admission)
{
	struct admission *doomed = *admission;

	if (doomed == NULL)
		return;
	*admission = NULL;
	places_free(&doomed->addresses);
	places_free(&doomed->users);
	free(doomed);
}

enum admission_verdict
admission_arrive(struct admission *admission, const struct address *address, uint64_t now_ms,
    struct admission_place **place_out)
{
	struct admission_place *place;

	*place_out = NULL;
	if (!is_counted(address) ||
	    (admission->connections_max == 0 && admission->accepts.tokens == 0 &&
		admission->address_messages.tokens == 0))
		return ADMISSION_GRANTED;
	place = find(admission, &admission->addresses, key_of_address(admission, address),
	    &admission->address_messages, now_ms);
	if (place == NULL)
		return ADMISSION_GRANTED;
	if (admission->connections_max > 0 && place->connections >= admission->connections_max)
		return ADMISSION_ADDRESS_CONNECTIONS;
	if (!ratelimit_take(&place->accepts, &admission->accepts, now_ms, 1))
		return ADMISSION_ADDRESS_ACCEPTS;
	if (place->connections++ == 0)
		end_rest(&admission->addresses, place);
	*place_out = place;
	return ADMISSION_GRANTED;
}

void
admission_leave(struct admission *admission, struct admission_place **place)
{
	struct admission_place *left = *place;

	*place = NULL;
	if (left != NULL && --left->connections == 0)
		rest(&admission->addresses, left);
}

enum admission_verdict
admission_login(struct admission *admission, uint64_t now_ms)
{
	if (ratelimit_take(&admission->login_tokens, &admission->logins, now_ms, 1))
		return ADMISSION_GRANTED;
	return ADMISSION_LOGINS;
}

static bool
user_may(struct admission *admission, struct text realm, struct text user, uint64_t now_ms)
{
	struct places *users = &admission->users;
	struct admission_place *place = find(admission, users, key_of_user(admission, realm, user),
	    &admission->user_messages, now_ms);

	if (place == NULL)
		return true;
	end_rest(users, place);
	rest(users, place);
	return ratelimit_take(&place->messages, &admission->user_messages, now_ms, 1);
}

enum admission_verdict
admission_message(struct admission *admission, struct admission_place *place, struct text realm,
    struct text user, uint64_t now_ms)
{
	if (place != NULL &&
	    !ratelimit_take(&place->messages, &admission->address_messages, now_ms, 1))
		return ADMISSION_ADDRESS_MESSAGES;
	if (admission->user_messages.tokens > 0 && !text_is_empty(user) &&
	    !user_may(admission, realm, user, now_ms))
		return ADMISSION_USER_MESSAGES;
	return ADMISSION_GRANTED;
}

void
admission_refused(struct admission *admission, enum admission_verdict verdict, struct text address)
{
	metric_increment(admission->refusals[verdict]);
	log_warn(admission->log, "refused by a limit", log_string("limit", words[verdict]),
	    log_text("address", address));
}

unsigned
admission_retry_seconds(
    struct admission *admission, enum admission_verdict verdict, uint64_t now_ms)
{
	uint64_t wait_s = 0;

	if (verdict == ADMISSION_LOGINS) {
		wait_s =
		    ratelimit_wait_ms(&admission->bookings, &admission->logins, now_ms, 1) / 1000;
		if (wait_s < RETRY_MAX_S)
			ratelimit_force(&admission->bookings, &admission->logins, now_ms, 1);
		else
			wait_s = RETRY_MAX_S;
	}
	return (unsigned)(RETRY_MIN_S + wait_s + random_below(admission->random, RETRY_SPREAD_S));
}
