/*
 * The first entry of a record. A member that is added to the core's limits or to a class changes
 * the size of the struct, which is asserted here: it must be written and read.
 */
#include "hub/record_setup.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct core_limits) == 88, "all limits are recorded");
_Static_assert(sizeof(struct config_class) == 72, "all of a class is recorded");
_Static_assert(sizeof(struct core_setup) == 248, "all of the core's setup is recorded");

/* clang-format off */
#define LIMITS(X) \
	X(unsigned, gateways_max) X(unsigned, clients_max) X(unsigned, content_bytes) \
	X(unsigned, name_bytes) X(uint64_t, settle_ms) X(unsigned, commands_max) \
	X(unsigned, rooms_max) X(unsigned, connections_max) X(unsigned, bans_max) \
	X(uint64_t, linger_ms) X(uint64_t, detach_ms) X(uint64_t, resume_ms) \
	X(uint64_t, inbox_messages) X(uint64_t, inbox_bytes) X(uint64_t, read_keep_ms)
#define CLASS_STRINGS(X) \
	X(name) X(rooms) X(durability) X(read) X(write) X(list) X(create)
#define CLASS_NUMBERS(X) \
	X(keep_messages) X(keep_kilobytes) X(keep_hours)
/* clang-format on */

/* Times that are added to others; more than anybody can set. */
#define LIMIT_MAX (UINT64_C(1) << 52)

bool
record_op_is_there(const struct store_ops *ops, enum record_op op)
{
	void (*function)(void);

	memcpy(&function,
	    (const char *)ops + offsetof(struct store_ops, reserve_clients) +
		(size_t)op * sizeof(function),
	    sizeof(function));
	return function != NULL;
}

void
record_op_remove(struct store_ops *ops, enum record_op op)
{
	void (*function)(void) = NULL;

	memcpy((char *)ops + offsetof(struct store_ops, reserve_clients) +
		   (size_t)op * sizeof(function),
	    &function, sizeof(function));
}

static void
put_class(struct buffer *out, const struct config_class *class)
{
#define PUT_STRING(member) record_put_text(out, text_of(class->member));
	CLASS_STRINGS(PUT_STRING)
#undef PUT_STRING
#define PUT_NUMBER(member) record_put_u64(out, class->member);
	CLASS_NUMBERS(PUT_NUMBER)
#undef PUT_NUMBER
}

void
record_settings_put(struct buffer *out, const struct core_settings *settings)
{
#define PUT_LIMIT(type, member) record_put_u64(out, settings->limits.member);
	LIMITS(PUT_LIMIT)
#undef PUT_LIMIT
	record_put_bool(out, settings->operators != NULL);
	record_put_text(out, text_of(settings->operators));
	record_put_u64(out, settings->class_count);
	for (unsigned i = 0; i < settings->class_count; i++)
		put_class(out, &settings->classes[i]);
}

void
record_setup_put(
    struct buffer *out, const struct core_setup *setup, bool redacted, struct now *last)
{
	const struct core_settings settings = {
		.limits = setup->limits,
		.classes = setup->classes,
		.class_count = setup->class_count,
		.operators = setup->operators,
	};

	record_put_text(out, TEXT(HUBBUB_VERSION));
	record_put_bool(out, redacted);
	record_put_bool(out, setup->links.is_busy != NULL);
	record_put_bool(out, setup->links.is_over != NULL);
	record_put_now(out, last, setup->now);
	record_settings_put(out, &settings);
	record_put_text(out, text_of(setup->store->ops->name));
	record_put_u64(out, setup->store->ops->durability);
	for (unsigned op = 0; op < RECORD_OP_COUNT; op++)
		record_put_bool(out, record_op_is_there(setup->store->ops, (enum record_op)op));
}

/* The core bears that a store has none of these; of the others it has all. */
static bool
may_be_missing(unsigned op)
{
	switch ((enum record_op)op) {
	case RECORD_OP_put_room:
	case RECORD_OP_rename_stream:
	case RECORD_OP_remove_stream:
	case RECORD_OP_forget:
	case RECORD_OP_read_rooms:
	case RECORD_OP_export_page:
	case RECORD_OP_stats:
	case RECORD_OP_start_job:
		return true;
	default:
		return false;
	}
}

/* One that a NUL would cut is none. */
static char *
string(struct record_fields *fields)
{
	struct text text = record_text(fields);
	char *copy = text_duplicate(text);

	if (copy == NULL || (text.length > 0 && memchr(text.data, '\0', text.length) != NULL))
		fields->failed = true;
	return copy;
}

static uint64_t
limit(struct record_fields *fields, size_t size)
{
	uint64_t number = record_u64(fields);

	if (number > (size == sizeof(unsigned) ? UINT32_MAX : LIMIT_MAX))
		fields->failed = true;
	return fields->failed ? 0 : number;
}

static void
get_class(struct record_fields *fields, struct config_class *class)
{
#define GET_STRING(member) class->member = string(fields);
	CLASS_STRINGS(GET_STRING)
#undef GET_STRING
#define GET_NUMBER(member) class->member = record_u32(fields);
	CLASS_NUMBERS(GET_NUMBER)
#undef GET_NUMBER
}

void
record_settings_get(struct record_fields *fields, struct record_setup_read *read_out)
{
	bool has_operators;

#define GET_LIMIT(type, member) read_out->limits.member = (type)limit(fields, sizeof(type));
	LIMITS(GET_LIMIT)
#undef GET_LIMIT
	has_operators = record_bool(fields);
	read_out->operators = string(fields);
	if (!has_operators) {
		free(read_out->operators);
		read_out->operators = NULL;
	}
	read_out->class_count = record_below(fields, CONFIG_CLASSES_MAX + 1);
	for (unsigned i = 0; i < read_out->class_count; i++)
		get_class(fields, &read_out->classes[i]);
}

bool
record_setup_get(struct text bytes, struct record_setup_read *read_out, struct now *last)
{
	struct record_fields fields = record_fields_of(bytes);

	*read_out = (struct record_setup_read){ .software = record_text(&fields) };
	read_out->redacted = record_bool(&fields);
	read_out->asks_busy = record_bool(&fields);
	read_out->asks_over = record_bool(&fields);
	read_out->now = record_now(&fields, last);
	record_settings_get(&fields, read_out);
	read_out->store_name = record_text(&fields);
	read_out->durability = (enum store_durability)record_below(&fields, STORE_DISK + 1);
	for (unsigned op = 0; op < RECORD_OP_COUNT; op++)
		read_out->has_op[op] = record_bool(&fields) || !may_be_missing(op);
	return record_fields_end(&fields);
}

void
record_setup_free(struct record_setup_read *read)
{
	free(read->operators);
	read->operators = NULL;
	for (unsigned i = 0; i < read->class_count; i++) {
		struct config_class *class = &read->classes[i];

#define FREE_STRING(member) free(class->member);
		CLASS_STRINGS(FREE_STRING)
#undef FREE_STRING
	}
	read->class_count = 0;
}
