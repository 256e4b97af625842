/* What the control groups that this process is in allow, as containers, systemd and batch systems
 * set it. */
#ifndef RSL_BASE_CONTROL_GROUP_H
#define RSL_BASE_CONTROL_GROUP_H

#include <stdint.h>

/* Processors at a time: 0.5 is half of one. -1: no limit is known. */
double rsl_group_cpus(void);

/* Bytes of memory, and how many of them are not taken yet; -1: no limit is known. */
void rsl_group_memory(int64_t *limit, int64_t *left);

#endif
