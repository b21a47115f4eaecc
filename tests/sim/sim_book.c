/* Rows of messages; judges nothing but that one message stands in one place. */
#include "sim_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const sim_rooms[SIM_ROOMS] = { "lobby", "tea", "den" };

struct sim_message *
sim_book_add(struct sim_book *book, unsigned from, unsigned room, unsigned to)
{
	struct sim_pages *pages = &book->of[from];
	struct sim_message *message;

	if (pages->count == pages->capacity) {
		pages->capacity = pages->capacity == 0 ? 64 : pages->capacity * 2;
		pages->rows = realloc(pages->rows, pages->capacity * sizeof(*pages->rows));
		if (pages->rows == NULL)
			abort();
	}
	message = &pages->rows[pages->count++];
	*message =
	    (struct sim_message){ .from = from, .number = pages->count, .room = room, .to = to };
	return message;
}

struct sim_message *
sim_book_find(struct sim_book *book, unsigned from, unsigned number)
{
	if (from >= SIM_SENDERS || number == 0 || number > book->of[from].count)
		return NULL;
	return &book->of[from].rows[number - 1];
}

void
sim_book_write(const struct sim_message *message, char out[48])
{
	if (message->room == SIM_INBOX)
		snprintf(out, 48, "p%u>%u %u", message->from, message->to, message->number);
	else
		snprintf(out, 48, "m%u %u", message->from, message->number);
}

struct sim_message *
sim_book_read(struct sim_book *book, struct text content)
{
	char line[48];
	char written[48];
	unsigned from;
	unsigned number;
	unsigned to;
	struct sim_message *message;

	snprintf(line, sizeof(line), "%.*s", (int)content.length, content.data);
	if (sscanf(line, "m%u %u", &from, &number) != 2 &&
	    sscanf(line, "p%u>%u %u", &from, &to, &number) != 3)
		return NULL;
	message = sim_book_find(book, from, number);
	if (message == NULL)
		return NULL;
	sim_book_write(message, written);
	return strcmp(written, line) == 0 ? message : NULL;
}

bool
sim_book_may_move(const struct sim_book *book, const struct sim_message *message)
{
	return (book->renewed && message->room == SIM_SHORT_ROOM) ||
	       (book->machine_ended && message->room == SIM_MEMORY_ROOM);
}

bool
sim_book_place(
    const struct sim_book *book, struct sim_message *message, uint64_t epoch, uint64_t seq)
{
	bool moved = sim_book_may_move(book, message) && message->epoch != epoch;

	if (message->placed && !moved)
		return message->epoch == epoch && message->seq == seq;
	if (!message->placed)
		message->placed_at = book->now;
	message->placed = true;
	message->epoch = epoch;
	message->seq = seq;
	return true;
}

bool
sim_book_is_loose(const struct sim_message *message)
{
	return ((message->was_refused || message->doubtful) && message->said > 1) ||
	       message->given_up;
}

void
sim_book_free(struct sim_book *book)
{
	for (unsigned i = 0; i < SIM_SENDERS; i++)
		free(book->of[i].rows);
	memset(book, 0, sizeof(*book));
}
