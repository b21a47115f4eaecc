/*
 * X(NAME, "name", "what it breaks", "how", "what is found"): the last is pieces of the judge's
 * sentences with '|' between, one of which must come. docs/simulator.md shows the same table.
 */
#ifndef HUBBUB_TESTS_SIM_SABOTAGE_TABLE_H
#define HUBBUB_TESTS_SIM_SABOTAGE_TABLE_H

/* clang-format off */
#define SABOTAGE_TABLE(X) \
	X(ACK_FIRST, "acknowledge-before-commit", "an ack means stored", \
	    "a batch counts as kept once its commit was asked for", "") \
	X(FAILURE_KEPT, "failed-commit-counts", "an ack means stored", \
	    "a commit that failed is taken for one that succeeded", "") \
	X(APPEND_LOST, "message-not-stored", "an ack means stored", \
	    "every ninth message is taken and not written", "") \
	X(OUTCOME_NOT_STORED, "outcome-not-stored", "each command is answered once", \
	    "a command's outcome is not in its transaction", "") \
	X(COMMITTED_FORGOTTEN, "committed-forgotten", "no command is applied twice", \
	    "WELCOME says that nothing was committed", "") \
	X(ID_NOT_STORED, "id-forgotten", "an id is taken once", \
	    "ids are not in the transaction", "") \
	X(ID_LOOSE, "id-for-anything", "an id means one message", \
	    "what is said under a known id is not compared", "") \
	X(MARK_NOT_STORED, "mark-forgotten", "what was received does not come again", \
	    "the mark of an inbox is not written", "") \
	X(USER_NOT_STORED, "user-forgotten", "a secret brings the same user back", \
	    "users are not written", "") \
	X(CLIENT_IDS_AGAIN, "client-id-twice", "a client_id is given once", \
	    "a restarted hub reserves the same block again", "") \
	X(EPOCH_KEPT, "epoch-kept", "numbers compare only within an epoch", \
	    "a room in memory begins anew under its old epoch", "") \
	X(SEQ_SURVIVES, "speculative-seq-survives", "a stream has no holes", \
	    "numbers of a batch that failed are not taken back", "") \
	X(IDS_SURVIVE, "speculative-id-survives", "an ack means stored", \
	    "ids of a batch that failed stay known", "") \
	X(UNDO_FORGOTTEN, "failed-batch-is-said", "nothing is visible that could be lost", \
	    "what a failed batch would have said leaves all the same", "") \
	X(OUTBOX_KEPT, "outbox-outlives-link", "a new link begins with WELCOME", \
	    "what was held for a lost link goes to the next one in its slot", "") \
	X(GRACE_AFTER_DEATH, "grace-after-death", "who dies is gone at once", \
	    "the clients of a dead gateway wait as those of a lost link do", "") \
	X(MAILBOX_UNBOUNDED, "mailbox-unbounded", "an inbox is bounded", \
	    "an inbox never counts as full", "") \
	X(CLOSED_LOST, "closed-swallowed", "presence converges", \
	    "every third CLOSED is not applied", "") \
	X(LEAVE_LOST, "leave-swallowed", "each wish is answered", \
	    "every third LEAVE is not applied", "") \
	X(RESUME_LOST, "resume-ignored", "a secret brings the same user back", \
	    "the secret of an OPEN is not looked at", "") \
	X(FETCH_OFF, "fetch-off-by-one", "who comes back misses nothing", \
	    "a FETCH begins one too high", "") \
	X(READ_HIGH, "receipt-for-more", "what was not received comes again", \
	    "a receipt marks one message more than was read", "") \
	X(DELIVER_OFF, "position-off-by-one", "each message is heard once", \
	    "a DELIVER has the next number", "") \
	X(DELIVER_ALTERED, "content-altered", "what is heard was said", \
	    "every ninth message has another content", "") \
	X(ACK_OFF, "ack-off-by-one", "an ack names the message's place", \
	    "an OUTCOME has the next number", "") \
	X(OUTCOME_LOST, "outcome-dropped", "each command is answered once", \
	    "every fifth OUTCOME is not handed out", "") \
	X(REFUSED_SAID_OK, "refusal-said-ok", "an ack means stored", \
	    "what was not stored is acknowledged", "") \
	X(OK_SAID_REFUSED, "ok-said-refusal", "what is refused is not stored", \
	    "every fifth ack is a refusal", "") \
	X(ITEM_LOST, "fetched-item-lost", "who comes back misses nothing", \
	    "every fifth ITEM is not handed out", "") \
	X(NEWCOMER_REPLAY, "newcomer-hears-replay", "a newcomer hears what is said from then on", \
	    "JOINED names the place before the one it should", "") \
	X(WHISPER_ASTRAY, "whisper-to-another", "private mail reaches its addressee alone", \
	    "every third WHISPER goes to another connection", "") \
	X(WHISPER_TWICE, "whisper-twice", "each message is heard once", \
	    "a WHISPER is handed out twice, and its place is not looked at", "") \
	X(EXITED_LOST, "exited-swallowed", "presence converges", \
	    "every third EXITED is not applied", "") \
	X(ENTERED_LOST, "entered-swallowed", "presence converges", \
	    "every third ENTERED is not applied", "") \
	X(NOTICE_LOST, "notice-lost", "all hear the same", \
	    "one gateway does not say every second notice", "") \
	X(CLOSE_ASTRAY, "kick-of-another", "only who is meant is closed", \
	    "CLOSE ends the connection that came before", "") \
	X(GAP_IS_NEWS, "gap-not-recognised", "nobody misses a message", \
	    "what leaves a hole counts as news", "") \
	X(ROSTER_GHOST, "ghost-after-hub-restart", "presence converges", \
	    "a new link's roster is added to the old one", "") \
	X(PONG_IGNORED, "receipt-ignored", "what was received does not come again", \
	    "PONGs are no receipts", "") \
	X(PONG_GUESSED, "receipt-without-pong", "what was not received comes again", \
	    "what was sent counts as received", "") \
	X(QUEUE_UNBOUNDED, "queue-unbounded", "queues are bounded", \
	    "a client's queue has a hundred times its bound", "") \
	X(COMMANDS_UNBOUNDED, "commands-unbounded", "queues are bounded", \
	    "commands wait without a bound", "") \
	X(SHORT_WRITE, "short-write-ignored", "slow readers miss nothing", \
	    "what a socket did not take counts as written", "")
/* clang-format on */

#endif
