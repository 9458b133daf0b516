// The kernels for machines with the instructions of x86-64-v4.
#if defined(__x86_64__)
#include <math.h>
#include <stdint.h>
// The compiler would use half vectors, which spare the clock of the first machines that had whole ones.
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,no-prefer-256-bit"))), apply_to = function)
#define INSTRUCTION_SET "x86-64-v4"
#define TABLE ck_table_x86_64_v4
#define HAS_FMA 1
#define VECTOR_BYTES 64
#include "tiles.inc"
#pragma clang attribute pop
#endif
