/*
 * Owns which certificate each listener shows, and whom it warns of their ends.
 * Must not know what is in them, nor connections.
 */
#include "gateway/certificates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S INT64_C(86400)
#define DAY_MS UINT64_C(86400000)

/* An authority that renews by itself has done so by then. */
#define WARNING_DAYS 14

#define LABEL_SIZE 96

struct slot {
	char *name; /* the listener's */
	bool speaks_tls;
	struct tls *present;
	struct tls *prepared;
	struct metric *expiry;
};

struct certificates {
	struct slot
	    slots[CONFIG_LISTENERS_MAX]; /* by their listener's place in the configuration */
	struct log *log;
	uint64_t warn_ms;
};

static bool
speaks_tls(const struct config_listener *listener)
{
	return listener->tls_certificate[0] != '\0';
}

static int64_t
remaining_s(const struct tls *tls, struct now now)
{
	return tls_expires_s(tls) - now.wall_ms / 1000;
}

static bool
refuse_expired(
    const struct config_listener *listener, const struct tls *tls, struct config_mistakes *mistakes)
{
	char date[CLOCK_UTC_SIZE];

	clock_utc(tls_expires_s(tls) * 1000, date);
	return config_mistake(mistakes,
	    "listener.%s.tls_certificate: %.200s has expired at %s; renew the certificate",
	    listener->name, listener->tls_certificate, date);
}

/* Of a listener with TLS; NULL with mistakes. */
static struct tls *
load_good(const struct config_listener *listener, struct now now, struct config_mistakes *mistakes)
{
	struct tls *tls = tls_load(listener, mistakes);

	if (tls != NULL && remaining_s(tls, now) <= 0) {
		refuse_expired(listener, tls, mistakes);
		tls_destroy(&tls);
	}
	return tls;
}

/* One of a pair alone is config_check's to tell. */
static bool
can_be_loaded(const struct config_listener *listener, const struct config_mistakes *mistakes)
{
	return speaks_tls(listener) && listener->tls_key[0] != '\0' &&
	       !config_is_doubted(mistakes, "listener.%s.tls_certificate", listener->name) &&
	       !config_is_doubted(mistakes, "listener.%s.tls_key", listener->name);
}

void
certificates_check(const struct config *config, struct now now, struct config_mistakes *mistakes)
{
	for (unsigned i = 0; i < config->listener_count; i++) {
		struct tls *tls = NULL;

		if (can_be_loaded(&config->listeners[i], mistakes))
			tls = load_good(&config->listeners[i], now, mistakes);
		tls_destroy(&tls);
	}
}

/* A line for one that has just been put in force, and a warning for one that is not long good. */
static void
tell(struct certificates *certificates, const struct slot *slot, struct now now, bool is_new)
{
	int64_t remaining = remaining_s(slot->present, now);
	int64_t days = remaining / DAY_S;
	char date[CLOCK_UTC_SIZE];

	clock_utc(tls_expires_s(slot->present) * 1000, date);
	if (is_new)
		log_info(certificates->log, "a certificate is in force",
		    log_string("listener", slot->name), log_string("expires", date));
	if (remaining <= 0)
		log_error(certificates->log, "A CERTIFICATE HAS EXPIRED: clients refuse it",
		    log_string("listener", slot->name), log_string("expired", date));
	else if (days < WARNING_DAYS)
		log_warn(certificates->log, "a certificate expires soon",
		    log_string("listener", slot->name), log_i64("days", days),
		    log_string("expires", date));
	if (tls_valid_from_s(slot->present) > now.wall_ms / 1000)
		log_warn(certificates->log, "a certificate is not good yet, or the clock is wrong",
		    log_string("listener", slot->name));
}

static void
put_in_force(struct certificates *certificates, struct slot *slot, struct now now)
{
	tls_destroy(&slot->present);
	slot->present = slot->prepared;
	slot->prepared = NULL;
	metric_set(slot->expiry, tls_expires_s(slot->present));
	tell(certificates, slot, now, true);
}

static bool
fill_slot(struct slot *slot, const struct config_listener *listener,
    const struct certificates_setup *setup, struct config_mistakes *mistakes)
{
	char labels[LABEL_SIZE];

	slot->name = strdup(listener->name);
	if (slot->name == NULL)
		return config_mistake(mistakes, "listener %s: no memory", listener->name);
	slot->speaks_tls = speaks_tls(listener);
	if (!slot->speaks_tls)
		return true;
	snprintf(labels, sizeof(labels), "listener=\"%s\"", listener->name);
	slot->expiry = metrics_gauge(setup->metrics,
	    "hubbub_gateway_certificate_expiry_timestamp_seconds", labels,
	    "When the listener's certificate expires, in seconds since the Unix epoch.");
	slot->prepared = load_good(listener, setup->now, mistakes);
	return slot->prepared != NULL;
}

