/* Ranks by MPI; see ranks.h. All ranks are the same program on the same kind of processor, so that
 * structs travel as they are. A rank without work sleeps: MPI's own waiting would take a core from
 * those that compute. */
#define _POSIX_C_SOURCE 200809L
#include "campaign/ranks.h"

#include "base/status.h"

#ifdef RSL_MPI

#include "base/alloc.h"
#include "base/sha256.h"
#include "base/vec.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TAG_JOBS = 1, TAG_STOP, TAG_RESULTS, TAG_OUTCOMES, TAG_SENTENCE, SENTENCE = 512 };

/* A job on its way to a rank, and back with its results; its pointers are not looked at. */
struct parcel {
    struct rsl_store_trial record;
    struct rsl_trial_place place;
    uint64_t k;
    int owner;
    bool outcomes;
};

struct header {
    int status; /* of results */
    int64_t n;  /* jobs; -1: the end, */
    bool stop;  /* before which the leader said stop */
};

struct rsl_ranks {
    MPI_Comm comm;
    int rank, size, here;
    bool ended;
    bool stopped; /* the leader said that the running group is to end early; the last one it is */
    struct {
        struct parcel *at;
        size_t n, cap;
    } parcels;
    struct {
        struct rsl_job *at;
        size_t n, cap;
    } share;
};

/* ---- joining ---- */

static void finalize(void) {
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (!finalized) MPI_Finalize();
}

static bool started_by_mpirun(void) {
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("PMIX_RANK");
}

/* Who began MPI ends it: the host program, or this one at its exit. */
static int begin_mpi(bool *there) {
    int initialized = 0;
    MPI_Initialized(&initialized);
    *there = initialized || started_by_mpirun();
    if (initialized || !*there) return RSL_OK;
    int provided;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
        return rsl_fail(RSL_EIO, "MPI could not be started");
    atexit(finalize);
    return RSL_OK;
}

int rsl_ranks_join(struct rsl_ranks **ranks) {
    bool there;
    int size = 1;
    *ranks = NULL;
    RSL_TRY(begin_mpi(&there));
    if (there) MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size < 2) return RSL_OK;
    struct rsl_ranks *r = rsl_calloc(1, sizeof *r);
    if (!r) return RSL_ENOMEM;
    MPI_Comm machine;
    MPI_Comm_dup(MPI_COMM_WORLD, &r->comm);
    MPI_Comm_rank(r->comm, &r->rank);
    MPI_Comm_size(r->comm, &r->size);
    MPI_Comm_split_type(r->comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    MPI_Comm_size(machine, &r->here);
    MPI_Comm_free(&machine);
    *ranks = r;
    return RSL_OK;
}

void rsl_ranks_free(struct rsl_ranks *r) {
    if (!r) return;
    MPI_Comm_free(&r->comm);
    rsl_free(r->parcels.at);
    rsl_free(r->share.at);
    rsl_free(r);
}

bool rsl_ranks_lead(const struct rsl_ranks *r) {
    return !r || r->rank == 0;
}

int rsl_ranks_here(const struct rsl_ranks *r) {
    return r ? r->here : 1;
}

/* ---- agreeing ---- */

struct standing {
    int status;
    char identity[65];
    char sentence[SENTENCE];
};

int rsl_ranks_agree(struct rsl_ranks *r, int status, const char *identity) {
    if (!r) return status;
    struct standing mine = {.status = status};
    struct rsl_sha256 h;
    rsl_sha256_init(&h);
    rsl_sha256_add(&h, identity, strlen(identity));
    rsl_sha256_hex(&h, mine.identity);
    if (status < 0) strncpy(mine.sentence, rsl_errmsg(), SENTENCE - 1);
    struct standing *all = rsl_calloc((size_t)r->size, sizeof *all);
    int lacking = all == NULL, any = 0;
    MPI_Allreduce(&lacking, &any, 1, MPI_INT, MPI_MAX, r->comm);
    if (any || !all) {
        rsl_free(all);
        return rsl_fail(RSL_ENOMEM, "out of memory on some rank");
    }
    MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all, sizeof mine, MPI_BYTE, r->comm);
    int rc = status;
    for (int i = 0; i < r->size && rc == RSL_OK; i++) {
        if (all[i].status < 0)
            rc = rsl_fail(all[i].status, "rank %d: %s", i, all[i].sentence);
        else if (strcmp(all[i].identity, all[0].identity) != 0)
            rc = rsl_fail(RSL_EMISMATCH,
                          "rank %d has another model, data set or command than rank 0", i);
    }
    rsl_free(all);
    if (rc < 0) r->ended = true;
    return rc;
}

