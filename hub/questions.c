/*
 * The queue of questions. Knows neither what is asked nor who may ask it.
 */
#include "hub/questions.h"

#include <stdlib.h>
#include <string.h>

static void
list_init(struct question_list *list)
{
	list->first = NULL;
	list->end = &list->first;
	list->count = 0;
}

void
questions_init(struct questions *questions)
{
	*questions = (struct questions){ 0 };
	for (unsigned slot = 0; slot < QUESTIONS_SLOTS; slot++)
		list_init(&questions->lists[slot]);
}

void
questions_clear(struct questions *questions)
{
	for (unsigned slot = 0; slot < QUESTIONS_SLOTS; slot++)
		questions_forget(questions, slot);
}

static uint16_t *
counted(struct questions *questions, uint32_t client)
{
	return &questions->of_clients[client % QUESTIONS_COUNTED];
}

/* Where the only text of the kinds that may be asked is. */
static struct text *
text_in(struct envelope *envelope)
{
	return envelope->kind == ENVELOPE_FETCH ? &envelope->fetch.room : &envelope->list.after;
}

bool
questions_add(struct questions *questions, unsigned slot, uint32_t client, unsigned count_max,
    unsigned client_max, const struct envelope *envelope)
{
	struct question_list *list = &questions->lists[slot];
	struct envelope copy = *envelope;
	struct text *text = text_in(&copy);
	struct question *question;

	if (list->count >= count_max || *counted(questions, client) >= client_max)
		return false;
	question = malloc(sizeof(*question) + text->length);
	if (question == NULL)
		return false;
	if (text->length > 0)
		memcpy(question + 1, text->data, text->length);
	text->data = (const char *)(question + 1);
	*question = (struct question){ .slot = slot, .client = client, .envelope = copy };
	*list->end = question;
	list->end = &question->next;
	list->count++;
	++*counted(questions, client);
	questions->waiting |= UINT64_C(1) << slot;
	return true;
}

static struct question *
take_first(struct questions *questions, unsigned slot)
{
	struct question_list *list = &questions->lists[slot];
	struct question *question = list->first;

	list->first = question->next;
	if (list->first == NULL) {
		list->end = &list->first;
		questions->waiting &= ~(UINT64_C(1) << slot);
	}
	list->count--;
	--*counted(questions, question->client);
	question->next = NULL;
	return question;
}

struct question *
questions_take(struct questions *questions, uint64_t slots)
{
	uint64_t ready = questions->waiting & slots;
	uint64_t later = questions->next < QUESTIONS_SLOTS ? ready >> questions->next : 0;
	unsigned slot;

	if (ready == 0)
		return NULL;
	slot = later != 0 ? questions->next + (unsigned)__builtin_ctzll(later)
			  : (unsigned)__builtin_ctzll(ready);
	questions->next = slot + 1;
	return take_first(questions, slot);
}

void
questions_forget(struct questions *questions, unsigned slot)
{
	while (questions->lists[slot].first != NULL)
		free(take_first(questions, slot));
}
