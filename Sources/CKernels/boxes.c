// Putting a tensor together from boxes of elements that lie elsewhere.

#include <string.h>

#include "include/CKBoxes.h"
#include "walk.h"

// The side of the square blocks in which a transposition goes, so that both sides stay in the first cache.
enum { block_side = 16 };

#define PUT_store(t, f) ((t) = (f))
#define PUT_add(t, f) ((t) += (f))

// The last two axes of a box.
#define PLANE(name, TYPE, suffix)                                                                      \
  static void name##_plane_##suffix(TYPE *restrict to, int64_t tr, int64_t tc, const TYPE *restrict from, int64_t fr, \
                                    int64_t fc, int64_t rows, int64_t columns) {                       \
    if (tc == 1 && fc == 1) {                                                                          \
      for (int64_t r = 0; r < rows; ++r, to += tr, from += fr)                                         \
        for (int64_t c = 0; c < columns; ++c) PUT_##name(to[c], from[c]);                              \
    } else if (tc == 1 && fc == 0) {                                                                   \
      for (int64_t r = 0; r < rows; ++r, to += tr, from += fr) {                                       \
        TYPE x = from[0];                                                                              \
        for (int64_t c = 0; c < columns; ++c) PUT_##name(to[c], x);                                    \
      }                                                                                                \
    } else if (rows >= 8 && columns >= 8 && (fr == 1 || tr == 1)) {                                    \
      for (int64_t r0 = 0; r0 < rows; r0 += block_side) {                                              \
        int64_t r1 = r0 + block_side < rows ? r0 + block_side : rows;                                  \
        for (int64_t c0 = 0; c0 < columns; c0 += block_side) {                                         \
          int64_t c1 = c0 + block_side < columns ? c0 + block_side : columns;                          \
          for (int64_t r = r0; r < r1; ++r) {                                                          \
            TYPE *restrict t = to + r * tr;                                                            \
            const TYPE *restrict f = from + r * fr;                                                    \
            if (tc == 1)                                                                               \
              for (int64_t c = c0; c < c1; ++c) PUT_##name(t[c], f[c * fc]);                           \
            else                                                                                       \
              for (int64_t c = c0; c < c1; ++c) PUT_##name(t[c * tc], f[c * fc]);                      \
          }                                                                                            \
        }                                                                                              \
      }                                                                                                \
    } else {                                                                                           \
      for (int64_t r = 0; r < rows; ++r, to += tr, from += fr)                                         \
        for (int64_t c = 0; c < columns; ++c) PUT_##name(to[c * tc], from[c * fc]);                    \
    }                                                                                                  \
  }
PLANE(store, uint8_t, 1)
PLANE(store, uint32_t, 4)
PLANE(store, uint64_t, 8)
PLANE(add, float, f32)
PLANE(add, double, f64)

// One line of a box.
#define LINE(name, TYPE, suffix)                                                                        \
  static inline void name##_line_##suffix(TYPE *restrict to, int64_t ts, const TYPE *restrict from, int64_t fs, \
                                          int64_t count) {                                              \
    _Pragma("clang loop vectorize(disable) unroll_count(2)")                                            \
    for (int64_t i = 0; i < count; ++i, to += ts, from += fs) PUT_##name(*to, *from);                   \
  }
LINE(store, uint32_t, 4)
LINE(store, uint64_t, 8)
LINE(add, float, f32)
LINE(add, double, f64)

// The longest line that is not worth a choice of loops.
enum { short_line = 16 };

