/* Inboxes: their streams, the quota, marks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/inboxes.h"

struct bench {
	struct store *store;
	struct streams *streams;
	struct inboxes inboxes;
	uint64_t batch;
};

static void
completed(void *context, uint64_t batch, bool committed)
{
	(void)context;
	(void)batch;
	assert_true(committed);
}

static void
begin(struct bench *bench)
{
	*bench = (struct bench){ .store = store_memory_open(3) };
	assert_non_null(bench->store);
	bench->store->completed = completed;
	bench->streams = streams_create(bench->store, (struct table_key){ { 1, 2 } }, 10);
	assert_non_null(bench->streams);
	bench->inboxes = (struct inboxes){
		.store = bench->store,
		.streams = bench->streams,
		.messages_max = 3,
		.bytes_max = 20,
		.read_keep_ms = 1000,
	};
}

static void
end(struct bench *bench)
{
	inboxes_clear(&bench->inboxes);
	streams_destroy(&bench->streams);
	store_close(&bench->store);
}

static void
put(struct bench *bench, struct stream *inbox, const char *content)
{
	const struct store_message message = {
		.wall_ms = 1,
		.from = 7,
		.from_user = TEXT("ben"),
		.from_name = TEXT("ben"),
		.content = text_of(content),
	};

	assert_true(inboxes_append(&bench->inboxes, inbox, &message));
}

static void
commit(struct bench *bench, struct stream *inbox)
{
	bench->store->ops->commit(bench->store, ++bench->batch);
	inbox->committed = inbox->seq;
}

static void
a_user_has_one_stream(void **state)
{
	struct bench bench;
	struct stream *inbox;

	(void)state;
	begin(&bench);
	inbox = inboxes_open(&bench.inboxes, TEXT("open"), TEXT("ana"));
	assert_non_null(inbox);
	assert_true(text_equal(inbox->name, TEXT("inbox/open/ana")));
	assert_true(inbox->inbox);
	assert_int_equal(inbox->keep.milliseconds, 1000);
	assert_int_equal(inbox->keep.messages, 0);
	assert_ptr_equal(inboxes_open(&bench.inboxes, TEXT("open"), TEXT("ana")), inbox);
	assert_ptr_not_equal(inboxes_open(&bench.inboxes, TEXT("open"), TEXT("a/b")), inbox);
	assert_ptr_not_equal(inboxes_open(&bench.inboxes, TEXT("pair"), TEXT("ana")), inbox);
	end(&bench);
}

static void
unread_messages_are_counted(void **state)
{
	struct bench bench;
	struct stream *inbox;

	(void)state;
	begin(&bench);
	inbox = inboxes_open(&bench.inboxes, TEXT("open"), TEXT("ana"));
	for (unsigned i = 0; i < 3; i++) {
		assert_false(inboxes_is_full(&bench.inboxes, inbox, 2));
		put(&bench, inbox, "hi");
	}
	assert_true(inboxes_is_full(&bench.inboxes, inbox, 0));
	assert_int_equal(inbox->seq, 3);
	commit(&bench, inbox);
	assert_true(inboxes_mark(&bench.inboxes, inbox, 1));
	assert_int_equal(inbox->mark, 1);
	assert_int_equal(inbox->unread_bytes, 4);
	assert_false(inboxes_is_full(&bench.inboxes, inbox, 2));
	/* Back is no way for a mark. */
	assert_true(inboxes_mark(&bench.inboxes, inbox, 0));
	assert_int_equal(inbox->mark, 1);
	assert_true(inboxes_mark(&bench.inboxes, inbox, 3));
	assert_int_equal(inbox->unread_bytes, 0);
	end(&bench);
}

static void
unread_bytes_are_counted(void **state)
{
	struct bench bench;
	struct stream *inbox;

	(void)state;
	begin(&bench);
	inbox = inboxes_open(&bench.inboxes, TEXT("open"), TEXT("ana"));
	assert_false(inboxes_is_full(&bench.inboxes, inbox, 20));
	assert_true(inboxes_is_full(&bench.inboxes, inbox, 21));
	put(&bench, inbox, "0123456789");
	assert_false(inboxes_is_full(&bench.inboxes, inbox, 10));
	assert_true(inboxes_is_full(&bench.inboxes, inbox, 11));
	put(&bench, inbox, "01234");
	commit(&bench, inbox);
	assert_true(inboxes_mark(&bench.inboxes, inbox, 1));
	assert_int_equal(inbox->unread_bytes, 5);
	end(&bench);
}

static void
counts_come_back_with_the_stream(void **state)
{
	struct bench bench;
	struct stream *inbox;

	(void)state;
	begin(&bench);
	inbox = inboxes_open(&bench.inboxes, TEXT("open"), TEXT("ana"));
	put(&bench, inbox, "one");
	put(&bench, inbox, "three");
	assert_true(inboxes_mark(&bench.inboxes, inbox, 1));
	commit(&bench, inbox);
	streams_destroy(&bench.streams);
	bench.streams = streams_create(bench.store, (struct table_key){ { 1, 2 } }, 10);
	bench.inboxes.streams = bench.streams;
	inbox = inboxes_open(&bench.inboxes, TEXT("open"), TEXT("ana"));
	assert_int_equal(inbox->seq, 2);
	assert_int_equal(inbox->mark, 1);
	assert_int_equal(inbox->unread_bytes, 5);
	end(&bench);
}

static const struct store_ops *asked_ops;
static unsigned asked;

static bool
ask_and_count(
    struct store *store, const struct store_stream *wanted, struct store_position *position_out)
{
	asked++;
	return asked_ops->open_stream(store, wanted, position_out);
}

/* There may be very many inboxes, and a full disk loses batch after batch. */
static void
only_what_a_lost_batch_touched_is_asked_for_again(void **state)
{
	struct bench bench;
	struct store_ops counting;
	struct stream *ana;
	struct stream *eva;

	(void)state;
	begin(&bench);
	ana = inboxes_open(&bench.inboxes, TEXT("open"), TEXT("ana"));
	eva = inboxes_open(&bench.inboxes, TEXT("open"), TEXT("eva"));
	bench.inboxes.batch = 1;
	put(&bench, ana, "one");
	put(&bench, eva, "four");
	commit(&bench, ana);
	eva->committed = eva->seq;
	bench.inboxes.batch = 2;
	put(&bench, ana, "seven");
	asked_ops = bench.store->ops;
	counting = *asked_ops;
	counting.open_stream = ask_and_count;
	bench.store->ops = &counting;
	asked = 0;
	streams_roll_back(bench.streams, 1);
	bench.store->ops = asked_ops;
	assert_int_equal(asked, 1);
	assert_int_equal(ana->seq, 1);
	assert_int_equal(ana->unread_bytes, 3);
	assert_int_equal(eva->unread_bytes, 4);
	end(&bench);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_has_one_stream),
		cmocka_unit_test(unread_messages_are_counted),
		cmocka_unit_test(unread_bytes_are_counted),
		cmocka_unit_test(counts_come_back_with_the_stream),
		cmocka_unit_test(only_what_a_lost_batch_touched_is_asked_for_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
