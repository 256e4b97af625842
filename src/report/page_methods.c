/* How the numbers came about: one paragraph per store, one per way of storing and fault. */
#include "metric/drop_probability.h"
#include "report/report_int.h"

#include <inttypes.h>
#include <math.h>

static void quoted(struct rsl_text *t, const char *text) {
    rsl_text_puts(t, "<code>");
    rsl_html_text(t, text[0] ? text : "?");
    rsl_text_puts(t, "</code>");
}

static void describe_store(struct rsl_text *t, const struct rsl_report_store *s) {
    const struct rsl_store_identity *d = &s->identity;
    rsl_text_puts(t, "<h3>");
    rsl_html_text(t, s->path);
    rsl_text_puts(t, "</h3>\n<p>Model ");
    quoted(t, s->session.model);
    rsl_text_puts(t, " on the first ");
    rsl_report_count(t, d->images);
    rsl_text_puts(t, " of ");
    rsl_report_count(t, d->data_images);
    rsl_text_puts(t, " images of ");
    rsl_html_text(t, d->data);
    rsl_text_puts(t, " (");
    rsl_html_text(t, d->split);
    rsl_text_puts(t, "), preprocessed by ");
    quoted(t, d->preprocess);
    rsl_text_puts(t, ", computed in ");
    rsl_html_text(t, d->compute);
    rsl_text_printf(t,
                    ". Faults are a function of the seed %" PRIu64
                    " and the number of the trial, so the same command gives the same trials on "
                    "any machine and number of threads.",
                    d->seed);
    if (d->shards > 1) rsl_text_printf(t, " This is shard %d of %d only.", d->shard, d->shards);
    rsl_text_puts(t, "</p>\n<pre>");
    rsl_html_text(t, s->session.command);
    rsl_text_puts(t, "</pre>\n<dl class=facts>\n");
    const char *const facts[][2] = {{"resile", s->session.version},
                                    {"Processor", s->session.cpu},
                                    {"Model, SHA-256", d->model_sha256},
                                    {"Images and labels, SHA-256", d->data_sha256},
                                    {"Content of the store, SHA-256", s->digest}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        rsl_text_printf(t, "<div><dt>%s</dt><dd>", facts[i][0]);
        rsl_html_text(t, facts[i][1][0] ? facts[i][1] : "–");
        rsl_text_puts(t, "</dd></div>\n");
    }
    if (s->session.threads > 0)
        rsl_text_printf(t, "<div><dt>Threads</dt><dd>%d</dd></div>\n", s->session.threads);
    rsl_text_puts(t, "</dl>\n");
}

/* What the rows of a series differ in. */
struct span {
    int64_t rows, least, most, unfinished; /* trials */
};

static struct span span_of(const struct rsl_report *report, int series) {
    struct span s = {0};
    for (size_t i = report->series[series]; i < report->n_rows; i++) {
        const struct rsl_result *r = report->rows[i].result;
        if (report->rows[i].series != series) continue;
        if (s.rows == 0 || r->trials < s.least) s.least = r->trials;
        if (r->trials > s.most) s.most = r->trials;
        s.unfinished += r->reason == NULL;
        s.rows++;
    }
    return s;
}

/* "20 to 500 trials at each rate" */
static void trials(struct rsl_text *t, const struct span *s) {
    rsl_report_count(t, s->least);
    if (s->most > s->least) {
        rsl_text_puts(t, " to ");
        rsl_report_count(t, s->most);
    }
    rsl_text_puts(t, s->most == 1 ? " trial" : " trials");
    if (s->rows > 1) rsl_text_puts(t, " at each rate");
}

static void sampling(struct rsl_text *t, const struct rsl_result *r) {
    if (!r->sampling) {
        rsl_text_puts(t, "what is struck is given, not drawn");
    } else if (r->sampling[0] == 'l') {
        rsl_text_puts(t,
                      "places drawn by <b>layers</b> (layer first, then element, then bit: small "
                      "layers are struck as often as large ones), out of ");
        rsl_report_count(t, r->population);
    } else {
        rsl_text_puts(t, "places drawn by <b>");
        rsl_html_text(t, r->sampling);
        rsl_text_puts(t, "</b>, each equally likely, out of ");
        rsl_report_count(t, r->population);
    }
}

/* "12.3 ms for 1 image on 2 threads (planes), 0.71 of affine8/none's; " */
static void timing(struct rsl_text *t, const struct rsl_store_timing *timing) {
    rsl_text_printf(t, "%.4g&nbsp;ms for ", 1000 * timing->seconds);
    rsl_report_count(t, timing->batch);
    rsl_text_printf(t, " %s on %d %s (", timing->batch == 1 ? "image" : "images", timing->threads,
                    timing->threads == 1 ? "thread" : "threads");
    rsl_html_text(t, timing->kernel);
    rsl_text_printf(t, "), %.2f of the time of ", timing->ratio);
    rsl_html_text(t, timing->baseline);
    rsl_text_puts(t, "; ");
}

