/* `resile merge A.db B.db .. -o R.db`: the shards of a campaign become one store. */
#include "command.h"
#include "message.h"
#include "output.h"

#include <resile/store.h>

#include <inttypes.h>
#include <stdio.h>

struct merge {
    struct texts shards;
    const char *output;
    bool json;
};

static int print_json(const struct merge *a, const struct rsl_merge_summary *s) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_text(j, "output", a->output);
    output_json_int(j, "shards", a->shards.n);
    output_json_int(j, "points", s->points);
    output_json_int(j, "finished", s->finished);
    output_json_int(j, "trials", s->trials);
    output_json_text(j, "digest", s->digest);
    rsl_json_end(j);
    return output_json(j);
}

static int run(const void *arguments) {
    const struct merge *a = arguments;
    struct rsl_merge_summary s;
    int status = rsl_merge_stores(a->shards.at, a->shards.n, a->output, &s);
    if (status < 0) return library_error(status);
    if (a->json) return print_json(a, &s);
    printf("%s: %" PRId64 " trials of %" PRId64 " points, digest %s\n", a->output, s.trials,
           s.points, s.digest);
    if (s.finished < s.points)
        printf("%" PRId64
               " of the points are not finished; run the campaign on %s without --shard "
               "to complete them\n",
               s.points - s.finished, a->output);
    return EXIT_DONE;
}

static const struct option options[] = {
    {"SHARD...", .type = OPTION_TEXTS, .at = offsetof(struct merge, shards), .operand = true,
     .required = true, .complete = COMPLETE_FILE, .help = "the stores of all shards"},
    {"output", 'o', OPTION_TEXT, offsetof(struct merge, output), "FILE", "the store to write",
     .required = true, .complete = COMPLETE_FILE},
    OPTION_JSON(struct merge, json),
    {0}};

static const char *const examples[] = {"a campaign that ran as two shards on two machines",
                                       "resile merge shard0.db shard1.db -o R.db", NULL};

const struct command command_merge = {
    .name = "merge",
    .group = "Measure",
    .summary = "Put the shards of a campaign together",
    .about =
        "The stores that `resile inject --shard i/n` wrote become one, which has the same "
        "digest as the store of a run that was not sharded. All shards are needed, each "
        "once.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct merge),
    .run = run,
};
