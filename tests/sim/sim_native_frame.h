/* What the files that read a native client's frames share; nobody else includes it. */
#ifndef HUBBUB_TESTS_SIM_SIM_NATIVE_FRAME_H
#define HUBBUB_TESTS_SIM_SIM_NATIVE_FRAME_H

#include "common/json.h"
#include "sim_native.h"

/* One frame being read. */
struct sim_frame {
	struct sim_native *native;
	const struct json *json;
	struct text type;
	struct text id;
	unsigned room; /* SIM_INBOX without one */
};

/* What it says is not what the page of the dialect says. */
void sim_frame_broken(const struct sim_frame *frame, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A member; empty without it. */
struct text sim_frame_text(const struct sim_frame *frame, const char *key);

/* A member that must be there. */
uint64_t sim_frame_number(const struct sim_frame *frame, const char *key);

void sim_copy_text(char *out, size_t size, struct text value);

/* sim_native_streams.c: messages, what is missing of them, and what became of those it said. */
void sim_on_message(const struct sim_frame *frame);
void sim_on_gap(const struct sim_frame *frame);
void sim_on_ack(const struct sim_frame *frame);
void sim_on_error(const struct sim_frame *frame);

#endif
