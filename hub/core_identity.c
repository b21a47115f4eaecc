/*
 * Who an OPEN is from: somebody the gateway knew before the link, a user whose name it vouches for,
 * one who comes again by its secret, or nobody known. A secret that is wrong, too old or another's
 * makes a new identity; what was wrong with it is told to nobody.
 */
#include <string.h>

#include "hub/core_users.h"

#define ID_DIGITS ((size_t)CLIENT_ID_TEXT_SIZE - 1)

/* Of the random part of a secret, in bytes. */
#define SECRET_BYTES ((CORE_RESUME_DIGITS - (CLIENT_ID_TEXT_SIZE - 1)) / 2)

static struct text
id_part(struct text resume)
{
	return (struct text){ resume.data, ID_DIGITS };
}

/* An id nobody here has; false when there are no more. */
static bool
choose_id(struct core *core, uint32_t wanted, uint32_t *id_out)
{
	*id_out = wanted;
	while (*id_out == 0 || presence_by_id(core->presence, *id_out) != NULL) {
		if (!client_ids_next(&core->ids, id_out))
			return false;
	}
	return true;
}

static void
keep_secret(
    struct core_identity *identity, struct text resume, const unsigned char digest[DIGEST_SIZE])
{
	memcpy(identity->resume, resume.data, CORE_RESUME_DIGITS);
	identity->resume[CORE_RESUME_DIGITS] = '\0';
	memcpy(identity->user->secret, digest, DIGEST_SIZE);
	identity->user->has_secret = true;
}

/* A gateway that lost its link still has its clients' connections: they are nobody else's. */
static bool
may_be_taken_over(const struct client *client)
{
	return client->lingers && (client->life == 0 || client->left);
}

static bool
is_like(const struct client *client, const struct envelope_open *open)
{
	return text_equal(client->dialect, open->dialect) &&
	       (text_is_empty(open->name) || text_equal(client->name, open->name));
}

/* A connection that is gone needs no place of its own where its user has come again. */
static bool
is_spoken_for(
    struct core_identity *identity, const struct envelope_open *open, struct client *holder)
{
	if ((open->flags & OPEN_CLOSING) == 0 || holder == NULL || holder->user != identity->user ||
	    may_be_taken_over(holder) || !is_like(holder, open))
		return false;
	identity->speaks_as = holder;
	identity->client = holder->id;
	return true;
}

/* Known to its gateway before the link: it is who it was, whatever the store has forgotten. */
static bool
announced(struct core *core, const struct gateway *gateway, const struct envelope_open *open,
    struct core_identity *identity)
{
	struct client *waits = presence_by_id(core->presence, open->client);
	char own_id[CLIENT_ID_TEXT_SIZE];
	unsigned char digest[DIGEST_SIZE];

	text_client_id(open->client, own_id);
	identity->user = users_get(
	    core->users, open->realm, text_is_empty(open->user) ? text_of(own_id) : open->user);
	if (identity->user == NULL)
		return false;
	if ((open->flags & OPEN_WANTS_SECRET) != 0 && users_is_secret(open->resume) &&
	    core_digest(core, &open->resume, 1, digest))
		keep_secret(identity, open->resume, digest);
	/*
	 * Its gateway is back in time: nobody was told that it was away. Or it is here already, by
	 * a connection before that one or, if that one is gone, behind it.
	 */
	if (waits != NULL && waits->user == identity->user &&
	    (waits->life == gateway->life || (may_be_taken_over(waits) && is_like(waits, open)))) {
		identity->lingerer = waits;
		identity->client = waits->id;
		return true;
	}
	if (is_spoken_for(identity, open, waits))
		return true;
	return choose_id(core, open->client, &identity->client);
}

/* The client that comes back: the wanted one before others; NULL if none waits for it. */
static struct client *
lingerer(const struct user *user, const struct envelope_open *open, uint32_t wanted)
{
	struct client *found = NULL;

	for (struct client *client = user->clients; client != NULL; client = client->sibling) {
		if (may_be_taken_over(client) && is_like(client, open) &&
		    (found == NULL || client->id == wanted))
			found = client;
	}
	return found;
}

/*
 * Under which client_id a known user comes. One that lingers under another name makes place: its
 * leaving is said before the newcomer is.
 */
static bool
choose_client(struct core *core, struct now now, const struct envelope_open *open, uint32_t wanted,
    struct core_identity *identity)
{
	struct client *holder = presence_by_id(core->presence, wanted);

	identity->lingerer = lingerer(identity->user, open, wanted);
	if (identity->lingerer != NULL) {
		identity->client = identity->lingerer->id;
		return true;
	}
	if (is_spoken_for(identity, open, holder))
		return true;
	if (wanted != 0 && holder != NULL && may_be_taken_over(holder) && holder->old_conns == 0 &&
	    holder->user == identity->user) {
		identity->user->is_coming = true;
		core_client_gone(core, holder, now);
		identity->user->is_coming = false;
	}
	return choose_id(core, wanted, &identity->client);
}

/* What is known of a user that may come again. */
struct known {
	bool has_secret;
	unsigned char secret[STORE_DIGEST_SIZE];
	int64_t seen_ms;
};

static bool
take_known(void *context, const struct store_user *row)
{
	struct known *known = context;

	known->has_secret = row->has_secret && !core_user_is_passing(row);
	memcpy(known->secret, row->secret, sizeof(known->secret));
	known->seen_ms = row->seen_ms;
	return false;
}