/* ---- parcels ---- */

static bool is_there(const struct rsl_ranks *r, int from, int tag) {
    int there = 0;
    MPI_Iprobe(from, tag, r->comm, &there, MPI_STATUS_IGNORE);
    return there;
}

/* Until it is time to look again, without burning a core. */
static void doze(void) {
    const struct timespec moment = {.tv_nsec = 1000000};
    nanosleep(&moment, NULL);
}

/* Messages of more than 2^31 bytes go in pieces. */
enum { PIECE = 1 << 30 };

static void send_bytes(const struct rsl_ranks *r, int to, int tag, const void *data, size_t n) {
    for (const char *at = data; n > 0;) {
        size_t piece = n < PIECE ? n : PIECE;
        MPI_Send(at, (int)piece, MPI_BYTE, to, tag, r->comm);
        at += piece;
        n -= piece;
    }
}

static void receive_bytes(const struct rsl_ranks *r, int from, int tag, void *data, size_t n) {
    for (char *at = data; n > 0;) {
        size_t piece = n < PIECE ? n : PIECE;
        MPI_Recv(at, (int)piece, MPI_BYTE, from, tag, r->comm, MPI_STATUS_IGNORE);
        at += piece;
        n -= piece;
    }
}

static int room_for(struct rsl_ranks *r, size_t n) {
    for (r->parcels.n = 0; r->parcels.n < n;)
        RSL_TRY(rsl_vec_push(&r->parcels, (struct parcel){0}));
    return RSL_OK;
}

static int room_for_share(struct rsl_ranks *r, size_t n) {
    for (r->share.n = 0; r->share.n < n;) RSL_TRY(rsl_vec_push(&r->share, (struct rsl_job){0}));
    return RSL_OK;
}

/* Rank i gets jobs i, i + size, ...; in the order of k, so that all shares are alike. */
static size_t share_of(const struct rsl_ranks *r, int rank, size_t n) {
    return n > (size_t)rank ? (n - (size_t)rank - 1) / (size_t)r->size + 1 : 0;
}

/* ---- the leader ---- */

static void send_jobs(struct rsl_ranks *r, int to, const struct rsl_job *jobs, size_t n) {
    struct header h = {.n = (int64_t)share_of(r, to, n)};
    for (int64_t i = 0; i < h.n; i++) {
        const struct rsl_job *job = &jobs[(size_t)to + (size_t)i * (size_t)r->size];
        r->parcels.at[i] = (struct parcel){.record = job->record,
                                           .k = job->k,
                                           .owner = job->owner,
                                           .outcomes = job->outcomes != NULL};
    }
    send_bytes(r, to, TAG_JOBS, &h, sizeof h);
    send_bytes(r, to, TAG_JOBS, r->parcels.at, (size_t)h.n * sizeof *r->parcels.at);
}

static int receive_results(struct rsl_ranks *r, int from, struct rsl_job *jobs, size_t n) {
    struct header h;
    char sentence[SENTENCE];
    size_t mine = share_of(r, from, n);
    receive_bytes(r, from, TAG_RESULTS, &h, sizeof h);
    if (h.status < 0) {
        receive_bytes(r, from, TAG_SENTENCE, sentence, sizeof sentence);
        return rsl_fail(h.status, "rank %d: %s", from, sentence);
    }
    receive_bytes(r, from, TAG_RESULTS, r->parcels.at, mine * sizeof *r->parcels.at);
    for (size_t i = 0; i < mine; i++) {
        struct rsl_job *job = &jobs[(size_t)from + i * (size_t)r->size];
        job->record = r->parcels.at[i].record;
        job->place = r->parcels.at[i].place;
        if (job->outcomes)
            receive_bytes(r, from, TAG_OUTCOMES, job->outcomes, (size_t)job->record.images);
    }
    return RSL_OK;
}

static int compare_jobs(const void *a, const void *b) {
    const struct rsl_job *x = a, *y = b;
    if (x->owner != y->owner) return x->owner < y->owner ? -1 : 1;
    return (x->k > y->k) - (x->k < y->k);
}

