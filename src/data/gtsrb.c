/* German Traffic Sign Recognition Benchmark (Stallkamp et al. 2012): PPM pictures of varying size
 * and CSV tables, as the official archives unpack.
 *
 *   train: Images/00000/GT-00000.csv ... 00042/GT-00042.csv, each beside its pictures
 *   test:  Images/GT-final_test.csv beside the pictures, or in the set's folder
 *
 * A table has a header line; the columns Filename and ClassId are used, separated by ';'. Regions
 * of interest are ignored: the whole picture is the image. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"
#include "base/text.h"
#include "data/image_files.h"
#include "data/road_signs.h"

#include <string.h>

struct field {
    const char *at;
    size_t n;
};

enum { MAX_FIELDS = 16 };

struct table {
    const char *path; /* for messages */
    const char *at, *end;
    int line;
    int filename, label; /* columns */
};

/* The fields of the next line; their number, or 0 at the end. Further fields are dropped. */
static int next_line(struct table *t, struct field fields[MAX_FIELDS]) {
    if (t->at == t->end) return 0;
    t->line++;
    int n = 0;
    const char *start = t->at;
    for (;; t->at++) {
        bool last = t->at == t->end || *t->at == '\n';
        if (!last && *t->at != ';') continue;
        size_t length = (size_t)(t->at - start);
        if (last && length && start[length - 1] == '\r') length--;
        if (n < MAX_FIELDS) fields[n++] = (struct field){start, length};
        start = t->at + 1;
        if (last) break;
    }
    if (t->at < t->end) t->at++;
    return n;
}

static int column(const struct field *fields, int n, const char *name) {
    for (int k = 0; k < n; k++)
        if (fields[k].n == strlen(name) && memcmp(fields[k].at, name, fields[k].n) == 0) return k;
    return -1;
}

static int read_header(struct table *t) {
    struct field fields[MAX_FIELDS];
    int n = next_line(t, fields);
    t->filename = column(fields, n, "Filename");
    t->label = column(fields, n, "ClassId");
    if (t->filename < 0)
        return rsl_fail(RSL_EFORMAT, "%s: its first line has no column 'Filename'", t->path);
    if (t->label < 0)
        return rsl_fail(RSL_EFORMAT,
                        "%s: its first line has no column 'ClassId'; the table with the labels "
                        "(GTSRB_Final_Test_GT.zip) is needed",
                        t->path);
    return RSL_OK;
}

static int parse_label(const struct table *t, struct field f, int *label) {
    *label = 0;
    bool ok = f.n >= 1 && f.n <= 3;
    for (size_t k = 0; ok && k < f.n; k++) {
        ok = f.at[k] >= '0' && f.at[k] <= '9';
        *label = 10 * *label + (f.at[k] - '0');
    }
    if (!ok || *label >= RSL_SIGNS)
        return rsl_fail(RSL_EFORMAT, "%s: line %d: class '%.*s'; there are 0 to %d", t->path,
                        t->line, f.n > 20 ? 20 : (int)f.n, f.at, RSL_SIGNS - 1);
    return RSL_OK;
}

/* A plain file name: nothing that leads out of the table's folder. */
static int parse_name(const struct table *t, struct field f, char name[256]) {
    if (f.n == 0 || f.n > 255 || memchr(f.at, '/', f.n) || memchr(f.at, 0, f.n) || f.at[0] == '.')
        return rsl_fail(RSL_EFORMAT, "%s: line %d: '%.*s' is no file name", t->path, t->line,
                        f.n > 80 ? 80 : (int)f.n, f.at);
    memcpy(name, f.at, f.n);
    name[f.n] = 0;
    return RSL_OK;
}

