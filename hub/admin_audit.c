/*
 * Audit lines. Knows commands only by their access; contents never get here, arguments do.
 */
#include "hub/admin_audit.h"

#include <pwd.h>
#include <stdio.h>

void
admin_audit_user(const struct peer_credentials *peer, char name_out[ADMIN_OPERATOR_SIZE])
{
	struct passwd entry;
	struct passwd *found = NULL;
	char strings[2048];

	if (getpwuid_r(peer->uid, &entry, strings, sizeof(strings), &found) == 0 && found != NULL)
		snprintf(name_out, ADMIN_OPERATOR_SIZE, "%s", found->pw_name);
	else
		snprintf(name_out, ADMIN_OPERATOR_SIZE, "%u", (unsigned)peer->uid);
}

void
admin_audit_begin(struct admin_audit *audit, const struct peer_credentials *peer,
    const struct admin_request *request)
{
	unsigned name_words = 0;
	struct text words[ADMIN_WORDS_MAX];
	unsigned count = admin_words(request, words);
	size_t name = 0;

	*audit = (struct admin_audit){
		.open = admin_access(request) != ADMIN_ACCESS_READ,
		.peer = *peer,
		.command = request->command,
	};
	buffer_init(&audit->arguments, 0);
	/* What follows the words of the name. */
	while (name < admin_command_name(request->command).length)
		name += words[name_words++].length + 1;
	for (unsigned i = name_words; i < count; i++) {
		buffer_append_string(&audit->arguments, i > name_words ? " " : "");
		buffer_append_text(&audit->arguments, words[i]);
	}
}

void
admin_audit_end(struct admin_audit *audit, struct log *log, const char *result, uint64_t affected)
{
	char user[ADMIN_OPERATOR_SIZE];

	if (!audit->open)
		return;
	audit->open = false;
	admin_audit_user(&audit->peer, user);
	log_always(log, "audit", log_i64("uid", audit->peer.uid), log_i64("pid", audit->peer.pid),
	    log_string("user", user), log_text("command", admin_command_name(audit->command)),
	    log_text("arguments", buffer_text(&audit->arguments)), log_string("result", result),
	    log_u64("affected", affected));
}

void
admin_audit_free(struct admin_audit *audit)
{
	buffer_free(&audit->arguments);
}
