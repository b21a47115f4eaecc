/* What is wrong with a configuration, in one sentence; part of its workings, not for others. */
#ifndef HUBBUB_COMMON_CONFIG_COMPLAIN_H
#define HUBBUB_COMMON_CONFIG_COMPLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the sentence, cut where `error` ends; always false, so that it can be returned. */
bool config_complain(char *error, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
