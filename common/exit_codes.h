/* Exit status of every Hubbub program: a contract with scripts and service managers. */
#ifndef HUBBUB_COMMON_EXIT_CODES_H
#define HUBBUB_COMMON_EXIT_CODES_H

enum exit_code {
	EXIT_CODE_DONE = 0,        /* did what was asked                                  */
	EXIT_CODE_REFUSED = 1,     /* refused by the hub, or a daemon could not start     */
	EXIT_CODE_USAGE = 2,       /* wrong command line or configuration                 */
	EXIT_CODE_UNREACHABLE = 3, /* nobody answers: no hub, no gateway                  */
	EXIT_CODE_VERSION = 4,     /* hubctl: the hub speaks another version              */
	EXIT_CODE_BROKEN = 5,      /* a daemon gave up, for it could not keep its promises */
};

#endif
