/*
 * What a core was made of, as the first entry of a record: software, limits, rules for rooms, what
 * the store can do.
 */
#ifndef HUBBUB_HUB_RECORD_SETUP_H
#define HUBBUB_HUB_RECORD_SETUP_H

#include "hub/core.h"
#include "hub/core_settings.h"
#include "hub/record_fields.h"

/* As it was read: strings are the struct's own, with those of the classes. */
struct record_setup_read {
	struct text software; /* borrowed from the fields */
	bool redacted;
	bool asks_busy;
	bool asks_over;
	struct core_limits limits;
	char *operators; /* NULL: none were named */
	struct config_class classes[CONFIG_CLASSES_MAX];
	unsigned class_count;
	struct text store_name; /* borrowed */
	enum store_durability durability;
	bool has_op[RECORD_OP_COUNT];
	struct now now;
};

/* The time becomes *last. */
void record_setup_put(
    struct buffer *out, const struct core_setup *setup, bool redacted, struct now *last);

/* False for anything else, or without memory; it is to be freed either way. */
bool record_setup_get(struct text fields, struct record_setup_read *read_out, struct now *last);

/* Of it what can change later: limits, rules for rooms. `read_out` is to be freed as well. */
void record_settings_put(struct buffer *out, const struct core_settings *settings);
void record_settings_get(struct record_fields *fields, struct record_setup_read *read_out);

void record_setup_free(struct record_setup_read *read);

/* Whether a store has that function. */
bool record_op_is_there(const struct store_ops *ops, enum record_op op);

/* Takes it away. */
void record_op_remove(struct store_ops *ops, enum record_op op);

#endif
