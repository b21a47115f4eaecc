/* The table of bugs and the one of this run. */
#include "sabotage.h"

#include <stddef.h>
#include <string.h>

#include "sim_bugs.h"

static const struct sim_bug bugs[] = {
#define SABOTAGE_ROW(NAME, first, name, breaks, how, findings) \
	{ first, name, breaks, how, findings, false },
	SABOTAGE_TABLE(SABOTAGE_ROW) SABOTAGE_OPERATOR_TABLE(SABOTAGE_ROW)
#undef SABOTAGE_ROW
#define SABOTAGE_ROW(NAME, first, name, breaks, how, findings) \
	{ first, name, breaks, how, findings, true },
	    SABOTAGE_SQLITE_TABLE(SABOTAGE_ROW)
#undef SABOTAGE_ROW
};

/* What stands in for a function has no context of its own to keep these in. */
static enum sabotage chosen;
static unsigned calls;

const struct sim_bug *
sim_bug_at(unsigned index)
{
	return index < sizeof(bugs) / sizeof(bugs[0]) ? &bugs[index] : NULL;
}

bool
sim_bug_choose(const char *name)
{
	unsigned index = 0;

	chosen = SABOTAGE_NONE;
	calls = 0;
	if (name == NULL)
		return true;
	while (sim_bug_at(index) != NULL && strcmp(bugs[index].name, name) != 0)
		index++;
	if (sim_bug_at(index) == NULL)
		return false;
	chosen = (enum sabotage)(index + 1);
	return true;
}

enum sabotage
sabotage(void)
{
	return chosen;
}

bool
sabotage_each(unsigned times)
{
	return ++calls % times == 0;
}
