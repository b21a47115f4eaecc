/* Records: numbers, rows and entries there and back, what is cut off, and what redaction keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/envelope.h"
#include "hub/ids.h"
#include "hub/record_file.h"
#include "hub/record_rows.h"

#define assert_text(text, string) assert_true(text_equal(text, text_of(string)))

static void
test_numbers_come_back(void **state)
{
	const uint64_t numbers[] = { 0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX };
	const int64_t signeds[] = { 0, -1, 1, -64, 64, RECORD_SIGNED_MAX, -RECORD_SIGNED_MAX };
	struct record_fields fields;
	struct buffer out;

	(void)state;
	buffer_init(&out, 0);
	for (unsigned i = 0; i < 7; i++) {
		record_put_u64(&out, numbers[i]);
		record_put_i64(&out, signeds[i]);
	}
	record_put_text(&out, TEXT("text"));
	record_put_check(&out, 0x0123456789abcdef);
	fields = record_fields_of(buffer_text(&out));
	for (unsigned i = 0; i < 7; i++) {
		assert_int_equal(record_u64(&fields), numbers[i]);
		assert_int_equal(record_i64(&fields), signeds[i]);
	}
	assert_text(record_text(&fields), "text");
	assert_int_equal(record_read_check(&fields), 0x0123456789abcdef);
	assert_true(record_fields_end(&fields));
	/* Nothing is read behind the end, and that stays so. */
	assert_int_equal(record_u64(&fields), 0);
	assert_false(record_fields_end(&fields));
	buffer_free(&out);
}

static void
test_numbers_that_are_none_fail(void **state)
{
	const char *const bad[] = { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x80" };
	struct record_fields fields;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		fields = record_fields_of(text_of(bad[i]));
		(void)record_u64(&fields);
		assert_true(fields.failed);
	}
	fields = record_fields_of(TEXT("\x05"));
	assert_int_equal(record_below(&fields, 5), 0);
	assert_true(fields.failed);
}

static void
test_times_are_distances_and_have_bounds(void **state)
{
	const struct now times[] = { { 1000, 1700000000000 }, { 1001, 1699999999000 } };
	struct now written = { 0 };
	struct now read = { 0 };
	struct record_fields fields;
	struct buffer out;

	(void)state;
	buffer_init(&out, 0);
	record_put_now(&out, &written, times[0]);
	record_put_now(&out, &written, times[1]);
	fields = record_fields_of(buffer_text(&out));
	for (unsigned i = 0; i < 2; i++) {
		struct now now = record_now(&fields, &read);

		assert_int_equal(now.mono_ms, times[i].mono_ms);
		assert_int_equal(now.wall_ms, times[i].wall_ms);
	}
	assert_true(record_fields_end(&fields));
	buffer_clear(&out);
	record_put_i64(&out, -5000);
	record_put_i64(&out, 0);
	fields = record_fields_of(buffer_text(&out));
	(void)record_now(&fields, &read);
	assert_true(fields.failed);
	assert_int_equal(read.mono_ms, times[1].mono_ms);
	buffer_free(&out);
}

static void
put_entry(struct buffer *out, unsigned kind, struct text fields)
{
	buffer_append_byte(out, (uint8_t)kind);
	record_put_text(out, fields);
}

/* However it is cut, whole entries come out and then none; never something else. */
static void
test_a_cut_record_ends_at_its_last_whole_entry(void **state)
{
	char longer[300] = { 0 };
	struct record_entry entry;
	struct buffer out;
	size_t first;

	(void)state;
	buffer_init(&out, 0);
	put_entry(&out, RECORD_TURN, TEXT("ab"));
	first = out.length;
	put_entry(&out, RECORD_ROW, (struct text){ longer, sizeof(longer) });
	for (size_t length = 0; length <= out.length; length++) {
		struct text left = { out.data, length };

		assert_true(record_next(&left, &entry));
		assert_int_equal(entry.kind, length < first ? RECORD_NONE : RECORD_TURN);
		if (length < first)
			continue;
		assert_text(entry.fields, "ab");
		assert_true(record_next(&left, &entry));
		assert_int_equal(entry.kind, length < out.length ? RECORD_NONE : RECORD_ROW);
	}
	buffer_free(&out);
}

