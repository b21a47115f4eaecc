/*
 * Settings that are read again while the world runs, by the hub and by each gateway, and what must
 * hold under those that are in force.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_SETTINGS_H
#define HUBBUB_TESTS_SIM_SIM_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"
#include "hub/core.h"
#include "sim_book.h"

struct sim_world;

/* A message of so many bytes, to be refused where content_bytes is SIM_CONTENT_BYTES_LOW. */
#define SIM_LONG_BYTES 200u
#define SIM_CONTENT_BYTES_LOW 100u
#define SIM_CONTENT_BYTES 1000u

struct sim_gateway_settings {
	unsigned content_bytes;
	unsigned commands;
	unsigned queue_bytes;
	unsigned hold_seconds;
	/* What there was when they were read stays, within these. */
	uint64_t commands_bound;
	size_t queue_bound;
};

struct sim_settings {
	unsigned bans_max;
	uint64_t inbox_messages;
	bool tea_is_closed;  /* nobody may write in it */
	bool tea_was_closed; /* at any time */
	struct sim_place_end {
		uint64_t epoch;
		uint64_t seq;
	} tea; /* as it was found closed first */
	struct sim_gateway_settings gateways[2];
	uint64_t waiting[SIM_SENDERS]; /* in inboxes, in the turn before */
};

void sim_settings_create(struct sim_world *world);

/* What a gateway that starts, or reads its settings again, finds. */
void sim_settings_gateway(const struct sim_world *world, unsigned gateway, struct config *config);

/* The same for the hub; its classes are to be kept as long as the setup. */
struct core_limits sim_settings_hub(const struct sim_world *world);
unsigned sim_settings_classes(const struct sim_world *world, struct config_class classes[2]);

/* Somebody changes a setting and has it read again, or tries what is forbidden by one. */
void sim_settings_happen(struct sim_world *world);

void sim_settings_watch(struct sim_world *world);

#endif
