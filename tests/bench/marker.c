/* Marked contents and the book of what was heard. It knows no socket and asks no clock. */
#include "tests/bench/marker.h"

#include <stdlib.h>
#include <string.h>

#define LANE_AT 1
#define LANE_DIGITS 6
#define NUMBER_AT 8
#define NUMBER_DIGITS 8
#define DUE_AT 17
#define DUE_DIGITS 16

static void
put_hex(char *out, uint64_t value, size_t digits)
{
	for (size_t i = digits; i > 0; i--, value >>= 4)
		out[i - 1] = "0123456789abcdef"[value & 15];
}

static bool
get_hex(const char *text, size_t digits, uint64_t *value_out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < digits; i++) {
		unsigned c = (unsigned char)text[i];

		if (c - '0' < 10)
			value = value << 4 | (c - '0');
		else if (c - 'a' < 6)
			value = value << 4 | (c - 'a' + 10);
		else
			return false;
	}
	*value_out = value;
	return true;
}

void
marker_write(char out[MARKER_SIZE], const struct marker *marker)
{
	memset(out, '.', MARKER_SIZE);
	out[0] = '#';
	put_hex(out + LANE_AT, marker->lane, LANE_DIGITS);
	put_hex(out + NUMBER_AT, marker->number, NUMBER_DIGITS);
	put_hex(out + DUE_AT, marker->due_ns, DUE_DIGITS);
}

static bool
marker_read(const char *text, struct marker *marker_out)
{
	uint64_t lane, number;

	if (text[0] != '#' || text[NUMBER_AT - 1] != '.' || text[DUE_AT - 1] != '.' ||
	    text[MARKER_SIZE - 1] != '.' || !get_hex(text + LANE_AT, LANE_DIGITS, &lane) ||
	    !get_hex(text + NUMBER_AT, NUMBER_DIGITS, &number) ||
	    !get_hex(text + DUE_AT, DUE_DIGITS, &marker_out->due_ns))
		return false;
	marker_out->lane = (uint32_t)lane;
	marker_out->number = (uint32_t)number;
	return true;
}

static bool
marker_recall(const char *text, struct marker_finder *finder, struct marker *marker_out)
{
	unsigned last = (unsigned char)text[DUE_AT - 2], before = (unsigned char)text[DUE_AT - 3];
	size_t place = (last + (before << 4)) % MARKER_RECENT;

	if (memcmp(finder->recent[place].text, text, MARKER_SIZE) == 0) {
		*marker_out = finder->recent[place].marker;
		return true;
	}
	if (!marker_read(text, marker_out))
		return false;
	memcpy(finder->recent[place].text, text, MARKER_SIZE);
	finder->recent[place].marker = *marker_out;
	return true;
}

bool
marker_find(const char *text, size_t size, struct marker_finder *finder, struct marker *marker_out)
{
	if (finder->at + MARKER_SIZE <= size &&
	    marker_recall(text + finder->at, finder, marker_out))
		return true;
	for (size_t i = 0; i + MARKER_SIZE <= size; i++) {
		const char *hash = memchr(text + i, '#', size - i - MARKER_SIZE + 1);

		if (hash == NULL)
			return false;
		i = (size_t)(hash - text);
		if (marker_recall(hash, finder, marker_out)) {
			finder->at = i;
			return true;
		}
	}
	return false;
}

bool
marker_book_open(struct marker_book *book, uint32_t ears, uint32_t lanes, uint32_t numbers)
{
	size_t rows = (size_t)ears * lanes;

	memset(book, 0, sizeof(*book));
	book->ears = ears;
	book->lanes = lanes;
	book->numbers = numbers;
	book->next = calloc(rows, sizeof(*book->next));
	book->seen = calloc(rows * numbers / 8 + 1, 1);
	return book->next != NULL && book->seen != NULL;
}

void
marker_book_close(struct marker_book *book)
{
	free(book->next);
	free(book->seen);
	book->next = NULL;
	book->seen = NULL;
}

bool
marker_book_note(struct marker_book *book, uint32_t ear, uint32_t lane, uint32_t number)
{
	size_t row = (size_t)ear * book->lanes + lane;
	size_t bit = row * book->numbers + number;

	if (ear >= book->ears || lane >= book->lanes || number >= book->numbers) {
		book->foreign++;
		return false;
	}
	if ((book->seen[bit / 8] & 1u << bit % 8) != 0) {
		book->duplicates++;
		return false;
	}
	book->seen[bit / 8] = (uint8_t)(book->seen[bit / 8] | 1u << bit % 8);
	book->heard++;
	if (number < book->next[row])
		book->misordered++;
	else
		book->next[row] = number + 1;
	return true;
}
