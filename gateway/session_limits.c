/*
 * One client against limits that it shares with others: of its user, its address and the hub. What
 * the limits are is admission.c's and the hub's.
 */
#include "gateway/sessions.h"

bool
session_may_say(struct session *session)
{
	struct sessions *sessions = session->sessions;
	enum admission_verdict verdict;

	if (!ratelimit_take(&session->messages, &sessions->message_rule, sessions->now.mono_ms, 1))
		return false;
	if (sessions->admission == NULL)
		return true;
	verdict = admission_message(sessions->admission, session->origin, session_realm(session),
	    session_user(session), sessions->now.mono_ms);
	if (verdict != ADMISSION_GRANTED)
		admission_refused(sessions->admission, verdict, text_of(session->address));
	return verdict == ADMISSION_GRANTED;
}

void
session_end_full(struct session *session)
{
	struct sessions *sessions = session->sessions;

	if (sessions->admission != NULL)
		admission_refused(
		    sessions->admission, ADMISSION_HUB_FULL, text_of(session->address));
	sessions_dismiss(session, CLOSE_TRY_LATER, "full", sessions->count);
}
