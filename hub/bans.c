/*
 * Bans in hash tables. Whether an address is within a prefix is asked once for each length of
 * prefix that there is, the longest first: 129 questions at most, one or two as a rule.
 */
#include "hub/bans.h"

#include <stdlib.h>
#include <string.h>

#define LENGTHS (ADDRESS_IPV6_BITS + 1)
#define KINDS (STORE_BAN_ADDRESS + 1)

struct bans {
	struct table_key key;
	struct table by_name;    /* kind, realm, value   */
	struct table by_address; /* those of addresses   */
	struct table by_serial;
	struct ban *first;
	struct ban *last;
	uint64_t last_serial;
	size_t kinds[KINDS];
	size_t ipv4[LENGTHS]; /* prefixes of each length */
	size_t ipv6[LENGTHS];
	int64_t first_end_ms; /* nothing is over before; INT64_MAX: nothing ever */
};

static uint64_t
hash_of_name(const struct bans *bans, const struct store_ban *name)
{
	return table_hash_text(bans->key, name->realm) * 31 +
	       table_hash_text(bans->key, name->value) + (uint64_t)name->kind;
}

static uint64_t
hash_of_prefix(const struct bans *bans, const struct address_prefix *prefix)
{
	return table_hash_text(bans->key, address_prefix_bytes(prefix));
}

static bool
is_named(const void *item, const void *key)
{
	const struct store_ban *row = &((const struct ban *)item)->row;
	const struct store_ban *name = key;

	return row->kind == name->kind && text_equal(row->realm, name->realm) &&
	       text_equal(row->value, name->value);
}

static bool
is_prefix(const void *item, const void *key)
{
	return text_equal(
	    address_prefix_bytes(&((const struct ban *)item)->prefix), address_prefix_bytes(key));
}

static bool
is_serial(const void *item, const void *key)
{
	return ((const struct ban *)item)->serial == *(const uint64_t *)key;
}

struct bans *
bans_create(struct table_key key)
{
	struct bans *bans = calloc(1, sizeof(*bans));

	if (bans == NULL)
		return NULL;
	bans->key = key;
	bans->first_end_ms = INT64_MAX;
	return bans;
}

struct bans *
bans_create_anew(const struct bans *former)
{
	struct bans *bans = bans_create(former->key);

	if (bans != NULL)
		bans->last_serial = former->last_serial;
	return bans;
}

void
bans_destroy(struct bans **bans)
{
	struct bans *doomed = *bans;
	struct ban *next;

	if (doomed == NULL)
		return;
	*bans = NULL;
	for (struct ban *ban = doomed->first; ban != NULL; ban = next) {
		next = ban->next;
		free(ban);
	}
	table_free(&doomed->by_name);
	table_free(&doomed->by_address);
	table_free(&doomed->by_serial);
	free(doomed);
}

/* Written otherwise it would not be found by what it is about. */
static bool
is_valid(const struct store_ban *row, struct address_prefix *prefix_out)
{
	char text[ADDRESS_PREFIX_TEXT_SIZE];
	uint32_t client;

	*prefix_out = (struct address_prefix){ 0 };
	if (row->kind == STORE_BAN_USER)
		return !text_is_empty(row->value);
	if (!text_is_empty(row->realm))
		return false;
	if (row->kind == STORE_BAN_CLIENT)
		return text_to_client_id(row->value, &client);
	if (row->kind != STORE_BAN_ADDRESS || !address_prefix_parse(row->value, prefix_out))
		return false;
	address_prefix_print(prefix_out, text);
	return text_equal(text_of(text), row->value);
}

static struct ban *
make(const struct store_ban *row)
{
	size_t size =
	    row->realm.length + row->value.length + row->reason.length + row->made_by.length + 4;
	struct ban *ban = malloc(sizeof(*ban) + size);
	char *texts = (char *)(ban + 1);

	if (ban == NULL)
		return NULL;
	*ban = (struct ban){ .row = *row };
	ban->row.realm = text_copy(row->realm, &texts);
	ban->row.value = text_copy(row->value, &texts);
	ban->row.reason = text_copy(row->reason, &texts);
	ban->row.made_by = text_copy(row->made_by, &texts);
	return ban;
}

static size_t *
lengths_of(struct bans *bans, const struct address_prefix *prefix)
{
	return prefix->address.kind == ADDRESS_IPV4 ? bans->ipv4 : bans->ipv6;
}

/* False, with nothing changed, without memory. */
static bool
insert(struct bans *bans, struct ban *ban)
{
	uint64_t name = hash_of_name(bans, &ban->row);
	uint64_t serial = table_hash_u64(bans->key, ban->serial);

	if (!table_insert(&bans->by_name, name, ban))
		return false;
	if (!table_insert(&bans->by_serial, serial, ban)) {
		table_remove(&bans->by_name, name, ban);
		return false;
	}
	if (ban->row.kind == STORE_BAN_ADDRESS &&
	    !table_insert(&bans->by_address, hash_of_prefix(bans, &ban->prefix), ban)) {
		table_remove(&bans->by_name, name, ban);
		table_remove(&bans->by_serial, serial, ban);
		return false;
	}
	if (ban->row.kind == STORE_BAN_ADDRESS)
		lengths_of(bans, &ban->prefix)[ban->prefix.bits]++;
	bans->kinds[ban->row.kind]++;
	ban->previous = bans->last;
	if (bans->last != NULL)
		bans->last->next = ban;
	else
		bans->first = ban;
	bans->last = ban;
	return true;
}

