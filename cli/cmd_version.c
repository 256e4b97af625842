/* `resile version`: what is running, for bug reports and provenance. */
#include "command.h"
#include "output.h"

#include <resile/json.h>
#include <resile/provenance.h>

#include <stdio.h>

struct version {
    bool json;
};

static int print_json(void) {
    const char *name, *version;
    char features[256];
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_cpu_features(features, sizeof features);
    rsl_json_object(j);
    output_json_text(j, "resile", rsl_version());
    output_json_text(j, "build", rsl_build());
    rsl_json_key(j, "libraries");
    rsl_json_object(j);
    for (int i = 0; (name = rsl_dependency(i, &version)) != NULL; i++) {
        rsl_json_key(j, name);
        rsl_json_string(j, version);
    }
    rsl_json_end(j);
    output_json_text(j, "cpu_features", features);
    output_json_text(j, "onednn_isa", rsl_cpu_isa());
    rsl_json_end(j);
    return output_json(j);
}

static int run(const void *arguments) {
    const struct version *a = arguments;
    const char *name, *version;
    char features[256];
    if (a->json) return print_json();
    printf("resile %s (%s)\n", rsl_version(), rsl_build());
    for (int i = 0; (name = rsl_dependency(i, &version)) != NULL; i++)
        printf("%s%s %s", i ? ", " : "with ", name, version);
    rsl_cpu_features(features, sizeof features);
    printf("\nprocessor: %s; oneDNN uses %s\n", *features ? features : "unknown features",
           *rsl_cpu_isa() ? rsl_cpu_isa() : "portable code");
    return EXIT_DONE;
}

static const struct option options[] = {OPTION_JSON(struct version, json), {0}};

static const char *const examples[] = {"what to quote in a bug report", "resile version", NULL};

const struct command command_version = {
    .name = "version",
    .group = "The program",
    .summary = "Versions of the program and its libraries",
    .examples = examples,
    .options = options,
    .size = sizeof(struct version),
    .run = run,
};
