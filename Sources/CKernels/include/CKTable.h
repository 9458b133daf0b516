// The table of kernels of one instruction set.

#ifndef CURVATURE_CKTABLE_H
#define CURVATURE_CKTABLE_H

#include <stdint.h>

// out, a, b and c do not overlap. What an unused operand points to does not matter. Kernels with two results write the
// second one to c.
typedef void (*ck_kernel)(void *out, const void *a, const void *b, const void *c, int64_t count);

// c = a b for matrices of m x k and k x n elements, k at most ck_product_depth. A step along the rows and columns of a
// and b is as many elements as said; the rows of c have consecutive elements.
typedef void (*ck_product)(void *c, int64_t c_row, const void *a, int64_t a_row, int64_t a_column, const void *b,
                           int64_t b_row, int64_t b_column, int64_t m, int64_t n, int64_t k);
enum { ck_product_depth = 512 };

// What a register holds. Masks are 0 and 1 in the family of the group; int32 is computed as int64.
enum ck_family { ck_family_f32, ck_family_f64, ck_family_i64 };
enum { ck_family_count = 3 };

// What memory holds, in the order of ScalarType.
enum ck_type { ck_type_f32, ck_type_f64, ck_type_bool, ck_type_i32, ck_type_i64 };
enum { ck_type_count = 5 };

enum ck_reduction { ck_reduction_sum, ck_reduction_maximum, ck_reduction_minimum };
enum { ck_reduction_count = 3 };

// How a function is computed: by an expression that the compiler vectorises, by one with another where it fails, or by the C library
// element by element. Integers have expressions alone.
enum ck_style { ck_style_expression, ck_style_guarded, ck_style_called };

// A scalar function under the name that ScalarFunction has for it; null where it does not exist.
typedef struct ck_function {
  const char *name;
  enum ck_style style;
  ck_kernel kernels[ck_family_count];
} ck_function;

// The part of a group's iteration space that is being worked on: elements start ..< start + count.
typedef struct ck_tile {
  int64_t start;
  int64_t count;
} ck_tile;

// Where the elements of an operand lie: those of a box with the given extents, row-major, each axis with a stride.
// With `first`, an index outside first ..< first + valid on some axis reads zero.
typedef struct ck_access {
  int64_t rank;
  int64_t offset;
  const int64_t *extents;
  const int64_t *strides;
  const int64_t *first;
  const int64_t *valid;
} ck_access;

// Operand `a` of a load. Where `pointer` is not null, the load sets it: to `scratch`, which it has filled instead of
// `out`, or to the elements themselves where they lie one after another.
typedef struct ck_load {
  const void *base;
  const ck_tile *tile;
  const ck_access *access;
  const void **pointer;
  void *scratch;
} ck_load;

// Operand `out` of a store: the tile's elements, or one for every `divisor` of them, go to base + start / divisor.
typedef struct ck_store {
  void *base;
  const ck_tile *tile;
  int64_t divisor;
} ck_store;

// Operand `b` of a reduction of blocks: the tile consists of whole blocks of `rows` rows of `columns` elements.
typedef struct ck_blocks {
  const ck_tile *tile;
  int64_t rows;
  int64_t columns;
} ck_blocks;

// Operand `a` of an index pattern: element t is (t / stride) % extent.
typedef struct ck_iota {
  const ck_tile *tile;
  int64_t stride;
  int64_t extent;
} ck_iota;

typedef struct ck_kernels {
  const char *instruction_set;
  const ck_function *functions;
  int64_t function_count;

  // equal, notEqual, less, lessOrEqual, greater, greaterOrEqual: a mask.
  ck_kernel compare[6][ck_family_count];
  // and, or, not.
  ck_kernel logical[3][ck_family_count];
  // b where the mask a is not zero, else c.
  ck_kernel select[ck_family_count];
  // a b + c, a b - c, c - a b, with the roundings of a product and a sum.
  ck_kernel multiply_add[ck_family_count];
  ck_kernel multiply_subtract[ck_family_count];
  ck_kernel subtract_product[ck_family_count];
  // out: sin a, c: cos a. out: tanh a, c: sech a. Null for integers.
  ck_kernel sine_and_cosine[ck_family_count];
  ck_kernel tanh_and_sech[ck_family_count];
  // From the first family to the second; reals to integers truncate and saturate, NaN gives 0.
  ck_kernel convert[ck_family_count][ck_family_count];
  // To the range of int32, by wrapping and by clamping.
  ck_kernel wrap_to_i32;
  ck_kernel clamp_to_i32;
  // 1 where not zero (NaN included).
  ck_kernel is_nonzero[ck_family_count];

  // a: ck_load. Reads by an access.
  ck_kernel load[ck_type_count][ck_family_count];
  // a: the element. Repeats it.
  ck_kernel fill[ck_type_count][ck_family_count];
  // a: ck_iota.
  ck_kernel iota[ck_family_count];
  // out: ck_store.
  ck_kernel store[ck_family_count][ck_type_count];

  // out: accumulators, a: values, b: ck_tile. Combines element by element.
  ck_kernel accumulate[ck_reduction_count][ck_family_count];
  // For f32 and f64.
  ck_product product[2];
  // out: one result per block and column, a: values, b: ck_blocks.
  ck_kernel reduce_blocks[ck_reduction_count][ck_family_count];
} ck_kernels;

// The kernels for the widest instruction set that this machine has.
const ck_kernels *ck_kernels_of_this_machine(void);

// All tables that this machine can run, narrowest first, ended by null: for tests.
const ck_kernels *const *ck_all_kernels(void);

// The element that a reduction starts with.
void ck_identity(enum ck_reduction reduction, enum ck_family family, void *out, int64_t count);

#endif
