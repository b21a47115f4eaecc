/*
 * Tokens for the first hour and for tests. Reads the configuration as a gateway would; what a good
 * token is, is common/token's. A token is never taken from the command line, where others see it.
 */
#include "hub/hubctl_token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/config_reload.h"
#include "common/program_options.h"
#include "common/terminal_text.h"
#include "common/token_files.h"
#include "hub/admin_answer.h"
#include "hub/admin_commands.h"

#define DEFAULT_SECONDS 3600
#define SECONDS_MAX (366 * 86400)
#define SENTENCE_SIZE 512
#define WORD_SIZE 1024

/* The words of one command, borrowed; NULL is not given. */
struct request {
	bool verify;
	const char *user;
	const char *name;
	const char *config;
	const char *key; /* "KID" or "KID:FILE" */
	const char *file;
	const char *span;
	int64_t seconds;
};

/* A run: what it has, and where its words go. */
struct run {
	const struct hubctl_options *options;
	struct request request;
	struct config config;
	struct token_keys keys;
	struct token_rules rules;
	struct buffer *out;
	struct buffer *sentence;
};

static enum exit_code
refuse(struct run *run, enum exit_code status, const char *sentence)
{
	buffer_append_string(run->sentence, sentence);
	return status;
}

bool
hubctl_token_is(const struct hubctl_options *options)
{
	return options->word_count > 0 && text_equal(options->words[0], TEXT("token"));
}

