/*
 * Patterns of paths: literal segments and at most one "{name}", which takes any segment, or
 * "{name:int}", which takes only digits. Pure.
 */
#ifndef HUBBUB_GATEWAY_MOUNT_PATTERN_H
#define HUBBUB_GATEWAY_MOUNT_PATTERN_H

#include <stdbool.h>

#include "common/text.h"

/* A longer number would not fit into what browsers and old servers count in. */
#define MOUNT_PATTERN_DIGITS_MAX 18u

/* How well a path fits a pattern. */
struct mount_fit {
	struct text segment; /* what filled the pattern's {...}, borrowed from the path; or empty */
	unsigned literals;   /* segments that are the pattern's to the letter                     */
	bool typed;          /* the segment is an integer because the pattern wants one           */
};

/* At least one segment, none empty, braces only around a whole variable. */
bool mount_pattern_is_good(struct text pattern);

/* True if both patterns take exactly the same paths: one of them could never be reached. */
bool mount_pattern_same(struct text a, struct text b);

/* False if the decoded path is not of the pattern's shape. */
bool mount_pattern_fits(struct text pattern, struct text path, struct mount_fit *fit_out);

/* True if `a` names its path more closely than `b`: more literals, then a type. */
bool mount_fit_is_closer(const struct mount_fit *a, const struct mount_fit *b);

#endif
