// Running a fused group.

#include <string.h>

#include "include/CKGroup.h"

// A worker's memory: this, a pointer per slot, an argument per slot that needs one, constants.
typedef struct {
  ck_tile tile;
  int64_t version;  // of the constants; 0 before there are any
} worker_head;

typedef union {
  ck_load load;
  ck_store store;
  ck_blocks blocks;
  ck_iota iota;
} argument;

static inline int64_t head_bytes(void) { return 64; }

static inline void **pointers_of(void *worker) { return (void **)((char *)worker + head_bytes()); }

static inline argument *arguments_of(const ck_group *group, void *worker) {
  return (argument *)((char *)worker + head_bytes() + ((group->slot_count * 8 + 63) & ~(int64_t)63));
}

static inline int64_t table_bytes(const ck_group *group) {
  int64_t bytes = head_bytes() + ((group->slot_count * 8 + 63) & ~(int64_t)63)
      + group->slot_count * (int64_t)sizeof(argument);
  return (bytes + 63) & ~(int64_t)63;
}

int64_t ck_worker_bytes(const ck_group *group) {
  return table_bytes(group) + ((group->constant_bytes + 63) & ~(int64_t)63);
}

void ck_worker_prepare(const ck_group *group, void *worker, char *scratch) {
  worker_head *head = worker;
  void **pointers = pointers_of(worker);
  argument *arguments = arguments_of(group, worker);
  head->version = 0;
  for (int64_t i = 0; i < group->slot_count; ++i) {
    const ck_slot *slot = &group->slots[i];
    pointers[i] = &arguments[i];
    switch (slot->kind) {
      case ck_slot_register: pointers[i] = scratch + slot->offset; break;
      case ck_slot_tile: pointers[i] = &head->tile; break;
      case ck_slot_iota: arguments[i].iota = (ck_iota){&head->tile, slot->stride, slot->extent}; break;
      case ck_slot_blocks: arguments[i].blocks = (ck_blocks){&head->tile, slot->stride, slot->extent}; break;
      case ck_slot_load:
        arguments[i].load = (ck_load){0, &head->tile, slot->access, 0, 0};
        if (slot->target >= 0) {
          arguments[i].load.pointer = (const void **)&pointers[slot->target];
          arguments[i].load.scratch = scratch + group->slots[slot->target].offset;
        }
        break;
      case ck_slot_store: arguments[i].store = (ck_store){0, &head->tile, slot->stride}; break;
      case ck_slot_element: break;
      case ck_slot_direct: break;
      case ck_slot_constant: pointers[i] = (char *)worker + table_bytes(group) + slot->offset; break;
    }
  }
}

static inline void fill(const ck_group *group, void **pointers, const ck_instruction *p, int64_t count) {
  for (const ck_instruction *end = p + count; p < end; ++p)
    p->kernel(pointers[p->out], pointers[p->a], 0, 0, (group->tile + 7) & ~(int64_t)7);
}

void ck_worker_bind(const ck_group *group, void *worker, void *const *buffers, int64_t version) {
  void **pointers = pointers_of(worker);
  argument *arguments = arguments_of(group, worker);
  for (int64_t i = group->first_bound_slot; i < group->slot_count; ++i) {
    const ck_slot *slot = &group->slots[i];
    char *base = buffers[slot->buffer];
    switch (slot->kind) {
      case ck_slot_element: pointers[i] = base + slot->offset; break;
      case ck_slot_load: arguments[i].load.base = base; break;
      case ck_slot_store: arguments[i].store.base = base; break;
      default: break;
    }
  }
  fill(group, pointers, group->hoisted, group->hoisted_count);
  worker_head *head = worker;
  if (head->version != version) {
    fill(group, pointers, group->constants, group->constant_count);
    head->version = version;
  }
}

// The only hot loop.
static inline void run_body(const ck_group *group, void **pointers, int64_t count) {
  for (const ck_instruction *p = group->body, *end = p + group->body_count; p < end; ++p)
    p->kernel(pointers[p->out], pointers[p->a], pointers[p->b], pointers[p->c], count);
}

