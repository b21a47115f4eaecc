/* The rows of sabotage_table.h about what operators do: bans, and settings read again. */
#ifndef HUBBUB_TESTS_SIM_SABOTAGE_TABLE_OPERATOR_H
#define HUBBUB_TESTS_SIM_SABOTAGE_TABLE_OPERATOR_H

/* clang-format off */
#define SABOTAGE_OPERATOR_TABLE(X) \
	X(BAN_NOT_STORED, 1, "ban-not-stored", "a ban outlives the hub", \
	    "bans are not in the transaction", \
	    "has forgotten the ban") \
	X(UNBAN_NOT_STORED, 11, "unban-not-stored", "who is let in again stays so", \
	    "the end of a ban is not in the transaction", \
	    "that nobody made|of which|is not welcome|for nothing") \
	X(BAN_SURVIVES, 23, "speculative-ban-survives", "a ban is true or is not there", \
	    "bans of a batch that failed stay known", \
	    "that nobody made|of which|has forgotten the ban") \
	X(BANNED_STAY, 3, "banned-stay", "who is banned is out at once", \
	    "a ban closes nobody who is there", \
	    "is still there, though") \
	X(BANNED_COME, 2, "banned-come-again", "who is banned is not let in", \
	    "an OPEN is not held against bans of users and clients", \
	    "is let in, though|is still there, though") \
	X(ADDRESS_NOT_ASKED, 3, "banned-address-comes", "who is banned is not let in", \
	    "an OPEN is not held against bans of addresses", \
	    "is let in, though|is still there, though") \
	X(BANNED_ANNOUNCED, 17, "banned-are-announced", "who is banned is out everywhere", \
	    "whom a gateway had before its link is not held against bans", \
	    "is let in, though|is still there, though") \
	X(BAN_OF_OTHERS, 4, "ban-of-neighbours", "only who is meant is banned", \
	    "of an address the last bits are not looked at", \
	    "for nothing|a ban that is not there") \
	X(BAN_FOR_EVER, 2, "ban-for-ever", "a ban ends", \
	    "until when it holds is not looked at", \
	    "that nobody made|is not welcome|for nothing|a ban that is not there") \
	X(HUB_SETTINGS_OLD, 4, "reload-ignored-by-hub", "settings in force are obeyed", \
	    "the hub's core goes on with the ones it began with", \
	    "one more|where nobody may|may") \
	X(GATEWAY_SETTINGS_OLD, 1, "reload-ignored-by-gateway", "settings in force are obeyed", \
	    "a gateway's core goes on with the ones it began with", \
	    "heard nonsense|may wait|may")
/* clang-format on */

#endif
