/*
 * The one table of settings, from which reading, checking, printing and the
 * documentation follow. For the config_*.c files only.
 */
#ifndef HUBBUB_COMMON_CONFIG_SCHEMA_H
#define HUBBUB_COMMON_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config.h"

enum config_type {
	CONFIG_TYPE_TEXT,   /* any text of at most `max` bytes, may be empty        */
	CONFIG_TYPE_WORD,   /* letters, digits, '_', '-'; 1 to `max` bytes          */
	CONFIG_TYPE_SOCKET, /* absolute path that fits into a Unix socket's address */
	CONFIG_TYPE_NUMBER, /* `min` to `max`                                       */
	CONFIG_TYPE_MODE,   /* octal permission bits                                */
	CONFIG_TYPE_BOOL,
	CONFIG_TYPE_CHOICE,    /* one of the words of `choices`                        */
	CONFIG_TYPE_LISTEN,    /* numeric HOST:PORT                                    */
	CONFIG_TYPE_STATUS,    /* unix:/path, loopback HOST:PORT or empty              */
	CONFIG_TYPE_PATH,      /* absolute, of at most `max` bytes, or empty           */
	CONFIG_TYPE_ROOMS,     /* names of rooms, or their beginnings and a '*'        */
	CONFIG_TYPE_WHO,       /* "everyone", "operators" or ids of users              */
	CONFIG_TYPE_ADDRESSES, /* as address_set_parse takes them, of `max` bytes */
	/* Name of a file that secret_file_read reads: absolute, a name alone, or empty. */
	CONFIG_TYPE_SECRET_FILE,
};

/* What a program does about a setting that has changed when it is told to read them again. */
enum config_applied {
	CONFIG_UNREAD,     /* nothing: it is another program's                     */
	CONFIG_AT_RELOAD,  /* it is in force at once, for those already connected, too */
	CONFIG_AT_RESTART, /* it says that a restart is needed                     */
};

struct config_key {
	const char *section; /* "listener" stands for every [listener NAME], ...  */
	const char *name;
	size_t offset; /* in struct config, or in the item of a named section     */
	enum config_type type;
	enum config_applied applied[CONFIG_ROLES];
	unsigned min;
	unsigned max;
	const char *unit; /* "" for none                                          */
	const char *fallback;
	const char *choices; /* blank-separated; NULL but for CONFIG_TYPE_CHOICE  */
	const char *help;    /* one line: what it does                            */
};

/*
 * A section, or all of [NAME ...] that stand in an array of struct config: an item of it is a
 * struct whose first member is the name as a string of its own.
 */
struct config_section {
	const char *name;
	const char *help;
	const char *example; /* a name for an item; NULL: there is one section without a name */
	unsigned max;        /* items */
	size_t items;        /* offset of their array in struct config */
	size_t item_size;
	size_t count; /* offset of their number in struct config */
	/* What a reload does about items that are new, are gone or have changed places. */
	enum config_applied applied[CONFIG_ROLES];
};

/* Both end with an entry whose name is NULL; keys of one section stand together. */
extern const struct config_key config_keys[];
extern const struct config_section config_sections[];

/* How many keys there are, and the place of one of them. */
size_t config_keys_count(void);
size_t config_key_index(const struct config_key *key);

/* NULL if there is none. */
const struct config_key *config_key_find(const char *section, const char *name);
const struct config_section *config_section_find(const char *section);

/* The key or section that was probably meant, or NULL. */
const struct config_key *config_key_nearest(const char *section, const char *name);
const char *config_section_nearest(const char *section);

/* Where the key's value lives: `item` is only looked at for keys of sections with names. */
void *config_key_value(const struct config_key *key, struct config *config, void *item);

#endif
