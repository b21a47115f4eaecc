/* Digests: a known value, parts that cannot be mistaken for others, comparison. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/digest.h"

static void
digest(const struct text *parts, size_t count, unsigned char out[DIGEST_SIZE])
{
	struct digest *own = digest_create();

	assert_non_null(own);
	assert_true(digest_texts(own, parts, count, out));
	digest_destroy(&own);
	assert_null(own);
	digest_destroy(&own);
}

/* SHA-256 of nothing, as the standard's examples have it. */
static void
nothing_has_the_known_digest(void **state)
{
	static const unsigned char known[DIGEST_SIZE] = { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c,
		0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64,
		0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55 };
	unsigned char out[DIGEST_SIZE];

	(void)state;
	digest(NULL, 0, out);
	assert_memory_equal(out, known, DIGEST_SIZE);
}

static void
parts_keep_their_borders(void **state)
{
	unsigned char one[DIGEST_SIZE];
	unsigned char other[DIGEST_SIZE];

	(void)state;
	digest((struct text[]){ TEXT("ab"), TEXT("c") }, 2, one);
	digest((struct text[]){ TEXT("a"), TEXT("bc") }, 2, other);
	assert_false(digest_equal(one, other));
	digest((struct text[]){ TEXT("ab"), TEXT("c"), TEXT("") }, 3, other);
	assert_false(digest_equal(one, other));
	digest((struct text[]){ TEXT("ab"), TEXT("c") }, 2, other);
	assert_true(digest_equal(one, other));
}

static void
one_is_used_again(void **state)
{
	struct digest *own = digest_create();
	unsigned char one[DIGEST_SIZE];
	unsigned char other[DIGEST_SIZE];

	(void)state;
	assert_true(digest_texts(own, (struct text[]){ TEXT("x") }, 1, one));
	assert_true(digest_texts(own, (struct text[]){ TEXT("y") }, 1, other));
	assert_false(digest_equal(one, other));
	assert_true(digest_texts(own, (struct text[]){ TEXT("x") }, 1, other));
	assert_true(digest_equal(one, other));
	digest_destroy(&own);
}

static void
every_bit_counts(void **state)
{
	unsigned char one[DIGEST_SIZE] = { 0 };
	unsigned char other[DIGEST_SIZE] = { 0 };

	(void)state;
	for (unsigned bit = 0; bit < DIGEST_SIZE * 8; bit++) {
		other[bit / 8] = (unsigned char)(1u << bit % 8);
		assert_false(digest_equal(one, other));
		other[bit / 8] = 0;
	}
	assert_true(digest_equal(one, other));
}

/* RFC 4231, test cases 2 and 6. */
static void
hmac_is_that_of_the_standard(void **state)
{
	static const unsigned char short_key[] = { 0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e };
	static const unsigned char long_key[] = { 0x60, 0xe4, 0x31, 0x59, 0x1e, 0xe0, 0xb6, 0x7f };
	unsigned char mac[DIGEST_SIZE];
	char key[131];

	(void)state;
	assert_true(digest_hmac(TEXT("Jefe"), TEXT("what do ya want for nothing?"), mac));
	assert_memory_equal(mac, short_key, sizeof(short_key));
	memset(key, 0xaa, sizeof(key));
	assert_true(digest_hmac((struct text){ key, sizeof(key) },
	    TEXT("Test Using Larger Than Block-Size Key - Hash Key First"), mac));
	assert_memory_equal(mac, long_key, sizeof(long_key));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_has_the_known_digest),
		cmocka_unit_test(parts_keep_their_borders),
		cmocka_unit_test(one_is_used_again),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(hmac_is_that_of_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
