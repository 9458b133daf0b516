// Kernels over tiles of elements, and the small machine that runs them.
//
// A kernel works on `count` elements (a multiple of 8) of up to three operands in fast scratch memory, "registers" of
// one of three families. Element types in memory are converted by the loads and stores. All kernels exist once per
// instruction set; `ck_kernels_of_this_machine` chooses.

#ifndef CURVATURE_CKERNELS_H
#define CURVATURE_CKERNELS_H

#include "CKBoxes.h"
#include "CKGroup.h"
#include "CKMovement.h"
#include "CKProgram.h"
#include "CKSource.h"
#include "CKTable.h"
#include "CKTeam.h"

#endif
