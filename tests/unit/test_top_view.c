/* What `hubctl top` makes of two answers: rates, lines that fit, and JSON. */
#include "hub/top_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COLUMNS                                                                             \
	"columns\trows\tkind:text\tname:text\tclients:number\trooms:number\tjoins:number\t" \
	"messages_public:number\tmessages_private:number\tcommands_refused:number\t"        \
	"received:number\tdelivered:number\tqueue_bytes:number\tbehind:number\tseq:number\n"
#define EMPTY "\t\\N"

static void
take(struct top_view *view, uint64_t mono_ms, const char *rows)
{
	struct admin_answer answer;
	char said[2048];

	(void)snprintf(said, sizeof(said), "%s%sdone\n", COLUMNS, rows);
	admin_answer_init(&answer);
	assert_true(admin_answer_read(&answer, text_of(said)));
	assert_true(top_view_take(
	    view, &answer, (struct now){ .mono_ms = mono_ms, .wall_ms = 1700000000000 }));
	admin_answer_free(&answer);
}

static const char first[] =
    "row\thub\t0.1.0\t3\t1\t10\t100\t20\t1" EMPTY EMPTY EMPTY EMPTY EMPTY "\n"
    "row\tgateway\tgw-1\t2" EMPTY EMPTY EMPTY EMPTY EMPTY "\t50\t1000\t0\t0" EMPTY "\n"
    "row\tgateway\tgw-2\t1" EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY "\n";

static const char second[] =
    "row\thub\t0.1.0\t3\t1\t14\t110\t30\t1" EMPTY EMPTY EMPTY EMPTY EMPTY "\n"
    "row\tgateway\tgw-1\t2" EMPTY EMPTY EMPTY EMPTY EMPTY "\t60\t1100\t77\t2" EMPTY "\n"
    "row\tgateway\tgw-2\t1" EMPTY EMPTY EMPTY EMPTY EMPTY "\t5\t5\t0\t0" EMPTY "\n"
    "row\troom\tlobby\t3" EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY "\t110\n"
    "row\troom\ttea\t1" EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY "\t2\n";

static struct top_view view;
static struct buffer out;

static int
set_up(void **state)
{
	(void)state;
	view = (struct top_view){ .samples = 0 };
	buffer_init(&out, 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buffer_free(&out);
	return 0;
}

static void
assert_shown(const char *part)
{
	if (memmem(out.data, out.length, part, strlen(part)) == NULL)
		fail_msg("\"%s\" is not in:\n%.*s", part, (int)out.length, out.data);
}

static void
rates_need_two_samples(void **state)
{
	const struct top_look look = { 0 };

	(void)state;
	take(&view, 1000, first);
	top_view_print(&view, &look, &out);
	assert_shown("hub 0.1.0   clients 3   rooms 1   gateways 2   messages 120   refused 1\n");
	assert_shown("per second: messages -   joins -   frames in -   deliveries -\n");
	buffer_clear(&out);
	take(&view, 3000, second);
	top_view_print(&view, &look, &out);
	assert_shown("per second: messages 10.0   joins 2.0   frames in 5.0   deliveries 50.0\n");
	assert_shown(
	    "gw-1                        2        5.0         50.0           77       2\n");
	assert_shown(
	    "gw-2                        1          -            -            0       0\n");
	assert_shown("lobby                                           3            110\n");
	assert_null(memchr(out.data, 0x1b, out.length));
}

static void
who_was_started_again_has_no_rate(void **state)
{
	(void)state;
	take(&view, 1000, second);
	take(&view, 3000, first);
	top_view_print_json(&view, &out);
	assert_shown("\"rates\":{\"messages\":null,\"joins\":null,\"received\":null,"
		     "\"delivered\":null}");
}

static void
json_is_one_line(void **state)
{
	(void)state;
	take(&view, 1000, first);
	take(&view, 3000, second);
	top_view_print_json(&view, &out);
	assert_shown("{\"time\":\"2023-11-14T22:13:20.000Z\",\"version\":\"0.1.0\",\"clients\":3,");
	assert_shown("\"rates\":{\"messages\":10.000,\"joins\":2.000,\"received\":5.000,"
		     "\"delivered\":50.000}");
	assert_shown("{\"gateway\":\"gw-1\",\"clients\":2,\"received\":60,\"delivered\":1100,"
		     "\"queue_bytes\":77,\"behind\":2}");
	assert_shown("\"biggest_rooms\":[{\"room\":\"lobby\",\"members\":3,\"seq\":110},");
	assert_ptr_equal(memchr(out.data, '\n', out.length), out.data + out.length - 1);
}

static void
the_picture_fits_the_terminal(void **state)
{
	const struct top_look look = { .lines = 10, .columns = 20, .bold = true };
	unsigned lines = 0;
	unsigned columns = 0;

	(void)state;
	take(&view, 1000, first);
	take(&view, 3000, second);
	top_view_print(&view, &look, &out);
	assert_shown("\033[1mhub 0.1.0   clients \033[0m\n");
	for (size_t i = 0; i < out.length; i++) {
		if (out.data[i] == '\033')
			i += (size_t)(strchr(out.data + i, 'm') - (out.data + i));
		else if (out.data[i] == '\n')
			lines += columns <= 20 ? 1 : 100;
		columns = out.data[i] == '\n' ? 0 : columns + (out.data[i] != 'm');
	}
	assert_true(lines < 10);
	assert_shown("lobby");
	assert_null(memmem(out.data, out.length, "tea", 3));
}

static void
what_is_no_answer_of_top_is_refused(void **state)
{
	struct admin_answer answer;

	(void)state;
	admin_answer_init(&answer);
	assert_true(
	    admin_answer_read(&answer, TEXT("columns\trows\tkind:text\nrow\tmoon\ndone\n")));
	assert_false(top_view_take(&view, &answer, (struct now){ 0 }));
	admin_answer_free(&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rates_need_two_samples),
		TEST(who_was_started_again_has_no_rate),
		TEST(json_is_one_line),
		TEST(the_picture_fits_the_terminal),
		TEST(what_is_no_answer_of_top_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
