/*
 * X(NAME, first seed, "name", "what it breaks", "how", "what is found"): the last is pieces of
 * the judge's sentences with '|' between, one of which must come. The first seed that is tried is
 * near one that shows it, to save time. docs/simulator.md shows the same table.
 */
#ifndef HUBBUB_TESTS_SIM_SABOTAGE_TABLE_H
#define HUBBUB_TESTS_SIM_SABOTAGE_TABLE_H

#include "sabotage_table_operator.h"

/* clang-format off */
#define SABOTAGE_TABLE(X) \
	X(ACK_FIRST, 3, "acknowledge-before-commit", "an ack means stored", \
	    "a batch counts as kept once its commit was asked for", \
	    "of which all is kept|is not there|answers are missing|share a place") \
	X(FAILURE_KEPT, 3, "failed-commit-counts", "an ack means stored", \
	    "a commit that failed is taken for one that succeeded", \
	    "of which all is kept|is not there|answers are missing|share a place") \
	X(APPEND_LOST, 1, "message-not-stored", "an ack means stored", \
	    "every ninth message is taken and not written", \
	    "answers are missing|is not there") \
	X(OUTCOME_NOT_STORED, 15, "outcome-not-stored", "each command is answered once", \
	    "a command's outcome is not in its transaction", \
	    "after number|with another place") \
	X(COMMITTED_FORGOTTEN, 15, "committed-forgotten", "no command is applied twice", \
	    "WELCOME says that nothing was committed", \
	    "after number|with another place") \
	X(ID_NOT_STORED, 35, "id-forgotten", "an id is taken once", \
	    "ids are not in the transaction", \
	    "where it was never said|with another place|at two places") \
	X(ID_LOOSE, 1, "id-for-anything", "an id means one message", \
	    "what is said under a known id is not compared", \
	    "which waits for none|where it was never said") \
	X(MARK_NOT_STORED, 1, "mark-forgotten", "what was received does not come again", \
	    "the mark of an inbox is not written", \
	    "a mark that went back|again after its receipt") \
	X(USER_NOT_STORED, 1, "user-forgotten", "a secret brings the same user back", \
	    "users are not written", \
	    "saw itself as") \
	X(CLIENT_IDS_AGAIN, 1, "client-id-twice", "a client_id is given once", \
	    "a restarted hub reserves the same block again", \
	    "believes") \
	X(EPOCH_KEPT, 7, "epoch-kept", "numbers compare only within an epoch", \
	    "a room in memory begins anew under its old epoch", \
	    "of den") \
	X(SEQ_SURVIVES, 17, "speculative-seq-survives", "a stream has no holes", \
	    "numbers of a batch that failed are not taken back", \
	    "is at|behind|knows") \
	X(IDS_SURVIVE, 11, "speculative-id-survives", "an ack means stored", \
	    "ids of a batch that failed stay known", \
	    "share a place|is not there") \
	X(UNDO_FORGOTTEN, 3, "failed-batch-is-said", "nothing is visible that could be lost", \
	    "what a failed batch would have said leaves all the same", \
	    "answers are missing|which was refused|share a place") \
	X(OUTBOX_KEPT, 7, "outbox-outlives-link", "a new link begins with WELCOME", \
	    "what was held for a lost link goes to the next one in its slot", \
	    "a slot without a link|broke by itself") \
	X(GRACE_AFTER_DEATH, 5, "grace-after-death", "who dies is gone at once", \
	    "the clients of a dead gateway wait as those of a lost link do", \
	    "which is dead") \
	X(GATEWAYS_FORGOTTEN, 27, "gateways-forgotten", "a hub's restart makes no noise", \
	    "the list of known gateways is not written", \
	    "is back") \
	X(LIVING_COUNT_DEAD, 1, "living-count-as-dead", "a hub's restart makes no noise", \
	    "every process of that list counts as ended", \
	    "is back") \
	X(MAILBOX_UNBOUNDED, 15, "mailbox-unbounded", "an inbox is bounded", \
	    "an inbox never counts as full", \
	    "wait in the inbox|messages wait for") \
	X(CLOSED_LOST, 2, "closed-swallowed", "presence converges", \
	    "every third CLOSED is not applied", \
	    "than are there|believes") \
	X(LEAVE_LOST, 2, "leave-swallowed", "each wish is answered", \
	    "every third LEAVE is not applied", \
	    "no answer to its leaving") \
	X(RESUME_LOST, 1, "resume-ignored", "a secret brings the same user back", \
	    "the secret of an OPEN is not looked at", \
	    "saw itself as") \
	X(FETCH_OFF, 1, "fetch-off-by-one", "who comes back misses nothing", \
	    "a FETCH begins one too high", \
	    "behind") \
	X(READ_HIGH, 1, "receipt-for-more", "what was not received comes again", \
	    "a receipt marks one message more than was read", \
	    "bad_seq|a mark above") \
	X(DELIVER_OFF, 2, "position-off-by-one", "each message is heard once", \
	    "a DELIVER has the next number", \
	    "was said|behind") \
	X(DELIVER_ALTERED, 1, "content-altered", "what is heard was said", \
	    "every ninth message has another content", \
	    "was said|never said") \
	X(ACK_OFF, 1, "ack-off-by-one", "an ack names the message's place", \
	    "an OUTCOME has the next number", \
	    "share a place|another place") \
	X(OUTCOME_LOST, 3, "outcome-dropped", "each command is answered once", \
	    "every fifth OUTCOME is not handed out", \
	    "answers|before its ack") \
	X(REFUSED_SAID_OK, 1, "refusal-said-ok", "an ack means stored", \
	    "what was not stored is acknowledged", \
	    "answers are missing|is not there|another place") \
	X(OK_SAID_REFUSED, 1, "ok-said-refusal", "what is refused is not stored", \
	    "every fifth ack is a refusal", \
	    "answers|refused") \
	X(ITEM_LOST, 1, "fetched-item-lost", "who comes back misses nothing", \
	    "every fifth ITEM is not handed out", \
	    "behind") \
	X(NEWCOMER_REPLAY, 1, "newcomer-hears-replay", \
	    "a newcomer hears what is said from then on", \
	    "JOINED names the place before the one it should", \
	    "bad_seq|before it came|was said") \
	X(WHISPER_ASTRAY, 1, "whisper-to-another", "private mail reaches its addressee alone", \
	    "every third WHISPER goes to another connection", \
	    "of its inbox|private mail|meant for another") \
	X(WHISPER_TWICE, 1, "whisper-twice", "each message is heard once", \
	    "a WHISPER is handed out twice, and its place is not looked at", \
	    "after number|twice|behind") \
	X(EXITED_LOST, 2, "exited-swallowed", "presence converges", \
	    "every third EXITED is not applied", \
	    "believes") \
	X(ENTERED_LOST, 1, "entered-swallowed", "presence converges", \
	    "every third ENTERED is not applied", \
	    "believes") \
	X(NOTICE_LOST, 2, "notice-lost", "all hear the same", \
	    "one gateway does not say every second notice", \
	    "was said") \
	X(CLOSE_ASTRAY, 1, "kick-of-another", "only who is meant is closed", \
	    "CLOSE ends the connection that came before", \
	    "closed for nothing") \
	X(GAP_IS_NEWS, 2, "gap-not-recognised", "nobody misses a message", \
	    "what leaves a hole counts as news", \
	    "behind") \
	X(ROSTER_GHOST, 1, "ghost-after-hub-restart", "presence converges", \
	    "a new link's roster is added to the old one", \
	    "believes") \
	X(PONG_IGNORED, 1, "receipt-ignored", "what was received does not come again", \
	    "PONGs are no receipts", \
	    "again after its receipt") \
	X(PONG_GUESSED, 1, "receipt-without-pong", "what was not received comes again", \
	    "what was sent counts as received", \
	    "closed for nothing|are stored") \
	X(QUEUE_UNBOUNDED, 4, "queue-unbounded", "queues are bounded", \
	    "a client's queue has a hundred times its bound", \
	    "wait for one client") \
	X(COMMANDS_UNBOUNDED, 3, "commands-unbounded", "queues are bounded", \
	    "commands wait without a bound", \
	    "commands, 60 may wait") \
	X(CLOSING_FORGOTTEN, 13, "closing-forgotten", "what was taken is said, whoever has gone", \
	    "who goes takes along what was not sent for it", \
	    "was taken and never heard") \
	X(CLOSING_UNKNOWN, 15, "closing-unknown", "what was taken is said, whoever has gone", \
	    "a hub does not keep who is gone for what is to come of it", \
	    "was taken and never heard") \
	X(SHORT_WRITE, 2, "short-write-ignored", "slow readers miss nothing", \
	    "what a socket did not take counts as written", \
	    "closed for nothing|half a frame|missed|more than are there|believes in")

