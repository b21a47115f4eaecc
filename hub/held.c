/*
 * A queue of copied commands. Does not know why they wait.
 */
#include "hub/held.h"

#include <stdlib.h>
#include <string.h>

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

static struct held_command *
copy_of(const struct envelope *envelope)
{
	bool tell = envelope->kind == ENVELOPE_TELL;
	struct text whom = tell ? envelope->tell.to : envelope->publish.room;
	struct text content = tell ? envelope->tell.content : envelope->publish.content;
	size_t size = sizeof(struct held_command) + whom.length + content.length;
	struct held_command *command = calloc(1, size);
	char *to = (char *)(command + 1);

	if (command == NULL)
		return NULL;
	command->size = size;
	command->envelope = *envelope;
	whom = copied(whom, &to);
	content = copied(content, &to);
	if (tell) {
		command->envelope.tell.to = whom;
		command->envelope.tell.content = content;
	} else {
		command->envelope.publish.room = whom;
		command->envelope.publish.content = content;
	}
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
