/* See download.h. The transfer is libcurl's; what it brought is believed only after its size and
 * checksum were compared. A continued file that fails the comparison is fetched once more from its
 * beginning: its first half may have been somebody else's. */
#define _POSIX_C_SOURCE 200809L
#include "data/download.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/status.h"
#include "base/text.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct transfer {
    const struct rsl_download *d;
    const char *part;
    FILE *file;
    int64_t start; /* bytes that were there before */
    int64_t now;   /* ... and are there now */
    bool interrupted, too_long;
};

/* Size of a regular file, or -1. */
static int64_t size_of(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : -1;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Is the file what it should be? Says why not. */
static int verify(const struct rsl_download *d, const char *path) {
    struct rsl_file f;
    RSL_TRY(rsl_file_open(&f, path));
    int rc = RSL_OK;
    if (d->size && (uint64_t)d->size != f.size)
        rc = rsl_fail(RSL_EMISMATCH, "%s: has %zu bytes, not the %lld it should have", d->url,
                      f.size, (long long)d->size);
    if (rc == RSL_OK && d->sha256) {
        struct rsl_sha256 s;
        char hex[65];
        rsl_sha256_init(&s);
        rsl_sha256_add(&s, f.data, f.size);
        rsl_sha256_hex(&s, hex);
        if (strcmp(hex, d->sha256) != 0)
            rc = rsl_fail(RSL_EMISMATCH, "%s: has SHA-256 %s, not %s: corrupted or replaced",
                          d->url, hex, d->sha256);
    }
    rsl_file_close(&f);
    return rc;
}

static size_t on_bytes(char *bytes, size_t one, size_t n, void *context) {
    struct transfer *t = context;
    (void)one;
    if (t->d->size && t->now + (int64_t)n > t->d->size) {
        t->too_long = true;
        return 0;
    }
    size_t put = fwrite(bytes, 1, n, t->file);
    t->now += (int64_t)put;
    return put;
}

static int on_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up) {
    struct transfer *t = context;
    (void)up_total;
    (void)up;
    if (!t->d->progress) return 0;
    int64_t whole = t->d->size ? t->d->size : total ? t->start + (int64_t)total : 0;
    int stop = t->d->progress(t->d->context, base_name(t->d->path), t->start + (int64_t)now, whole);
    t->interrupted = stop != 0;
    return stop;
}

static void set_options(CURL *curl, struct transfer *t, char errors[CURL_ERROR_SIZE]) {
    curl_easy_setopt(curl, CURLOPT_URL, t->d->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "resile");
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, errors);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
    if (t->start) curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->start);
}

/* The sentence for a transfer that failed. */
static int explain(const struct transfer *t, CURLcode code, long http, const char *errors) {
    if (t->interrupted)
        return rsl_fail(RSL_EINTERRUPTED, "%s: stopped after %lld bytes; the next call continues",
                        t->d->url, (long long)t->now);
    if (t->too_long)
        return rsl_fail(RSL_EMISMATCH, "%s: is longer than the %lld bytes it should have",
                        t->d->url, (long long)t->d->size);
    if (http >= 400) return rsl_fail(RSL_EIO, "%s: the server answers %ld", t->d->url, http);
    return rsl_fail(RSL_EIO, "%s: %s", t->d->url, errors[0] ? errors : curl_easy_strerror(code));
}

/* What can be tried again: transfers that broke off, and servers with a bad moment. */
static bool is_passing(CURLcode code, long http) {
    if (code == CURLE_HTTP_RETURNED_ERROR) return http >= 500 || http == 429 || http == 408;
    return code == CURLE_PARTIAL_FILE || code == CURLE_COULDNT_CONNECT ||
           code == CURLE_OPERATION_TIMEDOUT || code == CURLE_RECV_ERROR ||
           code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING;
}

/* One transfer into PATH.part. *again: worth another attempt. */
static int transfer(struct transfer *t, bool *again) {
    char errors[CURL_ERROR_SIZE] = "";
    *again = false;
    int64_t there = size_of(t->part);
    t->start = t->now = there > 0 ? there : 0;
    if (t->d->size && t->start == t->d->size) return RSL_OK;
    t->file = fopen(t->part, "ab");
    if (!t->file) return rsl_fail(RSL_EIO, "%s: cannot be written: %s", t->part, strerror(errno));
    CURL *curl = curl_easy_init();
    if (!curl) {
        fclose(t->file);
        return rsl_fail(RSL_ENOMEM, "out of memory");
    }
    set_options(curl, t, errors);
    CURLcode code = curl_easy_perform(curl);
    long http = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
    curl_easy_cleanup(curl);
    int full = fflush(t->file) == 0 && fsync(fileno(t->file)) == 0 ? 0 : errno;
    if (fclose(t->file) != 0) full = errno;
    if (full) return rsl_fail(RSL_EIO, "%s: cannot be written: %s", t->part, strerror(full));
    if (code == CURLE_OK) return RSL_OK;
    if (code == CURLE_RANGE_ERROR) { /* the server cannot continue: from the beginning */
        unlink(t->part);
        *again = true;
    }
    *again = *again || is_passing(code, http);
    if (t->too_long) unlink(t->part);
    return explain(t, code, http, errors);
}

static void wait_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&t, &t) < 0 && errno == EINTR) {
    }
}

/* Transfers until one succeeds; *resumed tells whether earlier bytes were kept. */
static int transfer_all(const struct rsl_download *d, const char *part, bool *resumed) {
    struct transfer t = {.d = d, .part = part};
    long pause = d->pause_ms;
    for (int attempt = 1;; attempt++) {
        bool again;
        t.interrupted = t.too_long = false;
        int rc = transfer(&t, &again);
        *resumed = t.start > 0;
        if (rc == RSL_OK || !again || attempt >= d->attempts) return rc;
        wait_ms(pause);
        pause *= 2;
    }
}

static int fetch(const struct rsl_download *d, const char *part) {
    bool resumed;
    RSL_TRY(transfer_all(d, part, &resumed));
    int rc = verify(d, part);
    if (rc == RSL_EMISMATCH) unlink(part);
    if (rc == RSL_EMISMATCH && resumed) {
        RSL_TRY(transfer_all(d, part, &resumed));
        rc = verify(d, part);
        if (rc == RSL_EMISMATCH) unlink(part);
    }
    RSL_TRY(rc);
    if (rename(part, d->path) < 0)
        return rsl_fail(RSL_EIO, "%s: cannot be renamed: %s", part, strerror(errno));
    return RSL_OK;
}

int rsl_download(const struct rsl_download *d) {
    if ((d->size || d->sha256) && size_of(d->path) >= 0 && verify(d, d->path) == RSL_OK)
        return RSL_OK;
    struct rsl_text part = {0};
    rsl_text_printf(&part, "%s.part", d->path);
    int rc = part.status < 0 ? part.status : fetch(d, part.at);
    rsl_text_free(&part);
    return rc;
}
