/*
 * Reads PROXY headers (haproxy.org/download/2.6/doc/proxy-protocol.txt). Must
 * not know who may send one.
 */
#include "gateway/proxy_header.h"

#include <string.h>

/* Version 2: a signature that no text protocol begins with, then 4 bytes, then addresses. */
#define FIXED_BYTES 16
#define VERSION_2 0x20
#define COMMAND_LOCAL 0x0
#define COMMAND_PROXY 0x1

static const char line_start[] = "PROXY ";
static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";

#define LINE_START_BYTES (sizeof(line_start) - 1)
#define SIGNATURE_BYTES (sizeof(signature) - 1)

/* What version 2 calls family and transport, and how many bytes its addresses and ports have. */
static const struct {
	uint8_t code;
	enum address_kind kind;
	size_t bytes;
} families[] = {
	{ 0x00, ADDRESS_UNKNOWN, 0 },
	{ 0x11, ADDRESS_IPV4, 12 },
	{ 0x21, ADDRESS_IPV6, 36 },
	{ 0x31, ADDRESS_UNIX, 216 },
};

/* The bytes so far may become a header that begins so. */
static bool
may_begin(const uint8_t *bytes, size_t length, const char *start, size_t start_length)
{
	return memcmp(bytes, start, length < start_length ? length : start_length) == 0;
}

/* Cuts what stands before the next blank off the line; exactly one blank separates. */
static struct text
take_word(struct text *line)
{
	const char *end = line->length == 0 ? NULL : memchr(line->data, ' ', line->length);
	struct text word = { line->data, end == NULL ? line->length : (size_t)(end - line->data) };
	size_t used = word.length + (end != NULL);

	line->data += used;
	line->length -= used;
	return word;
}

static bool
is_port(struct text word)
{
	uint64_t port;

	return text_to_u64(word, &port) && port <= UINT16_MAX;
}

static bool
parse_host(struct text word, bool v6, struct address *address_out)
{
	bool colons = word.length > 0 && memchr(word.data, ':', word.length) != NULL;

	return colons == v6 && address_parse(word, address_out);
}

/* What stands between "PROXY " and the line's end. */
static enum proxy_outcome
parse_line(struct text line, struct proxy_header *header)
{
	struct text protocol = take_word(&line);
	bool v6 = text_equal(protocol, TEXT("TCP6"));
	struct text source, target, source_port, target_port;
	struct address other;

	/* Whatever else stands in the line: the sender does not know who it is. */
	if (text_equal(protocol, TEXT("UNKNOWN")))
		return PROXY_COMPLETE;
	if (!v6 && !text_equal(protocol, TEXT("TCP4")))
		return PROXY_UNSUPPORTED;
	source = take_word(&line);
	target = take_word(&line);
	source_port = take_word(&line);
	target_port = line;
	if (!parse_host(source, v6, &header->client) || !parse_host(target, v6, &other) ||
	    !is_port(source_port) || !is_port(target_port))
		return PROXY_MALFORMED;
	header->has_client = true;
	return PROXY_COMPLETE;
}

static enum proxy_outcome
parse_version_1(const uint8_t *bytes, size_t length, struct proxy_header *header)
{
	size_t seen = length < PROXY_LINE_MAX ? length : PROXY_LINE_MAX;
	const uint8_t *end = memchr(bytes, '\n', seen);
	const char *line = (const char *)bytes + LINE_START_BYTES;

	if (length < LINE_START_BYTES)
		return PROXY_INCOMPLETE;
	if (end == NULL)
		return seen == PROXY_LINE_MAX ? PROXY_TOO_LONG : PROXY_INCOMPLETE;
	header->length = (size_t)(end - bytes) + 1;
	if (end[-1] != '\r')
		return PROXY_MALFORMED;
	return parse_line((struct text){ line, header->length - LINE_START_BYTES - 2 }, header);
}

/* The addresses, complete. What stands behind them (TLVs) is passed over. */
static enum proxy_outcome
parse_addresses(const uint8_t *bytes, struct proxy_header *header)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (families[i].code != bytes[13])
			continue;
		if (header->length - FIXED_BYTES < families[i].bytes)
			return PROXY_MALFORMED;
		header->has_client = families[i].kind != ADDRESS_UNKNOWN;
		header->client = address_of_bytes(families[i].kind, bytes + FIXED_BYTES);
		return PROXY_COMPLETE;
	}
	return PROXY_UNSUPPORTED;
}

static enum proxy_outcome
parse_version_2(const uint8_t *bytes, size_t length, struct proxy_header *header)
{
	unsigned command;

	if (length < FIXED_BYTES)
		return PROXY_INCOMPLETE;
	command = bytes[12] & 0x0fu;
	if ((bytes[12] & 0xf0u) != VERSION_2 || command > COMMAND_PROXY)
		return PROXY_UNSUPPORTED;
	header->length = FIXED_BYTES + ((size_t)bytes[14] << 8 | bytes[15]);
	if (header->length > PROXY_HEADER_MAX)
		return PROXY_TOO_LONG;
	if (length < header->length)
		return PROXY_INCOMPLETE;
	return command == COMMAND_LOCAL ? PROXY_COMPLETE : parse_addresses(bytes, header);
}

enum proxy_outcome
proxy_header_parse(const uint8_t *bytes, size_t length, struct proxy_header *header_out)
{
	*header_out = (struct proxy_header){ .has_client = false };
	if (length == 0)
		return PROXY_INCOMPLETE;
	if (may_begin(bytes, length, line_start, LINE_START_BYTES))
		return parse_version_1(bytes, length, header_out);
	if (may_begin(bytes, length, signature, SIGNATURE_BYTES))
		return parse_version_2(bytes, length, header_out);
	return PROXY_MISSING;
}

const char *
proxy_outcome_name(enum proxy_outcome outcome)
{
	static const char *const names[PROXY_OUTCOMES] = {
		[PROXY_INCOMPLETE] = "incomplete",
		[PROXY_COMPLETE] = "complete",
		[PROXY_UNTRUSTED] = "untrusted",
		[PROXY_MISSING] = "missing",
		[PROXY_MALFORMED] = "malformed",
		[PROXY_TOO_LONG] = "too_long",
		[PROXY_UNSUPPORTED] = "unsupported",
		[PROXY_LATE] = "late",
		[PROXY_ENDED] = "ended",
	};

	return names[outcome];
}
