/*
 * `hubctl token ...`: makes and checks access tokens with the keys of a configuration. Asks no hub.
 */
#ifndef HUBBUB_HUB_HUBCTL_TOKEN_H
#define HUBBUB_HUB_HUBCTL_TOKEN_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/exit_codes.h"
#include "hub/hubctl_options.h"

#define HUBCTL_DEFAULT_CONFIG "/etc/hubbub/hubbub.conf"

/* True if the words are one of these commands. */
bool hubctl_token_is(const struct hubctl_options *options);

/* Appends what is to be printed, or a sentence that says why there is nothing. */
enum exit_code hubctl_token_run(
    const struct hubctl_options *options, struct buffer *out, struct buffer *sentence);

#endif
