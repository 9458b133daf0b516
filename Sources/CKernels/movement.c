// Strided copies, gather and scatter.

#include <string.h>

#include "include/CKMovement.h"
#include "walk.h"

// The side of the square blocks in which a transposition goes, so that both sides stay in the first cache.
enum { block_side = 16 };

#define COPIES(TYPE, suffix)                                                                          \
  static void copy_run_##suffix(TYPE *to, int64_t ts, const TYPE *from, int64_t fs, int64_t count) {  \
    if (ts == 1 && fs == 1)                                                                           \
      memcpy(to, from, (size_t)count * sizeof(TYPE));                                                 \
    else if (ts == 1)                                                                                 \
      for (int64_t i = 0; i < count; ++i) to[i] = from[i * fs];                                       \
    else                                                                                              \
      for (int64_t i = 0; i < count; ++i) to[i * ts] = from[i * fs];                                  \
  }                                                                                                   \
  static void copy_plane_##suffix(TYPE *to, int64_t tr, int64_t tc, const TYPE *from, int64_t fr, int64_t fc, \
                                  int64_t rows, int64_t columns) {                                    \
    for (int64_t r0 = 0; r0 < rows; r0 += block_side) {                                               \
      int64_t r1 = r0 + block_side < rows ? r0 + block_side : rows;                                   \
      for (int64_t c0 = 0; c0 < columns; c0 += block_side) {                                          \
        int64_t width = c0 + block_side < columns ? block_side : columns - c0;                        \
        for (int64_t r = r0; r < r1; ++r)                                                             \
          copy_run_##suffix(to + r * tr + c0 * tc, tc, from + r * fr + c0 * fc, fc, width);           \
      }                                                                                               \
    }                                                                                                 \
  }
COPIES(uint8_t, 1)
COPIES(uint32_t, 4)
COPIES(uint64_t, 8)

#define DISPATCH(bytes, name, ...)                         \
  switch (bytes) {                                         \
    case 1: name##_1(__VA_ARGS__); break;                  \
    case 4: name##_4(__VA_ARGS__); break;                  \
    default: name##_8(__VA_ARGS__); break;                 \
  }

void ck_copy(void *to, const int64_t *to_strides, const void *from, const int64_t *from_strides,
             const int64_t *extents, int64_t rank, int64_t bytes) {
  if (rank == 0) {
    memcpy(to, from, (size_t)bytes);
    return;
  }
  // The axis besides the last that makes a transposition of the last two walks.
  int64_t last = rank - 1, other = -1;
  if (from_strides[last] != 1 && from_strides[last] != 0)
    for (int64_t axis = 0; axis < last; ++axis)
      if (from_strides[axis] == 1) other = axis;
  int64_t index[ck_rank_limit] = {0};
  char *t = to;
  const char *f = from;
  for (;;) {
    if (other >= 0) {
      switch (bytes) {
        case 1: copy_plane_1((uint8_t *)t, to_strides[other], to_strides[last], (const uint8_t *)f, from_strides[other],
                             from_strides[last], extents[other], extents[last]); break;
        case 4: copy_plane_4((uint32_t *)t, to_strides[other], to_strides[last], (const uint32_t *)f,
                             from_strides[other], from_strides[last], extents[other], extents[last]); break;
        default: copy_plane_8((uint64_t *)t, to_strides[other], to_strides[last], (const uint64_t *)f,
                              from_strides[other], from_strides[last], extents[other], extents[last]); break;
      }
    } else {
      switch (bytes) {
        case 1: copy_run_1((uint8_t *)t, to_strides[last], (const uint8_t *)f, from_strides[last], extents[last]); break;
        case 4: copy_run_4((uint32_t *)t, to_strides[last], (const uint32_t *)f, from_strides[last], extents[last]); break;
        default: copy_run_8((uint64_t *)t, to_strides[last], (const uint64_t *)f, from_strides[last], extents[last]); break;
      }
    }
    int64_t axis = last - 1;
    for (; axis >= 0; --axis) {
      if (axis == other) continue;
      t += to_strides[axis] * bytes;
      f += from_strides[axis] * bytes;
      if (++index[axis] < extents[axis]) break;
      t -= index[axis] * to_strides[axis] * bytes;
      f -= index[axis] * from_strides[axis] * bytes;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

void ck_repeat(void *to, const void *element, int64_t count, int64_t bytes) {
  switch (bytes) {
    case 1: memset(to, *(const uint8_t *)element, (size_t)count); break;
    case 4: {
      uint32_t x = *(const uint32_t *)element, *o = to;
      for (int64_t i = 0; i < count; ++i) o[i] = x;
      break;
    }
    default: {
      uint64_t x = *(const uint64_t *)element, *o = to;
      for (int64_t i = 0; i < count; ++i) o[i] = x;
      break;
    }
  }
}

int64_t ck_gather(void *to, const void *from, const int64_t *indices, int64_t outer, int64_t count, int64_t extent,
                  int64_t inner, int64_t bytes) {
  for (int64_t j = 0; j < count; ++j)
    if (indices[j] < 0 || indices[j] >= extent) return j;
  int64_t line = inner * bytes;
  for (int64_t o = 0; o < outer; ++o) {
    char *t = (char *)to + o * count * line;
    const char *f = (const char *)from + o * extent * line;
    switch (line) {
      case 4:
        for (int64_t j = 0; j < count; ++j) ((uint32_t *)t)[j] = ((const uint32_t *)f)[indices[j]];
        break;
      case 8:
        if (bytes == 8)
          for (int64_t j = 0; j < count; ++j) ((uint64_t *)t)[j] = ((const uint64_t *)f)[indices[j]];
        else
          for (int64_t j = 0; j < count; ++j) memcpy(t + j * 8, f + indices[j] * 8, 8);
        break;
      default:
        for (int64_t j = 0; j < count; ++j) memcpy(t + j * line, f + indices[j] * line, (size_t)line);
    }
  }
  return -1;
}

#define SCATTER(TYPE, SUM)                                                   \
  for (int64_t o = 0; o < outer; ++o) {                                      \
    TYPE *t = (TYPE *)to + o * extent * inner;                               \
    const TYPE *f = (const TYPE *)from + o * count * inner;                  \
    for (int64_t i = 0; i < extent * inner; ++i) t[i] = 0;                   \
    for (int64_t j = 0; j < count; ++j) {                                    \
      TYPE *restrict tr = t + indices[j] * inner;                            \
      const TYPE *restrict fr = f + j * inner;                               \
      for (int64_t i = 0; i < inner; ++i) tr[i] = (TYPE)((SUM)tr[i] + (SUM)fr[i]); \
    }                                                                        \
  }

int64_t ck_scatter_add(void *to, const void *from, const int64_t *indices, int64_t outer, int64_t count,
                       int64_t extent, int64_t inner, enum ck_type type) {
  for (int64_t j = 0; j < count; ++j)
    if (indices[j] < 0 || indices[j] >= extent) return j;
  switch (type) {
    case ck_type_f32: SCATTER(float, float) break;
    case ck_type_f64: SCATTER(double, double) break;
    case ck_type_bool: SCATTER(uint8_t, uint8_t) break;
    case ck_type_i32: SCATTER(int32_t, uint32_t) break;
    case ck_type_i64: SCATTER(int64_t, uint64_t) break;
  }
  return -1;
}
