/* Ranks: the processes of an MPI job, each of which has the whole campaign in memory and runs a
 * part of every group. Rank 0 leads: it alone has the store, decides what runs next and reports.
 * What comes out does not depend on the number of ranks.
 *
 * Built without MPI, or started without mpirun, there are no ranks: NULL everywhere, which every
 * call takes. */
#ifndef RSL_CAMPAIGN_RANKS_H
#define RSL_CAMPAIGN_RANKS_H

#include "campaign/crew.h"

struct rsl_ranks;

/* Begins MPI when the process was started by mpirun. NULL in *ranks: the process is alone. */
int rsl_ranks_join(struct rsl_ranks **ranks);
void rsl_ranks_free(struct rsl_ranks *ranks);

bool rsl_ranks_lead(const struct rsl_ranks *ranks);
/* Ranks on this machine, at least 1. */
int rsl_ranks_here(const struct rsl_ranks *ranks);

/* Collective, once, before the first group: `status` is how this rank stands, `identity` what it is
 * about to run. Fails on all ranks when one failed or is about something else. */
int rsl_ranks_agree(struct rsl_ranks *ranks, int status, const char *identity);

/* All ranks: groups may come (again, after rsl_ranks_end). */
void rsl_ranks_begin(struct rsl_ranks *ranks);
/* The leader: rsl_crew_run with all ranks. */
int rsl_ranks_run(struct rsl_ranks *ranks, struct rsl_crew *crew, struct rsl_job *jobs, size_t n,
                  const struct rsl_crew_watch *watch);
/* The others: run what the leader sends, for points by the jobs' `owner`, until it ends. */
int rsl_ranks_serve(struct rsl_ranks *ranks, struct rsl_crew *crew,
                    const struct rsl_point_faults *const *points, int n_points);
/* The leader: no more groups. */
void rsl_ranks_end(struct rsl_ranks *ranks);

#endif
