/* See epoch_log.h. */
#define _GNU_SOURCE
#include "train/epoch_log.h"

#include "base/json.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *path, const char *what) {
    return rsl_fail(RSL_EIO, "%s: cannot %s the log: %s", path, what, strerror(errno));
}

/* Whether the file is empty or begins as a log does. */
static bool is_log(int fd, const char *start) {
    char have[16] = "";
    size_t n = strlen(start);
    ssize_t got = pread(fd, have, n, 0);
    return got == 0 || (got > 0 && memcmp(have, start, (size_t)got) == 0);
}

/* A device or a pipe may be written to without being read. */
static int open_log(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EACCES) return fd;
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) errno = EACCES; /* the folder takes no new file */
    return fd;
}

int rsl_epoch_log_start(const char *path, int64_t bytes, const char *lost) {
    struct stat s;
    int fd = open_log(path);
    if (fd < 0) return failed(path, "open");
    int rc = fstat(fd, &s) < 0 ? failed(path, "read") : RSL_OK;
    bool file = rc == RSL_OK && S_ISREG(s.st_mode);
    if (file && !is_log(fd, "{\"epoch\":"))
        rc = rsl_fail(RSL_EARG, "%s is no log of a training: name another file", path);
    else if (file && s.st_size > 0 && lost)
        rc = rsl_fail(RSL_EARG,
                      "%s has epochs of a training, but there is no checkpoint %s to go on from:"
                      " name another log, or begin anew without --resume",
                      path, lost);
    else if (file && s.st_size > bytes && ftruncate(fd, bytes) < 0)
        rc = failed(path, "cut");
    close(fd);
    return rc;
}

static void write_line(struct rsl_json *j, const struct rsl_epoch_line *l) {
    rsl_json_object(j);
    rsl_json_key(j, "epoch"), rsl_json_int(j, l->epoch);
    rsl_json_key(j, "step"), rsl_json_int(j, l->step);
    rsl_json_key(j, "rate"), rsl_json_double(j, l->rate);
    rsl_json_key(j, "loss"), rsl_json_double(j, l->loss);
    rsl_json_key(j, "accuracy"), rsl_json_double(j, l->accuracy);
    rsl_json_key(j, "test_loss"), rsl_json_double(j, l->test_loss);
    rsl_json_key(j, "test_top1"), rsl_json_double(j, l->test_top1);
    rsl_json_key(j, "seconds"), rsl_json_double(j, l->seconds);
    rsl_json_key(j, "images_per_second"), rsl_json_double(j, l->images_per_second);
    rsl_json_end(j);
}

static int append(const char *path, const char *text, size_t n, int64_t *bytes) {
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0) return failed(path, "open");
    int rc = RSL_OK;
    while (n > 0 && rc == RSL_OK) {
        ssize_t done = write(fd, text, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) {
            rc = failed(path, "write");
        } else {
            text += done;
            n -= (size_t)done;
        }
    }
    /* A pipe or a device has nothing to keep. */
    if (rc == RSL_OK && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
        rc = failed(path, "write to disk");
    struct stat s;
    *bytes = rc == RSL_OK && fstat(fd, &s) == 0 ? (int64_t)s.st_size : 0;
    close(fd);
    return rc;
}

int rsl_epoch_log_add(const char *path, const struct rsl_epoch_line *line, int64_t *bytes) {
    struct rsl_json j = {0};
    write_line(&j, line);
    rsl_text_puts(&j.text, "\n");
    int rc = rsl_json_status(&j);
    if (rc == RSL_OK) rc = append(path, j.text.at, j.text.n, bytes);
    rsl_text_free(&j.text);
    return rc;
}