// A box of which the axis that walks along rows, if there is one, has another extent.
static void put(const ck_boxes_step *step, const ck_box *box, char *to, const char *from, int64_t height) {
  int64_t rank = box->rank, bytes = step->element_bytes, row_axis = box->row_axis;
  const int64_t *extents = box->extents, *ts = box->to_strides, *fs = box->from_strides;
  int64_t last = rank - 1;
  if (rank <= 1 && bytes >= 4) {
    int64_t count = rank == 0 ? 1 : row_axis == 0 ? height : extents[0];
    int64_t t = rank == 0 ? 1 : ts[0], f = rank == 0 ? 1 : fs[0];
    if (count <= short_line) {
      if (bytes == 4 && box->adds)
        add_line_f32((float *)to, t, (const float *)from, f, count);
      else if (bytes == 4)
        store_line_4((uint32_t *)to, t, (const uint32_t *)from, f, count);
      else if (box->adds)
        add_line_f64((double *)to, t, (const double *)from, f, count);
      else
        store_line_8((uint64_t *)to, t, (const uint64_t *)from, f, count);
      return;
    }
  }
  int64_t rows = 1, tr = 0, fr = 0, columns = 1, tc = 1, fc = 1;
  if (rank >= 1) {
    columns = last == row_axis ? height : extents[last];
    tc = ts[last];
    fc = fs[last];
  }
  if (rank >= 2) {
    rows = last - 1 == row_axis ? height : extents[last - 1];
    tr = ts[last - 1];
    fr = fs[last - 1];
  }
  int64_t index[ck_rank_limit];
  for (int64_t axis = 0; axis < last - 1; ++axis) index[axis] = 0;
  for (;;) {
    if (box->adds) {
      if (bytes == 4)
        add_plane_f32((float *)to, tr, tc, (const float *)from, fr, fc, rows, columns);
      else
        add_plane_f64((double *)to, tr, tc, (const double *)from, fr, fc, rows, columns);
    } else {
      switch (bytes) {
        case 1: store_plane_1((uint8_t *)to, tr, tc, (const uint8_t *)from, fr, fc, rows, columns); break;
        case 4: store_plane_4((uint32_t *)to, tr, tc, (const uint32_t *)from, fr, fc, rows, columns); break;
        default: store_plane_8((uint64_t *)to, tr, tc, (const uint64_t *)from, fr, fc, rows, columns);
      }
    }
    int64_t axis = last - 2;
    for (; axis >= 0; --axis) {
      int64_t extent = axis == row_axis ? height : extents[axis];
      to += ts[axis] * bytes;
      from += fs[axis] * bytes;
      if (++index[axis] < extent) break;
      to -= extent * ts[axis] * bytes;
      from -= extent * fs[axis] * bytes;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

typedef struct {
  const ck_boxes_step *step;
  ck_context *context;
  int64_t first;
} boxes_job;

// How many of the rows of a box lie before a row of the result, if there are as many.
static inline int64_t rows_before(const ck_box *box, int64_t row) {
  if (row <= box->first_row) return 0;
  return (row - box->first_row + box->row_step - 1) / box->row_step;
}

// Some rows of the result: what does not depend on the others, and stays in the cache.
static void put_rows(void *argument, int64_t task) {
  boxes_job *job = argument;
  const ck_boxes_step *step = job->step;
  void **buffers = job->context->buffers;
  int64_t bytes = step->element_bytes, row_bytes = step->row_elements * bytes;
  int64_t from = task * step->rows_per_task, to = from + step->rows_per_task;
  if (to > step->rows) to = step->rows;
  char *result = buffers[step->to];
  if (step->clears) memset(result + from * row_bytes, 0, (size_t)((to - from) * row_bytes));
  for (const ck_box *box = step->boxes, *end = box + step->box_count; box < end; ++box) {
    int64_t row_axis = box->row_axis, height = row_axis >= 0 ? box->extents[row_axis] : 1;
    int64_t low = rows_before(box, from), high = rows_before(box, to);
    if (high > height) high = height;
    if (low >= high) continue;
    char *t = result + box->to_offset * bytes;
    const char *f = (const char *)buffers[box->from] + box->from_offset * bytes;
    if (row_axis >= 0) {
      t += low * box->to_strides[row_axis] * bytes;
      f += low * box->from_strides[row_axis] * bytes;
    }
    put(step, box, t, f, high - low);
  }
}

static void put_box(void *argument, int64_t task) {
  boxes_job *job = argument;
  const ck_boxes_step *step = job->step;
  void **buffers = job->context->buffers;
  const ck_box *box = step->boxes + job->first + task;
  put(step, box, (char *)buffers[step->to] + box->to_offset * step->element_bytes,
      (const char *)buffers[box->from] + box->from_offset * step->element_bytes, 0);
}

void ck_run_boxes(const void *payload, ck_context *context) {
  const ck_boxes_step *step = payload;
  boxes_job job = {step, context, 0};
  if (step->rows > 0) {
    int64_t tasks = (step->rows + step->rows_per_task - 1) / step->rows_per_task;
    if (step->is_shared)
      ck_share(context, tasks, &job, put_rows);
    else
      for (int64_t i = 0; i < tasks; ++i) put_rows(&job, i);
    return;
  }
  if (step->clears) memset(context->buffers[step->to], 0, (size_t)(step->total * step->element_bytes));
  for (int64_t phase = 0; phase < step->phase_count; ++phase) {
    int64_t count = step->phase_ends[phase] - job.first;
    if (step->is_shared)
      ck_share(context, count, &job, put_box);
    else
      for (int64_t i = 0; i < count; ++i) put_box(&job, i);
    job.first += count;
  }
}
