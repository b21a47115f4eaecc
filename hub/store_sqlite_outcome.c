/*
 * How outcomes lie in the file: those of one gateway and batch behind each other in one row, for a
 * row of its own for each would double the price of a message. Little-endian.
 */
#include <endian.h>
#include <string.h>

#include "hub/store_sqlite_loop.h"

struct head {
	uint64_t number;
	uint64_t epoch;
	uint64_t seq;
	uint64_t wall_ms;
	uint32_t code;
	uint32_t to;
	uint32_t durability;
	uint32_t flags;
	uint32_t room_length;
	uint32_t user_length;
};

void
sq_outcome_encode(struct buffer *out, const struct store_outcome *outcome)
{
	struct head head = {
		.number = htole64(outcome->number),
		.epoch = htole64(outcome->epoch),
		.seq = htole64(outcome->seq),
		.wall_ms = htole64((uint64_t)outcome->wall_ms),
		.code = htole32(outcome->code),
		.to = htole32(outcome->to),
		.durability = htole32(outcome->durability),
		.flags = htole32(outcome->flags),
		.room_length = htole32((uint32_t)outcome->room.length),
		.user_length = htole32((uint32_t)outcome->user.length),
	};

	buffer_append(out, &head, sizeof(head));
	buffer_append_text(out, outcome->room);
	buffer_append_text(out, outcome->user);
}

bool
sq_outcome_decode(struct text encoded, struct store_outcome *outcome_out, size_t *used_out)
{
	struct head head;
	size_t left;
	size_t room_length;
	size_t user_length;

	if (encoded.length < sizeof(head))
		return false;
	memcpy(&head, encoded.data, sizeof(head));
	left = encoded.length - sizeof(head);
	room_length = le32toh(head.room_length);
	user_length = le32toh(head.user_length);
	if (room_length > left || user_length > left - room_length)
		return false;
	*outcome_out = (struct store_outcome){
		.number = le64toh(head.number),
		.epoch = le64toh(head.epoch),
		.seq = le64toh(head.seq),
		.wall_ms = (int64_t)le64toh(head.wall_ms),
		.code = le32toh(head.code),
		.to = le32toh(head.to),
		.durability = le32toh(head.durability),
		.flags = le32toh(head.flags),
		.room = { encoded.data + sizeof(head), room_length },
		.user = { encoded.data + sizeof(head) + room_length, user_length },
	};
	*used_out = sizeof(head) + room_length + user_length;
	return true;
}
