/*
 * The state folder: DIR/run with the sockets, DIR/data with what the hub keeps.
 * One supervisor at a time owns it.
 */
#ifndef HUBBUB_DEPLOY_SUPERVISOR_STATE_H
#define HUBBUB_DEPLOY_SUPERVISOR_STATE_H

#include <limits.h>
#include <stdbool.h>

struct supervisor_state {
	char folder[PATH_MAX]; /* absolute, without symbolic links */
	int folder_fd;         /* carries the lock                 */
	unsigned gateways;
	bool made; /* the folder was not there before  */
};

/*
 * Creates what is missing (mode 0750), locks the folder and removes the sockets that a killed
 * predecessor left. False, after naming the folder and the way out, if it cannot be used.
 */
bool supervisor_state_open(
    struct supervisor_state *state_out, const char *folder, unsigned gateways);

/* Removes the sockets and every folder that is empty without them, then unlocks. */
void supervisor_state_close(struct supervisor_state *state);

/* The hub's file and the sockets below the folder; each goes into a buffer of PATH_MAX bytes. */
void supervisor_state_store(const struct supervisor_state *state, char *path_out);
void supervisor_state_hub_socket(const struct supervisor_state *state, char *path_out);
void supervisor_state_admin_socket(const struct supervisor_state *state, char *path_out);
void supervisor_state_notify_socket(const struct supervisor_state *state, char *path_out);

/* Number 0 is the hub's, 1 and above the gateways'; the so-many-th process of that place. */
void supervisor_state_status_socket(
    const struct supervisor_state *state, unsigned number, unsigned generation, char *path_out);

/* A name that stays leads to that process's socket: run/gw-1-status.sock. */
void supervisor_state_show_status(
    const struct supervisor_state *state, unsigned number, unsigned generation);

#endif
