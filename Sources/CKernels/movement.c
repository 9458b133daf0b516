// Gather and scatter.

#include <string.h>

#include "include/CKMovement.h"

int64_t ck_index_outside(const int64_t *indices, int64_t count, int64_t extent) {
  for (int64_t j = 0; j < count; ++j)
    if (indices[j] < 0 || indices[j] >= extent) return j;
  return -1;
}

void ck_gather_lines(void *to, const void *from, const int64_t *indices, int64_t count, int64_t extent, int64_t inner,
                     int64_t bytes, int64_t first, int64_t last) {
  int64_t line = inner * bytes;
  while (first < last) {
    int64_t o = first / count, start = first % count;
    int64_t end = start + last - first < count ? start + last - first : count;
    char *t = (char *)to + o * count * line;
    const char *f = (const char *)from + o * extent * line;
    switch (line) {
      case 4:
        for (int64_t j = start; j < end; ++j) ((uint32_t *)t)[j] = ((const uint32_t *)f)[indices[j]];
        break;
      case 8:
        if (bytes == 8)
          for (int64_t j = start; j < end; ++j) ((uint64_t *)t)[j] = ((const uint64_t *)f)[indices[j]];
        else
          for (int64_t j = start; j < end; ++j) memcpy(t + j * 8, f + indices[j] * 8, 8);
        break;
      default:
        for (int64_t j = start; j < end; ++j) memcpy(t + j * line, f + indices[j] * line, (size_t)line);
    }
    first += end - start;
  }
}

// Single elements, the common case, want no loop of their own.
#define SCATTER(TYPE, SUM)                                                           \
  for (int64_t o = 0; o < outer; ++o) {                                              \
    TYPE *t = (TYPE *)to + o * extent * inner;                                       \
    const TYPE *f = (const TYPE *)from + o * count * inner;                          \
    for (int64_t i = 0; i < extent * inner; ++i) t[i] = 0;                           \
    if (inner == 1) {                                                                \
      for (int64_t j = 0; j < count; ++j)                                            \
        t[indices[j]] = (TYPE)((SUM)t[indices[j]] + (SUM)f[j]);                      \
      continue;                                                                      \
    }                                                                                \
    for (int64_t j = 0; j < count; ++j) {                                            \
      TYPE *restrict tr = t + indices[j] * inner;                                    \
      const TYPE *restrict fr = f + j * inner;                                       \
      for (int64_t i = 0; i < inner; ++i) tr[i] = (TYPE)((SUM)tr[i] + (SUM)fr[i]);   \
    }                                                                                \
  }

int64_t ck_scatter_add(void *to, const void *from, const int64_t *indices, int64_t outer, int64_t count,
                       int64_t extent, int64_t inner, enum ck_type type) {
  int64_t outside = ck_index_outside(indices, count, extent);
  if (outside >= 0) return outside;
  switch (type) {
    case ck_type_f32: SCATTER(float, float) break;
    case ck_type_f64: SCATTER(double, double) break;
    case ck_type_bool: SCATTER(uint8_t, uint8_t) break;
    case ck_type_i32: SCATTER(int32_t, uint32_t) break;
    case ck_type_i64: SCATTER(int64_t, uint64_t) break;
  }
  return -1;
}
