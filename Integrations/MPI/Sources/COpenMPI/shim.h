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

static inline int curvature_mpi_send(const void *bytes, int count, int rank) {
  return MPI_Send(bytes, count, MPI_BYTE, rank, 0, MPI_COMM_WORLD);
}

static inline int curvature_mpi_receive(void *bytes, int count, int rank) {
  return MPI_Recv(bytes, count, MPI_BYTE, rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

// The text of an error, with room for MPI_MAX_ERROR_STRING characters.
static inline int curvature_mpi_text(int code, char *text, int *count) { return MPI_Error_string(code, text, count); }
static inline int curvature_mpi_text_room(void) { return MPI_MAX_ERROR_STRING; }

#endif
