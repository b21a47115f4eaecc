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
#include "common/terminal_text.h"
#include "common/token_files.h"
#include "hub/admin_answer.h"

#define DEFAULT_SECONDS 3600
#define SECONDS_MAX (366 * 86400)
#define SENTENCE_SIZE 512
#define WORD_SIZE 1024

/* The words of one command; NULL is not given. */
struct request {
	bool verify;
	struct text user;
	struct text name;
	char *config;
	char *key;
	char *sign;
	char *file;
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
keep(char **place, struct text value)
{
	free(*place);
	*place = text_duplicate(value);
	return *place != NULL && value.length > 0 && strlen(*place) == value.length;
}

/* "KID", or "KID:FILE" where gateways have another half than the one that signs. */
static bool
keep_key(struct request *request, struct text value)
{
	const char *colon = memchr(value.data, ':', value.length);
	struct text kid = value;

	if (colon == NULL)
		return keep(&request->key, value);
	kid.length = (size_t)(colon - value.data);
	value.data += kid.length + 1;
	value.length -= kid.length + 1;
	return keep(&request->key, kid) && keep(&request->sign, value);
}

static bool
take_option(struct request *request, struct text option, struct text value)
{
	if (text_equal(option, TEXT("--config")))
		return keep(&request->config, value);
	if (request->verify)
		return text_equal(option, TEXT("--file")) && keep(&request->file, value);
	if (text_equal(option, TEXT("--key")))
		return keep_key(request, value);
	if (text_equal(option, TEXT("--name"))) {
		request->name = value;
		return true;
	}
	return text_equal(option, TEXT("--for")) && read_span(value, &request->seconds);
}

/* Cuts "--option=value" in two; false if the word has no value of its own. */
static bool
cut_value(struct text *word, struct text *value_out)
{
	const char *equals = memchr(word->data, '=', word->length);

	if (equals == NULL)
		return false;
	*value_out = (struct text){ equals + 1, word->length - (size_t)(equals + 1 - word->data) };
	word->length = (size_t)(equals - word->data);
	return true;
}

static bool
complain_of(struct run *run, const char *why, struct text word)
{
	buffer_append_string(run->sentence, why);
	terminal_text_quote(run->sentence, word);
	buffer_append_string(run->sentence,
	    "; there is:\n  token issue <USER> [--for TIME] [--name NAME] [--key KID] "
	    "[--config FILE]\n  token verify [--file FILE] [--config FILE]");
	return false;
}

static bool
read_words(struct run *run)
{
	const struct text *words = run->options->words;
	unsigned count = run->options->word_count;
	struct request *request = &run->request;

	request->seconds = DEFAULT_SECONDS;
	request->verify = count > 1 && text_equal(words[1], TEXT("verify"));
	if (!request->verify && (count < 2 || !text_equal(words[1], TEXT("issue"))))
		return complain_of(run, "no such command: ", count < 2 ? words[0] : words[1]);
	for (unsigned i = 2; i < count; i++) {
		struct text word = words[i];
		struct text value = TEXT("");

		if (word.length > 2 && memcmp(word.data, "--", 2) == 0) {
			if (!cut_value(&word, &value) && i + 1 < count)
				value = words[++i];
			if (!take_option(request, word, value))
				return complain_of(run, "not taken: ", words[i]);
		} else if (request->verify || !text_is_empty(request->user)) {
			return complain_of(run, "one word too many: ", word);
		} else {
			request->user = word;
		}
	}
	if (!request->verify && text_is_empty(request->user))
		return complain_of(run, "a user is missing: ", words[1]);
	return true;
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
	char *file = run->request.config == NULL ? standard : run->request.config;
	char *arguments[] = { program, option, file, NULL };
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
	const struct token_key *key = run->request.key == NULL
					  ? &run->keys.rows[0]
					  : token_keys_find(&run->keys, text_of(run->request.key));

	*signer = (struct token_keys){ .form = run->keys.form };
	if (key == NULL) {
		snprintf(error, error_size, "auth.keys has no key '%s'", run->request.key);
		return false;
	}
	if (run->request.sign != NULL)
		return token_files_add(
		    signer, text_of(key->kid), run->request.sign, true, error, error_size);
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
		.user = run->request.user,
		.name = run->request.name,
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

/* The first line of a file, or of standard input. */
static bool
read_token(struct run *run, struct buffer *token)
{
	const char *file = run->request.file;
	int fd = file == NULL ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
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
	free(run.request.config);
	free(run.request.key);
	free(run.request.sign);
	free(run.request.file);
	return status;
}
