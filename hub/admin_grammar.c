/*
 * The table of commands taken apart: names of one word or two, arguments and what they may be.
 * Knows nothing of command lines.
 */
#include "hub/admin_grammar.h"

#include <stddef.h>
#include <string.h>

#include "common/address_prefix.h"
#include "common/log.h"
#include "common/names.h"
#include "common/terminal_text.h"
#include "hub/room_rules.h"

#define ADMIN_ROW(identifier, usage, mode, meaning) \
	[ADMIN_##identifier] = { (usage), ADMIN_ACCESS_##mode, (meaning) },
static const struct admin_command_info commands[] = { ADMIN_COMMANDS(ADMIN_ROW) };
#undef ADMIN_ROW

#define HOUR_MS 3600000u
#define INTERVAL_SECONDS_MAX 3600u

/* Ten years. */
#define SPAN_SECONDS_MAX (UINT64_C(3653) * 86400)

#define ARGUMENT(spelt, member) \
	.spelling = { (spelt), sizeof(spelt) - 1 }, .offset = offsetof(struct admin_request, member)

static bool
is_number(struct text value)
{
	uint64_t number;

	return text_to_u64(value, &number);
}

bool
admin_read_time(struct text value, uint32_t *ms_out)
{
	uint64_t unit_ms = 1000;
	uint64_t number;

	if (value.length > 1 && value.data[value.length - 1] == 'm')
		unit_ms = 60000;
	if (unit_ms == 60000 || (value.length > 1 && value.data[value.length - 1] == 's'))
		value.length--;
	if (!text_to_u64(value, &number) || number > HOUR_MS / unit_ms)
		return false;
	*ms_out = (uint32_t)(number * unit_ms);
	return true;
}

static bool
is_time(struct text value)
{
	uint32_t ms;

	return admin_read_time(value, &ms);
}

bool
admin_read_span(struct text value, int64_t *ms_out)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	uint64_t number;

	for (size_t i = 0; value.length > 1 && i < sizeof(units) / sizeof(units[0]); i++) {
		if (value.data[value.length - 1] != units[i].letter)
			continue;
		value.length--;
		if (!text_to_u64(value, &number) || number == 0 ||
		    number > SPAN_SECONDS_MAX / units[i].seconds)
			return false;
		*ms_out = (int64_t)(number * units[i].seconds * 1000);
		return true;
	}
	return false;
}

static bool
is_span(struct text value)
{
	int64_t ms;

	return admin_read_span(value, &ms);
}

static bool
is_client(struct text value)
{
	uint32_t client;

	return text_to_client_id(value, &client);
}

static bool
is_address(struct text value)
{
	struct address_prefix prefix;

	return address_prefix_parse(value, &prefix);
}

static bool
is_interval(struct text value)
{
	uint64_t seconds;

	return text_to_u64(value, &seconds) && seconds > 0 && seconds <= INTERVAL_SECONDS_MAX;
}

static bool
is_level(struct text value)
{
	enum log_level level;

	return log_level_of_name(value, &level);
}

#define ROOM_EXPECTED "a room name: a-z 0-9 . _ -, beginning with a letter or digit"
#define LINE_EXPECTED "one line without control or invisible characters"
#define WHO_EXPECTED "\"everyone\", \"operators\" or user ids between blanks"

