/*
 * Members of a native client's frame, read one by one. Whatever is wrong with one costs an error
 * frame that names it.
 */
#include "common/names.h"
#include "gateway/dialect_native.h"

static bool
refuse(struct session *session, const struct native_frame *frame, enum native_error error,
    const char *key)
{
	struct native_fault fault = { .id = frame->id, .field = key };

	native_fail(session, error, &fault);
	return false;
}

/* What a lookup means for a member whose numbers are places in a stream, or are not. */
static bool
judge(struct session *session, const struct native_frame *frame, const char *key, bool needed,
    enum json_lookup lookup, enum native_error out_of_range)
{
	switch (lookup) {
	case JSON_FOUND:
		return true;
	case JSON_ABSENT:
		return !needed || refuse(session, frame, NATIVE_MISSING_FIELD, key);
	case JSON_OUT_OF_RANGE:
		return refuse(session, frame, out_of_range, key);
	case JSON_WRONG_TYPE:
		break;
	}
	return refuse(session, frame, NATIVE_BAD_FIELD, key);
}

bool
native_take_text(struct session *session, const struct native_frame *frame, const char *key,
    bool needed, struct text *value_out)
{
	enum json_lookup lookup = json_get_string(frame->json, key, value_out);

	return judge(session, frame, key, needed, lookup, NATIVE_BAD_FIELD);
}

bool
native_take_room(struct session *session, const struct native_frame *frame, struct text *room_out)
{
	struct text room = TEXT("");

	*room_out = session_room(session);
	if (!native_take_text(session, frame, "room", text_is_empty(*room_out), &room))
		return false;
	if (json_member(frame->json, "room") == NULL)
		return true;
	*room_out = room;
	return names_is_room(room) || refuse(session, frame, NATIVE_BAD_ROOM, "room");
}

bool
native_take_seq(struct session *session, const struct native_frame *frame, const char *key,
    bool needed, uint64_t *value_out)
{
	enum json_lookup lookup = json_get_integer(frame->json, key, value_out);

	return judge(session, frame, key, needed, lookup, NATIVE_BAD_SEQ);
}

bool
native_take_limit(
    struct session *session, const struct native_frame *frame, unsigned max, unsigned *limit_out)
{
	uint64_t limit = max;
	enum json_lookup lookup = json_get_integer(frame->json, "limit", &limit);

	if (lookup == JSON_FOUND && limit == 0)
		lookup = JSON_OUT_OF_RANGE;
	if (!judge(session, frame, "limit", false, lookup, NATIVE_BAD_FIELD))
		return false;
	*limit_out = limit < max ? (unsigned)limit : max;
	return true;
}

bool
native_take_position(struct session *session, const struct native_frame *frame,
    const struct json_node *pair, struct native_position *position_out)
{
	enum json_lookup epoch;
	enum json_lookup seq;

	if (json_node_length(pair) != 2)
		return refuse(session, frame, NATIVE_BAD_FIELD, "since");
	epoch = json_node_integer(json_node_element(pair, 0), &position_out->epoch);
	seq = json_node_integer(json_node_element(pair, 1), &position_out->seq);
	/* Epoch 0 is that of a stream in which nothing was ever said. */
	if (seq == JSON_FOUND && epoch == JSON_FOUND && position_out->epoch == 0 &&
	    position_out->seq != 0)
		seq = JSON_OUT_OF_RANGE;
	position_out->given = true;
	return judge(session, frame, "since", true, epoch, NATIVE_BAD_SEQ) &&
	       judge(session, frame, "since", true, seq, NATIVE_BAD_SEQ);
}