/* Runs the share and brings its jobs back into the order in which they came. */
static int run_share(struct rsl_ranks *r, struct rsl_crew *crew,
                     const struct rsl_crew_watch *watch) {
    int rc = rsl_crew_run(crew, r->share.at, r->share.n, watch);
    qsort(r->share.at, r->share.n, sizeof *r->share.at, compare_jobs);
    return rc;
}

/* All ranks end their part of the group, as it is. */
static void stop_all(struct rsl_ranks *r) {
    if (r->stopped) return;
    r->stopped = true;
    for (int i = 1; i < r->size; i++) MPI_Send(NULL, 0, MPI_BYTE, i, TAG_STOP, r->comm);
}

/* Waits for the results of a rank; meanwhile the watch may stop all. */
static void await_results(struct rsl_ranks *r, int from, const struct rsl_crew_watch *watch,
                          int64_t done) {
    while (!is_there(r, from, TAG_RESULTS)) {
        doze();
        if (watch && watch->progress && !r->stopped && watch->progress(watch->context, done) != 0)
            stop_all(r);
    }
}

static int run_own(struct rsl_ranks *r, struct rsl_crew *crew, struct rsl_job *jobs, size_t n,
                   const struct rsl_crew_watch *watch) {
    size_t mine = share_of(r, 0, n);
    for (size_t i = 0; i < mine; i++) r->share.at[i] = jobs[i * (size_t)r->size];
    int rc = run_share(r, crew, watch);
    for (size_t i = 0; i < mine; i++) jobs[i * (size_t)r->size] = r->share.at[i];
    return rc;
}

static int64_t images_of(const struct rsl_ranks *r, int rank, const struct rsl_job *jobs,
                         size_t n) {
    int64_t images = 0;
    for (size_t i = 0; i < share_of(r, rank, n); i++)
        images += jobs[(size_t)rank + i * (size_t)r->size].record.images;
    return images;
}

int rsl_ranks_run(struct rsl_ranks *r, struct rsl_crew *crew, struct rsl_job *jobs, size_t n,
                  const struct rsl_crew_watch *watch) {
    if (!r) return rsl_crew_run(crew, jobs, n, watch);
    RSL_TRY(room_for(r, share_of(r, 0, n))); /* no share is larger */
    RSL_TRY(room_for_share(r, share_of(r, 0, n)));
    for (int i = 1; i < r->size; i++) send_jobs(r, i, jobs, n);
    int rc = run_own(r, crew, jobs, n, watch);
    if (rc < 0) stop_all(r);
    int64_t done = images_of(r, 0, jobs, n);
    /* All results are taken, also after a failure, so that ranks and leader stay in step. */
    for (int i = 1; i < r->size; i++) {
        await_results(r, i, watch, done);
        int got = receive_results(r, i, jobs, n);
        if (rc == RSL_OK || (rc == RSL_EINTERRUPTED && got < 0)) rc = got;
        done += images_of(r, i, jobs, n);
    }
    return rc == RSL_OK && r->stopped ? rsl_fail(RSL_EINTERRUPTED, "stopped") : rc;
}

void rsl_ranks_begin(struct rsl_ranks *r) {
    if (r) r->ended = r->stopped = false;
}

void rsl_ranks_end(struct rsl_ranks *r) {
    if (!r || r->rank != 0 || r->ended) return;
    const struct header end = {.n = -1, .stop = r->stopped};
    r->ended = true;
    for (int i = 1; i < r->size; i++) send_bytes(r, i, TAG_JOBS, &end, sizeof end);
}

/* ---- the others ---- */

/* Jobs as they came, with room for their outcomes. */
static int unpack_share(struct rsl_ranks *r, const struct rsl_point_faults *const *points,
                        int n_points, uint8_t **room) {
    size_t n = r->parcels.n, images = 0;
    RSL_TRY(room_for_share(r, n));
    for (size_t i = 0; i < n; i++)
        if (r->parcels.at[i].outcomes) images += (size_t)r->parcels.at[i].record.images;
    uint8_t *at = *room = rsl_calloc(images, 1);
    if (!at) return RSL_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct parcel *p = &r->parcels.at[i];
        if (p->owner < 0 || p->owner >= n_points)
            return rsl_fail(RSL_EINTERNAL, "rank %d was sent a job of no point", r->rank);
        r->share.at[i] = (struct rsl_job){.point = points[p->owner],
                                          .owner = p->owner,
                                          .k = p->k,
                                          .record = p->record,
                                          .outcomes = p->outcomes ? at : NULL};
        if (p->outcomes) at += p->record.images;
    }
    return RSL_OK;
}