/* The record of the user that the secret says it belongs to; none without a secret in it. */
static struct known
look_up(struct core *core, struct now now, const struct envelope_open *open)
{
	struct text id = id_part(open->resume);
	const struct user *user = users_find(core->users, open->realm, id);
	struct known known = { 0 };

	if (user == NULL) {
		if (!core->store->ops->find_user(core->store, open->realm, id, take_known, &known))
			known.has_secret = false;
		return known;
	}
	known.has_secret = user->has_secret;
	known.seen_ms = now.wall_ms;
	memcpy(known.secret, user->secret, sizeof(known.secret));
	return known;
}

static bool
resumed(struct core *core, struct now now, const struct envelope_open *open,
    struct core_identity *identity)
{
	unsigned char digest[DIGEST_SIZE];
	struct known known;
	uint32_t wanted = 0;

	if (!users_is_secret(open->resume) || !core_digest(core, &open->resume, 1, digest))
		return false;
	known = look_up(core, now, open);
	if (!digest_equal(known.secret, digest) || !known.has_secret ||
	    now.wall_ms - known.seen_ms > (int64_t)core->limits.resume_ms)
		return false;
	identity->user = users_get(core->users, open->realm, id_part(open->resume));
	if (identity->user == NULL)
		return false;
	identity->resumed = true;
	keep_secret(identity, open->resume, digest);
	(void)text_to_client_id(identity->user->id, &wanted);
	return choose_client(core, now, open, wanted, identity);
}

/* Its gateway vouches for the user. */
static bool
named(struct core *core, struct now now, const struct envelope_open *open,
    struct core_identity *identity)
{
	identity->user = users_get(core->users, open->realm, open->user);
	return identity->user != NULL && choose_client(core, now, open, 0, identity);
}

static bool
make_secret(struct core *core, struct core_identity *identity)
{
	unsigned char bytes[SECRET_BYTES];
	unsigned char digest[DIGEST_SIZE];
	char resume[CORE_RESUME_DIGITS];
	struct text whole = { resume, sizeof(resume) };
	bool made;

	core->random.fill(core->random.context, bytes, sizeof(bytes));
	memcpy(resume, identity->user->id.data, ID_DIGITS);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		resume[ID_DIGITS + 2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		resume[ID_DIGITS + 2 * i + 1] = "0123456789abcdef"[bytes[i] & 0xf];
	}
	made = core_digest(core, &whole, 1, digest);
	if (made)
		keep_secret(identity, whole, digest);
	return made;
}

static bool
fresh(struct core *core, const struct envelope_open *open, struct core_identity *identity)
{
	char own_id[CLIENT_ID_TEXT_SIZE];

	/* Somebody whom a gateway vouches for may be called like a client_id. */
	do {
		if (!choose_id(core, 0, &identity->client))
			return false;
		text_client_id(identity->client, own_id);
	} while (users_find(core->users, open->realm, text_of(own_id)) != NULL);
	identity->user = users_get(core->users, open->realm, text_of(own_id));
	identity->is_new = true;
	if (identity->user == NULL)
		return false;
	return (open->flags & OPEN_WANTS_SECRET) == 0 || make_secret(core, identity);
}

/*
 * Opened on a link that broke before its gateway heard of it: the same connection asks again. It
 * is not gone, and nobody is told of it twice.
 */
static struct client *
unanswered(const struct core *core, const struct gateway *gateway, const struct envelope_open *open)
{
	struct client *client = presence_awaited(core->presence, gateway->life, open->conn);

	if (client == NULL || !is_like(client, open) ||
	    !text_equal(client->user->realm, open->realm))
		return NULL;
	return client;
}

static bool
asked_again(struct core *core, const struct envelope_open *open, struct client *client,
    struct core_identity *identity)
{
	unsigned char digest[DIGEST_SIZE];

	identity->user = client->user;
	identity->lingerer = client;
	identity->client = client->id;
	if ((open->flags & OPEN_WANTS_SECRET) == 0)
		return true;
	if (users_is_secret(open->resume) && core_digest(core, &open->resume, 1, digest) &&
	    digest_equal(digest, client->user->secret)) {
		identity->resumed = true;
		keep_secret(identity, open->resume, digest);
		return true;
	}
	/* The one it was given first went with the link; only its digest is known. */
	return make_secret(core, identity);
}

bool
core_identify(struct core *core, const struct gateway *gateway, struct now now,
    const struct envelope_open *open, struct core_identity *identity_out)
{
	struct client *waits;

	*identity_out = (struct core_identity){ 0 };
	if (open->client != 0)
		return announced(core, gateway, open, identity_out);
	waits = gateway->state == GATEWAY_ATTACHED ? NULL : unanswered(core, gateway, open);
	if (waits != NULL)
		return asked_again(core, open, waits, identity_out);
	if (!text_is_empty(open->user))
		return named(core, now, open, identity_out);
	if (text_is_empty(open->resume))
		return fresh(core, open, identity_out);
	if (resumed(core, now, open, identity_out)) {
		metric_increment(core->metrics.resumed);
		return true;
	}
	if (identity_out->user != NULL)
		return false;
	metric_increment(core->metrics.not_resumed);
	return fresh(core, open, identity_out);
}
