/*
 * The main of a fuzzer that is built without libFuzzer: runs it over every file of the folders
 * named on the command line. Each input is a heap copy of its exact size, so that a sanitizer or
 * valgrind sees a byte read too far.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static int
replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat about;
	uint8_t *bytes;
	size_t length;

	if (file == NULL || fstat(fileno(file), &about) != 0) {
		perror(path);
		if (file != NULL)
			(void)fclose(file);
		return -1;
	}
	bytes = malloc(about.st_size > 0 ? (size_t)about.st_size : 1);
	length = bytes != NULL ? fread(bytes, 1, (size_t)about.st_size, file) : 0;
	(void)fclose(file);
	if (bytes == NULL || length != (size_t)about.st_size) {
		(void)fprintf(stderr, "%s: cannot be read\n", path);
		free(bytes);
		return -1;
	}
	(void)LLVMFuzzerTestOneInput(bytes, length);
	free(bytes);
	return 0;
}

/* The number of files replayed, or -1. */
static int
replay_folder(const char *folder)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;
	char path[4096];
	int count = 0;

	if (entries == NULL) {
		perror(folder);
		return -1;
	}
	while (count >= 0 && (entry = readdir(entries)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		count = replay_file(path) == 0 ? count + 1 : -1;
	}
	(void)closedir(entries);
	return count;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int count = replay_folder(argv[i]);

		if (count <= 0) {
			(void)fprintf(stderr, "%s: no seeds were replayed\n", argv[i]);
			return 1;
		}
		printf("%d seeds replayed\n", count);
	}
	return 0;
}
