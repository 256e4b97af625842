/* `resile data get NAME`: fetches a published data set. */
#include "command.h"
#include "interrupt.h"
#include "message.h"
#include "names.h"
#include "progress.h"

#include <resile/data.h>

#include <stdio.h>
#include <string.h>

struct data_get {
    const char *name, *to, *from;
    bool quiet;
};

struct fetch {
    struct progress progress;
    bool quiet;
    char file[64]; /* being fetched */
};

/* Files come one after the other; each gets a bar of its own, in megabytes. */
static int on_progress(void *context, const char *file, int64_t done, int64_t total) {
    struct fetch *f = context;
    if (strncmp(f->file, file, sizeof f->file - 1) != 0) {
        if (*f->file) progress_end(&f->progress);
        snprintf(f->file, sizeof f->file, "%s", file);
        progress_start(&f->progress, f->quiet, f->file, "MB");
    }
    progress_show(&f->progress, done / 1000000, total / 1000000);
    return interrupt_flag;
}

static int run(const void *arguments) {
    const struct data_get *a = arguments;
    struct fetch f = {.quiet = a->quiet};
    interrupt_watch();
    int status = rsl_data_get(a->name, a->to, a->from, on_progress, &f);
    if (*f.file) progress_end(&f.progress);
    return status < 0 ? library_error(status) : EXIT_DONE;
}

static const struct option options[] = {
    {"NAME", .type = OPTION_TEXT, .at = offsetof(struct data_get, name), .operand = true,
     .required = true, .words = name_of_dataset, .closed = true, .help = "a published data set"},
    {"to", 0, OPTION_TEXT, offsetof(struct data_get, to), "DIR",
     "folder to put it in (default: NAME in $RESILE_DATA or ~/.cache/resile/data)",
     .complete = COMPLETE_FOLDER},
    {"from", 0, OPTION_TEXT, offsetof(struct data_get, from), "URL",
     "another place with the publisher's files (default: the publisher)", .preset = NULL},
    OPTION_QUIET(struct data_get, quiet),
    {0}};

static const char *const examples[] = {
    "CIFAR-10, where --data cifar10 finds it", "resile data get cifar10",
    "Fashion-MNIST from a mirror", "resile data get fashion-mnist --to fm --from http://mirror/fm",
    NULL};

const struct command command_data_get = {
    .name = "data get",
    .group = "Data",
    .summary = "Fetch a published data set",
    .about =
        "Downloads are continued where they stopped, checked against the published checksum, "
        "and put in place when complete. Nothing happens when the set is there.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct data_get),
    .run = run,
};
