/* Downloads from a server inside this test: whole, continued, cut off, corrupted, refused; archives
 * that unpack and archives that must not. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include "base/file.h"
#include "base/sha256.h"
#include "data/download.h"
#include "data/source.h"
#include "data/unpack.h"
#include "resile/data.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

static char folder[] = "/tmp/resile-download-XXXXXX";

/* ---- the server: one file, one answer at a time ---- */

static struct {
    int socket, port;
    pthread_t thread;
    const uint8_t *bytes;
    size_t n;
    /* how it misbehaves */
    int refuse; /* answers this status to the next `refusals` requests */
    int refusals;
    size_t cut;     /* breaks off after so many bytes, once */
    bool no_ranges; /* answers the whole file whatever was asked for */
    /* what it saw */
    int requests;
    long last_start; /* of the Range asked for, or -1 */
} server;

static void send_all(int fd, const void *data, size_t n) {
    const uint8_t *p = data;
    while (n) {
        ssize_t put = send(fd, p, n, MSG_NOSIGNAL);
        if (put <= 0) return;
        p += put;
        n -= (size_t)put;
    }
}

static void answer(int fd, const char *request) {
    char head[256];
    const char *range = strstr(request, "Range: bytes=");
    server.requests++;
    server.last_start = range ? strtol(range + 13, NULL, 10) : -1;
    if (server.refusals > 0) {
        server.refusals--;
        int n = snprintf(head, sizeof head,
                         "HTTP/1.1 %d No\r\nContent-Length: 0\r\n"
                         "Connection: close\r\n\r\n",
                         server.refuse);
        send_all(fd, head, (size_t)n);
        return;
    }
    size_t start = range && !server.no_ranges ? (size_t)server.last_start : 0;
    size_t length = server.n - start;
    int n = start ? snprintf(head, sizeof head,
                             "HTTP/1.1 206 Partial\r\nContent-Range: bytes %zu-%zu/%zu\r\n"
                             "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                             start, server.n - 1, server.n, length)
                  : snprintf(head, sizeof head,
                             "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                             length);
    send_all(fd, head, (size_t)n);
    size_t sent = server.cut && server.cut < length ? server.cut : length;
    server.cut = 0;
    send_all(fd, server.bytes + start, sent);
}

static void *serve(void *unused) {
    (void)unused;
    for (int fd; (fd = accept(server.socket, NULL, NULL)) >= 0; close(fd)) {
        char request[2048];
        size_t n = 0;
        ssize_t got;
        while (n + 1 < sizeof request &&
               (got = recv(fd, request + n, sizeof request - 1 - n, 0)) > 0) {
            n += (size_t)got;
            request[n] = 0;
            if (strstr(request, "\r\n\r\n")) break;
        }
        if (n == 0) continue;
        if (strncmp(request, "GET /stop", 9) == 0) {
            close(fd);
            break;
        }
        answer(fd, request);
        shutdown(fd, SHUT_WR);
    }
    return NULL;
}

static void well_behaved(const uint8_t *bytes, size_t n) {
    server.bytes = bytes;
    server.n = n;
    server.refusals = 0;
    server.cut = 0;
    server.no_ranges = false;
    server.requests = 0;
}

/* ---- a file and its download ---- */

enum { N = 300000 };

static uint8_t content[N];
static char content_sha[65], url[100], path[300], part[310];

static void sha_of(const uint8_t *bytes, size_t n, char hex[65]) {
    struct rsl_sha256 s;
    rsl_sha256_init(&s);
    rsl_sha256_add(&s, bytes, n);
    rsl_sha256_hex(&s, hex);
}

static struct rsl_download download(void) {
    unlink(path);
    unlink(part);
    well_behaved(content, N);
    return (struct rsl_download){
        .url = url, .path = path, .size = N, .sha256 = content_sha, .attempts = 3, .pause_ms = 1};
}

static void check_file(const char *name, const uint8_t *bytes, size_t n) {
    struct rsl_file f;
    check_ok(rsl_file_open(&f, name));
    assert_int_equal(f.size, n);
    assert_memory_equal(f.data, bytes, n);
    rsl_file_close(&f);
}

static bool there(const char *name) {
    struct stat st;
    return lstat(name, &st) == 0;
}

static int note_progress(void *context, const char *name, int64_t done, int64_t total) {
    int64_t *last = context;
    assert_string_equal(name, "file.bin");
    assert_true(total == N && done <= N);
    *last = done;
    return 0;
}

static void test_whole(void **state) {
    (void)state;
    struct rsl_download d = download();
    int64_t last = -1;
    d.progress = note_progress;
    d.context = &last;
    check_ok(rsl_download(&d));
    check_file(path, content, N);
    assert_false(there(part));
    assert_int_equal(last, N);
    assert_int_equal(server.last_start, -1);
    check_ok(rsl_download(&d)); /* it is there */
    assert_int_equal(server.requests, 1);
}

static void test_continued(void **state) {
    (void)state;
    struct rsl_download d = download();
    check_ok(rsl_file_write(part, content, 100000));
    check_ok(rsl_download(&d));
    check_file(path, content, N);
    assert_int_equal(server.last_start, 100000);
    d = download();
    check_ok(rsl_file_write(part, content, N)); /* nothing is left to fetch */
    check_ok(rsl_download(&d));
    assert_int_equal(server.requests, 0);
}

static void test_server_without_ranges(void **state) {
    (void)state;
    struct rsl_download d = download();
    check_ok(rsl_file_write(part, content, 100000));
    server.no_ranges = true;
    check_ok(rsl_download(&d));
    check_file(path, content, N);
}

static void test_continued_on_something_else(void **state) {
    (void)state;
    struct rsl_download d = download();
    check_ok(rsl_file_write(part, content + 1, 1000));
    check_ok(rsl_download(&d));
    check_file(path, content, N);
    assert_int_equal(server.requests, 2);
}

static void test_truncated(void **state) {
    (void)state;
    struct rsl_download d = download();
    server.cut = 1234;
    check_ok(rsl_download(&d)); /* the second attempt continues */
    check_file(path, content, N);
    assert_int_equal(server.requests, 2);
    assert_int_equal(server.last_start, 1234);
    d = download();
    d.attempts = 1;
    server.cut = 1234;
    check_fails(rsl_download(&d), RSL_EIO, "file.bin");
    assert_false(there(path));
    check_file(part, content, 1234);
}

static void test_corrupted(void **state) {
    (void)state;
    static uint8_t wrong[N];
    struct rsl_download d = download();
    memcpy(wrong, content, N);
    wrong[N / 2] ^= 4;
    well_behaved(wrong, N);
    check_fails(rsl_download(&d), RSL_EMISMATCH, "corrupted or replaced");
    assert_false(there(path));
    assert_false(there(part));
    assert_int_equal(server.requests, 1);
}

static void test_wrong_size(void **state) {
    (void)state;
    struct rsl_download d = download();
    well_behaved(content, N - 1);
    check_fails(rsl_download(&d), RSL_EMISMATCH, "has 299999 bytes");
    assert_false(there(part));
    d = download();
    d.size = N - 1;
    check_fails(rsl_download(&d), RSL_EMISMATCH, "is longer than the 299999 bytes");
    assert_false(there(path));
    assert_false(there(part));
}

static void test_refused(void **state) {
    (void)state;
    struct rsl_download d = download();
    server.refuse = 404;
    server.refusals = 9;
    check_fails(rsl_download(&d), RSL_EIO, "answers 404");
    assert_int_equal(server.requests, 1);
    assert_false(there(path));
    d = download();
    server.refuse = 503;
    server.refusals = 2;
    check_ok(rsl_download(&d)); /* the third attempt */
    assert_int_equal(server.requests, 3);
    d = download();
    d.url = "file:///etc/passwd";
    check_fails(rsl_download(&d), RSL_EIO, "file:///etc/passwd");
    d.url = "http://127.0.0.1:1/file.bin";
    d.attempts = 1;
    check_fails(rsl_download(&d), RSL_EIO, "127.0.0.1");
    d = download();
    d.path = "/no/such/folder/file.bin";
    check_fails(rsl_download(&d), RSL_EIO, "cannot be written");
}

static int stop(void *context, const char *name, int64_t done, int64_t total) {
    (void)context;
    (void)name;
    (void)total;
    return done > 0;
}

static void test_interrupted(void **state) {
    (void)state;
    struct rsl_download d = download();
    d.progress = stop;
    check_fails(rsl_download(&d), RSL_EINTERRUPTED, "continues");
    assert_false(there(path));
    assert_true(there(part));
    d.progress = NULL;
    check_ok(rsl_download(&d));
    check_file(path, content, N);
}

/* ---- archives ---- */

static uint8_t archive[200000];

struct entry {
    const char *name;
    char type;
    const char *data;
    size_t n;
};

/* tar, then gzip; returns the length in `archive`. `end`: with the closing zeros. */
static size_t make_tar(const struct entry *entries, int n, bool end) {
    static uint8_t tar[100000];
    size_t at = 0;
    memset(tar, 0, sizeof tar);
    for (int k = 0; k < n; k++) {
        char *h = (char *)tar + at;
        snprintf(h, 100, "%s", entries[k].name);
        snprintf(h + 124, 12, "%011zo", entries[k].n);
        h[156] = entries[k].type;
        memcpy(h + 257, "ustar\00000", 8);
        unsigned sum = 8 * ' ';
        for (int b = 0; b < 512; b++) sum += (uint8_t)h[b];
        snprintf(h + 148, 8, "%06o", sum);
        memcpy(h + 512, entries[k].data, entries[k].n);
        at += 512 + (entries[k].n + 511) / 512 * 512;
    }
    if (end) at += 1024;
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, 0), Z_OK);
    z.next_in = tar;
    z.avail_in = (uInt)at;
    z.next_out = archive;
    z.avail_out = sizeof archive;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t length = sizeof archive - z.avail_out;
    deflateEnd(&z);
    return length;
}