static void send_results(struct rsl_ranks *r, int status) {
    const struct header h = {.status = status};
    char sentence[SENTENCE] = "";
    send_bytes(r, 0, TAG_RESULTS, &h, sizeof h);
    if (status < 0) {
        strncpy(sentence, rsl_errmsg(), SENTENCE - 1);
        send_bytes(r, 0, TAG_SENTENCE, sentence, sizeof sentence);
        return;
    }
    for (size_t i = 0; i < r->share.n; i++) {
        r->parcels.at[i].record = r->share.at[i].record;
        r->parcels.at[i].place = r->share.at[i].place;
    }
    send_bytes(r, 0, TAG_RESULTS, r->parcels.at, r->parcels.n * sizeof *r->parcels.at);
    for (size_t i = 0; i < r->share.n; i++)
        if (r->share.at[i].outcomes)
            send_bytes(r, 0, TAG_OUTCOMES, r->share.at[i].outcomes,
                       (size_t)r->share.at[i].record.images);
}

static void receive_stop(struct rsl_ranks *r) {
    MPI_Recv(NULL, 0, MPI_BYTE, 0, TAG_STOP, r->comm, MPI_STATUS_IGNORE);
    r->stopped = true;
}

/* The watch of the others. */
static int on_progress(void *context, int64_t done) {
    struct rsl_ranks *r = context;
    (void)done;
    if (!r->stopped && is_there(r, 0, TAG_STOP)) receive_stop(r);
    return r->stopped;
}

int rsl_ranks_serve(struct rsl_ranks *r, struct rsl_crew *crew,
                    const struct rsl_point_faults *const *points, int n_points) {
    const struct rsl_crew_watch watch = {on_progress, r};
    for (;;) {
        struct header h;
        uint8_t *outcomes = NULL;
        while (!is_there(r, 0, TAG_JOBS)) doze();
        receive_bytes(r, 0, TAG_JOBS, &h, sizeof h);
        if (h.stop && !r->stopped) receive_stop(r);
        if (h.n < 0) return RSL_OK;
        /* Without room for the parcels the protocol cannot be kept: the job ends. */
        if (room_for(r, (size_t)h.n) < 0) MPI_Abort(r->comm, 1);
        receive_bytes(r, 0, TAG_JOBS, r->parcels.at, (size_t)h.n * sizeof *r->parcels.at);
        int rc = unpack_share(r, points, n_points, &outcomes);
        if (rc == RSL_OK) rc = run_share(r, crew, &watch);
        send_results(r, rc == RSL_EINTERRUPTED ? RSL_OK : rc);
        rsl_free(outcomes);
    }
}

#else

int rsl_ranks_join(struct rsl_ranks **ranks) {
    *ranks = NULL;
    return RSL_OK;
}

void rsl_ranks_free(struct rsl_ranks *ranks) {
    (void)ranks;
}

bool rsl_ranks_lead(const struct rsl_ranks *ranks) {
    return ranks == NULL;
}

int rsl_ranks_here(const struct rsl_ranks *ranks) {
    (void)ranks;
    return 1;
}

int rsl_ranks_agree(struct rsl_ranks *ranks, int status, const char *identity) {
    (void)ranks;
    (void)identity;
    return status;
}

int rsl_ranks_run(struct rsl_ranks *ranks, struct rsl_crew *crew, struct rsl_job *jobs, size_t n,
                  const struct rsl_crew_watch *watch) {
    (void)ranks;
    return rsl_crew_run(crew, jobs, n, watch);
}

int rsl_ranks_serve(struct rsl_ranks *ranks, struct rsl_crew *crew,
                    const struct rsl_point_faults *const *points, int n_points) {
    (void)ranks;
    (void)crew;
    (void)points;
    (void)n_points;
    return rsl_fail(RSL_EUNSUPPORTED, "this resile was built without MPI");
}

void rsl_ranks_begin(struct rsl_ranks *ranks) {
    (void)ranks;
}

void rsl_ranks_end(struct rsl_ranks *ranks) {
    (void)ranks;
}

#endif
