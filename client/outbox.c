/* Messages on their way. Sends nothing: it says which may be sent. */
#include "client/outbox.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define US_PER_MS 1000u
#define US_PER_SECOND 1000000u

/* Where a server tells no limits: what is modest for any. */
#define DEFAULT_PER_SECOND 40
#define DEFAULT_BURST 100

void
outbox_init(struct outbox *outbox, struct outbox_limits limits)
{
	*outbox = (struct outbox){ .limits = limits };
	outbox_pace(outbox, DEFAULT_PER_SECOND, DEFAULT_BURST);
}

void
outbox_free(struct outbox *outbox)
{
	struct outbox_entry *entry;
	struct outbox_entry *next;

	DL_FOREACH_SAFE (outbox->entries, entry, next) {
		outbox_remove(outbox, entry);
	}
}

void
outbox_pace(struct outbox *outbox, uint64_t per_second, uint64_t burst)
{
	if (per_second == 0 || per_second > US_PER_SECOND || burst > US_PER_SECOND)
		return;
	/* Four fifths of the rate and half of the burst: the user may have others. */
	outbox->interval_us = US_PER_SECOND * 5 / (per_second * 4);
	outbox->burst_us = outbox->interval_us * (burst / 2);
}

struct outbox_entry *
outbox_add(
    struct outbox *outbox, struct text id, struct text room, struct text to, struct text content)
{
	struct outbox_entry *entry = NULL;
	char *copy;

	if (outbox->count < outbox->limits.messages_max && id.length < OUTBOX_ID_SIZE)
		entry = calloc(1, sizeof(*entry) + room.length + to.length + content.length + 3);
	if (entry == NULL)
		return NULL;
	copy = (char *)(entry + 1);
	memcpy(entry->id, id.data, id.length);
	entry->room = text_copy(room, &copy);
	if (to.data != NULL)
		entry->to = text_copy(to, &copy);
	entry->content = text_copy(content, &copy);
	DL_APPEND(outbox->entries, entry);
	outbox->count++;
	return entry;
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

struct outbox_entry *
outbox_next(struct outbox *outbox, uint64_t now_ms, uint64_t *due_out)
{
	uint64_t now_us = now_ms * US_PER_MS;
	struct outbox_entry *entry;

	*due_out = UINT64_MAX;
	DL_FOREACH (outbox->entries, entry) {
		if (!entry->said)
			break;
	}
	if (entry == NULL || outbox->waiting_for >= outbox->limits.window)
		return NULL;
	if (outbox->free_at_us > now_us + outbox->burst_us) {
		*due_out = (outbox->free_at_us - outbox->burst_us) / US_PER_MS + 1;
		return NULL;
	}
	outbox->free_at_us = later(outbox->free_at_us, now_us) + outbox->interval_us;
	outbox->waiting_for++;
	entry->said = true;
	if (entry->at_ms == 0)
		entry->at_ms = later(now_ms, 1);
	return entry;
}

struct outbox_entry *
outbox_find(const struct outbox *outbox, struct text id)
{
	struct outbox_entry *entry;

	DL_FOREACH (outbox->entries, entry) {
		if (text_equal(text_of(entry->id), id))
			return entry;
	}
	return NULL;
}

struct outbox_entry *
outbox_match(const struct outbox *outbox, bool is_private, struct text content)
{
	struct outbox_entry *entry;

	DL_FOREACH (outbox->entries, entry) {
		if (entry->said && (entry->to.data != NULL) == is_private &&
		    text_equal(entry->content, content))
			return entry;
	}
	return NULL;
}

struct outbox_entry *
outbox_culprit(const struct outbox *outbox, struct text code)
{
	bool is_of_recipient =
	    text_equal(code, TEXT("no_such_user")) || text_equal(code, TEXT("mailbox_full"));
	bool is_of_length = text_equal(code, TEXT("too_long"));
	struct outbox_entry *culprit = NULL;
	struct outbox_entry *entry;

	DL_FOREACH (outbox->entries, entry) {
		if (!entry->said || (is_of_recipient && entry->to.data == NULL))
			continue;
		if (culprit == NULL ||
		    (is_of_length && entry->content.length > culprit->content.length))
			culprit = entry;
	}
	return culprit;
}

void
outbox_remove(struct outbox *outbox, struct outbox_entry *entry)
{
	if (entry->said)
		outbox->waiting_for--;
	DL_DELETE(outbox->entries, entry);
	outbox->count--;
	free(entry);
}

void
outbox_retry(struct outbox *outbox, struct outbox_entry *entry, uint64_t until_ms)
{
	if (entry->said)
		outbox->waiting_for--;
	entry->said = false;
	outbox->free_at_us = later(outbox->free_at_us, until_ms * US_PER_MS + outbox->burst_us + 1);
}

void
outbox_lost(struct outbox *outbox)
{
	struct outbox_entry *entry;

	DL_FOREACH (outbox->entries, entry) {
		entry->said = false;
	}
	outbox->waiting_for = 0;
}
