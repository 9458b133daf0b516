// Steps that move elements between buffers, and steps that need whole lines: everything but fused groups and BLAS.
//
// Sizes are in elements unless they say bytes. Extents are not zero unless said; strides may be negative or zero.

#ifndef CURVATURE_CKMOVEMENT_H
#define CURVATURE_CKMOVEMENT_H

#include <stdint.h>

#include "CKTable.h"

// Copies the entries above the diagonal below it, in matrices of size x size elements of 4 or 8 bytes that lie one
// after another. The work comes in tasks, ceil(size / ck_mirror_side) for each matrix; this does from ..< to.
enum { ck_mirror_side = 32 };
void ck_mirror(void *matrices, int64_t size, int64_t element_bytes, int64_t from, int64_t to);

// The first position in `indices`, integers of 4 or 8 bytes, whose index is not in 0 ..< extent; -1 if there is none.
int64_t ck_index_outside(const void *indices, int64_t index_bytes, int64_t count, int64_t extent);

// to[o, j, i] = from[o, indices[j], i] for some of the lines (o, j), numbered row-major: first ..< last. The indices are
// inside.
void ck_gather_lines(void *to, const void *from, const void *indices, int64_t index_bytes, int64_t count,
                     int64_t extent, int64_t inner, int64_t element_bytes, int64_t first, int64_t last);

// to[indices[j], i] += from[j, i], in the order of j in first ..< last. The indices are inside, of 4 or 8 bytes.
void ck_scatter_add(void *to, const void *from, const void *indices, int64_t index_bytes, int64_t first, int64_t last,
                    int64_t inner, enum ck_type type);

// to[i] += from[i].
void ck_add(void *to, const void *from, int64_t count, enum ck_type type);

// Running sums over the middle of three axes.
void ck_cumulative_sum(void *to, const void *from, int64_t outer, int64_t extent, int64_t inner, int reversed,
                       enum ck_type type);

// The stable ascending order of each line over the middle of three axes, NaN last. O(n log n) per line.
// `scratch` holds 4 int64 per element of a line.
void ck_argsort(int64_t *to, const void *from, int64_t outer, int64_t extent, int64_t inner, enum ck_type type,
                int64_t *scratch);

// to[i] = sum over j of left * right for integers, arithmetic wrapping: a box of `rank` axes of which the last
// `summed` are summed over; `to` is row-major over the others.
void ck_contract_integers(void *to, const void *left, const int64_t *left_strides, const void *right,
                          const int64_t *right_strides, const int64_t *extents, int64_t rank, int64_t summed,
                          enum ck_type type);

#endif
