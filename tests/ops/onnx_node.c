/* ONNX's own operator tests (Debian's libonnx-testdata) through the library.
 *
 *     onnx_node DIR N                      all folders of DIR; fails unless N pass, none wrong
 *     onnx_node DIR N --check-docs FILE    ... and FILE is what --write-docs would write
 *     onnx_node DIR N --write-docs FILE    writes the list of operators and refused tests
 *     onnx_node DIR 0 --only TEXT          the folders whose name contains TEXT, each shown
 *
 * A folder holds model.onnx and test_data_set_0/{input,output}_<k>.pb. Each test passes, is refused
 * with a sentence (RSL_EUNSUPPORTED only), or is wrong. They run in a child process that reports
 * through a pipe, so that a crash or a hang is one more outcome and not the end. */
#define _DEFAULT_SOURCE
#include "onnx_node.h"

#include "base/status.h"
#include "graph/op.h"
#include "io/onnx.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_PER_TEST = 30 };

struct outcome {
    enum verdict verdict;
    char sentence[400];
};

struct suite {
    const char *folder;
    struct dirent **entries;
    int n;
    struct outcome *outcomes;
};

static int is_test(const struct dirent *e) {
    return strncmp(e->d_name, "test_", 5) == 0;
}

/* The child: tests from `first` on, one record each into the pipe. */
static void run_from(const struct suite *s, int first, int pipe_end) {
    for (int i = first; i < s->n; i++) {
        char path[1024];
        struct outcome o = {0};
        snprintf(path, sizeof path, "%s/%s", s->folder, s->entries[i]->d_name);
        alarm(SECONDS_PER_TEST);
        o.verdict = onnx_node_run(path, o.sentence, sizeof o.sentence);
        alarm(0);
        if (write(pipe_end, &o, sizeof o) != sizeof o) exit(1);
    }
}

static void describe_death(char *text, size_t size, int status) {
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(text, size, "hangs (%d s)", SECONDS_PER_TEST);
    else if (WIFSIGNALED(status))
        snprintf(text, size, "crashes: %s", strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "ends the process with status %d (see the report above)",
                 WEXITSTATUS(status));
}

/* Runs all tests, with a new child after each that died. Returns 0, or 1 when a child failed after
 * its last test (a leak). */
static int run_all(struct suite *s) {
    for (int next = 0; next < s->n;) {
        int ends[2], status = 0;
        fflush(NULL);
        if (pipe(ends) < 0) return 1;
        pid_t child = fork();
        if (child < 0) return 1;
        if (child == 0) {
            close(ends[0]);
            run_from(s, next, ends[1]);
            exit(0);
        }
        close(ends[1]);
        struct outcome o;
        while (next < s->n && read(ends[0], &o, sizeof o) == sizeof o) s->outcomes[next++] = o;
        close(ends[0]);
        waitpid(child, &status, 0);
        if (next == s->n) return status != 0;
        s->outcomes[next].verdict = CRASHED;
        describe_death(s->outcomes[next].sentence, sizeof s->outcomes[next].sentence, status);
        next++;
    }
    return 0;
}

/* ---- the page ---- */

static void write_operators(FILE *f) {
    fprintf(
        f,
        "# Operators\n\n"
        "Made by `cmake --build --preset dev --target docs-operators`; the test `onnx_node` "
        "checks it.\n\n"
        "Every operator has a plain C reference kernel. Opsets 7 to 25 of the default domain "
        "are read, and the nodes of opsets 1 to 6 that mean the same in opset 7. Networks can be "
        "differentiated through the operators that have a gradient.\n\n"
        "| operator | domain | opsets | gradient |\n| --- | --- | --- | --- |\n");
    const struct rsl_op *op;
    for (size_t i = 0; (op = rsl_op_at(i)) != NULL; i++) {
        fprintf(f, "| %s | %s | ", op->name, op->domain[0] ? op->domain : "ai.onnx");
        int first = op->domain[0] ? 1 : RSL_OPSET_FIRST;
        fprintf(f, op->until ? "%d to %d |" : "from %d |", op->since > first ? op->since : first,
                op->until);
        fprintf(f, " %s |\n", op->gradient ? "yes" : "");
    }
}

