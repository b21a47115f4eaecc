/*
 * Which store a hub has: what the configuration says.
 */
#ifndef HUBBUB_HUB_STORE_CHOICE_H
#define HUBBUB_HUB_STORE_CHOICE_H

#include "common/config.h"
#include "common/log.h"
#include "common/metrics.h"
#include "hub/store.h"

/* Opens it; NULL with a sentence for people in `error`. Log and metrics are borrowed. */
struct store *store_choice_open(const struct config_store *config, struct log *log,
    struct metrics *metrics, char *error, size_t error_size);

#endif
