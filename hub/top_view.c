/*
 * Samples of `top` and their printing. A process that was started again counts from 0: what would
 * be a negative rate is none.
 */
#include "hub/top_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/json.h"
#include "common/terminal_text.h"

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* Lines of the picture that are no room's. */
#define HEAD_LINES 5u

#define CELL_SIZE 24

/* A line of the picture before it is cut to the columns there are. */
#define LINE_SIZE 512

static struct text
value_of(const struct admin_answer *answer, size_t row, const char *name)
{
	for (unsigned i = 0; i < answer->column_count; i++) {
		if (text_equal(admin_answer_name(answer, i), text_of(name)))
			return admin_answer_value(answer, row, i);
	}
	return (struct text){ NULL, 0 };
}

static uint64_t
number_of(const struct admin_answer *answer, size_t row, const char *name)
{
	uint64_t number = 0;

	if (!text_to_u64(value_of(answer, row, name), &number))
		return 0;
	return number;
}

static void
copy(char *to, size_t size, struct text from)
{
	snprintf(to, size, "%.*s", (int)from.length, from.length > 0 ? from.data : "");
}

static void
take_hub(struct top_sample *sample, const struct admin_answer *answer, size_t row)
{
	copy(sample->version, sizeof(sample->version), value_of(answer, row, "name"));
	sample->clients = number_of(answer, row, "clients");
	sample->rooms = number_of(answer, row, "rooms");
	sample->joins = number_of(answer, row, "joins");
	sample->messages_public = number_of(answer, row, "messages_public");
	sample->messages_private = number_of(answer, row, "messages_private");
	sample->commands_refused = number_of(answer, row, "commands_refused");
}

static void
take_gateway(struct top_sample *sample, const struct admin_answer *answer, size_t row)
{
	struct top_gateway *gateway;

	if (sample->gateway_count == TOP_GATEWAYS_MAX)
		return;
	gateway = &sample->gateways[sample->gateway_count++];
	copy(gateway->name, sizeof(gateway->name), value_of(answer, row, "name"));
	gateway->clients = number_of(answer, row, "clients");
	gateway->is_known = value_of(answer, row, "received").data != NULL;
	gateway->received = number_of(answer, row, "received");
	gateway->delivered = number_of(answer, row, "delivered");
	gateway->queue_bytes = number_of(answer, row, "queue_bytes");
	gateway->behind = number_of(answer, row, "behind");
}

static void
take_room(struct top_sample *sample, const struct admin_answer *answer, size_t row)
{
	struct top_room *room;

	if (sample->room_count == TOP_ROOMS_MAX)
		return;
	room = &sample->biggest[sample->room_count++];
	copy(room->name, sizeof(room->name), value_of(answer, row, "name"));
	room->members = number_of(answer, row, "clients");
	room->seq = number_of(answer, row, "seq");
}

bool
top_view_take(struct top_view *view, const struct admin_answer *answer, struct now now)
{
	bool has_hub = false;

	view->before = view->now;
	view->now = (struct top_sample){ .at = now };
	for (size_t row = 0; row < answer->row_count; row++) {
		struct text kind = value_of(answer, row, "kind");

		if (text_equal(kind, TEXT("hub")))
			take_hub(&view->now, answer, row);
		else if (text_equal(kind, TEXT("gateway")))
			take_gateway(&view->now, answer, row);
		else if (text_equal(kind, TEXT("room")))
			take_room(&view->now, answer, row);
		has_hub = has_hub || text_equal(kind, TEXT("hub"));
	}
	view->samples++;
	return has_hub;
}

/* Per second; false if there is nothing to compare with. */
static bool
rate(const struct top_view *view, uint64_t before, uint64_t now, double *rate_out)
{
	uint64_t ms = view->now.at.mono_ms - view->before.at.mono_ms;

	if (view->samples < 2 || ms == 0 || now < before)
		return false;
	*rate_out = (double)(now - before) * 1000 / (double)ms;
	return true;
}

static void
put_rate(char cell[CELL_SIZE], const struct top_view *view, uint64_t before, uint64_t now)
{
	double per_second;

	if (rate(view, before, now, &per_second))
		snprintf(cell, CELL_SIZE, "%.1f", per_second);
	else
		snprintf(cell, CELL_SIZE, "-");
}