static void
test_what_is_no_entry_is_refused(void **state)
{
	const struct text bad[] = { TEXT("\xfe\x01x"), TEXT("\x06\xff\xff\xff\x7f"),
		TEXT("\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f.") };
	struct text zeros = { "\0\0\0\0", 4 };
	struct record_entry entry;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct text left = bad[i];

		assert_false(record_next(&left, &entry));
	}
	/* Where a killed hub had reserved the file but not written. */
	assert_true(record_next(&zeros, &entry));
	assert_int_equal(entry.kind, RECORD_NONE);
}

static void
test_rows_come_back(void **state)
{
	const struct store_message message = { TEXT("room/lobby"), 9, 8, -7, 6, TEXT("u"),
		TEXT("n"), TEXT("content"), TEXT("extra") };
	const struct store_user user = { TEXT("open"), TEXT("u"), TEXT("n"), true, "digest", 5 };
	const struct store_id id = { TEXT("open/u"), TEXT("id"), "digest", 1, TEXT("r"), TEXT("u"),
		2, 3, 4 };
	struct record_fields fields;
	struct store_message message_read;
	struct store_user user_read;
	struct store_id id_read;
	struct buffer out;

	(void)state;
	buffer_init(&out, 0);
	record_put_message(&out, NULL, &message);
	record_put_user(&out, NULL, &user);
	record_put_id(&out, NULL, &id);
	fields = record_fields_of(buffer_text(&out));
	message_read = record_message(&fields);
	user_read = record_user(&fields);
	id_read = record_id(&fields);
	assert_true(record_fields_end(&fields));
	assert_text(message_read.stream, "room/lobby");
	assert_int_equal(message_read.wall_ms, -7);
	assert_text(message_read.extra, "extra");
	assert_true(user_read.has_secret);
	assert_memory_equal(user_read.secret, user.secret, STORE_DIGEST_SIZE);
	assert_text(id_read.id, "id");
	assert_int_equal(id_read.wall_ms, 4);
	buffer_free(&out);
}

static struct text
shaped(struct buffer *out, const char *text)
{
	buffer_clear(out);
	redact_shape(out, text_of(text));
	return buffer_text(out);
}

/* As long, as valid, as showable, and nothing of it is left; once more changes nothing. */
static void
test_redaction_keeps_the_shape(void **state)
{
	const char *const texts[] = { "", "hello {\"a\":1}", "gr\xc3\xbc\xc3\x9f",
		"\xe2\x82\xac \xf0\x9f\x98\x80", "two\nlines", "no \xff\xfe utf-8 \xc3" };
	struct buffer once;
	struct buffer twice;

	(void)state;
	buffer_init(&once, 0);
	buffer_init(&twice, 0);
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct text shape = shaped(&once, texts[i]);

		assert_int_equal(shape.length, strlen(texts[i]));
		assert_int_equal(text_is_utf8(shape), text_is_utf8(text_of(texts[i])));
		redact_shape(&twice, shape);
		assert_true(text_equal(buffer_text(&twice), shape));
		buffer_clear(&twice);
	}
	assert_text(shaped(&once, "two\nlines"), "xxx\nxxxxx");
	buffer_free(&once);
	buffer_free(&twice);
}

static void
test_redaction_keeps_equality(void **state)
{
	uint64_t seed = 1;
	struct redactor *redactor = redactor_create(random_seeded(&seed));
	struct redactor *other = redactor_create(random_seeded(&seed));
	unsigned char zeros[DIGEST_SIZE] = { 0 };
	unsigned char first[DIGEST_SIZE] = { 1 };
	unsigned char same[DIGEST_SIZE] = { 1 };
	unsigned char foreign[DIGEST_SIZE] = { 1 };
	struct buffer a;
	struct buffer b;

	(void)state;
	buffer_init(&a, 0);
	buffer_init(&b, 0);
	redact_id(redactor, &a, TEXT("1"));
	redact_id(redactor, &b, TEXT("1"));
	assert_true(text_equal(buffer_text(&a), buffer_text(&b)));
	assert_true(a.length > 0 && a.length <= IDS_BYTES_MAX);
	buffer_clear(&b);
	redact_id(redactor, &b, TEXT("2"));
	assert_false(text_equal(buffer_text(&a), buffer_text(&b)));
	buffer_clear(&b);
	redact_id(redactor, &b, TEXT(""));
	assert_int_equal(b.length, 0);
	redact_digest(redactor, first);
	redact_digest(redactor, same);
	redact_digest(other, foreign);
	redact_digest(redactor, zeros);
	assert_memory_equal(first, same, DIGEST_SIZE);
	assert_memory_not_equal(first, foreign, DIGEST_SIZE);
	assert_int_equal(zeros[0] | zeros[DIGEST_SIZE - 1], 0);
	buffer_free(&a);
	buffer_free(&b);
	redactor_destroy(&redactor);
	redactor_destroy(&other);
}

