/* A fake client of the room dialect: what it said, what it heard. */
#ifndef HUBBUB_TESTS_SIM_SIM_CLIENT_H
#define HUBBUB_TESTS_SIM_SIM_CLIENT_H

#include "sim_log.h"
#include "sim_socket.h"

struct sim_client {
	struct sim_socket socket; /* connected once in its life */
	unsigned number;          /* its name is "c<number>"    */
	bool named;

	char id[CLIENT_ID_TEXT_SIZE];
	struct sim_log heard;  /* "CONTENT" of public and system frames         */
	struct sim_log told;   /* "CONTENT" of private frames from others       */
	struct buffer members; /* blank-separated ids of the last list          */

	unsigned sent;     /* public and private messages so far            */
	unsigned answered; /* echoes, copies and errors for them            */
	unsigned errors;   /* of these; none says for which message          */
	unsigned weighed;  /* errors that were counted against messages     */
	unsigned settled;  /* messages that have their end                  */
	bool kicked;       /* by the operator, who stops what was not sent  */
};

void sim_client_init(struct sim_client *client, unsigned number, struct random_source random);
void sim_client_free(struct sim_client *client);

/* Its name, in a buffer of its own. */
const char *sim_client_name(const struct sim_client *client, char out[16]);

#endif
