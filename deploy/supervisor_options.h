/* The command line of the supervisor. */
#ifndef HUBBUB_DEPLOY_SUPERVISOR_OPTIONS_H
#define HUBBUB_DEPLOY_SUPERVISOR_OPTIONS_H

#include <limits.h>
#include <stdbool.h>

#define SUPERVISOR_GATEWAYS_MAX 32

/* All strings belong to the caller's argv or environment, or live as long as the process. */
struct supervisor_options {
	const char *programs; /* folder of hubbub-hub, hubbub-gateway and hubctl           */
	const char *state;    /* folder of sockets and data                                */
	const char *config;   /* configuration file of both daemons, NULL for none         */
	const char *address;  /* numeric address that all ports are bound to               */
	unsigned port;        /* shared by all gateways; 0 lets the kernel choose          */
	unsigned own_port;    /* of the first gateway, the others follow; 0: kernel's choice */
	bool demo;            /* a second port, also shared, for the demonstration protocols */
	unsigned demo_port;
	unsigned gateways; /* 1 to SUPERVISOR_GATEWAYS_MAX                              */
	char tls_certificate[PATH_MAX]; /* absolute; empty: all ports speak in the clear */
	char tls_key[PATH_MAX];         /* absolute, empty without the certificate       */
};

enum supervisor_request {
	SUPERVISOR_RUN,
	SUPERVISOR_TOLD, /* help or version was printed: exit 0 */
	SUPERVISOR_BAD,  /* the mistake was named: exit 2       */
};

enum supervisor_request supervisor_options_read(
    int argc, char **argv, struct supervisor_options *options_out);

#endif
