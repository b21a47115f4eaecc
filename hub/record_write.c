/*
 * Writes the entries of a record, and ends it when one cannot be written: that costs the record and
 * nothing else. Knows nothing of the core.
 */
#include "hub/record_private.h"

static void
give_up(struct record *record, const char *why)
{
	log_error(record->log, "the recording ends", log_string("reason", why),
	    log_u64("bytes", record_file_bytes(record->file)));
	record_file_end(record->file, RECORD_END, (struct text){ 0 });
	record_file_close(&record->file);
}

void
record_write(struct record *record, enum record_kind kind)
{
	if (!record_is_on(record))
		return;
	if (record->fields.failed)
		give_up(record, "there is no memory for it");
	else if (record->fields.length > RECORD_FIELDS_MAX)
		give_up(record, "something was too long for it");
	else if (!record_file_append(
		     record->file, (unsigned char)kind, buffer_text(&record->fields)))
		give_up(record, record_file_why(record->file));
}

void
record_write_empty(struct record *record, enum record_kind kind)
{
	(void)record_begin(record);
	record_write(record, kind);
}

void
record_write_number(struct record *record, enum record_kind kind, uint64_t number)
{
	record_put_u64(record_begin(record), number);
	record_write(record, kind);
}
