/*
 * The chat for terminals, scripts and monitoring. The exit status is the
 * contract of exit_codes.h.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "client/chat.h"
#include "common/terminal_text.h"

static void
complain(struct text sentence)
{
	struct buffer out;

	buffer_init(&out, 0);
	buffer_append_string(&out, "hubbub-chat: ");
	terminal_text_show(&out, sentence);
	buffer_append_byte(&out, '\n');
	fwrite(out.data, 1, out.length, stderr);
	buffer_free(&out);
}

static enum exit_code
print(struct buffer *out)
{
	fwrite(out->data, 1, out->length, stdout);
	if (fflush(stdout) == 0)
		return EXIT_CODE_DONE;
	complain(TEXT("cannot write to standard output"));
	return EXIT_CODE_REFUSED;
}

static enum exit_code
run(const struct options *options, struct buffer *sentence)
{
	struct buffer out;
	enum exit_code status;

	if (!options->help && !options->version)
		return chat_run(options, sentence);
	buffer_init(&out, 0);
	if (options->help)
		options_usage(&out);
	else
		buffer_append_string(&out, "hubbub-chat " HUBBUB_VERSION "\n");
	status = print(&out);
	buffer_free(&out);
	return status;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct buffer sentence;
	enum exit_code status = EXIT_CODE_USAGE;

	/* Texts are UTF-8 whatever the environment says; the editor has to know. */
	setlocale(LC_CTYPE, "C.UTF-8");
	buffer_init(&sentence, 0);
	if (options_read(&options, argc, argv, &sentence))
		status = run(&options, &sentence);
	if (sentence.length > 0)
		complain(buffer_text(&sentence));
	options_free(&options);
	buffer_free(&sentence);
	return (int)status;
}
