/* Files appear whole or not at all, and nothing but regular files is ever replaced. */
#define _XOPEN_SOURCE 700
#include "check.h"

#include "base/file.h"
#include "resile/status.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/resile-file-XXXXXX";

static int enter(void **state) {
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state) {
    (void)state;
    static const char *const names[] = {"a",   "link",      "pipe",     "p",       "one",
                                        "two", "sub/other", "sub/next", "dangling"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(names[i]);
    rmdir("sub");
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1; /* fails when a temporary is left */
}

static void expect_content(const char *path, const char *text) {
    struct rsl_file f;
    assert_int_equal(rsl_file_open(&f, path), RSL_OK);
    assert_int_equal(f.size, strlen(text));
    assert_memory_equal(f.data, text, f.size);
    rsl_file_close(&f);
}

static mode_t type_of(const char *path) {
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & S_IFMT;
}

static void test_replace(void **state) {
    (void)state;
    struct stat st;
    assert_int_equal(rsl_file_write("a", "first", 5), RSL_OK);
    assert_int_equal(chmod("a", 0640), 0);
    assert_int_equal(rsl_file_write("a", "second", 6), RSL_OK);
    expect_content("a", "second");
    assert_int_equal(stat("a", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(rsl_file_write("a", NULL, 0), RSL_OK);
    expect_content("a", "");
}

/* A new file has the mode that open gives it, and no program that is started meanwhile gets it. */
static void test_new(void **state) {
    (void)state;
    struct rsl_writer w;
    struct stat st;
    mode_t mask = umask(027);
    unlink("a");
    assert_int_equal(rsl_writer_open(&w, "a"), RSL_OK);
    umask(mask);
    assert_true(fcntl(w.fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(rsl_writer_commit(&w), RSL_OK);
    assert_int_equal(stat("a", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void test_link_stays(void **state) {
    (void)state;
    assert_int_equal(rsl_file_write("a", "old", 3), RSL_OK);
    assert_int_equal(symlink("a", "link"), 0);
    assert_int_equal(rsl_file_write("link", "new", 3), RSL_OK);
    assert_int_equal(type_of("link"), S_IFLNK);
    expect_content("a", "new");
}

/* What a link names is made where it names it; links that name each other lead nowhere. */
static void test_link_to_nothing(void **state) {
    (void)state;
    assert_int_equal(mkdir("sub", 0700), 0);
    assert_int_equal(symlink("other", "sub/next"), 0);
    assert_int_equal(symlink("sub/next", "dangling"), 0);
    assert_int_equal(rsl_file_write("dangling", "made", 4), RSL_OK);
    assert_int_equal(type_of("dangling"), S_IFLNK);
    assert_int_equal(type_of("sub/next"), S_IFLNK);
    expect_content("sub/other", "made");
    assert_int_equal(symlink("two", "one"), 0);
    assert_int_equal(symlink("one", "two"), 0);
    assert_int_equal(rsl_file_write("one", "text", 4), RSL_EIO);
}

static void test_replaceable(void **state) {
    (void)state;
    assert_int_equal(rsl_file_replaceable("nothing", "<html>", "page"), RSL_OK);
    assert_int_equal(rsl_file_replaceable("/dev/null", "<html>", "page"), RSL_OK);
    assert_int_equal(rsl_file_write("p", "", 0), RSL_OK);
    assert_int_equal(rsl_file_replaceable("p", "<html>", "page"), RSL_OK);
    assert_int_equal(rsl_file_write("p", "<html>...", 9), RSL_OK);
    assert_int_equal(rsl_file_replaceable("p", "<html>", "page"), RSL_OK);
    assert_int_equal(rsl_file_write("p", "<ht", 3), RSL_OK);
    assert_int_equal(rsl_file_replaceable("p", "<html>", "page"), RSL_EARG);
    assert_non_null(strstr(rsl_errmsg(), "p is no page"));
}

static void test_device_stays(void **state) {
    (void)state;
    assert_int_equal(rsl_file_write("/dev/full", "text", 4), RSL_EIO);
    assert_non_null(strstr(rsl_errmsg(), "/dev/full"));
    assert_int_equal(type_of("/dev/full"), S_IFCHR);
}

static void test_pipe(void **state) {
    (void)state;
    char text[8] = "";
    assert_int_equal(mkfifo("pipe", 0600), 0);
    int fd = open("pipe", O_RDONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    assert_int_equal(rsl_file_write("pipe", "through", 7), RSL_OK);
    assert_int_equal(read(fd, text, sizeof text), 7);
    assert_string_equal(text, "through");
    assert_int_equal(type_of("pipe"), S_IFIFO);
    close(fd);
}

/* A file that may not grow stands for a full disk: the old content stays, no temporary is left. */
static void test_no_room(void **state) {
    (void)state;
    struct rlimit old, tight;
    size_t size = 1 << 20;
    char *large = calloc(1, size);
    assert_non_null(large);
    assert_int_equal(rsl_file_write("a", "kept", 4), RSL_OK);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = size / 2;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    int rc = rsl_file_write("a", large, size);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    free(large);
    assert_int_equal(rc, RSL_EIO);
    expect_content("a", "kept");
}

static void test_refused(void **state) {
    (void)state;
    assert_int_equal(rsl_file_write(".", "x", 1), RSL_EIO);
    assert_int_equal(rsl_file_write("", "x", 1), RSL_EIO);
    assert_int_equal(rsl_file_write("no/such/folder", "x", 1), RSL_EIO);
    assert_int_equal(rsl_file_write("a/below a file", "x", 1), RSL_EIO);
    static const char *const places[] = {".", "", "missing/", "no/such/folder", "a/below a file"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        assert_int_equal(rsl_file_writable(places[i]), RSL_EIO);
    struct rsl_file f;
    assert_int_equal(rsl_file_open(&f, "."), RSL_EIO);
    assert_int_equal(rsl_file_open(&f, "/dev/null"), RSL_EIO);
    assert_int_equal(rsl_file_open(&f, "missing"), RSL_EIO);
}

/* Asking changes nothing: not the file, not the folder (leave() finds what was left), no reader. */
static void test_writable(void **state) {
    (void)state;
    assert_int_equal(rsl_file_write("a", "kept", 4), RSL_OK);
    assert_int_equal(rsl_file_writable("a"), RSL_OK);
    expect_content("a", "kept");
    assert_int_equal(rsl_file_writable("new"), RSL_OK);
    assert_int_equal(access("new", F_OK), -1);
    assert_int_equal(rsl_file_writable("/dev/null"), RSL_OK);
    unlink("pipe");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_int_equal(rsl_file_writable("pipe"), RSL_OK); /* nobody reads it: open would wait */
}

static void test_abort(void **state) {
    (void)state;
    struct rsl_writer w;
    assert_int_equal(rsl_file_write("a", "kept", 4), RSL_OK);
    assert_int_equal(rsl_writer_open(&w, "a"), RSL_OK);
    rsl_writer_add(&w, "half", 4);
    rsl_writer_abort(&w);
    expect_content("a", "kept");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),         cmocka_unit_test(test_replace),
        cmocka_unit_test(test_link_stays),  cmocka_unit_test(test_device_stays),
        cmocka_unit_test(test_pipe),        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_writable),
        cmocka_unit_test(test_abort),       cmocka_unit_test(test_link_to_nothing),
        cmocka_unit_test(test_replaceable),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
