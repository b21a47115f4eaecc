/*
 * A queue of copied commands. Does not know why they wait.
 */
#include "hub/held.h"

#include <stdlib.h>
#include <string.h>

/* Of one command at most. */
#define HELD_TEXTS 4

void
held_init(struct held *held)
{
	*held = (struct held){ 0 };
	held->end = &held->first;
}

void
held_clear(struct held *held)
{
	struct held_command *command;

	while ((command = held_take(held)) != NULL)
		free(command);
}

static struct text
copied(struct text from, char **to)
{
	struct text copy = { *to, from.length };

	if (from.length > 0)
		memcpy(*to, from.data, from.length);
	*to += from.length;
	return copy;
}

/* The texts of a command, each to be copied; the number of them. */
static size_t
texts_of(struct envelope *envelope, struct text *texts[HELD_TEXTS])
{
	if (envelope->kind == ENVELOPE_READ)
		return 0;
	if (envelope->kind == ENVELOPE_PUBLISH) {
		texts[0] = &envelope->publish.room;
		texts[1] = &envelope->publish.content;
		texts[2] = &envelope->publish.id;
		return 3;
	}
	texts[0] = &envelope->tell.to;
	texts[1] = &envelope->tell.content;
	texts[2] = &envelope->tell.id;
	texts[3] = &envelope->tell.extra;
	return 4;
}

static struct held_command *
copy_of(const struct envelope *envelope)
{
	struct envelope copy = *envelope;
	struct text *texts[HELD_TEXTS];
	size_t count = texts_of(&copy, texts);
	size_t size = sizeof(struct held_command);
	struct held_command *command;
	char *to;

	for (size_t i = 0; i < count; i++)
		size += texts[i]->length;
	command = calloc(1, size);
	if (command == NULL)
		return NULL;
	to = (char *)(command + 1);
	for (size_t i = 0; i < count; i++)
		*texts[i] = copied(*texts[i], &to);
	command->size = size;
	command->envelope = copy;
	return command;
}

bool
held_add(struct held *held, unsigned slot, unsigned count_max, const struct envelope *envelope)
{
	struct held_command *command;

	if (held->counts[slot] >= count_max || held->bytes[slot] >= HELD_BYTES_MAX)
		return false;
	command = copy_of(envelope);
	if (command == NULL)
		return false;
	command->slot = slot;
	*held->end = command;
	held->end = &command->next;
	held->counts[slot]++;
	held->bytes[slot] += command->size;
	return true;
}

struct held_command *
held_take(struct held *held)
{
	struct held_command *command = held->first;

	if (command == NULL)
		return NULL;
	held->first = command->next;
	if (held->first == NULL)
		held->end = &held->first;
	held->counts[command->slot]--;
	held->bytes[command->slot] -= command->size;
	command->next = NULL;
	return command;
}

bool
held_is_empty(const struct held *held)
{
	return held->first == NULL;
}

void
held_forget(struct held *held, unsigned slot)
{
	struct held_command **link = &held->first;

	if (held->counts[slot] == 0)
		return;
	while (*link != NULL) {
		struct held_command *command = *link;

		if (command->slot != slot) {
			link = &command->next;
			continue;
		}
		*link = command->next;
		free(command);
	}
	held->end = link;
	held->counts[slot] = 0;
	held->bytes[slot] = 0;
}
