// Running sums, sorting, and products of integers.

#include <string.h>

#include "include/CKMovement.h"
#include "walk.h"

#define RUNNING(TYPE, SUM)                                                          \
  for (int64_t o = 0; o < outer; ++o) {                                             \
    TYPE *restrict t = (TYPE *)to + o * extent * inner;                             \
    const TYPE *restrict f = (const TYPE *)from + o * extent * inner;               \
    int64_t line = reversed ? extent - 1 : 0, step = reversed ? -1 : 1;             \
    for (int64_t i = 0; i < inner; ++i) t[line * inner + i] = f[line * inner + i];  \
    for (int64_t n = 1; n < extent; ++n) {                                          \
      int64_t before = line * inner;                                                \
      line += step;                                                                 \
      for (int64_t i = 0; i < inner; ++i)                                           \
        t[line * inner + i] = (TYPE)((SUM)t[before + i] + (SUM)f[line * inner + i]); \
    }                                                                               \
  }

void ck_cumulative_sum(void *to, const void *from, int64_t outer, int64_t extent, int64_t inner, int reversed,
                       enum ck_type type) {
  switch (type) {
    case ck_type_f32: RUNNING(float, float) break;
    case ck_type_f64: RUNNING(double, double) break;
    case ck_type_bool: RUNNING(uint8_t, uint8_t) break;
    case ck_type_i32: RUNNING(int32_t, uint32_t) break;
    case ck_type_i64: RUNNING(int64_t, uint64_t) break;
  }
}

// An integer with the order of the number: equal for -0 and 0, and above all others for every NaN.
static inline int64_t key_of_real(double x) {
  if (x != x) return INT64_MAX;
  x += 0.0;  // -0 becomes 0
  int64_t bits;
  memcpy(&bits, &x, sizeof(bits));
  return bits < 0 ? bits ^ INT64_MAX : bits;
}

static inline int64_t key_at(const void *from, int64_t i, enum ck_type type) {
  switch (type) {
    case ck_type_f32: return key_of_real(((const float *)from)[i]);
    case ck_type_f64: return key_of_real(((const double *)from)[i]);
    case ck_type_bool: return ((const uint8_t *)from)[i];
    case ck_type_i32: return ((const int32_t *)from)[i];
    case ck_type_i64: return ((const int64_t *)from)[i];
  }
  return 0;
}

typedef struct {
  int64_t key, index;
} entry;

// Insertion sort of short runs, then merging from one half of the scratch to the other.
static entry *sort(entry *from, entry *to, int64_t count) {
  enum { run = 16 };
  for (int64_t start = 0; start < count; start += run) {
    int64_t end = start + run < count ? start + run : count;
    for (int64_t i = start + 1; i < end; ++i) {
      entry e = from[i];
      int64_t j = i;
      for (; j > start && from[j - 1].key > e.key; --j) from[j] = from[j - 1];
      from[j] = e;
    }
  }
  for (int64_t width = run; width < count; width *= 2) {
    for (int64_t start = 0; start < count; start += 2 * width) {
      int64_t middle = start + width < count ? start + width : count;
      int64_t end = start + 2 * width < count ? start + 2 * width : count;
      int64_t i = start, j = middle;
      for (int64_t k = start; k < end; ++k)
        to[k] = i < middle && (j == end || from[i].key <= from[j].key) ? from[i++] : from[j++];
    }
    entry *swap = from;
    from = to;
    to = swap;
  }
  return from;
}

void ck_argsort(int64_t *to, const void *from, int64_t outer, int64_t extent, int64_t inner, enum ck_type type,
                int64_t *scratch) {
  entry *first = (entry *)scratch, *second = first + extent;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      int64_t base = o * extent * inner + i;
      for (int64_t j = 0; j < extent; ++j) first[j] = (entry){key_at(from, base + j * inner, type), j};
      entry *sorted = sort(first, second, extent);
      for (int64_t j = 0; j < extent; ++j) to[base + j * inner] = sorted[j].index;
    }
}

static inline uint64_t integer_at(const void *from, int64_t i, enum ck_type type) {
  switch (type) {
    case ck_type_bool: return ((const uint8_t *)from)[i];
    case ck_type_i32: return (uint64_t)((const int32_t *)from)[i];
    default: return (uint64_t)((const int64_t *)from)[i];
  }
}

void ck_contract_integers(void *to, const void *left, const int64_t *left_strides, const void *right,
                          const int64_t *right_strides, const int64_t *extents, int64_t rank, int64_t summed,
                          enum ck_type type) {
  int64_t index[ck_rank_limit] = {0};
  int64_t l = 0, r = 0, result = 0;
  uint64_t sum = 0;
  for (;;) {
    sum += integer_at(left, l, type) * integer_at(right, r, type);
    int64_t axis = rank - 1;
    int finished = summed == 0;
    for (; axis >= 0; --axis) {
      if (axis == rank - 1 - summed) finished = 1;
      l += left_strides[axis];
      r += right_strides[axis];
      if (++index[axis] < extents[axis]) break;
      l -= index[axis] * left_strides[axis];
      r -= index[axis] * right_strides[axis];
      index[axis] = 0;
    }
    if (finished || axis < 0) {
      switch (type) {
        case ck_type_bool: ((uint8_t *)to)[result++] = sum != 0; break;
        case ck_type_i32: ((int32_t *)to)[result++] = (int32_t)(uint32_t)sum; break;
        default: ((int64_t *)to)[result++] = (int64_t)sum; break;
      }
      sum = 0;
    }
    if (axis < 0) return;
  }
}
