/* Archives into a folder: .tar.gz and .zip.
 *
 * Only plain files and folders are written; links, devices and names that lead out of the folder
 * are refused, and so is an archive of more than RSL_UNPACK_BYTES or RSL_UNPACK_FILES. */
#ifndef RSL_DATA_UNPACK_H
#define RSL_DATA_UNPACK_H

#include <stdint.h>

#define RSL_UNPACK_BYTES ((int64_t)4 << 30)
enum { RSL_UNPACK_FILES = 200000 };

/* `folder` exists. What was written before a failure stays there for the caller to remove. */
int rsl_unpack_tar_gz(const char *archive, const char *folder);
int rsl_unpack_zip(const char *archive, const char *folder);

/* Makes the folder and those above it. */
int rsl_make_folders(const char *path);
/* Removes a file, or a folder with all that is in it; links are not followed. It is no failure when
 * there is nothing. */
int rsl_remove_tree(const char *path);

#endif
