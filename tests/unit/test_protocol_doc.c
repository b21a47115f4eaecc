/*
 * docs/protocol.md and the code say the same: kinds, outcomes, reasons of loss and bounds. Runs in
 * the top folder of the source.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/envelope.h"
#include "common/link.h"
#include "common/outcomes.h"

#define PAGE "docs/protocol.md"

static int
read_page(void **state)
{
	struct buffer page;
	FILE *file = fopen(PAGE, "r");
	char bytes[4096];
	size_t got;

	if (file == NULL) {
		print_error("%s is not here; run this in the top folder\n", PAGE);
		return -1;
	}
	buffer_init(&page, 0);
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buffer_append(&page, bytes, got);
	(void)fclose(file);
	*state = text_duplicate(buffer_text(&page));
	buffer_free(&page);
	return *state != NULL ? 0 : -1;
}

static int
free_page(void **state)
{
	free(*state);
	return 0;
}

/* The rows of the table below this head, up to the first line that is none. */
static struct text
rows_below(const char *page, const char *head)
{
	const char *start = strstr(page, head);
	const char *end;

	/* Past the head and the line under it. */
	for (int line = 0; start != NULL && line < 2; line++) {
		start = strchr(start, '\n');
		start = start != NULL ? start + 1 : NULL;
	}
	end = start != NULL ? strstr(start, "\n\n") : NULL;
	if (end == NULL) {
		fail_msg("%s has no table %s", PAGE, head);
		return (struct text){ "", 0 };
	}
	return (struct text){ start, (size_t)(end - start) + 1 };
}

static unsigned
row_count(struct text rows)
{
	unsigned count = 0;

	for (size_t i = 0; i < rows.length; i++)
		count += rows.data[i] == '\n' ? 1 : 0;
	return count;
}

/* `row` is where a line of `rows` begins. */
static void
assert_row(struct text rows, const char *row)
{
	size_t length = strlen(row);

	for (size_t i = 0; i + length <= rows.length; i++) {
		if ((i == 0 || rows.data[i - 1] == '\n') && memcmp(rows.data + i, row, length) == 0)
			return;
	}
	fail_msg("%s lacks the row: %s", PAGE, row);
}

/* "conn:U64 room:TEXT" as the page has it: "conn U64, room TEXT". */
static void
write_fields(struct buffer *out, const char *fields)
{
	for (; *fields != '\0'; fields++) {
		if (*fields == ' ')
			buffer_append_byte(out, ',');
		buffer_append_byte(out, *fields == ':' ? ' ' : (uint8_t)*fields);
	}
}

static void
kinds_are_as_documented(void **state)
{
	static const char *const senders[] = {
		[SENDER_GATEWAY] = "gateway",
		[SENDER_HUB] = "hub",
		[SENDER_EITHER] = "either",
	};
	struct text rows = rows_below(*state, "| number | name |");
	const struct envelope_kind_info *info;
	struct buffer row;
	unsigned index;

	buffer_init(&row, 0);
	for (index = 0; (info = envelope_kind_at(index)) != NULL; index++) {
		buffer_clear(&row);
		buffer_printf(
		    &row, "| %u | %s | %s | ", info->wire, info->name, senders[info->sender]);
		write_fields(&row, info->fields);
		buffer_printf(&row, " | %s |\n", info->meaning);
		buffer_append_byte(&row, '\0');
		assert_row(rows, row.data);
	}
	assert_int_equal(row_count(rows), index);
	buffer_free(&row);
}

static void
outcomes_are_as_documented(void **state)
{
	struct text rows = rows_below(*state, "| code | word |");
	char row[256];
	uint32_t code;

	for (code = 0; strcmp(outcome_word(code), "unknown") != 0; code++) {
		(void)snprintf(row, sizeof(row), "| %u | `%s` | %s |\n", (unsigned)code,
		    outcome_word(code), outcome_sentence(code));
		assert_row(rows, row);
	}
	assert_int_equal(row_count(rows), code);
}

static void
losses_are_as_documented(void **state)
{
	struct text rows = rows_below(*state, "| reason | means |");
	char row[64];

	for (unsigned loss = LINK_ALIVE + 1; loss < LINK_LOSS_COUNT; loss++) {
		(void)snprintf(row, sizeof(row), "| `%s` | ", link_loss_word((enum link_loss)loss));
		assert_row(rows, row);
	}
	assert_int_equal(row_count(rows), LINK_LOSS_COUNT - 1);
}

static void
bounds_are_as_documented(void **state)
{
	struct link_limits limits = link_limits_default();
	const struct {
		const char *name;
		uint64_t value;
	} bounds[] = {
		{ "frame_max", limits.frame_max },
		{ "queue_max", limits.queue_max },
		{ "opening_ms", limits.opening_ms },
		{ "partial_ms", limits.partial_ms },
		{ "heartbeat_ms", limits.heartbeat_ms },
		{ "silent_ms", limits.silent_ms },
	};
	const size_t count = sizeof(bounds) / sizeof(bounds[0]);
	struct text rows = rows_below(*state, "| bound | default |");
	char row[64];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(row, sizeof(row), "| `%s` | %llu | ", bounds[i].name,
		    (unsigned long long)bounds[i].value);
		assert_row(rows, row);
	}
	assert_int_equal(row_count(rows), count);
}

static void
the_version_is_as_documented(void **state)
{
	char sentence[64];

	(void)snprintf(sentence, sizeof(sentence), "This page is version %u.", LINK_VERSION);
	assert_non_null(strstr(*state, sentence));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_as_documented),
		cmocka_unit_test(outcomes_are_as_documented),
		cmocka_unit_test(losses_are_as_documented),
		cmocka_unit_test(bounds_are_as_documented),
		cmocka_unit_test(the_version_is_as_documented),
	};

	return cmocka_run_group_tests(tests, read_page, free_page);
}
