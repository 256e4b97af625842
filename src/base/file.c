/* See file.h. */
#define _XOPEN_SOURCE 700
#include "base/file.h"

#include "base/alloc.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024 };

static int read_all(struct rsl_file *f, int fd, const char *path) {
    uint8_t *data = rsl_malloc(f->size);
    if (!data) return RSL_ENOMEM;
    for (size_t n = 0; n < f->size;) {
        ssize_t got = read(fd, data + n, f->size - n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            const char *why = got < 0 ? strerror(errno) : "it became shorter while being read";
            rsl_free(data);
            return rsl_fail(RSL_EIO, "%s: cannot be read: %s", path, why);
        }
        n += (size_t)got;
    }
    f->data = data;
    return RSL_OK;
}

ptrdiff_t rsl_file_head(const char *path, uint8_t *bytes, size_t room) {
    struct stat st;
    size_t n = 0;
    ssize_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return rsl_fail(RSL_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return rsl_fail(RSL_EIO, "%s: is not a regular file", path);
    }
    while (n < room && got != 0) {
        got = read(fd, bytes + n, room - n);
        if (got < 0 && errno != EINTR) break;
        if (got > 0) n += (size_t)got;
    }
    int rc = got < 0 ? rsl_fail(RSL_EIO, "%s: %s", path, strerror(errno)) : RSL_OK;
    close(fd);
    return rc < 0 ? rc : (ptrdiff_t)n;
}

static int open_regular(struct rsl_file *f, int fd, const char *path) {
    struct stat st;
    if (fstat(fd, &st) < 0) return rsl_fail(RSL_EIO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode)) return rsl_fail(RSL_EIO, "%s: is a folder, a file is needed", path);
    if (!S_ISREG(st.st_mode)) return rsl_fail(RSL_EIO, "%s: is not a regular file", path);
    f->size = (size_t)st.st_size;
    if (f->size >= 64 * 1024) {
        void *p = mmap(NULL, f->size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p != MAP_FAILED) {
            f->data = p;
            f->mapped = true;
            return RSL_OK;
        }
    }
    return read_all(f, fd, path);
}

int rsl_file_open(struct rsl_file *f, const char *path) {
    *f = (struct rsl_file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return rsl_fail(RSL_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    int rc = open_regular(f, fd, path);
    close(fd);
    return rc;
}

void rsl_file_close(struct rsl_file *f) {
    if (f->mapped)
        munmap((void *)f->data, f->size);
    else
        rsl_free((void *)f->data);
    *f = (struct rsl_file){0};
}

int rsl_file_replaceable(const char *path, const char *start, const char *kind) {
    uint8_t head[32];
    struct stat st;
    const size_t n = strlen(start);
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) return RSL_OK;
    ptrdiff_t got = rsl_file_head(path, head, n < sizeof head ? n : sizeof head);
    if (got < 0) return (int)got;
    if ((size_t)got == n && memcmp(head, start, n) == 0) return RSL_OK;
    return rsl_fail(RSL_EARG, "%s is no %s and would be replaced: name another file", path, kind);
}

static int out_of_order(struct rsl_writer *w, const char *what) {
    if (w->status == RSL_OK)
        w->status = rsl_fail(RSL_EIO, "%s: %s: %s", w->path, what, strerror(errno));
    return w->status;
}

/* What the symbolic link `path` names, seen from where `path` is seen from; NULL: it is no link, or
 * there is no memory. */
static char *link_target(const char *path) {
    char target[4096];
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n <= 0) return NULL;
    target[n] = '\0';
    const char *slash = strrchr(path, '/');
    size_t folder = *target != '/' && slash ? (size_t)(slash - path) + 1 : 0;
    char *to = rsl_malloc(folder + (size_t)n + 1);
    if (!to) return NULL;
    memcpy(to, path, folder);
    memcpy(to + folder, target, (size_t)n + 1);
    return to;
}

/* The path behind symbolic links, so that the link stays one, also when what it names is new; the
 * path itself when it is no link. */
static char *resolved(const char *path) {
    enum { HOPS = 40 }; /* as many as Linux follows */
    char *real = realpath(path, NULL), *next;
    char *at = rsl_strdup(real ? real : path);
    for (int i = 0; at && !real && i < HOPS && (next = link_target(at)); i++) {
        rsl_free(at);
        at = next;
    }
    free(real);
    return at;
}

int rsl_file_beside(const char *path, unsigned mode, char **name) {
    static atomic_uint made;
    size_t size = strlen(path) + 8;
    int fd;
    *name = rsl_malloc(size);
    if (!*name) return RSL_ENOMEM;
    do { /* until the name is new; processes begin far from each other */
        unsigned number = (unsigned)getpid() * 2654435761U + atomic_fetch_add(&made, 1);
        snprintf(*name, size, "%s.%06x", path, number & 0xffffff);
        fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    } while (fd < 0 && (errno == EEXIST || errno == EINTR));
    if (fd >= 0) return fd;
    int rc = rsl_fail(RSL_EIO, "%s: cannot be created: %s", path, strerror(errno));
    rsl_free(*name);
    *name = NULL;
    return rc;
}

