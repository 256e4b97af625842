/* Append-only JSON writer: begin, add, end; commas and escapes are its business, order is yours.
 *
 *     struct rsl_json *j = rsl_json_new();
 *     rsl_json_object(j);
 *     rsl_json_key(j, "top1"); rsl_json_double(j, 91.73);
 *     rsl_json_end(j);
 *     if (rsl_json_status(j) == RSL_OK) puts(rsl_json_text(j));
 *     rsl_json_free(j); */
#ifndef RESILE_JSON_H
#define RESILE_JSON_H

#include "resile/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_json;

/* NULL when out of memory. */
RSL_API struct rsl_json *rsl_json_new(void);
RSL_API void rsl_json_free(struct rsl_json *j);

RSL_API void rsl_json_object(struct rsl_json *j);
RSL_API void rsl_json_array(struct rsl_json *j);
/* Closes the innermost object or array. */
RSL_API void rsl_json_end(struct rsl_json *j);
RSL_API void rsl_json_key(struct rsl_json *j, const char *key);
/* Bytes that are not UTF-8 become U+FFFD, so the output is always valid JSON. */
RSL_API void rsl_json_string(struct rsl_json *j, const char *text);
RSL_API void rsl_json_int(struct rsl_json *j, int64_t value);
/* Shortest decimal that reads back as the same double; NaN and infinities become null. */
RSL_API void rsl_json_double(struct rsl_json *j, double value);
RSL_API void rsl_json_bool(struct rsl_json *j, bool value);
RSL_API void rsl_json_null(struct rsl_json *j);
/* RSL_OK when everything fitted in memory and every object was closed. RSL_EARG when more than 64
 * are open in one another, or one is closed that was not opened. */
RSL_API int rsl_json_status(const struct rsl_json *j);
/* What was written so far, until the next addition. */
RSL_API const char *rsl_json_text(const struct rsl_json *j);

#ifdef __cplusplus
}
#endif
#endif
