// What MPI has as macros of C, as functions: Swift sees no macro that is an expression.
#ifndef CURVATURE_MPI_SHIM_H
#define CURVATURE_MPI_SHIM_H

#include <mpi.h>

static inline int curvature_mpi_start(void) {
  int is_started = 0, provided = 0;
  int code = MPI_Initialized(&is_started);
  if (code == MPI_SUCCESS && !is_started) code = MPI_Init_thread(0, 0, MPI_THREAD_FUNNELED, &provided);
  // Errors come back as numbers.
  return code != MPI_SUCCESS ? code : MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
}

static inline int curvature_mpi_rank(int *rank) { return MPI_Comm_rank(MPI_COMM_WORLD, rank); }
static inline int curvature_mpi_size(int *size) { return MPI_Comm_size(MPI_COMM_WORLD, size); }
static inline int curvature_mpi_barrier(void) { return MPI_Barrier(MPI_COMM_WORLD); }
static inline int curvature_mpi_abort(int status) { return MPI_Abort(MPI_COMM_WORLD, status); }

static inline int curvature_mpi_broadcast(void *bytes, int count, int root) {
  return MPI_Bcast(bytes, count, MPI_BYTE, root, MPI_COMM_WORLD);
}

static inline int curvature_mpi_gather(
    const void *bytes, int count, void *all, const int *counts, const int *starts) {
  return MPI_Allgatherv(bytes, count, MPI_BYTE, all, counts, starts, MPI_BYTE, MPI_COMM_WORLD);
}

static inline int curvature_mpi_gather_count(const long long *count, long long *counts) {
  return MPI_Allgather(count, 1, MPI_LONG_LONG, counts, 1, MPI_LONG_LONG, MPI_COMM_WORLD);
}

static inline int curvature_mpi_trade(
    const void *bytes, const int *counts, const int *starts, void *others, const int *other_counts,
    const int *other_starts) {
  return MPI_Alltoallv(bytes, counts, starts, MPI_BYTE, others, other_counts, other_starts, MPI_BYTE, MPI_COMM_WORLD);
}

static inline int curvature_mpi_trade_counts(const int *counts, int *other_counts) {
  return MPI_Alltoall(counts, 1, MPI_INT, other_counts, 1, MPI_INT, MPI_COMM_WORLD);
}

// A file that all processes have open.
static inline int curvature_mpi_file_open(const char *path, MPI_File *file) {
  return MPI_File_open(MPI_COMM_WORLD, path, MPI_MODE_WRONLY, MPI_INFO_NULL, file);
}

static inline int curvature_mpi_file_write(MPI_File file, long long offset, const void *bytes, int count) {
  return MPI_File_write_at_all(file, (MPI_Offset)offset, bytes, count, MPI_BYTE, MPI_STATUS_IGNORE);
}

static inline int curvature_mpi_file_synchronize(MPI_File file) { return MPI_File_sync(file); }
static inline int curvature_mpi_file_close(MPI_File *file) { return MPI_File_close(file); }

// The text of an error, with room for MPI_MAX_ERROR_STRING characters.
static inline int curvature_mpi_text(int code, char *text, int *count) { return MPI_Error_string(code, text, count); }
static inline int curvature_mpi_text_room(void) { return MPI_MAX_ERROR_STRING; }

#endif
