/*
 * The recorder's half towards the process: inputs, links, randomness, digests. Every input is an
 * entry, then what came of it, then its end; so a record that breaks off anywhere replays up to
 * there.
 */
#include "hub/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/record_private.h"
#include "hub/record_setup.h"

/* What is drawn in more bytes at once becomes somebody's secret. */
#define OPEN_DRAW_BYTES 8u

struct record *
record_create(const struct record_setup *setup, char *error, size_t error_size)
{
	struct record *record = calloc(1, sizeof(*record));

	snprintf(error, error_size, "there is no memory for the record");
	if (record == NULL)
		return NULL;
	record->log = setup->log;
	buffer_init(&record->fields, 0);
	buffer_init(&record->texts, 0);
	buffer_init(&record->frames, 0);
	if (!setup->contents)
		record->redactor = redactor_create(random_system());
	record->decoder = envelope_decoder_create();
	if ((setup->contents || record->redactor != NULL) && record->decoder != NULL)
		record->file = record_file_create(setup->path, setup->bytes_max, error, error_size);
	if (record->file == NULL)
		record_destroy(&record);
	return record;
}

void
record_end(struct record *record)
{
	if (record == NULL || !record_is_on(record))
		return;
	record_file_end(record->file, RECORD_END, (struct text){ 0 });
	log_info(record->log, "the recording is complete",
	    log_u64("bytes", record_file_bytes(record->file)));
	record_file_close(&record->file);
}

void
record_destroy(struct record **record)
{
	struct record *doomed = *record;

	if (doomed == NULL)
		return;
	record_end(doomed);
	*record = NULL;
	record_store_free(&doomed->store);
	redactor_destroy(&doomed->redactor);
	envelope_decoder_destroy(&doomed->decoder);
	buffer_free(&doomed->fields);
	buffer_free(&doomed->texts);
	buffer_free(&doomed->frames);
	free(doomed);
}

static void
draw(void *context, void *bytes, size_t length)
{
	struct record *record = context;
	struct buffer *out = record_begin(record);

	record->random.fill(record->random.context, bytes, length);
	if (record->redactor == NULL || length <= OPEN_DRAW_BYTES) {
		buffer_append(out, bytes, length);
	} else {
		for (size_t i = 0; i < length; i++)
			buffer_append_byte(out, 0);
	}
	record_write(record, RECORD_RANDOM);
}

/* The core goes on with the true one; with what was redacted it could not be made again. */
static void
digest_made(void *context, unsigned char *digest)
{
	struct record *record = context;
	unsigned char stands[DIGEST_SIZE];

	memcpy(stands, digest, sizeof(stands));
	redact_digest(record->redactor, stands);
	buffer_append(record_begin(record), stands, sizeof(stands));
	record_write(record, RECORD_DIGEST);
}

/* Addresses are not in the record then. */
static void
address_judged(void *context, bool *is_banned)
{
	record_write_number(context, RECORD_VERDICT, *is_banned);
}

static void
send_frames(void *context, unsigned slot, const void *frames, size_t length)
{
	struct record *record = context;
	struct record_frames stands;
	struct buffer *out;

	if (record_is_on(record)) {
		stands = record_frames_check(frames, length, record->redactor != NULL,
		    record->decoder, &record->texts, &record->frames);
		out = record_begin(record);
		record_put_u64(out, slot);
		record_put_u64(out, stands.count);
		record_put_u64(out, length);
		record_put_check(out, stands.check);
		record_write(record, RECORD_SEND);
	}
	record->links.send(record->links.context, slot, frames, length);
}

static void
drop(void *context, unsigned slot, enum link_loss why)
{
	struct record *record = context;
	struct buffer *out = record_begin(record);

	record_put_u64(out, slot);
	record_put_u64(out, why);
	record_write(record, RECORD_DROP);
	record->links.drop(record->links.context, slot, why);
}

static bool
is_busy(void *context, unsigned slot)
{
	struct record *record = context;
	bool busy = record->links.is_busy(record->links.context, slot);
	struct buffer *out = record_begin(record);

	record_put_u64(out, slot);
	record_put_bool(out, busy);
	record_write(record, RECORD_BUSY);
	return busy;
}

