/* Files: whole ones in, whole ones out.
 *
 * Reading maps the file (or reads it, when it cannot be mapped); writing goes to a temporary name
 * in the same folder and becomes visible by rename after fsync, so that a reader never meets a
 * half-written file and a full disk leaves the old one in place. Symbolic links stay, the mode of a
 * file that is replaced is kept; devices and pipes are written straight. SQLite files are never
 * replaced. */
#ifndef RSL_BASE_FILE_H
#define RSL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rsl_file {
    const uint8_t *data; /* never NULL after success, also for an empty file */
    size_t size;
    bool mapped;
};

/* Refuses folders, devices and unreadable files with the path in the message. */
int rsl_file_open(struct rsl_file *f, const char *path);
void rsl_file_close(struct rsl_file *f);

/* The first bytes of a regular file, at most `room`; returns how many, or a failure. */
ptrdiff_t rsl_file_head(const char *path, uint8_t *bytes, size_t room);

/* Refuses to replace a file that does not begin with `start` and so is none of that kind
 * ("report"): what a slip of a name would cost. Nothing, an empty file, a device or a pipe may
 * stand there. */
int rsl_file_replaceable(const char *path, const char *start, const char *kind);

/* Creates an empty file in the folder of `path` under a name of its own, *name, which the caller
 * frees. `mode` less the process's mask, as open has it. Returns the descriptor, for writing, or an
 * error and NULL. */
int rsl_file_beside(const char *path, unsigned mode, char **name);

/* One file being written. */
struct rsl_writer {
    int fd;
    char *path, *temporary; /* temporary is NULL for a device or pipe */
    uint8_t *buffer;
    size_t n;
    int status; /* first failure; later writes do nothing */
};

int rsl_writer_open(struct rsl_writer *w, const char *path);
void rsl_writer_add(struct rsl_writer *w, const void *data, size_t n);
/* Makes the file appear under its name, or reports the first failure and removes the temporary. */
int rsl_writer_commit(struct rsl_writer *w);
/* Gives up: removes the temporary. Does nothing after a commit. */
void rsl_writer_abort(struct rsl_writer *w);

/* Makes the name of a file that was just renamed outlast a loss of power, as far as the file system
 * can: the file is whole in any case. */
void rsl_file_keep_name(const char *path);

/* Fails as rsl_writer_open would, and leaves everything as it is. */
int rsl_file_writable(const char *path);

/* open + add + commit. */
int rsl_file_write(const char *path, const void *data, size_t size);

#endif