/* The same gateway in the sample before; one without numbers if it was not there. */
static const struct top_gateway *
gateway_before(const struct top_view *view, const struct top_gateway *gateway)
{
	static const struct top_gateway none = { .is_known = false };

	for (unsigned i = 0; i < view->before.gateway_count; i++) {
		if (strcmp(view->before.gateways[i].name, gateway->name) == 0)
			return &view->before.gateways[i];
	}
	return &none;
}

static uint64_t
messages(const struct top_sample *sample)
{
	return sample->messages_public + sample->messages_private;
}

/* Of all gateways that were there both times. */
static bool
delivery_rate(const struct top_view *view, bool received, double *rate_out)
{
	double sum = 0;
	bool is_known = false;

	for (unsigned i = 0; i < view->now.gateway_count; i++) {
		const struct top_gateway *now = &view->now.gateways[i];
		const struct top_gateway *before = gateway_before(view, now);
		double one;

		if (!now->is_known || !before->is_known ||
		    !rate(view, received ? before->received : before->delivered,
			received ? now->received : now->delivered, &one))
			continue;
		sum += one;
		is_known = true;
	}
	*rate_out = sum;
	return is_known;
}

/* Appends a line, cut to what there is room for. */
static void
put_line(struct buffer *out, const struct top_look *look, bool heading, const char *line)
{
	size_t length = strlen(line);

	/* Names of rooms and gateways are ASCII: a byte is a column. */
	if (look->columns > 0 && length > look->columns)
		length = look->columns;
	if (heading && look->bold)
		buffer_append_string(out, BOLD);
	terminal_text_show(out, (struct text){ line, length });
	if (heading && look->bold)
		buffer_append_string(out, PLAIN);
	buffer_append_byte(out, '\n');
}

static void
print_totals(const struct top_view *view, const struct top_look *look, struct buffer *out)
{
	const struct top_sample *now = &view->now;
	const struct top_sample *before = &view->before;
	char said[CELL_SIZE];
	char joined[CELL_SIZE];
	char received[CELL_SIZE] = "-";
	char delivered[CELL_SIZE] = "-";
	char line[LINE_SIZE];
	double per_second;

	put_rate(said, view, messages(before), messages(now));
	put_rate(joined, view, before->joins, now->joins);
	if (delivery_rate(view, true, &per_second))
		snprintf(received, sizeof(received), "%.1f", per_second);
	if (delivery_rate(view, false, &per_second))
		snprintf(delivered, sizeof(delivered), "%.1f", per_second);
	snprintf(line, sizeof(line),
	    "hub %s   clients %" PRIu64 "   rooms %" PRIu64 "   gateways %u   messages %" PRIu64
	    "   refused %" PRIu64,
	    now->version, now->clients, now->rooms, now->gateway_count, messages(now),
	    now->commands_refused);
	put_line(out, look, true, line);
	snprintf(line, sizeof(line),
	    "per second: messages %s   joins %s   frames in %s   deliveries %s", said, joined,
	    received, delivered);
	put_line(out, look, false, line);
}

static void
print_gateways(const struct top_view *view, const struct top_look *look, struct buffer *out)
{
	char line[LINE_SIZE];

	snprintf(line, sizeof(line), "%-20s %8s %10s %12s %12s %7s", "GATEWAY", "CLIENTS", "IN/S",
	    "DELIVERED/S", "QUEUE BYTES", "BEHIND");
	put_line(out, look, true, line);
	for (unsigned i = 0; i < view->now.gateway_count; i++) {
		const struct top_gateway *gateway = &view->now.gateways[i];
		const struct top_gateway *before = gateway_before(view, gateway);
		char received[CELL_SIZE] = "-";
		char delivered[CELL_SIZE] = "-";

		if (gateway->is_known && before->is_known) {
			put_rate(received, view, before->received, gateway->received);
			put_rate(delivered, view, before->delivered, gateway->delivered);
		}
		snprintf(line, sizeof(line), "%-20s %8" PRIu64 " %10s %12s", gateway->name,
		    gateway->clients, received, delivered);
		if (gateway->is_known)
			snprintf(line + strlen(line), sizeof(line) - strlen(line),
			    " %12" PRIu64 " %7" PRIu64, gateway->queue_bytes, gateway->behind);
		put_line(out, look, false, line);
	}
}