/* A reason travels in a WebSocket close frame, which has room for 123 bytes. */
static const struct admin_argument arguments[] = {
	{ ARGUMENT("--room ROOM", room), .bytes_max = 64, .fits = names_is_room,
	    .expected = ROOM_EXPECTED },
	{ ARGUMENT("ROOM", room), .bytes_max = 64, .fits = names_is_room,
	    .expected = ROOM_EXPECTED },
	{ ARGUMENT("NEW", renamed), .bytes_max = 64, .fits = names_is_room,
	    .expected = ROOM_EXPECTED },
	{ ARGUMENT("USER|ID", user), .bytes_max = 512 },
	{ ARGUMENT("USER", user), .bytes_max = 512 },
	{ ARGUMENT("--reason TEXT", reason), .bytes_max = 123, .fits = terminal_text_is_plain,
	    .expected = LINE_EXPECTED },
	{ ARGUMENT("TEXT", text), .bytes_max = 4096, .fits = terminal_text_is_plain,
	    .expected = LINE_EXPECTED, .takes_rest = true },
	{ ARGUMENT("--class CLASS", class_name), .bytes_max = 64, .fits = terminal_text_is_plain,
	    .expected = LINE_EXPECTED },
	{ ARGUMENT("--read WHO", read), .bytes_max = ROOM_WHO_MAX, .fits = room_who_is_valid,
	    .expected = WHO_EXPECTED },
	{ ARGUMENT("--write WHO", write), .bytes_max = ROOM_WHO_MAX, .fits = room_who_is_valid,
	    .expected = WHO_EXPECTED },
	{ ARGUMENT("--list WHO", list), .bytes_max = ROOM_WHO_MAX, .fits = room_who_is_valid,
	    .expected = WHO_EXPECTED },
	{ ARGUMENT("--number N", number), .bytes_max = 20, .fits = is_number,
	    .expected = "a number", .letter = 'n' },
	{ ARGUMENT("--after CURSOR", after), .bytes_max = 20, .fits = is_number,
	    .expected = "a number" },
	{ ARGUMENT("FILE", file), .bytes_max = 4095, .fits = terminal_text_is_plain,
	    .expected = LINE_EXPECTED },
	{ ARGUMENT("GATEWAY", gateway), .bytes_max = 32, .fits = terminal_text_is_plain,
	    .expected = LINE_EXPECTED },
	{ ARGUMENT("--over TIME", over), .bytes_max = 20, .fits = is_time,
	    .expected = "seconds as 90 or 90s, or minutes as 5m, one hour at most" },
	{ ARGUMENT("--id", id), .bytes_max = 8, .is_flag = true },
	{ ARGUMENT("--realm REALM", realm), .bytes_max = 64, .fits = terminal_text_is_plain,
	    .expected = LINE_EXPECTED },
	{ ARGUMENT("--for TIME", span), .bytes_max = 20, .fits = is_span,
	    .expected = "a time as 90s, 5m, 12h, 7d or 4w, ten years at most" },
	{ ARGUMENT("CLIENT", client), .bytes_max = 64, .fits = is_client,
	    .expected = "a client_id: 8 digits of 0-9 and a-f, as in \"hubctl users\"" },
	{ ARGUMENT("ADDRESS", address), .bytes_max = 64, .fits = is_address,
	    .expected = "an IP address, or a prefix like 192.0.2.0/24 with no bit set behind it" },
	{ ARGUMENT("--user USER", user), .bytes_max = 512 },
	{ ARGUMENT("--address ADDRESS", address), .bytes_max = 128, .fits = terminal_text_is_plain,
	    .expected = LINE_EXPECTED },
	{ ARGUMENT("--every SECONDS", every), .bytes_max = 20, .fits = is_interval,
	    .expected = "seconds, 1 to 3600" },
	{ ARGUMENT("LEVEL", level), .bytes_max = 20, .fits = is_level,
	    .expected = "error, warn, info or debug" },
	{ ARGUMENT("--gateway GATEWAY", gateway), .bytes_max = 32, .fits = terminal_text_is_plain,
	    .expected = LINE_EXPECTED },
	{ ARGUMENT("--contents", contents), .bytes_max = 16, .is_flag = true },
	{ ARGUMENT("--once", once), .bytes_max = 16, .is_flag = true },
	{ ARGUMENT("--all", all), .bytes_max = 16, .is_flag = true },
	{ ARGUMENT("--yes", yes), .bytes_max = 8, .is_flag = true },
};

#define ARGUMENTS (sizeof(arguments) / sizeof(arguments[0]))

const struct admin_command_info *
admin_command_info(enum admin_command command)
{
	return &commands[command];
}

enum admin_access
admin_access(const struct admin_request *request)
{
	if (request->contents.data != NULL)
		return ADMIN_ACCESS_SEE;
	if (request->command == ADMIN_LOG_LEVEL && request->level.data == NULL)
		return ADMIN_ACCESS_READ;
	return commands[request->command].access;
}

struct text
admin_first_word(struct text t)
{
	const char *blank = t.length > 0 ? memchr(t.data, ' ', t.length) : NULL;

	return (struct text){ t.data, blank != NULL ? (size_t)(blank - t.data) : t.length };
}

struct text
admin_command_name(enum admin_command command)
{
	struct text grammar = text_of(commands[command].grammar);

	grammar.length = strcspn(grammar.data, "<[");
	return text_trimmed(grammar);
}

struct text
admin_name_word(enum admin_command command, unsigned depth)
{
	struct text rest = admin_command_name(command);
	struct text word = admin_first_word(rest);

	for (; depth > 0; depth--) {
		rest = text_trimmed(
		    (struct text){ rest.data + word.length, rest.length - word.length });
		word = admin_first_word(rest);
	}
	return word;
}

bool
admin_is_flag(struct text word)
{
	for (size_t i = 0; i < ARGUMENTS; i++) {
		if (arguments[i].is_flag && text_equal(arguments[i].spelling, word))
			return true;
	}
	return false;
}

static const struct admin_argument *
find_argument(struct text spelling)
{
	for (size_t i = 0; i < ARGUMENTS; i++) {
		if (text_equal(arguments[i].spelling, spelling))
			return &arguments[i];
	}
	return NULL;
}

bool
admin_next_slot(const char **grammar, struct admin_slot *slot_out)
{
	const char *open = strpbrk(*grammar, "<[");
	const char *end = open != NULL ? strpbrk(open, ">]") : NULL;

	if (end == NULL)
		return false;
	*grammar = end + 1;
	slot_out->optional = *open == '[';
	slot_out->positional = open[1] != '-';
	slot_out->argument = find_argument((struct text){ open + 1, (size_t)(end - open) - 1 });
	return slot_out->argument != NULL;
}

struct text *
admin_member(struct admin_request *request, const struct admin_argument *argument)
{
	return (struct text *)(void *)((char *)request + argument->offset);
}

struct text
admin_value(const struct admin_request *request, const struct admin_argument *argument)
{
	struct text value;

	memcpy(&value, (const char *)request + argument->offset, sizeof(value));
	return value;
}
