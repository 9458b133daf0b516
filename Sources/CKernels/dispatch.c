// The choice of the instruction set, once per process.

#include <pthread.h>
#include <stddef.h>

#include "include/CKTable.h"

const ck_kernels *ck_table_plain(void);
const ck_kernels *ck_table_x86_64_v3(void);
const ck_kernels *ck_table_x86_64_v4(void);

static const ck_kernels *tables[4];
static int table_count;

static void choose(void) {
  tables[table_count++] = ck_table_plain();
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    tables[table_count++] = ck_table_x86_64_v3();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    tables[table_count++] = ck_table_x86_64_v4();
#endif
}

static void choose_once(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, choose);
}

const ck_kernels *ck_kernels_of_this_machine(void) {
  choose_once();
  return tables[table_count - 1];
}

const ck_kernels *const *ck_all_kernels(void) {
  choose_once();
  return tables;
}
