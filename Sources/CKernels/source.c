// The text of the scalar functions, for programs that are compiled: what a tile computes is written once. And of the interfaces
// of other systems, for generated code.

#include <string.h>

#include "include/CKSource.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

static const char interfaces_bridgestan[] = {
#embed "interfaces/bridgestan.inc"
    , 0};
static const char interfaces_bridgestan_declarations[] = {
#embed "interfaces/bridgestan_declarations.inc"
    , 0};
static const char interfaces_bridgestan_r[] = {
#embed "interfaces/bridgestan_r.inc"
    , 0};
static const char interfaces_bridgestan_test[] = {
#embed "interfaces/bridgestan_test.inc"
    , 0};
static const char interfaces_cnlp[] = {
#embed "interfaces/cnlp.inc"
    , 0};
static const char interfaces_cnlp_declarations[] = {
#embed "interfaces/cnlp_declarations.inc"
    , 0};
static const char interfaces_cnlp_test[] = {
#embed "interfaces/cnlp_test.inc"
    , 0};
static const char interfaces_memory[] = {
#embed "interfaces/memory.inc"
    , 0};
static const char math_arithmetic[] = {
#embed "math/arithmetic.inc"
    , 0};
static const char math_coefficients_f32[] = {
#embed "math/coefficients_f32.inc"
    , 0};
static const char math_coefficients_f64[] = {
#embed "math/coefficients_f64.inc"
    , 0};
static const char math_common_functions[] = {
#embed "math/common_functions.inc"
    , 0};
static const char math_conversions[] = {
#embed "math/conversions.inc"
    , 0};
static const char math_elementary[] = {
#embed "math/elementary.inc"
    , 0};
static const char math_functions[] = {
#embed "math/functions.inc"
    , 0};
static const char math_integer_functions[] = {
#embed "math/integer_functions.inc"
    , 0};
static const char math_integer_ranges[] = {
#embed "math/integer_ranges.inc"
    , 0};
static const char math_polynomial[] = {
#embed "math/polynomial.inc"
    , 0};
static const char math_precision_end[] = {
#embed "math/precision_end.inc"
    , 0};
static const char math_precision_f32[] = {
#embed "math/precision_f32.inc"
    , 0};
static const char math_precision_f64[] = {
#embed "math/precision_f64.inc"
    , 0};
static const char math_real_scalars[] = {
#embed "math/real_scalars.inc"
    , 0};
static const char math_real_scalars_end[] = {
#embed "math/real_scalars_end.inc"
    , 0};
static const char math_reductions[] = {
#embed "math/reductions.inc"
    , 0};
static const char math_trigonometric[] = {
#embed "math/trigonometric.inc"
    , 0};
static const char native_begin[] = {
#embed "native/begin.inc"
    , 0};
static const char native_common[] = {
#embed "native/common.inc"
    , 0};
static const char native_context[] = {
#embed "native/context.inc"
    , 0};
static const char native_f32[] = {
#embed "native/f32.inc"
    , 0};
static const char native_f64[] = {
#embed "native/f64.inc"
    , 0};
static const char native_i64[] = {
#embed "native/i64.inc"
    , 0};
static const char native_linear[] = {
#embed "native/linear.inc"
    , 0};
static const char native_linear_f32[] = {
#embed "native/linear_f32.inc"
    , 0};
static const char native_linear_f64[] = {
#embed "native/linear_f64.inc"
    , 0};
static const char native_real[] = {
#embed "native/real.inc"
    , 0};

static const struct {
  const char *path, *text;
} files[] = {
    {"interfaces/bridgestan.inc", interfaces_bridgestan},
    {"interfaces/bridgestan_declarations.inc", interfaces_bridgestan_declarations},
    {"interfaces/bridgestan_r.inc", interfaces_bridgestan_r},
    {"interfaces/bridgestan_test.inc", interfaces_bridgestan_test},
    {"interfaces/cnlp.inc", interfaces_cnlp},
    {"interfaces/cnlp_declarations.inc", interfaces_cnlp_declarations},
    {"interfaces/cnlp_test.inc", interfaces_cnlp_test},
    {"interfaces/memory.inc", interfaces_memory},
    {"math/arithmetic.inc", math_arithmetic},
    {"math/coefficients_f32.inc", math_coefficients_f32},
    {"math/coefficients_f64.inc", math_coefficients_f64},
    {"math/common_functions.inc", math_common_functions},
    {"math/conversions.inc", math_conversions},
    {"math/elementary.inc", math_elementary},
    {"math/functions.inc", math_functions},
    {"math/integer_functions.inc", math_integer_functions},
    {"math/integer_ranges.inc", math_integer_ranges},
    {"math/polynomial.inc", math_polynomial},
    {"math/precision_end.inc", math_precision_end},
    {"math/precision_f32.inc", math_precision_f32},
    {"math/precision_f64.inc", math_precision_f64},
    {"math/real_scalars.inc", math_real_scalars},
    {"math/real_scalars_end.inc", math_real_scalars_end},
    {"math/reductions.inc", math_reductions},
    {"math/trigonometric.inc", math_trigonometric},
    {"native/begin.inc", native_begin},
    {"native/common.inc", native_common},
    {"native/context.inc", native_context},
    {"native/f32.inc", native_f32},
    {"native/f64.inc", native_f64},
    {"native/i64.inc", native_i64},
    {"native/linear.inc", native_linear},
    {"native/linear_f32.inc", native_linear_f32},
    {"native/linear_f64.inc", native_linear_f64},
    {"native/real.inc", native_real},
};

const char *ck_source(const char *path) {
  for (unsigned long i = 0; i < sizeof(files) / sizeof(files[0]); ++i)
    if (strcmp(files[i].path, path) == 0) return files[i].text;
  return 0;
}
