/*
 * Gives a whole daemon the disk that fails when it is told to: linked into it, this runs before
 * its main.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/faults/faulty_vfs.h"

__attribute__((constructor)) static void
take_the_disk_away(void)
{
	const char *control = getenv(FAULTY_VFS_VARIABLE);

	if (control != NULL && !faulty_vfs_register(control)) {
		fputs("the failing disk cannot be registered\n", stderr);
		abort();
	}
}