static inline void run_tile(const ck_group *group, void *worker, char *scratch, void *const *buffers, int64_t start,
                            int64_t count) {
  void **pointers = pointers_of(worker);
  ck_tile *tile = &((worker_head *)worker)->tile;
  tile->start = start;
  tile->count = count;
  int64_t padded = (count + 7) & ~(int64_t)7;
  const ck_direct *end = group->directs + group->direct_count;
  if (padded == count) {
    for (const ck_direct *d = group->directs; d < end; ++d)
      pointers[d->slot] = (char *)buffers[d->buffer] + d->offset + start * d->element_bytes;
    run_body(group, pointers, count);
    return;
  }
  int copies_back = 0;
  for (const ck_direct *d = group->directs; d < end; ++d) {
    char *place = (char *)buffers[d->buffer] + d->offset + start * d->element_bytes;
    int fits = start + padded <= d->capacity;
    if (d->is_output ? fits && start + count == group->total : fits) {
      pointers[d->slot] = place;
    } else {
      pointers[d->slot] = scratch + d->scratch;
      if (d->is_output)
        copies_back = 1;
      else
        memcpy(scratch + d->scratch, place, (size_t)(count * d->element_bytes));
    }
  }
  run_body(group, pointers, padded);
  if (!copies_back) return;
  for (const ck_direct *d = group->directs; d < end; ++d)
    if (d->is_output && pointers[d->slot] == scratch + d->scratch)
      memcpy((char *)buffers[d->buffer] + d->offset + start * d->element_bytes, scratch + d->scratch,
             (size_t)(count * d->element_bytes));
}

static inline int64_t family_bytes(enum ck_family family) { return family == ck_family_f32 ? 4 : 8; }

// Combines `rows` rows of `width` results into the first, in pairs.
static void fold(const ck_accumulator *accumulator, char *values, int64_t rows, int64_t width) {
  int64_t bytes = width * family_bytes(accumulator->family);
  while (rows > 1) {
    int64_t half = (rows + 1) / 2;
    ck_tile tile = {0, (rows - half) * width};
    accumulator->accumulate(values, values + half * bytes, &tile, 0, tile.count);
    rows = half;
  }
}

// Unit = (outer, column tile, piece), the piece fastest.
static void run_accumulating(const ck_group *group, void *worker, char *scratch, void *const *buffers, int64_t unit) {
  void **pointers = pointers_of(worker);
  int64_t piece = unit % group->pieces, rest = unit / group->pieces;
  int64_t column_tile = rest % group->column_tiles, outer = rest / group->column_tiles;
  int64_t first_column = column_tile * group->tile;
  int64_t columns = group->column_tiles == 1 ? group->columns : group->columns - first_column;
  if (columns > group->tile) columns = group->tile;
  // Pieces are whole numbers of tiles.
  int64_t tiles = (group->rows + group->tile_rows - 1) / group->tile_rows;
  int64_t from = tiles * piece / group->pieces * group->tile_rows;
  int64_t to = tiles * (piece + 1) / group->pieces * group->tile_rows;
  if (to > group->rows) to = group->rows;
  const ck_accumulator *end = group->accumulators + group->accumulator_count;
  int64_t lanes = group->tile_rows * columns;
  for (const ck_accumulator *a = group->accumulators; a < end; ++a)
    ck_identity(a->reduction, a->family, pointers[a->slot], (lanes + 7) & ~(int64_t)7);
  for (int64_t row = from; row < to; row += group->tile_rows) {
    int64_t height = row + group->tile_rows < to ? group->tile_rows : to - row;
    run_tile(group, worker, scratch, buffers, (outer * group->rows + row) * group->columns + first_column,
             height * columns);
  }
  int64_t place = outer * group->columns + first_column, results = group->outer * group->columns;
  for (const ck_accumulator *a = group->accumulators; a < end; ++a) {
    fold(a, pointers[a->slot], group->tile_rows, columns);
    if (group->pieces == 1) {
      ck_tile tile = {place, columns};
      ck_store store = {buffers[a->buffer], &tile, 1};
      a->store(&store, pointers[a->slot], 0, 0, columns);
    } else {
      int64_t bytes = family_bytes(a->family);
      memcpy((char *)buffers[a->partial_buffer] + (piece * results + place) * bytes, pointers[a->slot],
             (size_t)(columns * bytes));
    }
  }
}

void ck_worker_run(const ck_group *group, void *worker, char *scratch, void *const *buffers, int64_t from, int64_t to) {
  if (group->accumulator_count > 0) {
    for (int64_t unit = from; unit < to; ++unit) run_accumulating(group, worker, scratch, buffers, unit);
    return;
  }
  for (int64_t unit = from; unit < to; ++unit) {
    int64_t start = unit * group->tile;
    int64_t count = group->total - start;
    run_tile(group, worker, scratch, buffers, start, count < group->tile ? count : group->tile);
  }
}

void ck_group_finish(const ck_group *group, void *const *buffers) {
  if (group->pieces <= 1) return;
  int64_t results = group->outer * group->columns;
  const ck_accumulator *end = group->accumulators + group->accumulator_count;
  for (const ck_accumulator *a = group->accumulators; a < end; ++a) {
    fold(a, buffers[a->partial_buffer], group->pieces, results);
    ck_tile tile = {0, results};
    ck_store store = {buffers[a->buffer], &tile, 1};
    a->store(&store, buffers[a->partial_buffer], 0, 0, results);
  }
}
