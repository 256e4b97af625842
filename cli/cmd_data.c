/* `resile data list` and `resile data info`: the data sets and what is in them. */
#include "command.h"
#include "message.h"
#include "names.h"
#include "output.h"
#include "table.h"

#include <resile/data.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- list ---- */

struct data_list {
    bool json;
};

/* Number of test images of a set in its default place; -1 when it is not there. */
static int64_t images_here(const char *name) {
    struct rsl_data *data;
    if (rsl_data_open(&data, name, NULL) < 0) return -1;
    int64_t n = rsl_data_count(data);
    rsl_data_close(data);
    return n;
}

static int list(const void *arguments) {
    const struct data_list *a = arguments;
    const char *name;
    struct table t = {.align = "lrl"};
    struct rsl_json *j = a->json ? rsl_json_new() : NULL;
    if (a->json && !j) return output_json(j);
    if (j) rsl_json_array(j);
    table_row(&t, "name", "test images here", "what it is");
    for (int i = 0; (name = rsl_dataset_name(i)) != NULL; i++) {
        int64_t here = images_here(name);
        table_cell(&t, "%s", name);
        if (here >= 0)
            table_cell(&t, "%" PRId64, here);
        else
            table_cell(&t, "-");
        table_cell(&t, "%s", rsl_dataset_about(i));
        if (!j) continue;
        rsl_json_object(j);
        output_json_text(j, "name", name);
        output_json_text(j, "about", rsl_dataset_about(i));
        output_json_int(j, "test_images", here);
        rsl_json_end(j);
    }
    if (!j) return table_print(&t);
    table_free(&t);
    rsl_json_end(j);
    return output_json(j);
}

static const struct option list_options[] = {OPTION_JSON(struct data_list, json), {0}};

static const char *const list_examples[] = {"which sets are known, and which are here?",
                                            "RESILE_DATA=/data resile data list", NULL};

const struct command command_data_list = {
    .name = "data list",
    .group = "Data",
    .summary = "The data sets, and which of them are here",
    .about =
        "A set is here when its files are in the folder NAME of $RESILE_DATA (default: "
        "~/.cache/resile/data).",
    .examples = list_examples,
    .options = list_options,
    .size = sizeof(struct data_list),
    .run = list,
};

/* ---- info ---- */

struct data_info {
    const char *spec;
    int split;
    int64_t images, seed;
    bool json;
};

static void info_json(struct rsl_json *j, const struct rsl_data *data, const int64_t *counts) {
    int shape[3];
    rsl_data_shape(data, shape);
    rsl_json_object(j);
    output_json_text(j, "name", rsl_data_name(data));
    output_json_text(j, "split", rsl_data_split(data));
    output_json_int(j, "images", rsl_data_count(data));
    rsl_json_key(j, "shape");
    rsl_json_array(j);
    for (int d = 0; d < 3; d++) {
        if (shape[d] > 0)
            rsl_json_int(j, shape[d]);
        else
            rsl_json_null(j);
    }
    rsl_json_end(j);
    rsl_json_key(j, "classes");
    rsl_json_array(j);
    for (int c = 0; c < rsl_data_classes(data); c++) {
        rsl_json_object(j);
        output_json_text(j, "name", rsl_data_class_name(data, c));
        output_json_int(j, "images", counts[c]);
        output_json_text(j, "super", rsl_data_super_name(data, rsl_data_super_of(data, c)));
        rsl_json_end(j);
    }
    rsl_json_end(j);
    rsl_json_end(j);
}

static int info_text(const struct rsl_data *data, const int64_t *counts) {
    int shape[3], classes = rsl_data_classes(data);
    int64_t n = rsl_data_count(data), least = n, most = 0;
    bool supers = rsl_data_supers(data) > 0;
    rsl_data_shape(data, shape);
    for (int c = 0; c < classes; c++) {
        if (counts[c] < least) least = counts[c];
        if (counts[c] > most) most = counts[c];
    }
    printf("%s, %s: %" PRId64 " images of %d classes, ", rsl_data_name(data), rsl_data_split(data),
           n, classes);
    if (shape[1] > 0)
        printf("%dx%dx%d\n", shape[0], shape[1], shape[2]);
    else
        printf("%d channels, sizes vary\n", shape[0]);
    printf("images per class: %" PRId64 " to %" PRId64 "\n\n", least, most);
    struct table t = {.align = supers ? "rlrrl" : "rlrr"};
    if (supers)
        table_row(&t, "label", "class", "images", "share", "super-class");
    else
        table_row(&t, "label", "class", "images", "share");
    for (int c = 0; c < classes; c++) {
        const char *name = rsl_data_class_name(data, c);
        const char *super = rsl_data_super_name(data, rsl_data_super_of(data, c));
        table_cell(&t, "%d", c);
        table_cell(&t, "%s", name ? name : "-");
        table_cell(&t, "%" PRId64, counts[c]);
        table_cell(&t, "%.2f %%", n > 0 ? 100.0 * (double)counts[c] / (double)n : 0.0);
        if (supers) table_cell(&t, "%s", super ? super : "-");
    }
    return table_print(&t);
}

static int info(const void *arguments) {
    const struct data_info *a = arguments;
    struct rsl_data_options o = {
        .split = name_of_split(a->split), .seed = (uint64_t)a->seed, .count = a->images};
    struct rsl_data *data;
    int status = rsl_data_open(&data, a->spec, &o), code;
    if (status < 0) return library_error(status);
    int64_t *counts = calloc((size_t)rsl_data_classes(data) + 1, sizeof *counts);
    struct rsl_json *j = counts && a->json ? rsl_json_new() : NULL;
    for (int64_t i = 0; counts && i < rsl_data_count(data); i++) counts[rsl_data_label(data, i)]++;
    if (!counts) {
        complain("out of memory");
        code = EXIT_FAILED;
    } else if (a->json) {
        if (j) info_json(j, data, counts);
        code = output_json(j);
    } else {
        code = info_text(data, counts);
    }
    free(counts);
    rsl_data_close(data);
    return code;
}

static const struct option info_options[] = {
    {"DATA", .type = OPTION_TEXT, .at = offsetof(struct data_info, spec), .operand = true,
     .required = true, .words = name_of_dataset, .help = "NAME or NAME:FOLDER"},
    OPTION_SPLIT(struct data_info, split),
    {"images", 'n', OPTION_INT, offsetof(struct data_info, images), "N",
     "of a drawn set: how many; 0: its usual number", "0", .max = 1e9},
    OPTION_SEED(struct data_info, seed, "of a drawn set"),
    OPTION_JSON(struct data_info, json),
    {0}};

static const char *const info_examples[] = {"counts and label balance of the CIFAR-10 test images",
                                            "resile data info cifar10:/data/cifar-10-batches-bin",
                                            NULL};

const struct command command_data_info = {
    .name = "data info",
    .group = "Data",
    .summary = "Counts, sizes, classes and label balance of a data set",
    .examples = info_examples,
    .options = info_options,
    .size = sizeof(struct data_info),
    .run = info,
};
