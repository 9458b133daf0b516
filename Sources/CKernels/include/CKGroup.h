// A fused group: a list of instructions that runs tile by tile over one iteration space.
//
// The space is a row-major box, walked flat. Each instruction works on registers of one tile, so that what flows
// between instructions stays in the first cache. Reductions are instructions too: either blocks of the tile give one
// result each, or tiles accumulate into registers that are folded at the end (in an order that depends on the sizes
// alone, so that the bits do not depend on the number of threads).

#ifndef CURVATURE_CKGROUP_H
#define CURVATURE_CKGROUP_H

#include "CKTable.h"

// Operands are slots of the worker's table of pointers.
typedef struct ck_instruction {
  ck_kernel kernel;
  int32_t out, a, b, c;
} ck_instruction;

enum ck_slot_kind {
  ck_slot_register,  // scratch memory at `offset` bytes
  ck_slot_tile,      // the ck_tile
  ck_slot_iota,      // a ck_iota with `stride`, `extent`
  ck_slot_blocks,    // a ck_blocks with `stride` rows and `extent` columns
  ck_slot_element,   // byte `offset` of a buffer
  ck_slot_load,      // a ck_load of a buffer by an access
  ck_slot_store,     // a ck_store to a buffer with the divisor `stride`
  ck_slot_direct,    // see ck_direct; set for each tile
  ck_slot_constant,  // memory of the worker's own at `offset` bytes
};

typedef struct ck_slot {
  enum ck_slot_kind kind;
  int32_t buffer;
  int64_t offset;
  int64_t stride;
  int64_t extent;
  const ck_access *access;
  int64_t target;  // of a load: the slot, a register, whose pointer it may set to the elements themselves; else -1
} ck_slot;

// An operand of consecutive elements that instructions read or write where it lies. Where a tile is not a multiple of
// 8 elements, and memory past it must not be touched, a register takes its place.
typedef struct ck_direct {
  int32_t slot;
  int32_t buffer;
  int64_t offset;         // bytes from the start of the buffer to element 0
  int64_t element_bytes;
  int64_t capacity;       // elements that may be touched
  int64_t scratch;        // bytes from the start of the scratch memory
  int32_t is_output;
} ck_direct;

typedef struct ck_accumulator {
  int32_t slot;
  enum ck_reduction reduction;
  enum ck_family family;
  enum ck_type type;       // of the result
  ck_kernel accumulate;
  ck_kernel store;
  int32_t buffer;          // of the result
  int32_t partial_buffer;  // of the results of the pieces, one after another
} ck_accumulator;

typedef struct ck_group {
  int64_t slot_count;
  const ck_slot *slots;
  // Slots from here on depend on the buffers, those before do not.
  int64_t first_bound_slot;
  int64_t direct_count;
  const ck_direct *directs;
  // Once per worker and run: elements that fill registers.
  int64_t hoisted_count;
  const ck_instruction *hoisted;
  // Once per worker, and again when the program's constants have changed: constants that fill memory of its own.
  int64_t constant_count;
  const ck_instruction *constants;
  int64_t constant_bytes;
  int64_t body_count;
  const ck_instruction *body;

  int64_t total;  // elements of the space
  int64_t tile;   // elements of a register
  int64_t units;  // independent parts of the work

  // With accumulators the space is outer x rows x columns, and rows are reduced. A tile has `tile_rows` rows of all
  // columns, or one row of `tile` columns. The rows come in `pieces` pieces.
  int64_t accumulator_count;
  const ck_accumulator *accumulators;
  int64_t outer, rows, columns;
  int64_t tile_rows, column_tiles, pieces;
} ck_group;

// Bytes of a worker's table for a group; scratch memory comes on top.
int64_t ck_worker_bytes(const ck_group *group);

// Prepares a worker's table, once.
void ck_worker_prepare(const ck_group *group, void *worker, char *scratch);

// Points a worker to the buffers and fills what is constant, once per run. The program's constants are those of
// before if the version is.
void ck_worker_bind(const ck_group *group, void *worker, void *const *buffers, int64_t version);

// Does units from ..< to.
void ck_worker_run(const ck_group *group, void *worker, char *scratch, void *const *buffers, int64_t from, int64_t to);

// Combines what the pieces have left. Nothing to do for one piece.
void ck_group_finish(const ck_group *group, void *const *buffers);

#endif
