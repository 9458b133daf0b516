// Threads that share the work of one caller at a time.

#ifndef CURVATURE_CKTEAM_H
#define CURVATURE_CKTEAM_H

#include <stdint.h>

// Calls body(job, i) for i in 0 ..< count, at the same time as far as threads are free, and returns when all is done.
// A second caller meanwhile, also from within a body, does its work alone.
//
// The threads, as many as there are processors, less one, are started by the first call. They wait for the next job
// awake for some 50 us, since the steps of a program follow each other more closely than a sleeper can be woken, and
// asleep after that. A job never waits for a thread that has not begun.
void ck_team_perform(int64_t count, void *job, void (*body)(void *job, int64_t i));

#endif