/* Those that only the real store on a disk that forgets can show. */
#define SABOTAGE_SQLITE_TABLE(X) \
	X(SYNC_SKIPPED, 1, "sync-skipped", "an ack means stored", \
	    "the store never waits for the disk", \
	    "outlive the machine|is not there|answers are missing|share a place|damaged|" \
	    "never heard|has forgotten the ban") \
	X(SYNC_LATE, 1, "commit-before-sync", "an ack means stored", \
	    "a commit does not wait for the disk", \
	    "outlive the machine|is not there|answers are missing|share a place|" \
	    "never heard|has forgotten the ban") \
	X(LOG_LOST, 1, "wal-not-recovered", "an ack means stored", \
	    "a start throws the log away", \
	    "outlive the machine|is not there|answers are missing|share a place|not start|" \
	    "private mail|never heard|has forgotten the ban") \
	X(LOG_BELIEVED, 231, "failed-sync-believed", "an ack means stored", \
	    "what the kernel shows behind a failed sync is not written again", \
	    "outlive the machine|is not there|answers are missing|share a place|" \
	    "never heard|has forgotten the ban") \
	X(BOOT_IGNORED, 11, "boot-id-ignored", "numbers compare only within an epoch", \
	    "the machine's end is not noticed", \
	    "at two places|another place|share a place|is not there|behind|which was|is at") \
	X(CRASH_IS_CLEAN, 27, "crash-is-clean", "numbers compare only within an epoch", \
	    "every end of the hub counts as one in good order", \
	    "at two places|another place|share a place|is not there|behind|which was|is at")
/* clang-format on */

#endif
