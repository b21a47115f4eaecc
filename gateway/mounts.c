/*
 * Mount tables: built once from the configuration, asked once per upgrade.
 * Paths come decoded and normalised from the HTTP library; nothing here knows it.
 */
#include "gateway/mounts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/names.h"
#include "gateway/mount_pattern.h"

struct profile {
	const char *name;
	const char *mounts;
	bool page;
};

static const struct profile profiles[] = {
	{ "chat", "/ws native, /ws room, /ws/{user} direct, /ws/{client_id:int} pair", true },
	{ "demo", "/ws echo, /ws/{client_id} lobby, /items/{item_id}/ws items", false },
};

/* Where a dialect's clients are without options of their mount. */
struct home {
	const char *dialect; /* NULL: any other that reaches the hub  */
	const char *room;    /* empty: it has no use for one          */
	const char *realm;
};

static const struct home homes[] = {
	{ "lobby", "demo", "open" },
	{ "direct", "", "direct" },
	/* Nobody else's room: its roster tells who leaves. */
	{ "pair", "pair", "pair" },
	{ NULL, "lobby", "open" },
};

/* Whose mounts are read, and where the sentence about a mistake goes. */
struct reading {
	const struct config_listener *listener;
	const struct dialect *const *known;
	char *error;
	size_t error_size;
};

static bool fail(const struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool
fail(const struct reading *reading, const char *format, ...)
{
	int used =
	    snprintf(reading->error, reading->error_size, "listener.%s.", reading->listener->name);
	va_list arguments;

	if (used < 0 || (size_t)used >= reading->error_size)
		return false;
	va_start(arguments, format);
	vsnprintf(reading->error + used, reading->error_size - (size_t)used, format, arguments);
	va_end(arguments);
	return false;
}

static const struct profile *
profile_find(const char *name)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	}
	return NULL;
}

static const struct dialect *
find_dialect(const struct dialect *const *known, struct text name)
{
	for (; *known != NULL; known++) {
		if (text_equal(text_of((*known)->name), name))
			return *known;
	}
	return NULL;
}

static const struct home *
home_of(const struct dialect *dialect)
{
	const struct home *home = homes;

	while (home->dialect != NULL && strcmp(home->dialect, dialect->name) != 0)
		home++;
	return home;
}

/* Cuts off what stands before the next `separator`, without blanks around it. */
static struct text
cut(struct text *rest, char separator)
{
	const char *end = rest->length == 0 ? NULL : memchr(rest->data, separator, rest->length);
	struct text item = { rest->data, end == NULL ? rest->length : (size_t)(end - rest->data) };
	size_t used = item.length + (end != NULL);

	rest->data += used;
	rest->length -= used;
	return text_trimmed(item);
}

static struct text
cut_word(struct text *rest)
{
	*rest = text_trimmed(*rest);
	return cut(rest, ' ');
}

/* True if no request could tell the two rows apart. */
static bool
rows_conflict(const struct mount *a, const struct mount *b)
{
	const char *in_a = a->dialect->subprotocol == NULL ? "" : a->dialect->subprotocol;
	const char *in_b = b->dialect->subprotocol == NULL ? "" : b->dialect->subprotocol;

	return strcmp(in_a, in_b) == 0 && a->dialect->takes_token == b->dialect->takes_token &&
	       mount_pattern_same(text_of(a->pattern), text_of(b->pattern));
}

/* One "room=NAME" or "realm=NAME" of a row. */
static bool
take_option(const struct reading *reading, struct mount *mount, struct text option)
{
	struct text value = option;
	struct text key = cut(&value, '=');
	bool is_room = text_equal(key, TEXT("room"));

	if (!is_room && !text_equal(key, TEXT("realm")))
		return fail(reading,
		    "mounts: '%.*s' (after '%s') is no option of a mount; there are room=NAME and "
		    "realm=NAME",
		    (int)option.length, option.data, mount->pattern);
	if (!mount->dialect->reaches_hub || (is_room && mount->room[0] == '\0'))
		return fail(reading, "mounts: '%s' speaks %s, which has no use for '%.*s'",
		    mount->pattern, mount->dialect->name, (int)option.length, option.data);
	if (value.length > MOUNT_NAME_MAX || !names_is_room(value))
		return fail(reading,
		    "mounts: '%.*s' (of '%s') is no name: 1 to %d of a-z, 0-9, '.', '_' and '-', "
		    "beginning with a letter or digit",
		    (int)value.length, value.data, mount->pattern, MOUNT_NAME_MAX);
	snprintf(is_room ? mount->room : mount->realm, MOUNT_NAME_MAX + 1, "%.*s",
	    (int)value.length, value.data);
	return true;
}

