/*
 * Reports on their way to the hub: only while it can hear them, and only so many. None is kept for
 * a hub that is away.
 */
#include "gateway/hub_link_state.h"

void
hub_link_report(struct hub_link *link, const struct envelope_report *report)
{
	char address[REPORTS_TEXT_MAX];
	char user[REPORTS_TEXT_MAX];
	char path[REPORTS_TEXT_MAX];
	char reason[REPORTS_TEXT_MAX];
	struct envelope_report told = *report;

	if (link->phase != HUB_ATTACHED || link->version < envelope_kind_version(ENVELOPE_REPORT)) {
		reports_miss(&link->reports);
		return;
	}
	if (!reports_take(&link->reports, link->sessions->now.mono_ms, &told.missed))
		return;
	told.address = reports_clean(report->address, address);
	told.user = reports_clean(report->user, user);
	told.path = reports_clean(report->path, path);
	told.reason = reports_clean(report->reason, reason);
	hub_link_say(link, ENVELOPE_REPORT, &told);
}

void
hub_link_report_session(void *context, const struct session *session, enum report_event event,
    uint32_t code, const char *reason)
{
	struct hub_link *link = context;
	bool is_known = hub_link_is_announced(link, session);
	struct envelope_report report = {
		.event = (uint32_t)event,
		.code = code,
		.conn = is_known ? session->conn : 0,
		.address = text_of(session->address),
		.reason = text_of(reason),
	};

	hub_link_report(link, &report);
}

void
hub_link_report_unproved(
    void *context, const struct session *session, struct text user, const char *reason)
{
	char whole[REPORTS_TEXT_MAX];
	struct envelope_report report = {
		.event = REPORT_REFUSED,
		.code = REPORTS_UNAUTHORIZED,
		.address = text_of(session->address),
		.user = reports_user(text_of(session->realm), user, whole),
		.reason = text_of(reason),
	};

	hub_link_report(context, &report);
}