static void
test_envelopes_are_redacted_by_field(void **state)
{
	uint64_t seed = 1;
	struct redactor *redactor = redactor_create(random_seeded(&seed));
	struct envelope tell = { .kind = ENVELOPE_TELL,
		.tell = { .to = TEXT("ben"),
		    .content = TEXT("words"),
		    .extra = TEXT("more"),
		    .id = TEXT("7") } };
	struct envelope open = { .kind = ENVELOPE_OPEN,
		.open = { .name = TEXT("ana"),
		    .address = TEXT("10.1.2.3"),
		    .resume = TEXT("0123456789abcdef0123456789abcdef01234567") } };
	struct buffer scratch;

	(void)state;
	buffer_init(&scratch, 0);
	assert_true(redact_envelope(redactor, &tell, &scratch));
	assert_text(tell.tell.to, "ben");
	assert_text(tell.tell.content, "xxxxx");
	assert_text(tell.tell.extra, "xxxx");
	assert_int_equal(tell.tell.id.length, 32);
	assert_true(redact_envelope(redactor, &open, &scratch));
	assert_text(open.open.name, "ana");
	assert_text(open.open.address, "xxxxxxxx");
	assert_text(open.open.resume, "0123456700000000000000000000000000000000");
	buffer_free(&scratch);
	redactor_destroy(&redactor);
}

/* A field of text that is new is either redacted or known to be harmless. */
static void
test_every_field_of_text_was_thought_about(void **state)
{
	const struct envelope_kind_info *info;
	struct envelope_field field;
	enum redact_as as;

	(void)state;
	for (unsigned i = 0; (info = envelope_kind_at(i)) != NULL; i++) {
		struct envelope envelope = { .kind = (enum envelope_kind)info->wire };

		for (unsigned at = 0; envelope_field_at(&envelope, at, &field); at++) {
			if (field.is_text && !redact_as_of(field.name, &as))
				fail_msg("%s.%.*s is neither kept nor redacted", info->name,
				    (int)field.name.length, field.name.data);
		}
	}
}

static void
test_a_file_keeps_the_one_before_and_has_a_bound(void **state)
{
	char folder[] = "/tmp/hubbub-record-XXXXXX";
	char big[65536] = { 0 };
	char error[256];
	char path[64];
	char old[64];
	struct record_file *second;
	struct record_file *file;
	struct stat found;
	unsigned count = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/record", folder);
	snprintf(old, sizeof(old), "%s/record.old", folder);
	file = record_file_create(path, 1024 * 1024, error, sizeof(error));
	assert_non_null(file);
	/* It is being written. */
	second = record_file_create(path, 1024 * 1024, error, sizeof(error));
	assert_null(second);
	assert_non_null(strstr(error, "another hub"));
	while (record_file_append(file, RECORD_ROW, (struct text){ big, sizeof(big) }))
		count++;
	assert_int_equal(count, 15);
	assert_non_null(strstr(record_file_why(file), "record_megabytes"));
	record_file_end(file, RECORD_END, (struct text){ 0 });
	record_file_close(&file);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	assert_true(found.st_size > 15 * 65536 && found.st_size < 16 * 65536);
	file = record_file_create(path, 1024 * 1024, error, sizeof(error));
	assert_non_null(file);
	record_file_close(&file);
	assert_int_equal(stat(old, &found), 0);
	assert_true(found.st_size > 15 * 65536);
	assert_int_equal(unlink(old) | unlink(path) | rmdir(folder), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_come_back),
		cmocka_unit_test(test_numbers_that_are_none_fail),
		cmocka_unit_test(test_times_are_distances_and_have_bounds),
		cmocka_unit_test(test_a_cut_record_ends_at_its_last_whole_entry),
		cmocka_unit_test(test_what_is_no_entry_is_refused),
		cmocka_unit_test(test_rows_come_back),
		cmocka_unit_test(test_redaction_keeps_the_shape),
		cmocka_unit_test(test_redaction_keeps_equality),
		cmocka_unit_test(test_envelopes_are_redacted_by_field),
		cmocka_unit_test(test_every_field_of_text_was_thought_about),
		cmocka_unit_test(test_a_file_keeps_the_one_before_and_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
