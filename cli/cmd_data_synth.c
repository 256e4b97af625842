/* `resile data synth`: writes drawn road signs as a folder of pictures, for other programs and for
 * looking at them. resile itself draws them on the fly as --data synth-signs. */
#include "command.h"
#include "interrupt.h"
#include "message.h"
#include "names.h"
#include "progress.h"

#include <resile/data.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct data_synth {
    const char *output;
    int split;
    int64_t images, seed;
    bool quiet;
};

static int failed(const char *path) {
    complain("%s: cannot be written: %s", path, strerror(errno));
    return EXIT_FAILED;
}

/* "<folder>/07-no-passing": the number keeps the order of labels when names are sorted. */
static void class_folder(char *path, size_t size, const char *folder, const struct rsl_data *data,
                         int label) {
    int n = snprintf(path, size, "%s/%02d-%s", folder, label, rsl_data_class_name(data, label));
    for (char *s = path + strlen(folder) + 1; n > 0 && *s; s++)
        if (*s == ' ' || *s == '/') *s = '-';
}

/* Planes [3,H,W] as a binary PPM. */
static int write_ppm(const char *path, const uint8_t *pixels, const int shape[3]) {
    size_t area = (size_t)shape[1] * (size_t)shape[2];
    FILE *file = fopen(path, "wb");
    if (!file) return failed(path);
    fprintf(file, "P6\n%d %d\n255\n", shape[2], shape[1]);
    for (size_t i = 0; i < area; i++)
        for (size_t c = 0; c < 3; c++) putc(pixels[c * area + i], file);
    bool bad = ferror(file) != 0;
    if (fclose(file) != 0 || bad) return failed(path);
    return EXIT_DONE;
}

/* A class of which nothing is drawn has no folder: a folder without a picture is no class to those
 * who read it. */
static int make_folders(const struct rsl_data *data, const char *folder) {
    char class[4100];
    for (int64_t i = 0; i < rsl_data_count(data); i++) {
        class_folder(class, sizeof class, folder, data, rsl_data_label(data, i));
        if (mkdir(class, 0777) != 0 && errno != EEXIST) return failed(class);
    }
    return EXIT_DONE;
}

static int write_images(const struct data_synth *a, const struct rsl_data *data,
                        const char *folder) {
    char path[4200], class[4100];
    uint8_t pixels[3 * 64 * 64];
    int shape[3], code = make_folders(data, folder);
    struct progress progress;
    progress_start(&progress, a->quiet, "drawing", "images");
    interrupt_watch();
    for (int64_t i = 0; i < rsl_data_count(data) && code == EXIT_DONE; i++) {
        int status = rsl_data_image(data, i, shape, pixels, sizeof pixels);
        if (status == RSL_OK && interrupt_flag) status = RSL_EINTERRUPTED;
        if (status < 0) {
            code = library_error(status);
            break;
        }
        class_folder(class, sizeof class, folder, data, rsl_data_label(data, i));
        snprintf(path, sizeof path, "%s/%08" PRId64 ".ppm", class, i);
        code = write_ppm(path, pixels, shape);
        progress_show(&progress, i + 1, rsl_data_count(data));
    }
    progress_end(&progress);
    return code;
}

/* The pictures are made in OUTPUT.part, which gets its name when all are there. */
static int write_folder(const struct data_synth *a, const struct rsl_data *data) {
    char part[4000];
    struct stat st;
    if (stat(a->output, &st) == 0) {
        complain("%s: is there already; name a new folder", a->output);
        return EXIT_FAILED;
    }
    size_t length = strlen(a->output);
    while (length > 1 && a->output[length - 1] == '/') length--;
    int n = snprintf(part, sizeof part, "%.*s.part", (int)length, a->output);
    if (n >= (int)sizeof part) return usage_error("--output is too long");
    if (mkdir(part, 0777) != 0) return failed(part);
    int code = write_images(a, data, part);
    if (code != EXIT_DONE)
        complain("%s holds what was drawn so far; remove it before the next try", part);
    else if (rename(part, a->output) != 0)
        code = failed(a->output);
    return code;
}

static int run(const void *arguments) {
    const struct data_synth *a = arguments;
    struct rsl_data_options o = {
        .split = name_of_split(a->split), .seed = (uint64_t)a->seed, .count = a->images};
    struct rsl_data *data;
    int status = rsl_data_open(&data, "synth-signs", &o);
    if (status < 0) return library_error(status);
    int code = write_folder(a, data);
    rsl_data_close(data);
    return code;
}

static const struct option options[] = {
    {"output", 'o', OPTION_TEXT, offsetof(struct data_synth, output), "DIR",
     "folder to make: one subfolder for each class", .required = true, .complete = COMPLETE_FOLDER},
    {"images", 'n', OPTION_INT, offsetof(struct data_synth, images), "N", "how many", "1000",
     .min = 1, .max = 1e8},
    OPTION_SPLIT(struct data_synth, split),
    OPTION_SEED(struct data_synth, seed, "another seed, other images"),
    OPTION_QUIET(struct data_synth, quiet),
    {0}};

static const char *const examples[] = {
    "430 road signs to look at", "resile data synth --images 430 -o signs",
    "and to evaluate as a folder of pictures",
    "resile eval model.onnx --data folder:signs --resize 32x32", NULL};

const struct command command_data_synth = {
    .name = "data synth",
    .group = "Data",
    .summary = "Draw road signs into a folder of pictures",
    .about = "The same options give the same bytes on every machine.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct data_synth),
    .run = run,
};