static void
take_out(struct bans *bans, struct ban *ban)
{
	table_remove(&bans->by_name, hash_of_name(bans, &ban->row), ban);
	table_remove(&bans->by_serial, table_hash_u64(bans->key, ban->serial), ban);
	if (ban->row.kind == STORE_BAN_ADDRESS) {
		table_remove(&bans->by_address, hash_of_prefix(bans, &ban->prefix), ban);
		lengths_of(bans, &ban->prefix)[ban->prefix.bits]--;
	}
	bans->kinds[ban->row.kind]--;
	if (ban->next != NULL)
		ban->next->previous = ban->previous;
	else
		bans->last = ban->previous;
	if (ban->previous != NULL)
		ban->previous->next = ban->next;
	else
		bans->first = ban->next;
	free(ban);
}

static struct ban *
find(const struct bans *bans, const struct store_ban *name)
{
	return table_find(&bans->by_name, hash_of_name(bans, name), is_named, name);
}

bool
bans_put(struct bans *bans, const struct store_ban *row)
{
	struct ban *former = find(bans, row);
	struct address_prefix prefix;
	struct ban *ban;

	if (!is_valid(row, &prefix))
		return false;
	ban = make(row);
	if (ban == NULL)
		return false;
	ban->prefix = prefix;
	ban->serial = ++bans->last_serial;
	if (!insert(bans, ban)) {
		free(ban);
		return false;
	}
	if (former != NULL)
		take_out(bans, former);
	if (ban->row.until_ms != 0 && ban->row.until_ms < bans->first_end_ms)
		bans->first_end_ms = ban->row.until_ms;
	return true;
}

bool
bans_remove(struct bans *bans, enum store_ban_kind kind, struct text realm, struct text value)
{
	struct ban *ban =
	    find(bans, &(struct store_ban){ .kind = kind, .realm = realm, .value = value });

	if (ban == NULL)
		return false;
	take_out(bans, ban);
	return true;
}

const struct ban *
bans_find(const struct bans *bans, enum store_ban_kind kind, struct text realm, struct text value)
{
	return find(bans, &(struct store_ban){ .kind = kind, .realm = realm, .value = value });
}

bool
bans_holds(const struct ban *ban, int64_t wall_ms)
{
	return ban->row.until_ms == 0 || wall_ms < ban->row.until_ms;
}

static const struct ban *
if_in_force(const struct ban *ban, int64_t wall_ms)
{
	return ban != NULL && bans_holds(ban, wall_ms) ? ban : NULL;
}

const struct ban *
bans_user(const struct bans *bans, struct text realm, struct text id, int64_t wall_ms)
{
	if (bans->kinds[STORE_BAN_USER] == 0)
		return NULL;
	return if_in_force(bans_find(bans, STORE_BAN_USER, realm, id), wall_ms);
}

const struct ban *
bans_client(const struct bans *bans, uint32_t client, int64_t wall_ms)
{
	char text[CLIENT_ID_TEXT_SIZE];

	if (bans->kinds[STORE_BAN_CLIENT] == 0)
		return NULL;
	text_client_id(client, text);
	return if_in_force(bans_find(bans, STORE_BAN_CLIENT, TEXT(""), text_of(text)), wall_ms);
}

const struct ban *
bans_address(const struct bans *bans, const struct address *address, int64_t wall_ms)
{
	const size_t *lengths = address->kind == ADDRESS_IPV4 ? bans->ipv4 : bans->ipv6;

	if (bans->kinds[STORE_BAN_ADDRESS] == 0 || address_bits(address) == 0)
		return NULL;
	for (unsigned bits = address_bits(address) + 1; bits-- > 0;) {
		struct address_prefix prefix;
		const struct ban *ban;

		if (lengths[bits] == 0)
			continue;
		prefix = address_prefix_of(address, bits);
		ban = table_find(
		    &bans->by_address, hash_of_prefix(bans, &prefix), is_prefix, &prefix);
		if (ban != NULL && bans_holds(ban, wall_ms))
			return ban;
	}
	return NULL;
}

void
bans_end(struct bans *bans, int64_t wall_ms, unsigned limit, bans_over_fn *over, void *context)
{
	int64_t first_end_ms = INT64_MAX;
	struct ban *next;

	if (wall_ms < bans->first_end_ms)
		return;
	for (struct ban *ban = bans->first; ban != NULL; ban = next) {
		next = ban->next;
		if (bans_holds(ban, wall_ms)) {
			if (ban->row.until_ms != 0 && ban->row.until_ms < first_end_ms)
				first_end_ms = ban->row.until_ms;
			continue;
		}
		/* There may be more: it is looked again. */
		if (limit-- == 0 || !over(context, &ban->row))
			return;
		take_out(bans, ban);
	}
	bans->first_end_ms = first_end_ms;
}

/* As a rule the one asked for is the one behind a ban that is still there. */
const struct ban *
bans_next(const struct bans *bans, uint64_t serial)
{
	const struct ban *ban =
	    table_find(&bans->by_serial, table_hash_u64(bans->key, serial), is_serial, &serial);

	if (ban != NULL)
		return ban->next;
	ban = bans->first;
	while (ban != NULL && ban->serial <= serial)
		ban = ban->next;
	return ban;
}

size_t
bans_count(const struct bans *bans)
{
	return bans->by_name.count;
}

size_t
bans_count_of(const struct bans *bans, enum store_ban_kind kind)
{
	return bans->kinds[kind];
}
