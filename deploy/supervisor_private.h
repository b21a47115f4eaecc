/*
 * The supervisor's whole, for supervisor.c and the files that do a part of its work: what there is
 * to run (supervisor_describe.c), and putting new processes in place of old ones
 * (supervisor_upgrade.c).
 */
#ifndef HUBBUB_DEPLOY_SUPERVISOR_PRIVATE_H
#define HUBBUB_DEPLOY_SUPERVISOR_PRIVATE_H

#include <limits.h>
#include <signal.h>

#include "common/exit_codes.h"
#include "deploy/supervisor_child.h"
#include "deploy/supervisor_options.h"
#include "deploy/supervisor_ports.h"
#include "deploy/supervisor_probe.h"
#include "deploy/supervisor_state.h"
#include "deploy/supervisor_terminal.h"

#define READY_WITHIN_MS 20000
#define STOP_WITHIN_MS 10000
#define PROBE_EVERY_MS 20
#define PROBE_PATIENCE_MS 1000

/* Processes whose place another one has taken, and which still have clients. */
#define SUPERVISOR_OLD_MAX 64

enum phase {
	PHASE_STARTING, /* until everybody said to be ready; a refusal ends it all */
	PHASE_RUNNING,
	PHASE_STOPPING_GATEWAYS, /* they take leave of their clients while the hub still lives */
	PHASE_STOPPING_HUB,
	PHASE_DONE,
};

/* Its place is taken: it accepts nobody and ends when its clients have gone. */
struct old_child {
	pid_t pid; /* 0: the place is free */
	char name[CHILD_NAME_SIZE];
};

/* A new process for each gateway, one after the other. */
struct upgrade {
	unsigned number; /* of the gateway whose turn it is; 0: no upgrade */
	bool again;      /* asked for another one meanwhile                */
	struct child rising;
	uint64_t ends_ms;
};

/* Child 0 is the hub, the others are the gateways. */
struct supervisor {
	struct supervisor_options options;
	struct supervisor_state state;
	struct supervisor_ports ports;
	struct child children[1 + SUPERVISOR_GATEWAYS_MAX];
	unsigned child_count;
	char hub_program[PATH_MAX];
	char gateway_program[PATH_MAX];

	int signal_fd;
	sigset_t child_mask; /* with SIGHUP, which a child lets in once it can hear it */
	struct terminal terminal;
	enum phase phase;
	uint64_t phase_ends_ms; /* patience with the present phase, UINT64_MAX for ever */
	struct probe probe;
	unsigned probed;       /* children before this one are ready                    */
	uint64_t probe_due_ms; /* the next question, or the end of patience with this one */
	enum exit_code exit_code;

	int notify_fd; /* where children say that they accept nobody any more */
	char notify_path[PATH_MAX];
	unsigned generations[1 + SUPERVISOR_GATEWAYS_MAX];
	struct old_child old[SUPERVISOR_OLD_MAX];
	struct upgrade upgrade;
	uint64_t
	    hub_ends_ms; /* by then a hub that is to start anew has ended; UINT64_MAX: none is */
};

/* supervisor_describe.c: fill in what is known before anything runs; false after a complaint. */
bool programs_find(struct supervisor *supervisor);
bool children_describe(struct supervisor *supervisor);

/*
 * The process of a gateway's place that is the so-many-th there, into an empty `child`. Each has a
 * name and a status socket of its own, for the one before it may still live.
 */
bool gateway_describe(
    struct supervisor *supervisor, struct child *child, unsigned number, unsigned generation);

/* supervisor_upgrade.c: begins one, or another one behind that under way. */
void upgrade_begin(struct supervisor *supervisor);

/* What is due of it; the next time, UINT64_MAX for never. */
void upgrade_continue(struct supervisor *supervisor, uint64_t now);
uint64_t upgrade_due_ms(const struct supervisor *supervisor);

/* The answer to the question whether the new process is ready. */
void upgrade_heard(struct supervisor *supervisor, enum probe_result result, uint64_t now);

/* A process has ended: true if it was an old one or the new one, of which all is said then. */
bool upgrade_ended(struct supervisor *supervisor, pid_t pid, int status);

/* Process `pid` says that it accepts nobody any more: another one takes its place at once. */
void upgrade_stopping(struct supervisor *supervisor, pid_t pid, uint64_t now);

/* Whether processes of an upgrade run; sends them a signal and says how many there are. */
bool upgrade_runs(const struct supervisor *supervisor);
unsigned upgrade_signal(struct supervisor *supervisor, int number);

#endif
