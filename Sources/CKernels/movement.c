// Gather and scatter.

#include <string.h>

#include "include/CKMovement.h"

// Some indices at a time, without leaving the loop, which becomes vectors; one by one where some are outside.
#define FIRST_OUTSIDE(INDEX, UNSIGNED)                                                  \
  {                                                                                     \
    const INDEX *k = indices;                                                           \
    UNSIGNED limit = extent > (int64_t)((UNSIGNED)-1 >> 1) ? (UNSIGNED)-1 >> 1 : (UNSIGNED)extent; \
    for (int64_t start = 0; start < count; start += checked) {                          \
      int64_t end = start + checked < count ? start + checked : count;                  \
      int any = 0;                                                                      \
      for (int64_t j = start; j < end; ++j) any |= (UNSIGNED)k[j] >= limit;             \
      if (any)                                                                          \
        for (int64_t j = start; j < end; ++j)                                           \
          if (k[j] < 0 || k[j] >= extent) return j;                                     \
    }                                                                                   \
    return -1;                                                                          \
  }

enum { checked = 1024 };

int64_t ck_index_outside(const void *indices, int64_t index_bytes, int64_t count, int64_t extent) {
  if (index_bytes == 4) FIRST_OUTSIDE(int32_t, uint32_t)
  FIRST_OUTSIDE(int64_t, uint64_t)
}

#define GATHER(INDEX)                                                                                        \
  {                                                                                                          \
    const INDEX *k = indices;                                                                                \
    if (bytes == 4 && line == 4)                                                                             \
      for (int64_t j = start; j < end; ++j) ((uint32_t *)t)[j] = ((const uint32_t *)f)[k[j]];                \
    else if (bytes == 8 && line == 8)                                                                        \
      for (int64_t j = start; j < end; ++j) ((uint64_t *)t)[j] = ((const uint64_t *)f)[k[j]];                \
    else                                                                                                     \
      for (int64_t j = start; j < end; ++j) memcpy(t + j * line, f + k[j] * line, (size_t)line);             \
  }

void ck_gather_lines(void *to, const void *from, const void *indices, int64_t index_bytes, int64_t count,
                     int64_t extent, int64_t inner, int64_t bytes, int64_t first, int64_t last) {
  int64_t line = inner * bytes;
  while (first < last) {
    int64_t o = first / count, start = first % count;
    int64_t end = start + last - first < count ? start + last - first : count;
    char *t = (char *)to + o * count * line;
    const char *f = (const char *)from + o * extent * line;
    if (index_bytes == 4)
      GATHER(int32_t)
    else
      GATHER(int64_t)
    first += end - start;
  }
}

// Single elements, the common case, want no loop of their own.
#define SCATTER(TYPE, SUM, INDEX)                                                    \
  {                                                                                  \
    TYPE *t = to;                                                                    \
    const TYPE *f = from;                                                            \
    const INDEX *k = indices;                                                        \
    if (inner == 1) {                                                                \
      for (int64_t j = first; j < last; ++j) t[k[j]] = (TYPE)((SUM)t[k[j]] + (SUM)f[j]); \
      return;                                                                        \
    }                                                                                \
    for (int64_t j = first; j < last; ++j) {                                         \
      TYPE *restrict tr = t + k[j] * inner;                                          \
      const TYPE *restrict fr = f + j * inner;                                       \
      for (int64_t i = 0; i < inner; ++i) tr[i] = (TYPE)((SUM)tr[i] + (SUM)fr[i]);   \
    }                                                                                \
    return;                                                                          \
  }

#define SCATTER_BY_TYPE(INDEX)                            \
  switch (type) {                                         \
    case ck_type_f32: SCATTER(float, float, INDEX)        \
    case ck_type_f64: SCATTER(double, double, INDEX)      \
    case ck_type_bool: SCATTER(uint8_t, uint8_t, INDEX)   \
    case ck_type_i32: SCATTER(int32_t, uint32_t, INDEX)   \
    case ck_type_i64: SCATTER(int64_t, uint64_t, INDEX)   \
  }

void ck_scatter_add(void *to, const void *from, const void *indices, int64_t index_bytes, int64_t first, int64_t last,
                    int64_t inner, enum ck_type type) {
  if (index_bytes == 4) SCATTER_BY_TYPE(int32_t)
  SCATTER_BY_TYPE(int64_t)
}

#define ADD(TYPE, SUM)                                                           \
  {                                                                              \
    TYPE *restrict t = to;                                                       \
    const TYPE *restrict f = from;                                               \
    for (int64_t i = 0; i < count; ++i) t[i] = (TYPE)((SUM)t[i] + (SUM)f[i]);    \
    return;                                                                      \
  }

void ck_add(void *to, const void *from, int64_t count, enum ck_type type) {
  switch (type) {
    case ck_type_f32: ADD(float, float)
    case ck_type_f64: ADD(double, double)
    case ck_type_bool: ADD(uint8_t, uint8_t)
    case ck_type_i32: ADD(int32_t, uint32_t)
    case ck_type_i64: ADD(int64_t, uint64_t)
  }
}