static bool
is_over(void *context, const struct store_process *process)
{
	struct record *record = context;
	bool over = record->links.is_over(record->links.context, process);
	struct buffer *out = record_begin(record);

	record_put_process(out, process);
	record_put_bool(out, over);
	record_write(record, RECORD_OVER);
	return over;
}

struct core *
record_core_create(struct record *record, const struct core_setup *setup)
{
	struct core_setup own = *setup;
	struct core *core;

	record->links = setup->links;
	record->random = setup->random;
	record->last = (struct now){ 0 };
	record_setup_put(record_begin(record), setup, record->redactor != NULL, &record->last);
	record_write(record, RECORD_SETUP);
	own.store = record_store_wrap(&record->store, setup->store, record);
	own.random = (struct random_source){ draw, record };
	own.links = (struct core_links){
		.send = send_frames,
		.drop = drop,
		.context = record,
		.is_busy = setup->links.is_busy != NULL ? is_busy : NULL,
		.is_over = setup->links.is_over != NULL ? is_over : NULL,
	};
	if (record->redactor != NULL)
		own.digests = (struct digest_watch){ digest_made, record };
	if (record->redactor != NULL)
		own.bans = (struct ban_watch){ address_judged, record };
	core = core_create(&own);
	record_write_number(record, RECORD_RETURN, core != NULL);
	return core;
}

/* An entry that begins with the time of an input. */
static struct buffer *
input(struct record *record, struct now now)
{
	struct buffer *out = record_begin(record);

	record_put_now(out, &record->last, now);
	return out;
}

int
record_connected(
    struct record *record, struct core *core, struct now now, const struct store_process *process)
{
	int slot;

	record_put_process(input(record, now), process);
	record_write(record, RECORD_CONNECTED);
	slot = core_gateway_connected(core, now, process);
	record_write_number(record, RECORD_RETURN, slot < 0 ? 0 : (uint64_t)slot + 1);
	return slot;
}

/* The frame that the envelope came in, or what stands for it. */
static void
put_envelope(struct record *record, struct buffer *out, const struct envelope *envelope)
{
	struct envelope own = *envelope;

	if ((record->redactor != NULL &&
		!redact_envelope(record->redactor, &own, &record->texts)) ||
	    !envelope_encode(out, own.kind, &own.hello))
		out->failed = true;
}

enum link_loss
record_envelope(struct record *record, struct core *core, unsigned slot, struct now now,
    const struct envelope *envelope)
{
	enum link_loss why;

	if (record_is_on(record)) {
		struct buffer *out = input(record, now);

		record_put_u64(out, slot);
		put_envelope(record, out, envelope);
		record_write(record, RECORD_ENVELOPE);
	}
	why = core_gateway_envelope(core, slot, now, envelope);
	record_write_number(record, RECORD_RETURN, why);
	return why;
}

uint32_t
record_detached(
    struct record *record, struct core *core, unsigned slot, struct now now, enum link_loss why)
{
	struct buffer *out = input(record, now);
	uint32_t life;

	record_put_u64(out, slot);
	record_put_u64(out, why);
	record_write(record, RECORD_DETACHED);
	life = core_gateway_detached(core, slot, now, why);
	record_write_number(record, RECORD_RETURN, life);
	return life;
}

void
record_died(struct record *record, struct core *core, uint32_t life, struct now now)
{
	record_put_u64(input(record, now), life);
	record_write(record, RECORD_DIED);
	core_gateway_died(core, life, now);
	record_write_number(record, RECORD_RETURN, 0);
}

void
record_turn(struct record *record, struct core *core, struct now now)
{
	(void)input(record, now);
	record_write(record, RECORD_TURN);
	core_turn(core, now);
	record_write_number(record, RECORD_RETURN, 0);
}

bool
record_set(
    struct record *record, struct core *core, struct now now, const struct core_settings *settings)
{
	bool done;

	record_settings_put(input(record, now), settings);
	record_write(record, RECORD_SETTINGS);
	done = core_set(core, now, settings);
	record_write_number(record, RECORD_RETURN, done);
	return done;
}
