// Fused groups of elementwise operations: placeholder until the machine below is written.
#ifndef CURVATURE_CKGROUP_H
#define CURVATURE_CKGROUP_H
#include "CKTable.h"
#endif