/* "90s", "5m", "12h" or "30d"; a bare number is seconds. */
static bool
read_span(struct text value, int64_t *seconds_out)
{
	static const struct {
		char unit;
		unsigned seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	uint64_t factor = 1;
	uint64_t number;

	for (size_t i = 0; value.length > 0 && i < sizeof(units) / sizeof(units[0]); i++) {
		if (value.data[value.length - 1] == units[i].unit) {
			factor = units[i].seconds;
			value.length--;
			break;
		}
	}
	if (!text_to_u64(value, &number) || number == 0 || number > SECONDS_MAX / factor)
		return false;
	*seconds_out = (int64_t)(number * factor);
	return true;
}

static bool
is_span(struct text value)
{
	int64_t seconds;

	return read_span(value, &seconds);
}

/* The id of a key; a file of the half that signs, where gateways have the other, follows it. */
static struct text
kid_of(struct text key)
{
	const char *colon = key.length > 0 ? memchr(key.data, ':', key.length) : NULL;

	return (struct text){ key.data, colon != NULL ? (size_t)(colon - key.data) : key.length };
}

static bool
is_key(struct text value)
{
	size_t kid = kid_of(value).length;

	return kid > 0 && value.length != kid + 1;
}

#define AT(member) offsetof(struct request, member)

static const struct program_option issue_options[] = {
	PROGRAM_TEXT("--for", "TIME", AT(span), is_span, ""),
	PROGRAM_TEXT("--name", "NAME", AT(name), text_is_utf8, ""),
	PROGRAM_TEXT("--key", "KID", AT(key), is_key, ""),
	PROGRAM_TEXT("--config", "FILE", AT(config), NULL, ""),
	PROGRAM_OPTIONS_END,
};

static const struct program_option verify_options[] = {
	PROGRAM_TEXT("--file", "FILE", AT(file), NULL, ""),
	PROGRAM_TEXT("--config", "FILE", AT(config), NULL, ""),
	PROGRAM_OPTIONS_END,
};

#define APPEND_GRAMMAR(identifier, grammar, help) "\n  " grammar

/* Behind what is wrong. */
static bool
say_what_there_is(struct run *run)
{
	buffer_append_string(run->sentence, "; there is:" ADMIN_LOCAL_COMMANDS(APPEND_GRAMMAR));
	return false;
}

static bool
complain_of(struct run *run, const char *why, const char *word)
{
	buffer_append_string(run->sentence, why);
	terminal_text_quote(run->sentence, text_of(word));
	return say_what_there_is(run);
}

/* What stands behind "token issue" or "token verify". */
static bool
read_arguments(struct run *run, char **words)
{
	struct request *request = &run->request;
	const struct program_option *table = request->verify ? verify_options : issue_options;

	for (int at = 0; words[at] != NULL;) {
		enum program_option_result result =
		    program_option_take(table, request, words, &at, run->sentence);

		if (result == PROGRAM_OPTION_WRONG)
			return say_what_there_is(run);
		if (result == PROGRAM_OPTION_TAKEN)
			continue;
		if (strncmp(words[at], "--", 2) == 0)
			return complain_of(run, "no such option: ", words[at]);
		if (request->verify || request->user != NULL)
			return complain_of(run, "one word too many: ", words[at]);
		request->user = words[at++];
	}
	if (!request->verify && text_is_empty(text_of(request->user)))
		return complain_of(run, "a user is missing: ", "issue");
	request->seconds = DEFAULT_SECONDS;
	return request->span == NULL || read_span(text_of(request->span), &request->seconds);
}

static bool
read_words(struct run *run)
{
	const struct text *words = run->options->words;
	unsigned count = run->options->word_count;
	struct text command = count > 1 ? words[1] : words[0];
	char **arguments;
	bool good;

	run->request.verify = text_equal(command, TEXT("verify"));
	if (!run->request.verify && !text_equal(command, TEXT("issue")))
		return complain_of(run, "no such command: ", command.data);
	arguments = calloc(count, sizeof(*arguments));
	if (arguments == NULL) {
		buffer_append_string(run->sentence, "out of memory");
		return false;
	}
	/* They are words of the command line, and end as such. */
	for (unsigned i = 2; i < count; i++)
		arguments[i - 2] = (char *)words[i].data;
	good = read_arguments(run, arguments);
	free(arguments);
	return good;
}

/* One sentence is all that hubctl says. */
static void
take_mistakes(struct run *run, const struct config_mistakes *mistakes)
{
	buffer_append_string(run->sentence, mistakes->sentences[0]);
	if (mistakes->count > 1)
		buffer_printf(run->sentence,
		    "; hubbub-gateway --check-config tells of %u more mistakes",
		    mistakes->count - 1);
}

static bool
read_config(struct run *run)
{
	char program[] = "hubctl";
	char option[] = "--config";
	char standard[] = HUBCTL_DEFAULT_CONFIG;
	char *file = (char *)run->request.config;
	char *arguments[] = { program, option, file == NULL ? standard : file, NULL };
	struct config_mistakes mistakes = { .count = 0 };

	if (config_read_again(&run->config, NULL, 3, arguments, &mistakes))
		return true;
	take_mistakes(run, &mistakes);
	return false;
}

static bool
read_keys(struct run *run)
{
	const struct config_auth *auth = &run->config.auth;
	struct config_mistakes mistakes = { .count = 0 };

	if (strcmp(auth->mode, "open") == 0) {
		buffer_append_string(
		    run->sentence, "auth.mode is open: there are no tokens (docs/auth.md)");
		return false;
	}
	if (!token_files_read(auth, &run->keys, &mistakes)) {
		take_mistakes(run, &mistakes);
		return false;
	}
	run->rules = (struct token_rules){ text_of(auth->audience), text_of(auth->issuer),
		auth->leeway_seconds };
	return true;
}

/* The key to sign with, in a set of its own. */
static bool
read_signer(struct run *run, struct token_keys *signer, char *error, size_t error_size)
{
	struct text kid = kid_of(text_of(run->request.key));
	const struct token_key *key =
	    run->request.key == NULL ? &run->keys.rows[0] : token_keys_find(&run->keys, kid);

	*signer = (struct token_keys){ .form = run->keys.form };
	if (key == NULL) {
		snprintf(
		    error, error_size, "auth.keys has no key '%.*s'", (int)kid.length, kid.data);
		return false;
	}
	if (run->request.key != NULL && run->request.key[kid.length] == ':')
		return token_files_add(signer, text_of(key->kid), run->request.key + kid.length + 1,
		    true, error, error_size);
	return token_keys_add(signer, text_of(key->kid), (struct text){ key->bytes, key->length },
	    true, error, error_size);
}

static bool
print_row(struct run *run, const struct admin_column *columns, const struct admin_cell *cells,
    unsigned count)
{
	struct admin_answer answer;
	bool made;

	admin_answer_init(&answer);
	made = admin_answer_make(&answer, columns, cells, count);
	if (made)
		admin_print(run->out, run->options->format, &answer);
	admin_answer_free(&answer);
	return made;
}

static void
print_token(struct run *run, struct text token)
{
	static const struct admin_column columns[] = { { "token", ADMIN_TYPE_TEXT } };
	const struct admin_cell cells[] = { admin_cell_text(token) };

	if (run->options->format != ADMIN_FORMAT_TABLE) {
		print_row(run, columns, cells, 1);
		return;
	}
	buffer_append_text(run->out, token);
	buffer_append_byte(run->out, '\n');
}

/* Checks it as a gateway would, so that what is printed lets somebody in. */
static enum exit_code
judge(struct run *run, struct text token, struct token_claims *claims)
{
	enum token_fault fault =
	    token_check(&run->keys, &run->rules, token, clock_now().wall_ms / 1000, claims);

	if (fault == TOKEN_GOOD)
		return EXIT_CODE_DONE;
	buffer_printf(
	    run->sentence, "gateways do not take this token: %s", token_fault_word(fault));
	return EXIT_CODE_REFUSED;
}

static enum exit_code
issue(struct run *run)
{
	const struct token_order order = {
		.user = text_of(run->request.user),
		.name = text_of(run->request.name),
		.audience = run->rules.audience,
		.issuer = run->rules.issuer,
		.expires_s = clock_now().wall_ms / 1000 + run->request.seconds,
	};
	enum exit_code status = EXIT_CODE_REFUSED;
	struct token_claims claims;
	struct token_keys signer;
	char error[SENTENCE_SIZE];
	struct buffer token;

	buffer_init(&token, 0);
	token_claims_init(&claims);
	if (!read_signer(run, &signer, error, sizeof(error)) ||
	    !token_make(&signer.rows[0], &order, &token, error, sizeof(error)))
		refuse(run, status, error);
	else
		status = judge(run, buffer_text(&token), &claims);
	if (status == EXIT_CODE_DONE)
		print_token(run, buffer_text(&token));
	token_claims_free(&claims);
	token_keys_free(&signer);
	buffer_free(&token);
	return status;
}

/* Opened without waiting: a named pipe that nobody writes to is empty. */
static int
open_to_read(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd >= 0)
		(void)fcntl(fd, F_SETFL, 0);
	return fd;
}