static void write_refused(FILE *f, const struct suite *s, const int *count) {
    fprintf(f,
            "\n# Conformance\n\n"
            "Of the %d node tests of ONNX 1.12, %d pass and %d are refused with a sentence:\n\n"
            "| test | reason |\n| --- | --- |\n",
            s->n, count[PASSED], count[REFUSED]);
    for (int i = 0; i < s->n; i++)
        if (s->outcomes[i].verdict == REFUSED)
            fprintf(f, "| %s | %s |\n", s->entries[i]->d_name, s->outcomes[i].sentence);
}

static char *make_page(const struct suite *s, const int *count) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f) return NULL;
    write_operators(f);
    write_refused(f, s, count);
    fclose(f);
    return text;
}

static int write_page(const char *path, const char *page) {
    FILE *f = fopen(path, "w");
    if (!f || fputs(page, f) < 0 || fclose(f) != 0) {
        perror(path);
        return 1;
    }
    return 0;
}

static int check_page(const char *path, const char *page) {
    size_t n = strlen(page);
    char *old = calloc(1, n + 2);
    FILE *f = fopen(path, "r");
    size_t got = f && old ? fread(old, 1, n + 1, f) : 0;
    int differs = got != n || memcmp(old, page, n) != 0;
    if (f) fclose(f);
    free(old);
    if (differs)
        printf("%s is out of date: cmake --build --preset dev --target docs-operators\n", path);
    return differs;
}

/* ---- main ---- */

static void list(const struct suite *s, const char *only, int *count) {
    static const char *const words[] = {"pass", "refused", "WRONG", "CRASH"};
    for (int i = 0; i < s->n; i++) {
        const struct outcome *o = &s->outcomes[i];
        count[o->verdict]++;
        if (only || o->verdict == WRONG || o->verdict == CRASHED)
            printf("%-8s%s%s%s\n", words[o->verdict], s->entries[i]->d_name,
                   o->sentence[0] ? ": " : "", o->sentence);
    }
    printf("onnx_node: %d tests, %d pass, %d refused, %d wrong, %d crash\n", s->n, count[PASSED],
           count[REFUSED], count[WRONG], count[CRASHED]);
}

static void keep_only(struct suite *s, const char *only) {
    int kept = 0;
    for (int i = 0; i < s->n; i++) {
        if (strstr(s->entries[i]->d_name, only))
            s->entries[kept++] = s->entries[i];
        else
            free(s->entries[i]);
    }
    s->n = kept;
}

int main(int argc, char **argv) {
    const char *mode = argc == 5 ? argv[3] : "", *only = NULL;
    if (argc != 3 && argc != 5) {
        fprintf(stderr, "usage: onnx_node DIR N [--check-docs F | --write-docs F | --only TEXT]\n");
        return 2;
    }
    int enough = atoi(argv[2]);
    struct suite s = {.folder = argv[1]};
    s.n = scandir(s.folder, &s.entries, is_test, alphasort);
    if (s.n <= 0) {
        perror(s.folder);
        return 1;
    }
    if (strcmp(mode, "--only") == 0) keep_only(&s, only = argv[4]);
    s.outcomes = calloc((size_t)s.n + 1, sizeof *s.outcomes);
    if (!s.outcomes) return 1;
    int failed = run_all(&s), count[4] = {0};
    if (failed) printf("the process fails at its end: memory leaks\n");
    list(&s, only, count);
    if (count[WRONG] || count[CRASHED]) failed = 1;
    if (count[PASSED] < enough) {
        printf("%d tests have to pass\n", enough);
        failed = 1;
    }
    char *page = make_page(&s, count);
    if (page && strcmp(mode, "--write-docs") == 0) failed |= write_page(argv[4], page);
    if (page && strcmp(mode, "--check-docs") == 0) failed |= check_page(argv[4], page);
    free(page);
    for (int i = 0; i < s.n; i++) free(s.entries[i]);
    free(s.entries);
    free(s.outcomes);
    return failed;
}
