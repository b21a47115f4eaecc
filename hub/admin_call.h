/*
 * What the handlers of operators' commands share. The columns of their answers are a contract with
 * scripts: names stay, new ones are added at the end.
 */
#ifndef HUBBUB_HUB_ADMIN_CALL_H
#define HUBBUB_HUB_ADMIN_CALL_H

#include "hub/admin_actions.h"

#define ADMIN_COUNT(table) ((unsigned)(sizeof(table) / sizeof((table)[0])))
#define ADMIN_COLUMNS(table) (table), ADMIN_COUNT(table)

/* What a handler is given. */
struct admin_call {
	struct admin_action *action;
	struct core *core;
	struct now now;
	const struct admin_request *request;
	struct buffer *out;
};

/* Writes the only row of an answer. */
void admin_answer_row(const struct admin_call *call, const struct admin_column *columns,
    unsigned count, const struct admin_cell *cells);

/* Ends the answer with a sentence, whose end may be a quoted word. */
void admin_refuse(const struct admin_call *call, const char *sentence);
void admin_refuse_word(const struct admin_call *call, const char *sentence, struct text word);

/* What cannot be undone was not confirmed: false, and the answer ends saying so. */
bool admin_is_confirmed(const struct admin_call *call, const char *sentence);

/* How many rows were asked for; false, and the answer ends, if that is too many. */
bool admin_wanted_rows(const struct admin_call *call, unsigned *rows_out);

/* The user that was meant; false, and the answer ends, if that is nobody or several. */
bool admin_find_user(const struct admin_call *call, struct core_who *who_out);

/* A client_id as a cell; no value for 0. `id` is room for it. */
struct admin_cell admin_cell_client(uint32_t client, char id[CLIENT_ID_TEXT_SIZE]);

/* What was written so far is the answer once the store has kept the batch. */
void admin_wait_for_batch(const struct admin_call *call, const struct core_deed *deed);

typedef void admin_handler(const struct admin_call *call);

/* admin_gateways.c */
admin_handler admin_do_gateways;
admin_handler admin_do_drain;
void admin_show_drain(const struct admin_action *action, uint32_t over_ms, struct buffer *out);

/* admin_bans.c */
admin_handler admin_do_ban_user;
admin_handler admin_do_ban_client;
admin_handler admin_do_ban_address;
admin_handler admin_do_unban_user;
admin_handler admin_do_unban_client;
admin_handler admin_do_unban_address;
admin_handler admin_do_bans;

/* admin_rooms.c */
admin_handler admin_do_rooms;
admin_handler admin_do_history;
admin_handler admin_do_room_create;
admin_handler admin_do_room_close;
admin_handler admin_do_room_rename;
bool admin_next_room(struct admin_action *action, struct core *core, struct buffer *out);

/* admin_people.c */
admin_handler admin_do_show;
admin_handler admin_do_inbox;
bool admin_all_inspected(const struct admin_action *action, const struct core *core);
void admin_show_connections(struct admin_action *action, struct core *core, struct buffer *out);

/* admin_events.c */
admin_handler admin_do_why;
admin_handler admin_do_tail;
void admin_tail_more(
    struct admin_action *action, struct now now, size_t enough, struct buffer *out);

/* admin_top.c */
admin_handler admin_do_top;
admin_handler admin_do_log_level;
bool admin_all_answered(const struct admin_action *action, const struct core *core);
void admin_show_answers(struct admin_action *action, const struct core *core, struct buffer *out);

/* admin_store.c */
admin_handler admin_do_store_stats;
admin_handler admin_do_store_check;
admin_handler admin_do_store_backup;
admin_handler admin_do_store_restore;
admin_handler admin_do_store_export;
admin_handler admin_do_store_forget;
void admin_finish_job(struct admin_action *action, const char *sentence, struct buffer *out);

#endif
