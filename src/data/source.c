/* Fetching a published data set: download beside the place, unpack, open it as a data set to see
 * that it is one, and only then rename it into place.
 *
 * Sizes and checksums are the publishers' archives'. GTSRB's have no published SHA-256; they come
 * over https and are accepted when the tables and pictures of both splits are complete. */
#define _GNU_SOURCE
#include "data/source.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/text.h"
#include "data/data.h"
#include "data/download.h"
#include "data/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ATTEMPTS = 5, PAUSE_MS = 1000 };

static const struct rsl_source sources[] = {
    {"mnist",
     "https://storage.googleapis.com/cvdf-datasets/mnist",
     RSL_PACKED_NOT,
     {10000, 60000},
     {{"train-images-idx3-ubyte.gz", 9912422,
       "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
      {"train-labels-idx1-ubyte.gz", 28881,
       "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
      {"t10k-images-idx3-ubyte.gz", 1648877,
       "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
      {"t10k-labels-idx1-ubyte.gz", 4542,
       "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}}},
    {"fashion-mnist",
     "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
     RSL_PACKED_NOT,
     {10000, 60000},
     {{"train-images-idx3-ubyte.gz", 26421880,
       "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
      {"train-labels-idx1-ubyte.gz", 29515,
       "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
      {"t10k-images-idx3-ubyte.gz", 4422102,
       "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
      {"t10k-labels-idx1-ubyte.gz", 5148,
       "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}}},
    {"cifar10",
     "https://www.cs.toronto.edu/~kriz",
     RSL_PACKED_TAR_GZ,
     {10000, 50000},
     {{"cifar-10-binary.tar.gz", 170052171,
       "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"}}},
    {"cifar100",
     "https://www.cs.toronto.edu/~kriz",
     RSL_PACKED_TAR_GZ,
     {10000, 50000},
     {{"cifar-100-binary.tar.gz", 168513733,
       "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"}}},
    {"gtsrb",
     "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370",
     RSL_PACKED_ZIP,
     {12630, 39209},
     {{"GTSRB_Final_Training_Images.zip", 0, NULL},
      {"GTSRB_Final_Test_Images.zip", 0, NULL},
      {"GTSRB_Final_Test_GT.zip", 0, NULL}}},
};

const struct rsl_source *rsl_source_find(const char *name) {
    for (size_t k = 0; k < sizeof sources / sizeof *sources; k++)
        if (strcmp(sources[k].name, name) == 0) return &sources[k];
    return NULL;
}

/* Everything of one rsl_source_get. */
struct job {
    const struct rsl_source *s;
    const char *folder;      /* the goal */
    struct rsl_text staging; /* FOLDER.part: downloads */
    struct rsl_text tree;    /* FOLDER.part/tree: unpacked */
    struct rsl_download download;
};

/* Opens both splits in `folder` and compares their counts. */
static int check_set(const struct rsl_source *s, const char *folder) {
    struct rsl_text spec = {0};
    rsl_text_printf(&spec, "%s:%s", s->name, folder);
    int rc = spec.status;
    for (int train = 0; train < 2 && rc == RSL_OK; train++) {
        struct rsl_data *d;
        const struct rsl_data_options options = {.split = train ? "train" : "test"};
        rc = rsl_data_open(&d, spec.at, &options);
        if (rc == RSL_OK && rsl_data_count(d) != s->count[train])
            rc = rsl_fail(RSL_EMISMATCH, "%s: the %s split has %lld images instead of %lld", folder,
                          options.split, (long long)rsl_data_count(d), (long long)s->count[train]);
        rsl_data_close(d);
    }
    rsl_text_free(&spec);
    return rc;
}

/* Downloads file k and puts what it holds into the tree. */
static int get_file(struct job *j, int k, const char *base, bool unpack) {
    const struct rsl_source_file *f = &j->s->file[k];
    struct rsl_text url = {0}, path = {0}, goal = {0};
    size_t n = strlen(base);
    rsl_text_printf(&url, "%s%s%s", base, n && base[n - 1] == '/' ? "" : "/", f->name);
    rsl_text_printf(&path, "%s/%s", j->staging.at, f->name);
    rsl_text_printf(&goal, "%s/%s", j->tree.at, f->name);
    int rc = url.status < 0 || path.status < 0 || goal.status < 0 ? RSL_ENOMEM : RSL_OK;
    if (rc == RSL_OK && !unpack) {
        j->download.url = url.at;
        j->download.path = path.at;
        j->download.size = f->size;
        j->download.sha256 = f->sha256;
        rc = rsl_download(&j->download);
    } else if (rc == RSL_OK && j->s->packing == RSL_PACKED_TAR_GZ) {
        rc = rsl_unpack_tar_gz(path.at, j->tree.at);
    } else if (rc == RSL_OK && j->s->packing == RSL_PACKED_ZIP) {
        rc = rsl_unpack_zip(path.at, j->tree.at);
    } else if (rc == RSL_OK && link(path.at, goal.at) < 0 && rename(path.at, goal.at) < 0) {
        rc = rsl_fail(RSL_EIO, "%s: cannot be moved: %s", path.at, strerror(errno));
    }
    /* An archive without checksum that does not unpack must not be kept for the next attempt. */
    if (unpack && rc == RSL_EFORMAT) unlink(path.at);
    rsl_text_free(&url);
    rsl_text_free(&path);
    rsl_text_free(&goal);
    return rc;
}

/* The tree on disk before its name says that it is complete. */
static int put_in_place(const struct job *j) {
    int fd = open(j->tree.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) < 0) {
        if (fd >= 0) close(fd);
        return rsl_fail(RSL_EIO, "%s: cannot be written to disk: %s", j->tree.at, strerror(errno));
    }
    close(fd);
    if (rename(j->tree.at, j->folder) < 0)
        return rsl_fail(RSL_EIO, "%s: cannot be renamed to %s: %s", j->tree.at, j->folder,
                        strerror(errno));
    return RSL_OK;
}

static int run(struct job *j, const char *base) {
    RSL_TRY(rsl_make_folders(j->staging.at));
    RSL_TRY(rsl_remove_tree(j->tree.at));
    for (int unpack = 0; unpack < 2; unpack++) {
        if (unpack) RSL_TRY(rsl_make_folders(j->tree.at));
        for (int k = 0; k < RSL_SOURCE_FILES && j->s->file[k].name; k++)
            RSL_TRY(get_file(j, k, base, unpack));
    }
    RSL_TRY(check_set(j->s, j->tree.at));
    RSL_TRY(put_in_place(j));
    return rsl_remove_tree(j->staging.at);
}

/* Nothing, or an empty folder, may be at the goal. */
static int check_goal(const struct rsl_source *s, const char *folder) {
    struct stat st;
    if (lstat(folder, &st) < 0)
        return errno == ENOENT ? RSL_OK : rsl_fail(RSL_EIO, "%s: %s", folder, strerror(errno));
    if (S_ISDIR(st.st_mode) && rmdir(folder) == 0) return RSL_OK;
    return rsl_fail(RSL_EARG,
                    "%s: is there but is not the complete set %s; remove it or choose "
                    "another folder",
                    folder, s->name);
}

int rsl_source_get(const struct rsl_source *s, const char *folder, const char *base, long pause_ms,
                   int (*progress)(void *context, const char *file, int64_t done, int64_t total),
                   void *context) {
    if (check_set(s, folder) == RSL_OK) return RSL_OK;
    RSL_TRY(check_goal(s, folder));
    struct job j = {.s = s, .folder = folder};
    j.download = (struct rsl_download){
        .attempts = ATTEMPTS, .pause_ms = pause_ms, .progress = progress, .context = context};
    rsl_text_printf(&j.staging, "%s.part", folder);
    rsl_text_printf(&j.tree, "%s.part/tree", folder);
    int rc =
        j.staging.status < 0 || j.tree.status < 0 ? RSL_ENOMEM : run(&j, base ? base : s->base);
    rsl_text_free(&j.staging);
    rsl_text_free(&j.tree);
    return rc;
}

/* The folder without the slashes at its end, or the set's own among all sets. */
static int choose_folder(const char *name, const char *folder, struct rsl_text *out) {
    if (folder && *folder)
        rsl_text_puts(out, folder);
    else
        RSL_TRY(rsl_data_place(out, name));
    RSL_TRY(out->status);
    while (out->n > 1 && out->at[out->n - 1] == '/') out->at[--out->n] = 0;
    return RSL_OK;
}

int rsl_data_get(const char *name, const char *folder, const char *base,
                 int (*progress)(void *context, const char *file, int64_t done, int64_t total),
                 void *context) {
    const struct rsl_source *s = rsl_source_find(name);
    const struct rsl_data_type *type = rsl_data_type_find(name);
    if (!s && type)
        return rsl_fail(RSL_EARG, "%s: is not fetched: %s", name,
                        type->drawn ? "it is drawn when it is used" : "it is your own");
    if (!s) return rsl_fail(RSL_ENOTFOUND, "%s: no such data set; see `resile data list`", name);
    struct rsl_text goal = {0};
    int rc = choose_folder(name, folder, &goal);
    if (rc == RSL_OK) rc = rsl_source_get(s, goal.at, base, PAUSE_MS, progress, context);
    rsl_text_free(&goal);
    return rc;
}
