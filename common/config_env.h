/* Settings from the environment. For the config_*.c files only. */
#ifndef HUBBUB_COMMON_CONFIG_ENV_H
#define HUBBUB_COMMON_CONFIG_ENV_H

#include "common/config.h"

/*
 * Sets what HUBBUB_SET__SECTION__KEY and HUBBUB_SET__SECTION__NAME__KEY of an environment say, in
 * the order of their names. Letters may be capitals, and '_' stands for '-' in the name of a
 * section that is there; another name makes a new one, in small letters. Any variable that
 * begins with HUBBUB_SET and does not set something is a mistake.
 */
void config_set_environment(
    struct config *config, char *const *environment, struct config_mistakes *mistakes);

#endif
