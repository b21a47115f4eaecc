/*
 * Marked contents, and the book of who has heard which: loss, duplicates and
 * order are read from it. Pure.
 */
#ifndef HUBBUB_TESTS_BENCH_MARKER_H
#define HUBBUB_TESTS_BENCH_MARKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "#" lane "." number "." due ".": 6, 8 and 16 hexadecimal digits. */
#define MARKER_SIZE 34

struct marker {
	uint32_t lane;   /* one sequence of messages by one sender */
	uint32_t number; /* counts from 0 in its lane */
	uint64_t due_ns; /* when it should have been sent */
};

/* Writes MARKER_SIZE bytes without a NUL. */
void marker_write(char out[MARKER_SIZE], const struct marker *marker);

#define MARKER_RECENT 256

/*
 * What makes finding cheap, all zeros at first: frames of one kind differ
 * little, so a marker is looked for where the last one stood, and a message is
 * heard by many, so those that were read are known again.
 */
struct marker_finder {
	size_t at;
	struct {
		char text[MARKER_SIZE];
		struct marker marker;
	} recent[MARKER_RECENT]; /* by the last two digits of the number */
};

/* Finds a marker in a frame. */
bool marker_find(
    const char *text, size_t size, struct marker_finder *finder, struct marker *marker_out);

/* Who is to hear what: `ears` listeners, each of `lanes` lanes of `numbers` messages. */
struct marker_book {
	uint32_t ears, lanes, numbers;
	uint64_t heard; /* once each */
	uint64_t duplicates;
	uint64_t misordered; /* after a later one of the same lane */
	uint64_t foreign;    /* of a lane or number that does not exist */
	uint32_t *next;      /* per ear and lane */
	uint8_t *seen;       /* one bit per ear, lane and number */
};

/* False without memory. */
bool marker_book_open(struct marker_book *book, uint32_t ears, uint32_t lanes, uint32_t numbers);
void marker_book_close(struct marker_book *book);

/* True the first time that `ear` hears this one. */
bool marker_book_note(struct marker_book *book, uint32_t ear, uint32_t lane, uint32_t number);

#endif
