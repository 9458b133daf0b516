// A program: steps that run one after another over a table of buffers.

#ifndef CURVATURE_CKPROGRAM_H
#define CURVATURE_CKPROGRAM_H

#include "CKGroup.h"
#include "CKMovement.h"

#include "../native/context.inc"

// A place in a buffer.
typedef struct ck_place {
  int32_t buffer;
  int64_t offset;  // bytes
} ck_place;

static inline char *ck_at(const ck_context *context, ck_place place) {
  return (char *)context->buffers[place.buffer] + place.offset;
}

// A group as compiled code, which does units from ..< to of its own cutting.
typedef void (*ck_native_group)(char *const *buffers, int64_t from, int64_t to);
typedef struct ck_native {
  ck_native_group run;  // null until it is compiled; written while others read
  int64_t units;
  int64_t units_per_worker;
} ck_native;

// Lets a group run compiled from now on.
void ck_native_publish(ck_native *native, ck_native_group run);

typedef struct ck_group_step {
  const ck_group *group;
  ck_native *native;
  int64_t number;            // of the group in the program
  int64_t units_per_worker;  // how many units a worker takes at a time; 0 if one worker is to do all
} ck_group_step;
void ck_run_group(const void *payload, ck_context *context);

// A whole program as compiled code. Steps that are not compiled are run as they are.
typedef void (*ck_native_program)(ck_context *context);
typedef struct ck_native_cell {
  ck_native_program run;  // null until it is compiled; written while others read
  int64_t runs_left;      // that are counted; not positive if none are
} ck_native_cell;

// Notes a run of a program that is not compiled yet: whether it is the last that was to be counted.
int64_t ck_native_note(ck_native_cell *cell);

// Has runs counted from now on.
void ck_native_expect(ck_native_cell *cell, int64_t runs);

// Lets a program run compiled from now on.
void ck_native_publish_program(ck_native_cell *cell, ck_native_program run);

// Gather and scatter.
typedef struct ck_index_run {
  ck_place from;
  int64_t count;  // of indices
} ck_index_run;

typedef struct ck_index_step {
  ck_place to, from, indices;  // from: of a gather
  int64_t outer, count, extent, inner, element_bytes, index_bytes;
  enum ck_type type;
  const ck_index_run *runs;  // of a scatter: what is added, one after another
  int64_t run_count;
  int64_t parts;    // of a scatter: each adds up its own share of what is scattered, and the sums are added in order
  ck_place scratch; // of a scatter in parts: parts - 1 results
  int64_t axis;    // along which the indices count
  int64_t number;  // of the step in the program
} ck_index_step;
void ck_run_gather(const void *payload, ck_context *context);
void ck_run_scatter_add(const void *payload, ck_context *context);

// Running sums and sorting.
typedef struct ck_line_step {
  ck_place to, from, scratch;
  int64_t outer, extent, inner;
  int64_t reversed;
  enum ck_type type;
} ck_line_step;
void ck_run_cumulative_sum(const void *payload, ck_context *context);
void ck_run_argsort(const void *payload, ck_context *context);

typedef struct ck_integer_step {
  ck_place to, left, right;
  const int64_t *left_strides, *right_strides, *extents;
  int64_t rank, summed;
  enum ck_type type;
} ck_integer_step;
void ck_run_contract_integers(const void *payload, ck_context *context);

// Runs the steps until one fails.
void ck_run(int64_t count, ck_context *context, const ck_native_cell *native);

// What is given in each call, and where it goes.
typedef struct ck_binding {
  int64_t buffer, position;
} ck_binding;

// A buffer that is a part of an output.
typedef struct ck_output_part {
  int64_t buffer, root, offset;  // bytes
} ck_output_part;

// A program with a context and all that a call needs to know.
typedef struct ck_entry {
  ck_context *context;
  ck_native_cell *native;
  int64_t step_count;
  const ck_binding *inputs;
  int64_t input_count;
  int64_t first_output, output_count;
  const ck_output_part *parts;
  int64_t part_count;
  int64_t counts_runs;  // whether it is to be compiled when it has run for long
  int64_t waits;        // whether it is to be compiled before it runs
  int64_t needs_engine; // whether more is to be done in a call than running the steps
} ck_entry;

enum ck_outcome {
  ck_done,
  ck_failed,  // as the context says
  ck_asks     // nothing was done: the engine is to run it
};

// Sets the elements of arguments and results.
void ck_bind(const ck_entry *entry, const void *const *inputs, void *const *outputs);

// Sets the buffers that are parts of outputs.
void ck_place_parts(const ck_entry *entry);

// Runs a program on the caller's memory, with so many workers at most.
enum ck_outcome ck_call(const ck_entry *entry, int64_t workers, const void *const *inputs, void *const *outputs);

// Runs body(job, i) for i in 0 ..< count with all workers of a context.
void ck_share(ck_context *context, int64_t count, void *job, void (*body)(void *job, int64_t i));

// The same for a body that needs the memory of a worker, which nobody else uses meanwhile.
void ck_share_by_worker(ck_context *context, int64_t count, void *job,
                        void (*body)(void *job, int64_t i, int64_t worker));

#endif
