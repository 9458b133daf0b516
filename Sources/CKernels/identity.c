// What reductions start with.

#include "include/CKTable.h"

#define REPEAT(TYPE, value) \
  for (int64_t i = 0; i < count; ++i) ((TYPE *)out)[i] = (value);

void ck_identity(enum ck_reduction reduction, enum ck_family family, void *out, int64_t count) {
  switch (family) {
    case ck_family_f32: {
      float infinity = __builtin_inff();
      REPEAT(float, reduction == ck_reduction_sum ? 0 : reduction == ck_reduction_maximum ? -infinity : infinity)
      break;
    }
    case ck_family_f64: {
      double infinity = __builtin_inf();
      REPEAT(double, reduction == ck_reduction_sum ? 0 : reduction == ck_reduction_maximum ? -infinity : infinity)
      break;
    }
    case ck_family_i64:
      REPEAT(int64_t, reduction == ck_reduction_sum ? 0 : reduction == ck_reduction_maximum ? INT64_MIN : INT64_MAX)
      break;
  }
}
