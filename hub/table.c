/*
 * Open addressing with linear probing, kept under three quarters full. Removal shifts what
 * follows back, so there are no tombstones and a table that only changes does not decay. Knows
 * nothing of what it holds.
 */
#include "hub/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 16u

void
table_init(struct table *table)
{
	*table = (struct table){ 0 };
}

void
table_free(struct table *table)
{
	free(table->entries);
	table_init(table);
}

static uint64_t
rotated(uint64_t value, unsigned bits)
{
	return (value << bits) | (value >> (64 - bits));
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotated(v[1], 13) ^ v[0];
	v[3] = rotated(v[3], 16) ^ v[2];
	v[0] = rotated(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotated(v[3], 21) ^ v[0];
	v[1] = rotated(v[1], 17) ^ v[2];
	v[2] = rotated(v[2], 32);
}

static uint64_t
little_endian(const char *bytes, size_t length)
{
	uint64_t word = 0;

	for (size_t i = 0; i < length; i++)
		word |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
	return word;
}

static void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

uint64_t
table_hash_text(struct table_key key, struct text text)
{
	uint64_t v[4] = {
		key.words[0] ^ 0x736f6d6570736575u,
		key.words[1] ^ 0x646f72616e646f6du,
		key.words[0] ^ 0x6c7967656e657261u,
		key.words[1] ^ 0x7465646279746573u,
	};
	size_t whole = text.length & ~(size_t)7;

	for (size_t at = 0; at < whole; at += 8)
		sip_word(v, little_endian(text.data + at, 8));
	sip_word(
	    v, little_endian(whole == text.length ? "" : text.data + whole, text.length - whole) |
		   (uint64_t)text.length << 56);
	v[2] ^= 0xff;
	for (unsigned round = 0; round < 3; round++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
table_hash_u64(struct table_key key, uint64_t number)
{
	uint64_t mixed = number ^ key.words[0];

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
	return mixed ^ (mixed >> 31) ^ key.words[1];
}

static void
put(struct table *table, uint64_t hash, void *item)
{
	size_t place = hash & (table->capacity - 1);

	while (table->entries[place].item != NULL)
		place = (place + 1) & (table->capacity - 1);
	table->entries[place] = (struct table_entry){ .hash = hash, .item = item };
}

static bool
grow(struct table *table)
{
	struct table old = *table;
	size_t capacity = old.capacity == 0 ? CAPACITY_MIN : old.capacity * 2;
	struct table_entry *entries = calloc(capacity, sizeof(*entries));

	if (entries == NULL)
		return false;
	table->entries = entries;
	table->capacity = capacity;
	for (size_t i = 0; i < old.capacity; i++) {
		if (old.entries[i].item != NULL)
			put(table, old.entries[i].hash, old.entries[i].item);
	}
	free(old.entries);
	return true;
}

bool
table_insert(struct table *table, uint64_t hash, void *item)
{
	if (table->count + 1 > table->capacity / 4 * 3 && !grow(table))
		return false;
	put(table, hash, item);
	table->count++;
	return true;
}

void *
table_find(const struct table *table, uint64_t hash, table_match_fn *match, const void *key)
{
	if (table->capacity == 0)
		return NULL;
	for (size_t place = hash & (table->capacity - 1); table->entries[place].item != NULL;
	     place = (place + 1) & (table->capacity - 1)) {
		const struct table_entry *entry = &table->entries[place];

		if (entry->hash == hash && match(entry->item, key))
			return entry->item;
	}
	return NULL;
}

static size_t
place_of(const struct table *table, uint64_t hash, const void *item)
{
	size_t place;

	assert(table->capacity != 0);
	place = hash & (table->capacity - 1);
	while (table->entries[place].item != item) {
		assert(table->entries[place].item != NULL);
		place = (place + 1) & (table->capacity - 1);
	}
	return place;
}

void
table_remove(struct table *table, uint64_t hash, const void *item)
{
	size_t mask = table->capacity - 1;
	size_t hole = place_of(table, hash, item);

	for (size_t next = (hole + 1) & mask; table->entries[next].item != NULL;
	     next = (next + 1) & mask) {
		size_t wanted = table->entries[next].hash & mask;

		/*
		 * An entry may move back to the hole unless that is before where its search
		 * begins.
		 */
		if (((next - wanted) & mask) < ((next - hole) & mask))
			continue;
		table->entries[hole] = table->entries[next];
		hole = next;
	}
	table->entries[hole] = (struct table_entry){ 0 };
	table->count--;
}

void
table_replace(struct table *table, uint64_t hash, const void *item, void *other)
{
	table->entries[place_of(table, hash, item)].item = other;
}
