/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cgroup's path as a probe reads it: names, from the cgroup itself up to below the root, each ending in a zero.
 * Included by C for BPF and by C++.
 */
#ifndef PODSNOOP_CGROUP_PATH_H
#define PODSNOOP_CGROUP_PATH_H

#include <linux/types.h>

#define CGROUP_NAME_BYTES 256 /* NAME_MAX and the zero */
#define CGROUP_PATH_BYTES 1280
#define CGROUP_PATH_DEPTH 16 /* a container's, nested twice in other containers, is some 12 deep */
#define CGROUP_PATH_UNKNOWN (-1)

struct cgroup_path {
    __s32 length; /* bytes of names; 0: the root; CGROUP_PATH_UNKNOWN: not read, too long or too deep */
    char names[CGROUP_PATH_BYTES];
};

#endif