/* What follows a row's pattern. */
static bool
take_dialect(const struct reading *reading, struct mount *mount, struct text rest)
{
	struct text name = cut_word(&rest);
	const struct home *home;

	mount->dialect = find_dialect(reading->known, name);
	if (mount->dialect == NULL)
		return fail(reading, "mounts: no dialect is called '%.*s' (after '%s')",
		    (int)name.length, name.data, mount->pattern);
	mount->authentication = mount->dialect->authentication;
	if (mount->dialect->reaches_hub) {
		home = home_of(mount->dialect);
		snprintf(mount->room, sizeof(mount->room), "%s", home->room);
		snprintf(mount->realm, sizeof(mount->realm), "%s", home->realm);
	}
	while (rest.length > 0) {
		if (!take_option(reading, mount, cut_word(&rest)))
			return false;
	}
	return true;
}

static bool
add_row(const struct reading *reading, struct text row, struct mount_table *table)
{
	struct text pattern = cut_word(&row);
	struct mount *mount = &table->rows[table->count];

	if (table->count == MOUNTS_MAX)
		return fail(reading, "mounts: more than %d mounts", MOUNTS_MAX);
	if (pattern.length >= MOUNT_PATTERN_MAX || !mount_pattern_is_good(pattern))
		return fail(reading,
		    "mounts: '%.*s' is not a path of at most %d bytes like /ws, "
		    "/items/{item_id}/ws or /pair/{id:int}",
		    (int)pattern.length, pattern.data, MOUNT_PATTERN_MAX - 1);
	memcpy(mount->pattern, pattern.data, pattern.length);
	if (!take_dialect(reading, mount, row))
		return false;
	for (size_t i = 0; i < table->count; i++) {
		if (rows_conflict(&table->rows[i], mount))
			return fail(reading,
			    "mounts: '%s %s' takes the same requests as '%s %s'; remove one of "
			    "them",
			    mount->pattern, mount->dialect->name, table->rows[i].pattern,
			    table->rows[i].dialect->name);
	}
	table->count++;
	return true;
}

bool
mounts_build(const struct config_listener *listener, const struct dialect *const *known,
    struct mount_table *table_out, char *error, size_t error_size)
{
	const struct reading reading = { listener, known, error, error_size };
	const struct profile *profile = profile_find(listener->profile);
	struct text rest;

	memset(table_out, 0, sizeof(*table_out));
	if (profile == NULL)
		return fail(&reading, "profile: no profile is called '%s'; use chat or demo",
		    listener->profile);
	table_out->page = profile->page;
	rest = text_of(listener->mounts[0] != '\0' ? listener->mounts : profile->mounts);
	while (rest.length > 0) {
		if (!add_row(&reading, cut(&rest, ','), table_out))
			return false;
	}
	return true;
}

void
mounts_demand_proof(struct mount_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].dialect->reaches_hub)
			table->rows[i].authentication = AUTHENTICATION_PROOF;
	}
}

bool
mounts_need_proof(const struct config *config, const struct config_listener *listener)
{
	return strcmp(config->auth.mode, "open") != 0 && strcmp(listener->auth, "open") != 0;
}

static const char *
authentication_name(enum authentication authentication)
{
	static const char *const names[] = {
		[AUTHENTICATION_NONE] = "takes anybody",
		[AUTHENTICATION_PATH] = "believes the path",
		[AUTHENTICATION_TOKEN] = "demands a token",
		[AUTHENTICATION_PROOF] = "verifies tokens",
	};

	return names[authentication];
}

static bool
check_realms(const struct reading *reading, const struct mount *a, const struct mount *b)
{
	if (strcmp(a->realm, b->realm) != 0 || a->authentication == b->authentication)
		return true;
	return fail(reading,
	    "mounts: realm '%s' is shared by '%s %s', which %s, and '%s %s', which %s; give one of "
	    "them another realm with realm=NAME",
	    a->realm, a->pattern, a->dialect->name, authentication_name(a->authentication),
	    b->pattern, b->dialect->name, authentication_name(b->authentication));
}

/* In a room users go by their ids alone; those that they bring themselves must be of one realm. */
static bool
check_rooms(const struct reading *reading, const struct mount *a, const struct mount *b)
{
	if (a->room[0] == '\0' || strcmp(a->room, b->room) != 0 || strcmp(a->realm, b->realm) == 0)
		return true;
	if (a->authentication == AUTHENTICATION_NONE && b->authentication == AUTHENTICATION_NONE)
		return true;
	return fail(reading,
	    "mounts: room '%s' is entered from realm '%s' by '%s %s' and from realm '%s' by '%s "
	    "%s'; give one of them another room with room=NAME",
	    a->room, a->realm, a->pattern, a->dialect->name, b->realm, b->pattern,
	    b->dialect->name);
}