void
top_view_print(const struct top_view *view, const struct top_look *look, struct buffer *out)
{
	unsigned used = HEAD_LINES + view->now.gateway_count;
	char line[LINE_SIZE];

	print_totals(view, look, out);
	put_line(out, look, false, "");
	print_gateways(view, look, out);
	put_line(out, look, false, "");
	snprintf(line, sizeof(line), "%-40s %8s %14s", "ROOM", "MEMBERS", "MESSAGES");
	put_line(out, look, true, line);
	for (unsigned i = 0; i < view->now.room_count; i++) {
		const struct top_room *room = &view->now.biggest[i];

		/* The last line stays empty: a line's end on it would move all up. */
		if (look->lines > 0 && ++used + 1 >= look->lines)
			break;
		snprintf(line, sizeof(line), "%-40s %8" PRIu64 " %14" PRIu64, room->name,
		    room->members, room->seq);
		put_line(out, look, false, line);
	}
}

static void
json_rate(struct buffer *out, const char *name, bool is_known, double per_second)
{
	if (is_known)
		buffer_printf(out, "\"%s\":%.3f", name, per_second);
	else
		buffer_printf(out, "\"%s\":null", name);
}

static void
json_rates(const struct top_view *view, struct buffer *out)
{
	double value = 0;
	bool is_known = rate(view, messages(&view->before), messages(&view->now), &value);

	buffer_append_string(out, ",\"rates\":{");
	json_rate(out, "messages", is_known, value);
	is_known = rate(view, view->before.joins, view->now.joins, &value);
	buffer_append_byte(out, ',');
	json_rate(out, "joins", is_known, value);
	is_known = delivery_rate(view, true, &value);
	buffer_append_byte(out, ',');
	json_rate(out, "received", is_known, value);
	is_known = delivery_rate(view, false, &value);
	buffer_append_byte(out, ',');
	json_rate(out, "delivered", is_known, value);
	buffer_append_byte(out, '}');
}

static void
json_name(struct buffer *out, const char *key, const char *value)
{
	buffer_printf(out, "\"%s\":", key);
	json_append_ascii(out, text_of(value));
}

static void
json_gateway(struct buffer *out, const struct top_gateway *gateway)
{
	buffer_append_byte(out, '{');
	json_name(out, "gateway", gateway->name);
	buffer_printf(out, ",\"clients\":%" PRIu64, gateway->clients);
	if (gateway->is_known)
		buffer_printf(out,
		    ",\"received\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"queue_bytes\":%" PRIu64
		    ",\"behind\":%" PRIu64,
		    gateway->received, gateway->delivered, gateway->queue_bytes, gateway->behind);
	else
		buffer_append_string(out,
		    ",\"received\":null,\"delivered\":null,\"queue_bytes\":null,\"behind\":null");
	buffer_append_byte(out, '}');
}

static void
json_time(struct buffer *out, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	char date[32];
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc) == 0)
		date[0] = '\0';
	buffer_printf(out, "{\"time\":\"%s.%03dZ\",", date, (int)(wall_ms % 1000));
}

void
top_view_print_json(const struct top_view *view, struct buffer *out)
{
	const struct top_sample *now = &view->now;

	json_time(out, now->at.wall_ms);
	json_name(out, "version", now->version);
	buffer_printf(out,
	    ",\"clients\":%" PRIu64 ",\"rooms\":%" PRIu64 ",\"joins\":%" PRIu64
	    ",\"messages_public\":%" PRIu64 ",\"messages_private\":%" PRIu64
	    ",\"commands_refused\":%" PRIu64,
	    now->clients, now->rooms, now->joins, now->messages_public, now->messages_private,
	    now->commands_refused);
	json_rates(view, out);
	buffer_append_string(out, ",\"gateways\":[");
	for (unsigned i = 0; i < now->gateway_count; i++) {
		buffer_append_string(out, i > 0 ? "," : "");
		json_gateway(out, &now->gateways[i]);
	}
	buffer_append_string(out, "],\"biggest_rooms\":[");
	for (unsigned i = 0; i < now->room_count; i++) {
		buffer_append_string(out, i > 0 ? ",{" : "{");
		json_name(out, "room", now->biggest[i].name);
		buffer_printf(out, ",\"members\":%" PRIu64 ",\"seq\":%" PRIu64 "}",
		    now->biggest[i].members, now->biggest[i].seq);
	}
	buffer_append_string(out, "]}\n");
}
