// The kernels for machines with the instructions of x86-64-v3.
#if defined(__x86_64__)
#include <math.h>
#include <stdint.h>
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define INSTRUCTION_SET "x86-64-v3"
#define TABLE ck_table_x86_64_v3
#define HAS_FMA 1
#define VECTOR_BYTES 32
#include "tiles.inc"
#pragma clang attribute pop
#endif
