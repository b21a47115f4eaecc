/*
 * Addresses and prefixes as operators write them, in bans and in settings. The input is one of
 * them, and a set of them; what is in a set is what it would be alone.
 */
#include <stdlib.h>
#include <string.h>

#include "common/address_prefix.h"
#include "tests/fuzz/fuzz.h"

static void
demand(bool kept)
{
	if (!kept)
		abort();
}

static bool
same(const struct address_prefix *a, const struct address_prefix *b)
{
	return text_equal(address_prefix_bytes(a), address_prefix_bytes(b));
}

/* Cut at every length it is a prefix of what it was, and cutting once is enough. */
static void
look_at_cuts(const struct address_prefix *prefix)
{
	struct address_set set = { .count = 1 };
	struct address_prefix again;

	for (unsigned bits = 0; bits <= ADDRESS_IPV6_BITS + 1; bits++) {
		set.prefixes[0] = address_prefix_of(&prefix->address, bits);
		demand(set.prefixes[0].bits <= address_bits(&prefix->address));
		demand(address_set_has(&set, &prefix->address));
		again = address_prefix_of(&set.prefixes[0].address, bits);
		demand(same(&again, &set.prefixes[0]));
		demand(bits < prefix->bits ||
		       address_equal(&set.prefixes[0].address, &prefix->address));
	}
}

/* What is printed is read as the same. */
static void
look_at_prefix(const struct address_prefix *prefix)
{
	char printed[ADDRESS_PREFIX_TEXT_SIZE];
	struct address_prefix again;

	demand(prefix->address.kind == ADDRESS_IPV4 || prefix->address.kind == ADDRESS_IPV6);
	demand(prefix->bits <= address_bits(&prefix->address));
	memset(printed, 'x', sizeof(printed));
	address_prefix_print(prefix, printed);
	demand(memchr(printed, '\0', sizeof(printed)) != NULL);
	demand(address_prefix_parse(text_of(printed), &again) && same(&again, prefix));
	again = address_prefix_of(&prefix->address, prefix->bits);
	demand(same(&again, prefix));
	look_at_cuts(prefix);
}

static void
look_at_set(struct text text)
{
	struct address_set set;

	if (!address_set_parse(text, &set))
		return;
	demand(set.count <= ADDRESS_PREFIXES_MAX);
	for (unsigned i = 0; i < set.count; i++) {
		demand(address_set_has(&set, &set.prefixes[i].address));
		if (set.prefixes[i].address.kind != ADDRESS_UNIX)
			look_at_prefix(&set.prefixes[i]);
	}
}

/* No blank, so that it is one word of a set, and none of those that a set alone knows. */
static bool
is_plain_word(struct text text)
{
	return text.length > 0 && memchr(text.data, ' ', text.length) == NULL &&
	       memchr(text.data, '\t', text.length) == NULL && !text_equal(text, TEXT("unix")) &&
	       !text_equal(text, TEXT("loopback"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const struct text text = { (const char *)bytes, length };
	struct address_prefix prefix;
	struct address_set set;
	bool good = address_prefix_parse(text, &prefix);

	if (good)
		look_at_prefix(&prefix);
	if (is_plain_word(text)) {
		demand(address_set_parse(text, &set) == good);
		demand(!good || (set.count == 1 && same(&set.prefixes[0], &prefix)));
	} else {
		/* Blanks around it are no part of a word. */
		look_at_set(text);
	}
	return 0;
}
