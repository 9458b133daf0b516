// The kernels for whatever the compiler is allowed to assume of every machine.
#define INSTRUCTION_SET "plain"
#define TABLE ck_table_plain
#if defined(__FMA__) || defined(__aarch64__)
#define HAS_FMA 1
#define VECTOR_BYTES 16
#else
#define HAS_FMA 0
#define VECTOR_BYTES 16
#endif
#include "tiles.inc"
