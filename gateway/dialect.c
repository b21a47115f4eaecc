/*
 * The list of dialects this gateway speaks. Adding one is a file of its own,
 * a line here and a page in docs/dialects/.
 */
#include "gateway/dialect.h"

extern const struct dialect dialect_native;
extern const struct dialect dialect_room;
extern const struct dialect dialect_direct;
extern const struct dialect dialect_pair;
extern const struct dialect dialect_lobby;
extern const struct dialect dialect_echo;
extern const struct dialect dialect_items;
extern const struct dialect dialect_mirror;

const struct dialect *const dialects[] = {
	&dialect_native,
	&dialect_room,
	&dialect_direct,
	&dialect_pair,
	&dialect_lobby,
	&dialect_echo,
	&dialect_items,
	&dialect_mirror,
	NULL,
};

const struct dialect *
dialect_find(struct text name)
{
	for (size_t i = 0; dialects[i] != NULL; i++) {
		if (text_equal(text_of(dialects[i]->name), name))
			return dialects[i];
	}
	return NULL;
}