/* Opens the temporary file beside w->path; `st` is what stands there now, or NULL. What replaces a
 * file is the owner's alone until it has that file's mode. */
static int open_temporary(struct rsl_writer *w, const struct stat *st) {
    if (st && access(w->path, W_OK) < 0) return out_of_order(w, "cannot be written");
    w->fd = rsl_file_beside(w->path, st ? 0600 : 0666, &w->temporary);
    if (w->fd < 0) return w->fd;
    if (st) (void)fchmod(w->fd, st->st_mode & 0777);
    return RSL_OK;
}

/* Whether results of campaigns are kept there: hours of work, which no slip of an option's name may
 * cost. Every SQLite file begins like that. */
static bool is_store(const char *path) {
    static const char start[16] = "SQLite format 3";
    char bytes[sizeof start];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    return n == (ssize_t)sizeof bytes && memcmp(bytes, start, sizeof start) == 0;
}

int rsl_writer_open(struct rsl_writer *w, const char *path) {
    struct stat st;
    int rc = RSL_OK;
    *w = (struct rsl_writer){.fd = -1};
    bool there = stat(path, &st) == 0;
    if (!there && errno == ELOOP)
        return rsl_fail(RSL_EIO, "%s: cannot be written: %s", path, strerror(errno));
    if (!*path || (there && S_ISDIR(st.st_mode)))
        return rsl_fail(RSL_EIO, "%s: cannot be written: %s", path,
                        *path ? "is a folder" : "no name");
    if (there && S_ISREG(st.st_mode) && is_store(path))
        return rsl_fail(RSL_EARG,
                        "%s: is a store of results (SQLite) and would be replaced: choose another "
                        "name, or delete it first",
                        path);
    w->path = resolved(path);
    w->buffer = rsl_malloc(BUFFER);
    if (!w->path || !w->buffer) {
        rc = RSL_ENOMEM;
    } else if (there && !S_ISREG(st.st_mode)) {
        /* A device or a pipe takes the bytes; renaming would put a file in its place. */
        w->fd = open(path, O_WRONLY | O_CLOEXEC);
        if (w->fd < 0) rc = out_of_order(w, "cannot be opened");
    } else {
        rc = open_temporary(w, there ? &st : NULL);
    }
    if (rc < 0) rsl_writer_abort(w);
    return rc;
}

static void flush(struct rsl_writer *w, const uint8_t *data, size_t n) {
    while (n && w->status == RSL_OK) {
        ssize_t put = write(w->fd, data, n);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) {
            out_of_order(w, "cannot be written");
            return;
        }
        data += put;
        n -= (size_t)put;
    }
}

void rsl_writer_add(struct rsl_writer *w, const void *data, size_t n) {
    if (n <= BUFFER - w->n) {
        if (n) memcpy(w->buffer + w->n, data, n);
        w->n += n;
        return;
    }
    flush(w, w->buffer, w->n);
    w->n = 0;
    if (n < BUFFER) {
        memcpy(w->buffer, data, n);
        w->n = n;
    } else {
        flush(w, data, n);
    }
}

void rsl_file_keep_name(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = rsl_strdup(slash ? path : ".");
    if (!folder) return;
    if (slash) folder[slash == path ? 1 : slash - path] = 0;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rsl_free(folder);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

int rsl_writer_commit(struct rsl_writer *w) {
    flush(w, w->buffer, w->n);
    if (w->status == RSL_OK && fsync(w->fd) < 0 && errno != EINVAL && errno != EROFS)
        out_of_order(w, "cannot be written to disk");
    if (close(w->fd) < 0) out_of_order(w, "cannot be closed");
    w->fd = -1;
    if (w->temporary) {
        if (w->status == RSL_OK && rename(w->temporary, w->path) < 0)
            out_of_order(w, "cannot be renamed into place");
        if (w->status == RSL_OK) rsl_file_keep_name(w->path);
        if (w->status == RSL_OK) w->temporary[0] = 0;
    }
    int rc = w->status;
    rsl_writer_abort(w);
    return rc;
}

void rsl_writer_abort(struct rsl_writer *w) {
    if (w->fd >= 0) close(w->fd);
    if (w->temporary && w->temporary[0] && w->path) unlink(w->temporary);
    rsl_free(w->path);
    rsl_free(w->temporary);
    rsl_free(w->buffer);
    *w = (struct rsl_writer){.fd = -1};
}

int rsl_file_writable(const char *path) {
    struct rsl_writer w;
    struct stat st;
    /* Opening a pipe waits for its reader, and closing it again ends the reader's input. */
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return access(path, W_OK) == 0
                   ? RSL_OK
                   : rsl_fail(RSL_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    RSL_TRY(rsl_writer_open(&w, path));
    rsl_writer_abort(&w);
    return RSL_OK;
}

int rsl_file_write(const char *path, const void *data, size_t size) {
    struct rsl_writer w;
    RSL_TRY(rsl_writer_open(&w, path));
    rsl_writer_add(&w, data, size);
    return rsl_writer_commit(&w);
}
