/* Status codes and the thread's error sentence.
 *
 * Every call that can fail returns RSL_OK (0) or a negative code. The sentence for people, naming
 * file, node and value, stays in the calling thread until its next failure.
 *
 * What holds for all of resile/: an object is for one thread at a time, but for models and data
 * sets, which several may read at once; different objects are independent. Calls use threads of
 * their own inside, and callbacks come on the thread that made the call. No pointer may be NULL
 * where nothing says so; `free` and `close` take NULL. */
#ifndef RESILE_STATUS_H
#define RESILE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define RSL_API __attribute__((visibility("default")))
#else
#define RSL_API
#endif

/* name, value, short text */
#define RSL_STATUS_MAP(X)                                      \
    X(RSL_OK, 0, "ok")                                         \
    X(RSL_ENOMEM, -1, "out of memory")                         \
    X(RSL_EARG, -2, "argument out of its range")               \
    X(RSL_EIO, -3, "input or output failed")                   \
    X(RSL_EFORMAT, -4, "malformed file")                       \
    X(RSL_EUNSUPPORTED, -5, "not supported")                   \
    X(RSL_EGRAPH, -6, "invalid graph")                         \
    X(RSL_ESHAPE, -7, "shapes or types do not fit")            \
    X(RSL_ENOTFOUND, -8, "not found")                          \
    X(RSL_EMISMATCH, -9, "things that belong together differ") \
    X(RSL_EINTERNAL, -10, "internal error")                    \
    X(RSL_EINTERRUPTED, -11, "interrupted")

enum rsl_status {
#define X(name, value, text) name = value,
    RSL_STATUS_MAP(X)
#undef X
};

/* The sentence of this thread's last failure; "" before any. Valid until the next failure. */
RSL_API const char *rsl_errmsg(void);
/* "RSL_EIO" and "input or output failed"; "RSL_E?" for an unknown code. Never NULL. */
RSL_API const char *rsl_status_name(int status);
RSL_API const char *rsl_status_text(int status);

#ifdef __cplusplus
}
#endif
#endif
