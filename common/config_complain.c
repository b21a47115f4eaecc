/* Writes sentences for whoever made a mistake in a configuration. Knows no setting. */
#include "common/config_complain.h"

#include <stdarg.h>
#include <stdio.h>

bool
config_complain(char *error, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, size, format, arguments);
	va_end(arguments);
	return false;
}