static const char *in_folder(const char *name) {
    static char text[4][300];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(text[turn], sizeof text[turn], "%s/%s", folder, name);
    return text[turn];
}

static int unpack_tar(const struct entry *entries, int n, bool end) {
    check_ok(rsl_remove_tree(in_folder("out")));
    check_ok(rsl_make_folders(in_folder("out")));
    size_t length = make_tar(entries, n, end);
    check_ok(rsl_file_write(in_folder("a.tar.gz"), archive, length));
    return rsl_unpack_tar_gz(in_folder("a.tar.gz"), in_folder("out"));
}

static void test_tar(void **state) {
    (void)state;
    const struct entry good[] = {{"./", '5', "", 0},
                                 {"x/", '5', "", 0},
                                 {"x/a", '0', "hello", 5},
                                 {"pax", 'x', "30 mtime=1", 10},
                                 {"x/y/b", '0', "", 0}};
    check_ok(unpack_tar(good, 5, true));
    check_file(in_folder("out/x/a"), (const uint8_t *)"hello", 5);
    check_file(in_folder("out/x/y/b"), (const uint8_t *)"", 0);
    assert_false(there(in_folder("out/pax")));
    static const struct {
        struct entry e;
        int status;
        const char *words;
    } bad[] = {
        {{"../evil", '0', "x", 1}, RSL_EFORMAT, "'../evil'"},
        {{"/evil", '0', "x", 1}, RSL_EFORMAT, "'/evil'"},
        {{"a/../../evil", '0', "x", 1}, RSL_EFORMAT, "not taken"},
        {{"a/..", '5', "", 0}, RSL_EFORMAT, "not taken"},
        {{"", '0', "x", 1}, RSL_EFORMAT, "not taken"},
        {{"link", '2', "", 0}, RSL_EUNSUPPORTED, "neither file nor folder"},
        {{"device", '3', "", 0}, RSL_EUNSUPPORTED, "neither file nor folder"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        check_fails(unpack_tar(&bad[k].e, 1, true), bad[k].status, bad[k].words);
    assert_false(there(in_folder("evil")));
    check_fails(unpack_tar(good, 5, false), RSL_EFORMAT, "no end");
    const struct entry twice[] = {{"a", '0', "1", 1}, {"a", '0', "2", 1}};
    check_fails(unpack_tar(twice, 2, true), RSL_EIO, "cannot be written");
    check_ok(rsl_file_write(in_folder("a.tar.gz"), "plain", 5));
    check_fails(rsl_unpack_tar_gz(in_folder("a.tar.gz"), in_folder("out")), RSL_EFORMAT, "gzip");
}

/* Without the fsync of rsl_file_write: this is done hundreds of times. */
static void write_quickly(const char *name, const uint8_t *bytes, size_t n) {
    FILE *f = fopen(name, "wb");
    assert_true(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

static void test_tar_truncated_and_flipped(void **state) {
    (void)state;
    const struct entry entries[] = {{"a", '0', "some content here", 17}, {"b", '0', "more", 4}};
    size_t length = make_tar(entries, 2, true);
    for (size_t k = 0; k < length; k++) {
        check_ok(rsl_remove_tree(in_folder("out")));
        check_ok(rsl_make_folders(in_folder("out")));
        write_quickly(in_folder("b.tar.gz"), archive, k);
        assert_true(rsl_unpack_tar_gz(in_folder("b.tar.gz"), in_folder("out")) < 0);
        uint8_t saved = archive[k];
        archive[k] ^= (uint8_t)(1u << k % 8);
        check_ok(rsl_remove_tree(in_folder("out")));
        check_ok(rsl_make_folders(in_folder("out")));
        write_quickly(in_folder("b.tar.gz"), archive, length);
        if (rsl_unpack_tar_gz(in_folder("b.tar.gz"), in_folder("out")) == RSL_OK)
            check_file(in_folder("out/a"), (const uint8_t *)"some content here", 17);
        archive[k] = saved;
    }
}

static void make_zip(const char *name, const struct entry *entries, int n) {
    unlink(in_folder(name));
    zip_t *z = zip_open(in_folder(name), ZIP_CREATE, NULL);
    assert_non_null(z);
    for (int k = 0; k < n; k++) {
        zip_source_t *s = zip_source_buffer(z, entries[k].data, entries[k].n, 0);
        assert_true(zip_file_add(z, entries[k].name, s, 0) >= 0);
    }
    assert_int_equal(zip_close(z), 0);
}

static void test_zip(void **state) {
    (void)state;
    check_ok(rsl_remove_tree(in_folder("out")));
    check_ok(rsl_make_folders(in_folder("out")));
    const struct entry good[] = {{"x/a", 0, "hello hello hello hello", 23}, {"b", 0, "", 0}};
    make_zip("a.zip", good, 2);
    check_ok(rsl_unpack_zip(in_folder("a.zip"), in_folder("out")));
    check_file(in_folder("out/x/a"), (const uint8_t *)"hello hello hello hello", 23);
    check_file(in_folder("out/b"), (const uint8_t *)"", 0);
    const struct entry evil = {"x/../../evil", 0, "x", 1};
    make_zip("b.zip", &evil, 1);
    check_fails(rsl_unpack_zip(in_folder("b.zip"), in_folder("out")), RSL_EFORMAT, "not taken");
    check_ok(rsl_file_write(in_folder("c.zip"), "nothing", 7));
    check_fails(rsl_unpack_zip(in_folder("c.zip"), in_folder("out")), RSL_EFORMAT, "c.zip");
}

/* ---- a whole set ---- */

static uint8_t record[3073];

static size_t make_cifar(int files) {
    static const char *const names[] = {
        "cifar-10-batches-bin/test_batch.bin",   "cifar-10-batches-bin/data_batch_1.bin",
        "cifar-10-batches-bin/data_batch_2.bin", "cifar-10-batches-bin/data_batch_3.bin",
        "cifar-10-batches-bin/data_batch_4.bin", "cifar-10-batches-bin/data_batch_5.bin"};
    struct entry entries[6];
    memset(record + 1, 77, sizeof record - 1);
    for (int k = 0; k < 6; k++)
        entries[k] = (struct entry){names[k], '0', (const char *)record, sizeof record};
    return make_tar(entries, files, true);
}

static void test_set(void **state) {
    (void)state;
    char base[100], sha[65], spec[400];
    snprintf(base, sizeof base, "http://127.0.0.1:%d", server.port);
    size_t length = make_cifar(6);
    sha_of(archive, length, sha);
    struct rsl_source s = {"cifar10",
                           "http://127.0.0.1:1",
                           RSL_PACKED_TAR_GZ,
                           {1, 5},
                           {{"c.tar.gz", (int64_t)length, sha}}};
    well_behaved(archive, length);
    const char *goal = in_folder("sets/cifar10");
    check_ok(rsl_source_get(&s, goal, base, 1, NULL, NULL));
    assert_false(there(in_folder("sets/cifar10.part")));
    snprintf(spec, sizeof spec, "cifar10:%s", in_folder("sets/cifar10"));
    struct rsl_data *d;
    check_ok(rsl_data_open(&d, spec, NULL));
    assert_int_equal(rsl_data_count(d), 1);
    rsl_data_close(d);
    check_ok(rsl_source_get(&s, in_folder("sets/cifar10"), base, 1, NULL, NULL));
    assert_int_equal(server.requests, 1);
    /* another number of images than published */
    s.count[1] = 6;
    check_fails(rsl_source_get(&s, in_folder("other"), base, 1, NULL, NULL), RSL_EMISMATCH,
                "5 images instead of 6");
    assert_false(there(in_folder("other")));
    /* a place that is taken by something else is left alone */
    check_ok(rsl_make_folders(in_folder("taken/mine")));
    check_fails(rsl_source_get(&s, in_folder("taken"), base, 1, NULL, NULL), RSL_EARG, "remove it");
    assert_true(there(in_folder("taken/mine")));
    /* a set without all its files */
    length = make_cifar(5);
    sha_of(archive, length, sha);
    s.file[0].size = (int64_t)length;
    well_behaved(archive, length);
    check_fails(rsl_source_get(&s, in_folder("less"), base, 1, NULL, NULL), RSL_ENOTFOUND,
                "data_batch_5.bin");
    assert_false(there(in_folder("less")));
}

static void test_names(void **state) {
    (void)state;
    check_fails(rsl_data_get("nothing", folder, NULL, NULL, NULL), RSL_ENOTFOUND, "nothing");
    check_fails(rsl_data_get("synth-signs", folder, NULL, NULL, NULL), RSL_EARG, "drawn");
    check_fails(rsl_data_get("folder", folder, NULL, NULL, NULL), RSL_EARG, "your own");
    unsetenv("RESILE_DATA");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    check_fails(rsl_data_get("mnist", NULL, NULL, NULL, NULL), RSL_EARG, "RESILE_DATA");
    /* the published set is larger than what this server has */
    char base[100];
    snprintf(base, sizeof base, "http://127.0.0.1:%d/", server.port);
    well_behaved(content, N);
    check_fails(rsl_data_get("mnist", in_folder("mnist///"), base, NULL, NULL), RSL_EMISMATCH,
                "train-images-idx3-ubyte.gz: has 300000 bytes");
}

static int start(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    for (int k = 0; k < N; k++) content[k] = (uint8_t)(k * 31 + k / 256 * 7);
    sha_of(content, N, content_sha);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof a;
    server.socket = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server.socket, (struct sockaddr *)&a, sizeof a) || listen(server.socket, 8) ||
        getsockname(server.socket, (struct sockaddr *)&a, &length))
        return -1;
    server.port = ntohs(a.sin_port);
    setenv("no_proxy", "127.0.0.1", 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/file.bin", server.port);
    snprintf(path, sizeof path, "%s/file.bin", folder);
    snprintf(part, sizeof part, "%s.part", path);
    return pthread_create(&server.thread, NULL, serve, NULL);
}

static int finish(void **state) {
    (void)state;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                            .sin_port = htons((uint16_t)server.port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0) send_all(fd, "GET /stop\r\n\r\n", 13);
    close(fd);
    pthread_join(server.thread, NULL);
    close(server.socket);
    return rsl_remove_tree(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_continued),
        cmocka_unit_test(test_server_without_ranges),
        cmocka_unit_test(test_continued_on_something_else),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_corrupted),
        cmocka_unit_test(test_wrong_size),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_tar),
        cmocka_unit_test(test_tar_truncated_and_flipped),
        cmocka_unit_test(test_zip),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
