/*
 * Registers what the core counts, under the names shown to operators. Knows nothing of what
 * happens.
 */
#include "hub/core_metrics.h"

#include <stdio.h>

static struct metric *
labelled(struct metrics *metrics, const char *name, const char *label, const char *value,
    const char *help)
{
	char labels[64];

	snprintf(labels, sizeof(labels), "%s=\"%s\"", label, value);
	return metrics_counter(metrics, name, labels, help);
}

void
core_metrics_init(struct core_metrics *own, struct metrics *metrics)
{
	const char *messages = "hubbub_hub_messages_total";
	const char *said = "Messages taken and routed.";
	const char *changes = "hubbub_hub_presence_changes_total";
	const char *churn = "Connections that came into a room, or left one.";

	own->clients = metrics_gauge(metrics, "hubbub_hub_clients", NULL, "Clients online.");
	own->rooms = metrics_gauge(metrics, "hubbub_hub_rooms", NULL, "Rooms with members.");
	own->gateways = metrics_gauge(
	    metrics, "hubbub_hub_gateways", NULL, "Gateways whose roster is complete.");
	own->public_messages = labelled(metrics, messages, "kind", "public", said);
	own->private_messages = labelled(metrics, messages, "kind", "private", said);
	own->notices = labelled(metrics, messages, "kind", "notice", said);
	own->entered = labelled(metrics, changes, "change", "entered", churn);
	own->exited = labelled(metrics, changes, "change", "exited", churn);
	own->inbox_messages = metrics_histogram(metrics, "hubbub_hub_inbox_messages", NULL,
	    "Messages that wait in an inbox, seen whenever one is added.", 1, 16, 1);
	own->resumed = labelled(metrics, "hubbub_hub_resumes_total", "result", "taken",
	    "Openings with a resume secret.");
	own->not_resumed = labelled(metrics, "hubbub_hub_resumes_total", "result", "refused",
	    "Openings with a resume secret.");
	own->repeated = metrics_counter(
	    metrics, "hubbub_hub_repeated_total", NULL, "Commands whose id had been taken before.");
	for (uint32_t code = OUTCOME_NO_SUCH_USER; code < OUTCOME_CODES; code++)
		own->refused[code] = labelled(metrics, "hubbub_hub_commands_refused_total", "code",
		    outcome_word(code), "Commands, openings and joins refused.");
	for (unsigned why = LINK_ALIVE + 1; why < LINK_LOSS_COUNT; why++)
		own->lost[why] = labelled(metrics, "hubbub_hub_link_lost_total", "reason",
		    link_loss_word((enum link_loss)why), "Links to gateways that ended.");
}
