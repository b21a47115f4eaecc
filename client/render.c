/*
 * How lines look: times, names, colours. Names and contents cannot forge any of
 * it: no control character passes, a name has no brackets, and every line of a
 * long message says that it goes on.
 */
#include "client/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/terminal_text.h"

#define NAMES_MAX 20 /* in one notice; the others are counted */

#define DIM "\033[2m"
#define BOLD "\033[1m"
#define RED "\033[31m"
#define MAGENTA "\033[35m"

static const char continued[] = "      | ";

static void
paint(const struct render *look, struct buffer *out, const char *color)
{
	if (look->color)
		buffer_append_string(out, color);
}

static void
plain(const struct render *look, struct buffer *out)
{
	paint(look, out, "\033[0m");
}

/* A name that could end its own brackets would speak for others. */
static void
append_name(struct buffer *out, struct text name)
{
	size_t start = out->length;

	terminal_text_show(out, name);
	for (size_t i = start; i < out->length; i++) {
		if (out->data[i] == '<' || out->data[i] == '>' || out->data[i] == '*')
			out->data[i] = '_';
	}
}

/* The same user has the same colour everywhere. */
static void
paint_user(const struct render *look, struct buffer *out, struct text user)
{
	uint32_t hash = 2166136261u;
	char color[] = "\033[3_m";

	for (size_t i = 0; i < user.length; i++)
		hash = (hash ^ (unsigned char)user.data[i]) * 16777619u;
	color[3] = (char)('1' + hash % 6);
	paint(look, out, color);
}

