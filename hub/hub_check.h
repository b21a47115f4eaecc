/* What only a hub can check of a configuration: users, groups and files that it names. */
#ifndef HUBBUB_HUB_HUB_CHECK_H
#define HUBBUB_HUB_HUB_CHECK_H

#include "common/config.h"

/*
 * Tells what a start would refuse, as far as that can be seen without making anything; nothing if
 * it is to run, for it finds out then. Folders are not looked at: they are the service manager's to
 * make, and may be there at the start only.
 */
void hub_check(const struct config *config, bool will_run, struct config_mistakes *mistakes);

#endif
