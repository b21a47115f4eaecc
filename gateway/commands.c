/*
 * A ring of numbered commands. Owns their frames until the outcome comes; does not know what
 * they say or who is told.
 */
#include "gateway/commands.h"

#include <stdlib.h>
#include <string.h>

#define RING_FIRST_CAPACITY 64u

void
commands_init(struct commands *commands)
{
	*commands = (struct commands){ .first = 1, .next = 1 };
}

void
command_free(struct command *command)
{
	free(command->frame);
	command->frame = NULL;
}

void
commands_free(struct commands *commands)
{
	for (size_t i = 0; i < commands->capacity; i++)
		command_free(&commands->ring[i]);
	free(commands->ring);
	commands_init(commands);
}

uint64_t
commands_next(const struct commands *commands)
{
	return commands->next;
}

static struct command *
place_of(const struct commands *commands, uint64_t number)
{
	return &commands->ring[number & (commands->capacity - 1)];
}

static bool
ring_grow(struct commands *commands)
{
	struct commands bigger = *commands;

	bigger.capacity = commands->capacity == 0 ? RING_FIRST_CAPACITY : commands->capacity * 2;
	bigger.ring = calloc(bigger.capacity, sizeof(*bigger.ring));
	if (bigger.ring == NULL)
		return false;
	for (uint64_t number = commands->first; number < commands->next; number++)
		*place_of(&bigger, number) = *place_of(commands, number);
	free(commands->ring);
	*commands = bigger;
	return true;
}

bool
commands_add(
    struct commands *commands, uint64_t conn, struct text frame, uint64_t now_ms, unsigned max)
{
	uint64_t span = commands->next - commands->first;
	char *copy;

	if (span >= max || frame.length > COMMANDS_BYTES_MAX - commands->bytes)
		return false;
	if (span == commands->capacity && !ring_grow(commands))
		return false;
	copy = text_duplicate(frame);
	if (copy == NULL)
		return false;
	*place_of(commands, commands->next) = (struct command){
		.number = commands->next,
		.conn = conn,
		.frame = copy,
		.length = frame.length,
		.since_ms = now_ms,
	};
	commands->next++;
	commands->bytes += frame.length;
	commands->waiting++;
	return true;
}

bool
commands_take(struct commands *commands, uint64_t number, struct command *command_out)
{
	struct command *command;

	if (number < commands->first || number >= commands->next)
		return false;
	command = place_of(commands, number);
	if (command->frame == NULL)
		return false;
	*command_out = *command;
	command->frame = NULL;
	commands->bytes -= command_out->length;
	commands->waiting--;
	while (
	    commands->first < commands->next && place_of(commands, commands->first)->frame == NULL)
		commands->first++;
	return true;
}

bool
commands_charge(struct commands *commands, size_t bytes)
{
	if (bytes > COMMANDS_BYTES_MAX - commands->bytes)
		return false;
	commands->bytes += bytes;
	return true;
}

void
commands_refund(struct commands *commands, size_t bytes)
{
	commands->bytes -= bytes;
}

const struct command *
commands_oldest(const struct commands *commands)
{
	return commands_after(commands, commands->first - 1);
}

const struct command *
commands_after(const struct commands *commands, uint64_t number)
{
	number = number < commands->first ? commands->first : number + 1;
	for (; number < commands->next; number++) {
		if (place_of(commands, number)->frame != NULL)
			return place_of(commands, number);
	}
	return NULL;
}