/* `expected`: the class that all lines must have, or -1. */
static int read_lines(struct table *t, struct rsl_image_files *files, const char *place,
                      int expected) {
    RSL_TRY(read_header(t));
    struct field fields[MAX_FIELDS];
    for (int n; (n = next_line(t, fields)) > 0;) {
        if (n == 1 && fields[0].n == 0) continue;
        if (n <= t->filename || n <= t->label)
            return rsl_fail(RSL_EFORMAT, "%s: line %d has only %d fields", t->path, t->line, n);
        char name[256];
        int label;
        RSL_TRY(parse_name(t, fields[t->filename], name));
        RSL_TRY(parse_label(t, fields[t->label], &label));
        if (expected >= 0 && label != expected)
            return rsl_fail(RSL_EFORMAT, "%s: line %d has class %d in the folder of class %d",
                            t->path, t->line, label, expected);
        RSL_TRY(rsl_image_files_add(files, place, name, label));
    }
    return RSL_OK;
}

/* Reads the table place/name; pictures lie in `pictures`. */
static int read_table(struct rsl_image_files *files, const char *place, const char *name,
                      const char *pictures, int expected) {
    const char *path = rsl_arena_printf(&files->arena, "%s%s", place, name);
    struct rsl_file file;
    if (!path) return RSL_ENOMEM;
    RSL_TRY(rsl_file_open(&file, path));
    struct table t = {.path = path, .at = (const char *)file.data};
    t.end = t.at + file.size;
    int rc = read_lines(&t, files, pictures, expected);
    rsl_file_close(&file);
    return rc;
}

static int open_train(struct rsl_data *d, struct rsl_image_files *files) {
    static const char *const places[] = {"Final_Training/Images",
                                         "GTSRB/Final_Training/Images",
                                         "GTSRB/Training",
                                         "Training",
                                         "Images",
                                         NULL};
    const char *names[RSL_SIGNS];
    for (int k = 0; k < RSL_SIGNS; k++) {
        names[k] = rsl_arena_printf(&files->arena, "%05d/GT-%05d.csv", k, k);
        if (!names[k]) return RSL_ENOMEM;
    }
    char *place = NULL;
    RSL_TRY(rsl_data_locate(d, names, RSL_SIGNS, places, &place));
    int rc = RSL_OK;
    for (int k = 0; k < RSL_SIGNS && rc == RSL_OK; k++) {
        const char *pictures = rsl_arena_printf(&files->arena, "%s%05d/", place, k);
        rc = pictures ? read_table(files, place, names[k], pictures, k) : RSL_ENOMEM;
    }
    rsl_free(place);
    return rc;
}

static int open_test(struct rsl_data *d, struct rsl_image_files *files) {
    static const char *const places[] = {"Final_Test/Images", "GTSRB/Final_Test/Images", "Images",
                                         NULL};
    static const char *const tables[] = {"GT-final_test.csv"}, *const first[] = {"00000.ppm"};
    char *table = NULL, *pictures = NULL;
    RSL_TRY(rsl_data_locate(d, tables, 1, places, &table));
    int rc = rsl_data_locate(d, first, 1, places, &pictures);
    if (rc == RSL_OK) rc = read_table(files, table, tables[0], pictures, -1);
    rsl_free(table);
    rsl_free(pictures);
    return rc;
}

static int open_gtsrb(struct rsl_data *d, const struct rsl_data_options *options) {
    (void)options;
    struct rsl_image_files *files = rsl_image_files_new(d);
    if (!files) return RSL_ENOMEM;
    d->classes = RSL_SIGNS;
    d->class_names = rsl_sign_names;
    d->supers = RSL_SIGN_SUPERS;
    d->super_names = rsl_sign_super_names;
    d->super_of = rsl_sign_super_of;
    RSL_TRY(d->train ? open_train(d, files) : open_test(d, files));
    return rsl_image_files_finish(d);
}

const struct rsl_data_type rsl_data_gtsrb = {
    .name = "gtsrb",
    .about =
        "photographed German road signs, RGB of varying size, 43 classes in 6 super-classes, "
        "39209 + 12630",
    .open = open_gtsrb,
    .close = rsl_image_files_close,
    .decode = rsl_image_files_decode,
};
