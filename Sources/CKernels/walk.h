// Walking over the elements of an access in row-major order.

#ifndef CURVATURE_WALK_H
#define CURVATURE_WALK_H

#include "include/CKTable.h"

// Axes of extent 1 are left out of accesses, so that even 2^62 elements have no more axes than this.
enum { ck_rank_limit = 62 };

typedef struct {
  int64_t offset;  // of the current element from the first
  int outside;     // whether an axis but the last is at a place that reads zero
  int64_t index[ck_rank_limit];
} ck_walk;

static inline int ck_is_outside(const ck_access *access, const int64_t *index) {
  if (!access->first) return 0;
  for (int64_t axis = 0; axis < access->rank - 1; ++axis) {
    int64_t inside = index[axis] - access->first[axis];
    if (inside < 0 || inside >= access->valid[axis]) return 1;
  }
  return 0;
}

static inline ck_walk ck_walk_from(const ck_access *access, int64_t start) {
  ck_walk walk;
  walk.offset = 0;
  for (int64_t axis = access->rank - 1; axis >= 0; --axis) {
    int64_t rest = start == 0 ? 0 : start / access->extents[axis];
    walk.index[axis] = start - rest * access->extents[axis];
    walk.offset += walk.index[axis] * access->strides[axis];
    start = rest;
  }
  walk.outside = ck_is_outside(access, walk.index);
  return walk;
}

// Steps forward within the last axis, to its end at most, where the walk goes on to the next row.
static inline void ck_walk_on(ck_walk *walk, const ck_access *access, int64_t steps) {
  int64_t axis = access->rank - 1;
  walk->index[axis] += steps;
  walk->offset += steps * access->strides[axis];
  while (walk->index[axis] == access->extents[axis] && axis > 0) {
    walk->offset -= walk->index[axis] * access->strides[axis];
    walk->index[axis] = 0;
    --axis;
    ++walk->index[axis];
    walk->offset += access->strides[axis];
  }
  if (access->first) walk->outside = ck_is_outside(access, walk->index);
}

#endif
