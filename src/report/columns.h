/* Columns of the page's data. All values of one key together are small: most columns hold few
 * different ones. Each is written in the shortest of these forms, which page/data.js reads:
 *
 *     {"all": v}                       the same in every row
 *     {"of": [v, ..], "at": [0, ..]}   the different ones, and which of them each row has
 *     [v, ..]                          one after the other
 *     {"f64": "..."}                   doubles in base64, the least byte first, NaN where unknown;
 *                                      for columns of RSL_REPORT_DENSE values and more
 *
 *     struct rsl_report_column c = {0};
 *     for (...) rsl_report_column_real(&c, value);
 *     rsl_report_column_end(&c, j, "drop");          "drop": ..., in the object that is open
 *
 * Numbers keep all their digits. Failures are remembered, and given to the writer at the end. */
#ifndef RSL_REPORT_COLUMNS_H
#define RSL_REPORT_COLUMNS_H

#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"

#include <stdint.h>

enum { RSL_REPORT_DENSE = 500 }; /* below, everything can be read in the page's source */

struct rsl_report_column {
    struct rsl_arena arena;
    struct rsl_json one; /* the value being added */
    struct rsl_map seen; /* its JSON -> its place in `different` */
    struct {
        const char **at;
        size_t n, cap;
    } different;
    struct {
        int64_t *at;
        size_t n, cap;
    } which; /* of each row */
    struct {
        double *at;
        size_t n, cap;
    } reals;                     /* of each row, if the values are */
    size_t plain, once, indices; /* letters that all values, the different ones, `which` take */
    int status;
};

/* NULL: null. */
void rsl_report_column_text(struct rsl_report_column *c, const char *text);
void rsl_report_column_int(struct rsl_report_column *c, int64_t value);
/* NaN and infinities: null. */
void rsl_report_column_real(struct rsl_report_column *c, double value);
/* Writes the column under `key` and empties it. */
void rsl_report_column_end(struct rsl_report_column *c, struct rsl_json *j, const char *key);

#endif
