/*
 * A disk that fails when it is told to: an SQLite VFS around the default one. What goes wrong
 * stands in a control file, one fault a line, read anew whenever it changes:
 *
 *   full [db|wal]          writes find no space
 *   write_error [db|wal]   writes fail
 *   fsync_error [db|wal]   syncing fails
 *   slow_sync MS           syncing takes so long
 *   hang_sync              syncing takes until this line is gone
 *
 * The second word keeps a fault to the database or to its write-ahead log. No file: no faults.
 */
#ifndef HUBBUB_TESTS_FAULTY_VFS_H
#define HUBBUB_TESTS_FAULTY_VFS_H

#include <stdbool.h>

/* Names the control file to a process that is started with this disk. */
#define FAULTY_VFS_VARIABLE "HUBBUB_FAULTS"

/* Makes it SQLite's default for the rest of the process; borrows the path. */
bool faulty_vfs_register(const char *control);

#endif
