/* Proves that the judge finds a deliberate bug, and nothing where there is none. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim_bugs.h"
#include "sim_run.h"

/* Is one of the pieces, with '|' between them, part of the finding? */
static bool
is_expected(const char *findings, const char *finding)
{
	char piece[128];

	while (*findings != '\0') {
		size_t length = strcspn(findings, "|");

		snprintf(piece, sizeof(piece), "%.*s", (int)length, findings);
		if (strstr(finding, piece) != NULL)
			return true;
		findings += length + (findings[length] == '|');
	}
	return false;
}

static const struct sim_bug *
bug_of(const char *name)
{
	const struct sim_bug *bug;

	for (unsigned i = 0; (bug = sim_bug_at(i)) != NULL; i++) {
		if (strcmp(bug->name, name) == 0)
			return bug;
	}
	return NULL;
}

bool
sim_prove(const struct sim_order *order, uint64_t count)
{
	struct sim_order mine = *order;
	const struct sim_bug *bug = order->bug == NULL ? NULL : bug_of(order->bug);
	struct sim_verdict verdict = { .finding = "" };
	uint64_t last;

	if (bug == NULL)
		return false;
	mine.seed = bug->first;
	mine.plan.sqlite |= bug->sqlite;
	last = bug->first + count;
	for (; verdict.finding[0] == '\0' && mine.seed < last; mine.seed++)
		sim_run_apart(&mine, true, &verdict);
	printf("%s: seed %" PRIu64 ": %s\n", bug->name, mine.seed - 1,
	    verdict.finding[0] == '\0' ? "not found" : verdict.finding);
	if (!is_expected(bug->findings, verdict.finding))
		return false;
	last = mine.seed;
	mine.bug = NULL;
	for (mine.seed = bug->first; mine.seed < last; mine.seed++) {
		sim_run_apart(&mine, false, &verdict);
		if (verdict.finding[0] == '\0')
			continue;
		printf("without it: seed %" PRIu64 ": %s\n", mine.seed, verdict.finding);
		return false;
	}
	return true;
}