/* Holds a row against those of a table that may be another listener's. */
static bool
check_row(const struct reading *reading, const struct mount *row, const struct mount_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct mount *other = &table->rows[i];

		if (!row->dialect->reaches_hub || !other->dialect->reaches_hub)
			continue;
		if (!check_realms(reading, row, other) || !check_rooms(reading, row, other))
			return false;
	}
	return true;
}

/* Those of a listener against each other's and against those of all before it. */
static bool
check_tables(const struct reading *reading, const struct mount_table *tables, unsigned i)
{
	for (size_t row = 0; row < tables[i].count; row++) {
		for (unsigned j = 0; j <= i; j++) {
			if (!check_row(reading, &tables[i].rows[row], &tables[j]))
				return false;
		}
	}
	return true;
}

static bool
is_doubted(const struct config_listener *listener, const struct config_mistakes *mistakes)
{
	return config_is_doubted(mistakes, "listener.%s.profile", listener->name) ||
	       config_is_doubted(mistakes, "listener.%s.mounts", listener->name);
}

/* Where it cannot be told what is demanded, tables are not held against each other. */
static bool
proof_is_doubted(const struct config_listener *listener, const struct config_mistakes *mistakes)
{
	return config_is_doubted(mistakes, "listener.%s.auth", listener->name) ||
	       config_is_doubted(mistakes, "auth.mode");
}

void
mounts_check(const struct config *config, const struct dialect *const *known,
    struct config_mistakes *mistakes)
{
	struct mount_table tables[CONFIG_LISTENERS_MAX];
	char error[CONFIG_MISTAKE_SIZE];

	for (unsigned i = 0; i < config->listener_count; i++) {
		const struct config_listener *listener = &config->listeners[i];
		const struct reading reading = { listener, known, error, sizeof(error) };
		struct mount_table *table = &tables[i];

		table->count = 0;
		if (is_doubted(listener, mistakes))
			continue;
		if (!mounts_build(listener, known, table, error, sizeof(error))) {
			config_mistake(mistakes, "%s", error);
			table->count = 0;
		}
		if (proof_is_doubted(listener, mistakes))
			table->count = 0;
		if (mounts_need_proof(config, listener))
			mounts_demand_proof(table);
		/* One that is wrong by itself is wrong beside all others, too. */
		if (!check_tables(&reading, tables, i)) {
			config_mistake(mistakes, "%s", error);
			table->count = 0;
		}
	}
}

/* What of a request selects among the rows that fit its path. */
struct selector {
	bool subprotocol; /* rows with the offered one, else those without any */
	bool token;       /* rows that take one, else the others               */
};

static bool
row_is_selected(
    const struct mount *row, const struct client_request *request, struct selector selector)
{
	if (row->dialect->takes_token != selector.token)
		return false;
	if (selector.subprotocol)
		return request_offers(request, row->dialect->subprotocol);
	return row->dialect->subprotocol == NULL;
}

/* The closest of the selected rows, NULL for none. */
static const struct mount *
find_row(const struct mount_table *table, struct text path, const struct client_request *request,
    struct selector selector, struct text *segment_out)
{
	const struct mount *best = NULL;
	struct mount_fit best_fit = { .literals = 0 };
	struct mount_fit fit;

	for (size_t i = 0; i < table->count; i++) {
		const struct mount *row = &table->rows[i];

		if (!row_is_selected(row, request, selector) ||
		    !mount_pattern_fits(text_of(row->pattern), path, &fit))
			continue;
		if (best != NULL && !mount_fit_is_closer(&fit, &best_fit))
			continue;
		best = row;
		best_fit = fit;
		*segment_out = fit.segment;
	}
	return best;
}

/* True if some row would take the path under another subprotocol. */
static bool
path_is_known(const struct mount_table *table, struct text path)
{
	struct mount_fit fit;

	for (size_t i = 0; i < table->count; i++) {
		if (mount_pattern_fits(text_of(table->rows[i].pattern), path, &fit))
			return true;
	}
	return false;
}

unsigned
mounts_resolve(const struct mount_table *table, struct text path, struct client_request *request)
{
	struct text token = TEXT("");
	bool has_token = request_arg(request, "token", &token) && token.length > 0;
	const struct selector order[] = {
		{ true, has_token },
		{ true, !has_token },
		{ false, has_token },
		{ false, !has_token },
	};

	request->mount = NULL;
	request->segment = TEXT("");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && request->mount == NULL; i++)
		request->mount = find_row(table, path, request, order[i], &request->segment);
	if (request->mount == NULL)
		return path_is_known(table, path) ? 400 : 404;
	if (!text_is_utf8(request->segment))
		return 400;
	request->dialect = request->mount->dialect;
	request->verified = request->mount->authentication == AUTHENTICATION_PROOF;
	return request->dialect->admit == NULL ? 0 : request->dialect->admit(request);
}
