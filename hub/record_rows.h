/*
 * What goes into a store and comes from it as fields of a record, both ways. Texts that were read
 * borrow from the fields. With a redactor what people said is replaced on its way into the record.
 */
#ifndef HUBBUB_HUB_RECORD_ROWS_H
#define HUBBUB_HUB_RECORD_ROWS_H

#include "hub/record_fields.h"
#include "hub/redact.h"
#include "hub/store.h"

void record_put_stream(struct buffer *out, const struct store_stream *stream);
void record_put_range(struct buffer *out, const struct store_range *range);
void record_put_position(struct buffer *out, const struct store_position *position);
void record_put_message(
    struct buffer *out, const struct redactor *redactor, const struct store_message *message);
void record_put_outcome(struct buffer *out, const struct store_outcome *outcome);
void record_put_id(struct buffer *out, const struct redactor *redactor, const struct store_id *id);
void record_put_user(
    struct buffer *out, const struct redactor *redactor, const struct store_user *user);
void record_put_room(struct buffer *out, const struct store_room *room);
void record_put_process(struct buffer *out, const struct store_process *process);
void record_put_gateway(struct buffer *out, const struct store_gateway *gateway);
void record_put_ban(
    struct buffer *out, const struct redactor *redactor, const struct store_ban *ban);
void record_put_stats(struct buffer *out, const struct store_stats *stats);

struct store_position record_position(struct record_fields *fields);
struct store_message record_message(struct record_fields *fields);
struct store_outcome record_outcome(struct record_fields *fields);
struct store_id record_id(struct record_fields *fields);
struct store_user record_user(struct record_fields *fields);
struct store_room record_room(struct record_fields *fields);
struct store_process record_process(struct record_fields *fields);
struct store_gateway record_gateway(struct record_fields *fields);
struct store_ban record_ban(struct record_fields *fields);
struct store_stats record_stats(struct record_fields *fields);

#endif