/* The first line of a file, or of standard input. */
static bool
read_token(struct run *run, struct buffer *token)
{
	const char *file = run->request.file;
	int fd = file == NULL ? STDIN_FILENO : open_to_read(file);
	char bytes[WORD_SIZE];
	ssize_t got = -1;
	const char *end;

	while (fd >= 0 && token->length <= TOKEN_BYTES_MAX &&
	       (got = read(fd, bytes, sizeof(bytes))) > 0)
		buffer_append(token, bytes, (size_t)got);
	if (fd < 0 || got < 0)
		buffer_printf(run->sentence, "cannot read %s: %s",
		    file == NULL ? "standard input" : file, strerror(errno));
	if (fd >= 0 && file != NULL)
		close(fd);
	end = token->length > 0 ? memchr(token->data, '\n', token->length) : NULL;
	if (end != NULL)
		buffer_truncate(token, (size_t)(end - token->data));
	return got >= 0;
}

static enum exit_code
verify(struct run *run)
{
	static const struct admin_column columns[] = {
		{ "user", ADMIN_TYPE_TEXT },
		{ "name", ADMIN_TYPE_TEXT },
		{ "ends", ADMIN_TYPE_TIME },
	};
	enum exit_code status = EXIT_CODE_REFUSED;
	struct token_claims claims;
	struct buffer token;

	buffer_init(&token, 0);
	token_claims_init(&claims);
	if (read_token(run, &token))
		status = judge(run, text_trimmed(buffer_text(&token)), &claims);
	if (status == EXIT_CODE_DONE)
		print_row(run, columns,
		    (const struct admin_cell[]){ admin_cell_text(buffer_text(&claims.user)),
			admin_cell_text(buffer_text(&claims.name)),
			admin_cell_time(claims.ends_s * 1000) },
		    3);
	token_claims_free(&claims);
	buffer_free(&token);
	return status;
}

enum exit_code
hubctl_token_run(const struct hubctl_options *options, struct buffer *out, struct buffer *sentence)
{
	struct run run = { .options = options, .out = out, .sentence = sentence };
	enum exit_code status = EXIT_CODE_USAGE;

	if (read_words(&run) && read_config(&run)) {
		status = EXIT_CODE_REFUSED;
		if (read_keys(&run))
			status = run.request.verify ? verify(&run) : issue(&run);
	}
	token_keys_free(&run.keys);
	config_free(&run.config);
	return status;
}
