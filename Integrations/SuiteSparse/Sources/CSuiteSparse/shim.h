// CHOLMOD, wherever its headers are.
#ifndef CURVATURE_SUITESPARSE_SHIM_H
#define CURVATURE_SUITESPARSE_SHIM_H

#if __has_include(<suitesparse/cholmod.h>)
#include <suitesparse/cholmod.h>
#else
#include <cholmod.h>
#endif

// The orders of CHOLMOD as functions: Swift does not see members of anonymous structures in arrays.
static inline void curvature_cholmod_order(cholmod_common *common, int ordering) {
  common->nmethods = 1;
  common->method[0].ordering = ordering;
  common->postorder = 1;
}

#endif