static void describe_series(struct rsl_text *t, const struct rsl_report *report, int series) {
    const struct rsl_report_row *first = &report->rows[report->series[series]];
    const struct rsl_result *r = first->result;
    struct span span = span_of(report, series);
    rsl_text_puts(t, "<li><b>");
    rsl_html_text(t, r->storage);
    rsl_text_puts(t, "</b>, fault ");
    quoted(t, r->fault);
    rsl_text_puts(t, ": ");
    rsl_report_count(t, first->weights);
    rsl_text_puts(t, " weights in ");
    rsl_report_count(t, first->bits);
    rsl_text_printf(t, " bits (%.4g bits per weight, redundancy included); ", r->bits_per_weight);
    if (first->timing.batch > 0) timing(t, &first->timing);
    sampling(t, r);
    rsl_text_puts(t, "; ");
    trials(t, &span);
    rsl_text_puts(t, ", images: ");
    rsl_html_text(t, r->design);
    rsl_text_printf(t, ". Intervals of %g&nbsp;%%: ", 100 * r->confidence);
    rsl_html_text(t, r->drop_interval ? r->drop_interval : "?");
    rsl_text_puts(t, " for drop and accuracy, ");
    rsl_html_text(t, r->share_interval ? r->share_interval : "?");
    rsl_text_puts(t, " for SDC, ");
    rsl_html_text(t, r->due_interval ? r->due_interval : "?");
    rsl_text_puts(t, " for DUE.");
    if (span.unfinished) rsl_text_puts(t, " Not finished: what is shown is what was there so far.");
    if (r->reason && r->reason[0] == 'm')
        rsl_text_printf(t, " Sampling stopped when the interval was &#177;%g.", r->margin);
    rsl_text_puts(t, "</li>\n");
}

static void describe_all_series(struct rsl_text *t, const struct rsl_report *report, int store) {
    int n = 0;
    rsl_text_puts(t, "<ul>\n");
    for (int i = 0; i < report->n_series; i++) {
        if (report->rows[report->series[i]].store != store) continue;
        if (n++ < RSL_REPORT_TOLD) describe_series(t, report, i);
    }
    if (n > RSL_REPORT_TOLD) {
        rsl_text_puts(t, "<li>");
        rsl_report_count(t, n - RSL_REPORT_TOLD);
        rsl_text_puts(t,
                      " more series: what &#8220;Copy as CSV&#8221; copies has population, "
                      "sampling, trials and intervals of each.</li>\n");
    }
    rsl_text_puts(t, "</ul>\n");
}

static void describe_drop_constant(struct rsl_text *t, const struct rsl_report *report) {
    bool rates = false, times = false;
    for (size_t i = 0; i < report->n_rows; i++) {
        rates |= !isnan(report->rows[i].result->p_drop);
        times |= !isnan(report->rows[i].result->rap);
    }
    if (rates) {
        rsl_text_puts(t,
                      "<p>P_drop = (bits of the weights)&#178; &#215; C &#215; rate &#215; mean "
                      "drop, with C = life / test interval &#215; P_single = ");
        rsl_text_printf(t, "%.6g", report->drop_constant);
        rsl_text_puts(t, report->drop_constant == RSL_DROP_CONSTANT
                             ? ", which FORTUNE's published table was computed with (there from "
                               "the drop at the rate 3e-4 in every column, here from the drop at "
                               "each rate). "
                             : ", as asked. ");
        rsl_text_puts(t, "A mean drop below 0 counts as 0.</p>\n");
    }
    if (times)
        rsl_text_puts(t,
                      "<p>RAP = mean drop in per cent &#215; bits of the weights / (8 &#215; "
                      "weights) &#215; time / time of the 8-bit network without protection; "
                      "times are medians, measured alternating in one run.</p>\n");
}

void rsl_report_methods(struct rsl_text *t, const struct rsl_report *report) {
    rsl_text_puts(t,
                  "<section id=methods aria-labelledby=methods-title>\n"
                  "<h2 id=methods-title>Methods</h2>\n");
    for (int s = 0; s < report->n_stores; s++) {
        describe_store(t, &report->stores[s]);
        describe_all_series(t, report, s);
    }
    describe_drop_constant(t, report);
    rsl_text_puts(
        t,
        "<h3>Words</h3>\n<dl class=words>\n"
        "<div><dt>Golden</dt><dd>accuracy without faults, on all images</dd></div>\n"
        "<div><dt>Drop</dt><dd>golden minus accuracy with faults, in points</dd></div>\n"
        "<div><dt>SDC</dt><dd>silent data corruption: share of runs (one image, one trial) whose "
        "prediction is not the fault-free one</dd></div>\n"
        "<div><dt>DUE</dt><dd>share of runs with NaN or infinity among the outputs, which a "
        "check can see</dd></div>\n"
        "<div><dt>Masked</dt><dd>share of runs whose outputs are all unchanged</dd></div>\n"
        "<div><dt>Tolerable</dt><dd>outputs changed, prediction kept</dd></div>\n"
        "<div><dt>BER</dt><dd>bit error rate: probability that a stored bit is flipped, or the "
        "rate that the fault names</dd></div>\n</dl>\n</section>\n");
}
