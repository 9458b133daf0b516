// BLAS and the LAPACK routines in use. OpenBLAS holds both; its headers declare only BLAS, so the Fortran symbols of
// LAPACK are declared here (https://netlib.org/lapack/explore-html/; all arguments by address, 32-bit integers).
#ifndef CURVATURE_OPENBLAS_SHIM_H
#define CURVATURE_OPENBLAS_SHIM_H

#include <cblas.h>

#ifdef __cplusplus
extern "C" {
#endif

// Eigenvalues, and eigenvectors if jobz is 'V', of a symmetric matrix.
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info);
// QR factorization by Householder reflections.
void dgeqrf_(const int *m, const int *n, double *a, const int *lda, double *tau, double *work, const int *lwork,
             int *info);
// Multiplication by the Q of dgeqrf.
void dormqr_(const char *side, const char *trans, const int *m, const int *n, const int *k, const double *a,
             const int *lda, const double *tau, double *c, const int *ldc, double *work, const int *lwork, int *info);
// Triangular system.
void dtrtrs_(const char *uplo, const char *trans, const char *diag, const int *n, const int *nrhs, const double *a,
             const int *lda, double *b, const int *ldb, int *info);

#ifdef __cplusplus
}
#endif

#endif
