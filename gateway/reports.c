/*
 * The budget of reports, and texts made fit for them. Knows nothing of the link.
 */
#include "gateway/reports.h"

#include <string.h>

static const struct ratelimit_rule rule = { REPORTS_PER_SECOND, 1000, REPORTS_BURST };

void
reports_init(struct reports *reports, uint64_t now_ms)
{
	*reports = (struct reports){ .missed = 0 };
	ratelimit_init(&reports->bucket, &rule, now_ms);
}

bool
reports_take(struct reports *reports, uint64_t now_ms, uint32_t *missed_out)
{
	if (!ratelimit_take(&reports->bucket, &rule, now_ms, 1)) {
		reports_miss(reports);
		return false;
	}
	*missed_out = reports->missed;
	reports->missed = 0;
	return true;
}

void
reports_miss(struct reports *reports)
{
	if (reports->missed < UINT32_MAX)
		reports->missed++;
}

struct text
reports_user(struct text realm, struct text id, char out[REPORTS_TEXT_MAX])
{
	size_t length = realm.length + 1 + id.length;

	if (realm.length == 0 || id.length == 0 || length > REPORTS_TEXT_MAX)
		return TEXT("");
	memcpy(out, realm.data, realm.length);
	out[realm.length] = '/';
	memcpy(out + realm.length + 1, id.data, id.length);
	return (struct text){ out, length };
}

struct text
reports_clean(struct text text, char out[REPORTS_TEXT_MAX])
{
	size_t length = 0;
	size_t step;

	for (size_t at = 0; at < text.length; at += step) {
		struct text rest = { text.data + at, text.length - at };
		uint32_t code_point = 0;
		size_t good = text_first_code_point(rest, &code_point);
		bool is_shown =
		    good > 0 && code_point >= 0x20 && (code_point < 0x7f || code_point >= 0xa0);

		step = good > 0 ? good : 1;
		if (length + (is_shown ? step : 1) > REPORTS_TEXT_MAX)
			break;
		if (is_shown)
			memcpy(out + length, rest.data, step);
		else
			out[length] = '?';
		length += is_shown ? step : 1;
	}
	return (struct text){ out, length };
}
