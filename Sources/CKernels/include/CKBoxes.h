// A step that puts a tensor together from boxes of elements.

#ifndef CURVATURE_CKBOXES_H
#define CURVATURE_CKBOXES_H

#include "CKProgram.h"

// Elements of a buffer that are stored, or added, to places of the result. Offsets and strides are in elements.
typedef struct ck_box {
  int32_t from;
  int32_t adds;  // only for real elements
  int64_t from_offset, to_offset;
  int64_t rank;
  const int64_t *extents, *to_strides, *from_strides;
  // The row of the result with the first element, how many rows further on the next ones are, and the only axis that
  // goes there; -1 for none, as where the result is not made by rows.
  int64_t first_row, row_step, row_axis;
} ck_box;

typedef struct ck_boxes_step {
  int32_t to;  // the buffer of the result
  int32_t clears;  // whether the result starts as zero
  int32_t is_shared;  // whether the work is worth more than one worker
  int64_t element_bytes;
  int64_t total;  // elements of the result
  const ck_box *boxes;
  int64_t box_count;
  // By rows: all boxes, some rows after others. 0 rows: by boxes, those of a phase in any order.
  int64_t rows, row_elements, rows_per_task;
  int64_t phase_count;
  const int64_t *phase_ends;
} ck_boxes_step;

void ck_run_boxes(const void *payload, ck_context *context);

#endif