static bool
read_time(struct text stamp, struct tm *local_out)
{
	char bytes[32] = "";
	char mark = '\0';
	struct tm tm = { .tm_isdst = -1 };
	time_t seconds;

	if (stamp.data == NULL || stamp.length >= sizeof(bytes))
		return false;
	memcpy(bytes, stamp.data, stamp.length);
	if (sscanf(bytes, "%4d-%2d-%2d%c%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &mark,
		&tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 7 ||
	    tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*local_out = tm;
	if (mark != 'T')
		return true; /* the server's own local time: its zone is not known */
	seconds = timegm(&tm);
	return localtime_r(&seconds, local_out) != NULL;
}

/* HH:MM, with the day before it unless that is today. */
static void
append_time(const struct render *look, struct buffer *out, struct text stamp)
{
	time_t now = (time_t)(look->wall_ms / 1000);
	char bytes[32];
	struct tm today;
	struct tm then;

	if (localtime_r(&now, &today) == NULL)
		return;
	if (!read_time(stamp, &then))
		then = today;
	strftime(bytes, sizeof(bytes),
	    then.tm_year == today.tm_year && then.tm_mon == today.tm_mon &&
		    then.tm_mday == today.tm_mday
		? "%H:%M "
		: "%Y-%m-%d %H:%M ",
	    &then);
	paint(look, out, DIM);
	buffer_append_string(out, bytes);
	plain(look, out);
}

/* Foreign words to the end of the line, and of those that follow it. */
static void
append_words(struct buffer *out, struct text words)
{
	while (words.length > 0 && words.data[words.length - 1] == '\n')
		words.length--;
	for (;;) {
		const char *end = words.length > 0 ? memchr(words.data, '\n', words.length) : NULL;
		size_t length = end != NULL ? (size_t)(end - words.data) : words.length;

		terminal_text_show(out, (struct text){ words.data, length });
		buffer_append_byte(out, '\n');
		if (end == NULL)
			return;
		words = (struct text){ end + 1, words.length - length - 1 };
		buffer_append_string(out, continued);
	}
}

static void
begin_notice(const struct render *look, struct buffer *out)
{
	paint(look, out, DIM);
	buffer_append_string(out, "-- ");
}

static void
end_notice(const struct render *look, struct buffer *out)
{
	plain(look, out);
	buffer_append_byte(out, '\n');
}

void
render_notice(const struct render *look, struct text words, struct buffer *out)
{
	while (words.length > 0) {
		const char *end = memchr(words.data, '\n', words.length);
		size_t length = end != NULL ? (size_t)(end - words.data) : words.length;

		begin_notice(look, out);
		terminal_text_show(out, (struct text){ words.data, length });
		end_notice(look, out);
		length += end != NULL ? 1 : 0;
		words = (struct text){ words.data + length, words.length - length };
	}
}

/* A room that is not the present one is named. */
static void
append_room(const struct render *look, struct buffer *out, struct text room)
{
	if (room.data == NULL || text_equal(room, look->room))
		return;
	buffer_append_byte(out, '[');
	terminal_text_show(out, room);
	buffer_append_string(out, "] ");
}

static void
show_public(const struct render *look, const struct frame *frame, struct buffer *out)
{
	append_time(look, out, frame->timestamp);
	append_room(look, out, frame->room);
	buffer_append_byte(out, '<');
	paint_user(look, out, frame->user);
	append_name(out, frame->name);
	plain(look, out);
	buffer_append_string(out, "> ");
	append_words(out, frame->content);
}

static void
show_private(const struct render *look, const struct frame *frame, struct buffer *out)
{
	bool is_copy = frame->own && !text_equal(frame->to, frame->user);
	struct text name = frame->name;

	append_time(look, out, frame->timestamp);
	paint(look, out, MAGENTA);
	if (is_copy) {
		name = people_name(look->people, frame->to);
		if (name.data == NULL)
			name = frame->to;
	}
	buffer_append_string(out, is_copy ? "-> *" : "*");
	append_name(out, name);
	buffer_append_string(out, "* ");
	plain(look, out);
	append_words(out, frame->content);
}

static void
show_history(const struct render *look, const struct frame *frame, struct buffer *out)
{
	struct frame message;
	size_t cursor = 0;

	while (frame_message(frame, &cursor, &message))
		show_public(look, &message, out);
}

/* Walks people; those that are no news are left out. */
struct walk {
	bool (*next)(const struct frame *frame, size_t *cursor, struct person *person_out);
	bool only_news;
	size_t max;
};

static bool
is_news(const struct render *look, const struct frame *frame, const struct person *person)
{
	return !frame->own && (person->user.data == NULL ||
				  (!text_equal(person->user, look->user) &&
				      !people_has(look->people, frame->room, person->user)));
}

/* "ana, ben and 3 more"; false if there is nobody. */
static bool
append_names(const struct render *look, const struct frame *frame, struct buffer *out,
    const struct walk *walk)
{
	struct person person;
	size_t cursor = 0;
	size_t count = 0;

	while (walk->next(frame, &cursor, &person)) {
		if ((walk->only_news && !is_news(look, frame, &person)) || count++ >= walk->max)
			continue;
		buffer_append_string(out, count > 1 ? ", " : "");
		append_name(out, person.name);
	}
	if (count > walk->max)
		buffer_printf(out, " and %zu more", count - walk->max);
	return count > 0;
}

static void
show_there(const struct render *look, const struct frame *frame, struct buffer *out, size_t max)
{
	begin_notice(look, out);
	append_room(look, out, frame->room);
	if (frame->count != NUMBER_ABSENT)
		buffer_printf(out, "%" PRIu64 " here: ", frame->count);
	else
		buffer_append_string(out, "here: ");
	append_names(look, frame, out, &(struct walk){ frame_person, false, max });
	end_notice(look, out);
}

static void
show_change(const struct render *look, const struct frame *frame, struct buffer *out,
    const struct walk *walk, const char *what)
{
	size_t start = out->length;

	begin_notice(look, out);
	append_room(look, out, frame->room);
	if (!append_names(look, frame, out, walk)) {
		buffer_truncate(out, start);
		return;
	}
	buffer_append_string(out, what);
	end_notice(look, out);
}

static void
show_presence(const struct render *look, const struct frame *frame, struct buffer *out)
{
	if (frame->snapshot) {
		/* A server that lists all at every change says each change besides. */
		if (!frame->repeated)
			show_there(look, frame, out, NAMES_MAX);
		return;
	}
	show_change(look, frame, out, &(struct walk){ frame_person, true, NAMES_MAX }, " came");
	show_change(
	    look, frame, out, &(struct walk){ frame_person_left, false, NAMES_MAX }, " left");
}

static void
show_rooms(const struct render *look, const struct frame *frame, struct buffer *out)
{
	struct room_entry room;
	size_t cursor = 0;

	while (frame_room(frame, &cursor, &room)) {
		begin_notice(look, out);
		buffer_append_string(out, room.member ? "* " : "  ");
		terminal_text_show(out, room.room);
		if (room.members != NUMBER_ABSENT)
			buffer_printf(out, ", %" PRIu64 " there", room.members);
		end_notice(look, out);
	}
	if (cursor == 0)
		render_notice(look, TEXT("no rooms"), out);
}

static void
show_welcome(const struct render *look, const struct frame *frame, struct buffer *out)
{
	struct room_entry room;
	size_t cursor = 0;
	const char *before = ", in ";

	begin_notice(look, out);
	buffer_append_string(out, "you are ");
	append_name(out, frame->name);
	buffer_append_string(out, " (");
	terminal_text_show(out, frame->user);
	buffer_append_byte(out, ')');
	for (; frame_room(frame, &cursor, &room); before = ", ") {
		buffer_append_string(out, before);
		terminal_text_show(out, room.room);
	}
	buffer_append_string(out, frame->resumed ? ", as before" : "");
	end_notice(look, out);
}

static void
show_left(const struct render *look, const struct frame *frame, struct buffer *out)
{
	begin_notice(look, out);
	buffer_append_string(out, "you are not in ");
	terminal_text_show(out, frame->room);
	buffer_append_string(out, " any more");
	if (frame->renamed.data != NULL) {
		buffer_append_string(out, ": it is called ");
		terminal_text_show(out, frame->renamed);
		buffer_append_string(out, " now");
	} else if (!text_equal(frame->reason, TEXT("wished"))) {
		buffer_append_string(out, ": ");
		terminal_text_show(out, frame->reason);
	}
	end_notice(look, out);
}

static void
show_gap(const struct render *look, const struct frame *frame, struct buffer *out)
{
	/* What was read was shown where it was read. */
	if (text_equal(frame->reason, TEXT("read")))
		return;
	begin_notice(look, out);
	append_room(look, out, frame->room);
	buffer_append_string(out, "something was missed that is no longer kept");
	if (frame->last >= frame->first && !text_equal(frame->reason, TEXT("epoch")))
		buffer_printf(out, ": %" PRIu64 " messages", frame->last - frame->first + 1);
	end_notice(look, out);
}

static void
show_trouble(const struct render *look, struct buffer *out, const char *what, struct text room,
    struct text words, struct text code)
{
	paint(look, out, RED);
	buffer_append_string(out, "!! ");
	append_room(look, out, room);
	buffer_append_string(out, what);
	terminal_text_show(out, words.data != NULL ? words : code);
	if (words.data != NULL && code.data != NULL) {
		buffer_append_string(out, " (");
		terminal_text_show(out, code);
		buffer_append_byte(out, ')');
	}
	end_notice(look, out);
}

void
render_unsent(const struct render *look, const struct outbox_entry *entry, struct text code,
    struct text why, struct buffer *out)
{
	show_trouble(look, out, "not sent: ", (struct text){ NULL, 0 }, why, code);
	paint(look, out, RED);
	buffer_append_string(out, continued);
	plain(look, out);
	append_words(out, entry->content);
}

static void
show_joined(const struct render *look, const struct frame *frame, struct buffer *out)
{
	begin_notice(look, out);
	buffer_append_string(out, "you are in ");
	terminal_text_show(out, frame->room);
	end_notice(look, out);
}

static void
show_system(const struct render *look, const struct frame *frame, struct buffer *out)
{
	append_time(look, out, frame->timestamp);
	paint(look, out, BOLD);
	buffer_append_string(out, "*** ");
	plain(look, out);
	append_room(look, out, frame->room);
	append_words(out, frame->content);
}

void
render_frame(const struct render *look, const struct frame *frame, struct buffer *out)
{
	static void (*const shows[])(
	    const struct render *look, const struct frame *frame, struct buffer *out) = {
		[FRAME_WELCOME] = show_welcome,
		[FRAME_PRESENCE] = show_presence,
		[FRAME_PUBLIC] = show_public,
		[FRAME_PRIVATE] = show_private,
		[FRAME_SYSTEM] = show_system,
		[FRAME_GAP] = show_gap,
		[FRAME_JOINED] = show_joined,
		[FRAME_LEFT] = show_left,
		[FRAME_ROOMS] = show_rooms,
		[FRAME_HISTORY] = show_history,
		[FRAME_BYE] = NULL, /* the closing that follows is told */
	};

	if (frame->kind == FRAME_WHO)
		show_there(look, frame, out, SIZE_MAX);
	else if (frame->kind == FRAME_ERROR)
		show_trouble(look, out, "", frame->room, frame->content, frame->code);
	else if (frame->kind == FRAME_BAD)
		show_trouble(look, out, "an unfit frame of the server: ", (struct text){ NULL, 0 },
		    text_of(frame->why), (struct text){ NULL, 0 });
	else if (frame->kind == FRAME_HUB_DEGRADED)
		render_notice(look, TEXT("the hub is away; what is said waits for it"), out);
	else if (frame->kind == FRAME_HUB_BACK)
		render_notice(look, TEXT("the hub is back"), out);
	else if (frame->kind <= FRAME_BYE && shows[frame->kind] != NULL)
		shows[frame->kind](look, frame, out);
}