struct certificates *
certificates_create(const struct certificates_setup *setup, char *error, size_t error_size)
{
	struct certificates *certificates = calloc(1, sizeof(*certificates));
	struct config_mistakes mistakes = { .count = 0 };

	if (certificates == NULL) {
		snprintf(error, error_size, "cannot start: no memory");
		return NULL;
	}
	certificates->log = setup->log;
	for (unsigned i = 0; i < setup->config->listener_count; i++) {
		if (!fill_slot(
			&certificates->slots[i], &setup->config->listeners[i], setup, &mistakes)) {
			config_mistakes_first(&mistakes, error, error_size);
			certificates_destroy(&certificates);
			return NULL;
		}
	}
	certificates_commit(certificates, setup->now);
	return certificates;
}

void
certificates_destroy(struct certificates **certificates)
{
	struct certificates *doomed = *certificates;

	if (doomed == NULL)
		return;
	*certificates = NULL;
	certificates_abandon(doomed);
	for (unsigned i = 0; i < CONFIG_LISTENERS_MAX; i++) {
		tls_destroy(&doomed->slots[i].present);
		free(doomed->slots[i].name);
	}
	free(doomed);
}

const struct tls *const *
certificates_place(const struct certificates *certificates, unsigned i)
{
	const struct slot *slot = &certificates->slots[i];

	return slot->speaks_tls ? (const struct tls *const *)&slot->present : NULL;
}

bool
certificates_are_there(const struct certificates *certificates)
{
	for (unsigned i = 0; i < CONFIG_LISTENERS_MAX; i++) {
		if (certificates->slots[i].speaks_tls)
			return true;
	}
	return false;
}

/* NULL for no name. */
static const struct config_listener *
find_listener(const struct config *config, const char *name)
{
	for (unsigned i = 0; name != NULL && i < config->listener_count; i++) {
		if (strcmp(config->listeners[i].name, name) == 0)
			return &config->listeners[i];
	}
	return NULL;
}

static bool
prepare_slot(struct slot *slot, const struct config_listener *listener, struct now now,
    struct config_mistakes *mistakes)
{
	if (speaks_tls(listener) != slot->speaks_tls)
		return config_mistake(mistakes,
		    "listener.%s.tls_certificate is %s now: TLS begins and ends with a restart, "
		    "not with a reload",
		    slot->name, slot->speaks_tls ? "empty" : "set");
	if (!slot->speaks_tls)
		return true;
	slot->prepared = tls_load(listener, mistakes);
	if (slot->prepared == NULL)
		return false;
	/* The one in force cannot get worse by staying. */
	return remaining_s(slot->prepared, now) > 0 || tls_equal(slot->prepared, slot->present) ||
	       refuse_expired(listener, slot->prepared, mistakes);
}

bool
certificates_prepare(struct certificates *certificates, const struct config *config, struct now now,
    struct config_mistakes *mistakes)
{
	bool good = true;

	for (unsigned i = 0; i < CONFIG_LISTENERS_MAX; i++) {
		struct slot *slot = &certificates->slots[i];
		const struct config_listener *listener = find_listener(config, slot->name);

		/* Listeners that come or go are for a restart. */
		if (listener != NULL)
			good = prepare_slot(slot, listener, now, mistakes) && good;
	}
	if (!good)
		certificates_abandon(certificates);
	return good;
}

void
certificates_commit(struct certificates *certificates, struct now now)
{
	for (unsigned i = 0; i < CONFIG_LISTENERS_MAX; i++) {
		if (certificates->slots[i].prepared != NULL)
			put_in_force(certificates, &certificates->slots[i], now);
	}
	certificates->warn_ms = now.mono_ms + DAY_MS;
}

void
certificates_abandon(struct certificates *certificates)
{
	for (unsigned i = 0; i < CONFIG_LISTENERS_MAX; i++)
		tls_destroy(&certificates->slots[i].prepared);
}

void
certificates_turn(struct certificates *certificates, struct now now)
{
	if (now.mono_ms < certificates->warn_ms)
		return;
	certificates->warn_ms = now.mono_ms + DAY_MS;
	for (unsigned i = 0; i < CONFIG_LISTENERS_MAX; i++) {
		if (certificates->slots[i].present != NULL)
			tell(certificates, &certificates->slots[i], now, false);
	}
}
