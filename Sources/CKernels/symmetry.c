// Making symmetric matrices symmetric to the last bit.

#include "include/CKMovement.h"

// Rows and columns of a tile, so that reads and writes both stay in the first cache.
enum { side = ck_mirror_side };

#define MIRROR(TYPE, suffix)                                                         \
  static void mirror_##suffix(TYPE *restrict matrix, int64_t size, int64_t band) {   \
    int64_t i0 = band * side, i1 = i0 + side < size ? i0 + side : size;              \
    for (int64_t j0 = i0; j0 < size; j0 += side) {                                   \
      int64_t j1 = j0 + side < size ? j0 + side : size;                              \
      for (int64_t i = i0; i < i1; ++i) {                                            \
        int64_t j = j0 > i ? j0 : i + 1;                                             \
        const TYPE *from = matrix + i * size + j, *end = matrix + i * size + j1;     \
        TYPE *to = matrix + j * size + i;                                            \
        for (; from < end; ++from, to += size) *to = *from;                          \
      }                                                                              \
    }                                                                                \
  }
MIRROR(uint32_t, 4)
MIRROR(uint64_t, 8)

void ck_mirror(void *matrices, int64_t size, int64_t bytes, int64_t from, int64_t to) {
  int64_t bands = (size + side - 1) / side;
  for (int64_t task = from; task < to; ++task) {
    int64_t matrix = bands == 1 ? task : task / bands, band = bands == 1 ? 0 : task % bands;
    if (bytes == 4)
      mirror_4((uint32_t *)matrices + matrix * size * size, size, band);
    else
      mirror_8((uint64_t *)matrices + matrix * size * size, size, band);
  }
}
