// Prints what every kernel of a scalar function gives at some numbers, in the bits of its results: `elsewhere.sh` compares what
// machines print.

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "CKTable.h"

enum { count = 64 };

static double number(int i, int operand) {
  static const double special[] = {0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, -1e-9, 709.0, -745.0, 1e5, -1e15, 3.0};
  int known = sizeof special / sizeof *special;
  if (i < known) return special[(i + 5 * operand) % known];
  return ((i * 7919 + operand * 104729) % 8192 - 4096) / (i % 3 ? 2048.0 : 128.0);  // exact: the same everywhere
}

int main(void) {
  const char *families[] = {"f32", "f64", "i64"};
  for (const ck_kernels *const *table = ck_all_kernels(); *table; ++table)
    for (int64_t f = 0; f < (*table)->function_count; ++f)
      for (int family = 0; family < ck_family_count; ++family) {
        const ck_function *function = (*table)->functions + f;
        if (!function->kernels[family]) continue;
        double f64[3][count], out64[count] = {0};
        float f32[3][count], out32[count] = {0};
        int64_t i64[3][count], outi[count] = {0};
        for (int operand = 0; operand < 3; ++operand)
          for (int i = 0; i < count; ++i) {
            f64[operand][i] = number(i, operand);
            f32[operand][i] = (float)f64[operand][i];
            i64[operand][i] = (int64_t)fmax(-1e6, fmin(1e6, f64[operand][i]));
          }
        void *out = family == 0 ? (void *)out32 : family == 1 ? (void *)out64 : (void *)outi;
        void *in[3];
        for (int operand = 0; operand < 3; ++operand)
          in[operand] = family == 0 ? (void *)f32[operand] : family == 1 ? (void *)f64[operand] : (void *)i64[operand];
        function->kernels[family](out, in[0], in[1], in[2], count);
        const char *style = function->style == ck_style_called ? "called" : "own";
        for (int i = 0; i < count; ++i) {
          uint64_t bits = 0;
          memcpy(&bits, (char *)out + i * (family == 0 ? 4 : 8), family == 0 ? 4 : 8);
          int is_nan = family == 0 ? isnan(out32[i]) : family == 1 ? isnan(out64[i]) : 0;
          double value = family == 0 ? out32[i] : family == 1 ? out64[i] : (double)outi[i];
          printf("%s %s %s %s %d %s%016" PRIx64 " %.17g\n", (*table)->instruction_set, function->name, families[family],
                 style, i, is_nan ? "nan-" : "", is_nan ? 0 : bits, value);
        }
      }
  return 0;
}
