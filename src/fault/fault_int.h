/* What a fault model is made of, and what models share. A model is one file and one line in
 * faults.def; single.c is the smallest, burst.c one with arguments of its own. */
#ifndef RSL_FAULT_FAULT_INT_H
#define RSL_FAULT_FAULT_INT_H

#include "base/philox.h"
#include "base/sha256.h"
#include "base/text.h"
#include "fault/fault.h"
#include "fault/site.h"

/* How much: a rate per bit, a number of faults, or not said yet. */
enum rsl_amount_kind { RSL_AMOUNT_OPEN, RSL_AMOUNT_RATE, RSL_AMOUNT_COUNT };

struct rsl_amount {
    enum rsl_amount_kind kind;
    bool open; /* the text left the rate open, even if it is set by now */
    double rate;
    int64_t count;
};

enum rsl_sampling { RSL_SAMPLE_BITS, RSL_SAMPLE_LAYERS };

/* Options that a model takes. */
enum rsl_fault_options {
    RSL_TAKES_REGIONS = 1,   /* regions= */
    RSL_TAKES_LAYERS = 2,    /* layers= */
    RSL_TAKES_POSITIONS = 4, /* bits= */
    RSL_TAKES_SAMPLING = 8,  /* sampling= */
    RSL_TAKES_PLACES = RSL_TAKES_REGIONS | RSL_TAKES_LAYERS
};

/* One model of a spec, as parsed. */
struct rsl_fault_setting {
    const struct rsl_fault_model *model;
    struct rsl_amount amount;
    enum rsl_sampling sampling;
    struct rsl_selection selection;
    bool regions_given; /* in the text */
    void *own;          /* the model's further arguments */
};

struct rsl_fault_words {
    char **at;
    int n;
};

/* An option of one model alone: "key=items". */
struct rsl_fault_key {
    const char *key;
    int (*parse)(struct rsl_fault_setting *s, const struct rsl_fault_words *items);
};

/* One model of a source. */
struct rsl_fault_stage {
    const struct rsl_fault_setting *setting;
    const struct rsl_memory *image;
    struct rsl_fault_population population;
    uint64_t number; /* of the model in the spec */
    void *bound;     /* the model's own, from open to close */
};

struct rsl_fault_model {
    const char *name;
    const char *arguments; /* "[:RATE]", for help */
    const char *about;     /* one line */
    unsigned options;
    bool whole; /* all that follows the name is one argument */
    size_t own; /* bytes of its further arguments, zeroed */
    /* Reads the arguments; NULL: takes none. Words live as long as the spec. */
    int (*parse)(struct rsl_fault_setting *s, const struct rsl_fault_words *words);
    /* Options of its own, ended by a NULL key; NULL: none. */
    const struct rsl_fault_key *keys;
    /* Called after the last option; NULL: nothing is left to check. */
    int (*finish)(struct rsl_fault_setting *s);
    /* Appends the arguments as parse reads them, each after a colon; NULL: prints none. */
    void (*print)(const struct rsl_fault_setting *s, struct rsl_text *text);
    /* Appends its own options, each after a blank; NULL: none. */
    void (*print_keys)(const struct rsl_fault_setting *s, struct rsl_text *text);
    /* Looks at the image before the first trial; NULL: fits all. */
    int (*open)(struct rsl_fault_stage *stage);
    void (*close)(struct rsl_fault_stage *stage);
    /* Appends the trial's faults in any order. NULL: it is not about memory (neuron.h), and the
     * following are NULL too. */
    int (*draw)(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                struct rsl_faults *out);
    /* Faults per trial on average. */
    double (*expected)(const struct rsl_fault_stage *stage);
    /* Whether some of its faults can be stuck cells; NULL: all are flips. */
    bool (*sticks)(const struct rsl_fault_stage *stage);
    /* Different trials; NULL: no end. */
    int64_t (*trials)(const struct rsl_fault_stage *stage);
    /* What the trial's number is in the world outside; NULL: the same. */
    int64_t (*number)(const struct rsl_fault_stage *stage, uint64_t trial);
    /* Puts trials that come in an order of their own into a drawn one; NULL: they are drawn. */
    void (*shuffle)(struct rsl_fault_stage *stage, struct rsl_rng rng, int64_t n);
    /* What decides on the faults beside spec, image and seed; NULL: nothing. */
    void (*fingerprint)(const struct rsl_fault_stage *stage, struct rsl_sha256 *s);
};

/* The stage of a spec's model. */
const struct rsl_fault_stage *rsl_fault_stage(const struct rsl_fault_source *source, int model);
/* The stage of a source that has only one; NULL. */
const struct rsl_fault_stage *rsl_fault_only_stage(const struct rsl_fault_source *source);

/* ---- models ---- */

/* The models in the order of faults.def; NULL after the last. */
const struct rsl_fault_model *rsl_fault_model(size_t i);

/* ---- arguments ---- `what` is the argument's name in the sentence */

int rsl_fault_parse_number(const char *text, const char *what, double low, double high,
                           double *value);
int rsl_fault_parse_rate(const char *text, double *rate);
int rsl_fault_parse_whole(const char *text, const char *what, int64_t low, int64_t high,
                          int64_t *value);
/* The words from `first` on: nothing (open), RATE, or "count" and K. */
int rsl_fault_parse_amount(struct rsl_amount *a, const struct rsl_fault_words *words, int first);
/* as=: how activations are represented. */
int rsl_fault_parse_form(const struct rsl_fault_words *items, enum rsl_site_form *form);
void rsl_fault_print_amount(const struct rsl_amount *a, struct rsl_text *text);
/* The shortest decimal that reads back as `value`. */
void rsl_fault_print_number(double value, struct rsl_text *text);

/* ---- drawing ---- */

/* Numbers of one purpose (0, 1, ...) in one trial of the stage, independent of all others. */
struct rsl_rng rsl_fault_rng(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                             unsigned purpose);
int rsl_faults_push(struct rsl_faults *f, int64_t address, enum rsl_effect effect);
/* Stable sort by address, from entry `from` on. */
int rsl_faults_sort(struct rsl_faults *f, size_t from);
/* Sorts, and folds the faults of each bit, in the order they were appended, into one or none. */
int rsl_faults_settle(struct rsl_faults *f);

/* Appends as many faults of one effect as the setting's amount says, in the way it says. */
int rsl_fault_sample(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                     enum rsl_effect effect, struct rsl_faults *out);
/* The draw of models that flip bits and do nothing else. */
int rsl_fault_sample_flips(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                           struct rsl_faults *out);
/* How many that are on average. */
double rsl_fault_sample_expected(const struct rsl_fault_stage *stage);
/* Refuses more faults than the population has bits. */
int rsl_fault_sample_open(struct rsl_fault_stage *stage);

#endif
