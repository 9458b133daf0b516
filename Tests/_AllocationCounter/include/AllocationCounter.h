// Counts what a thread takes from the heap, for tests of code that should take nothing.

#ifndef CURVATURE_ALLOCATION_COUNTER_H
#define CURVATURE_ALLOCATION_COUNTER_H

// Whether this build counts: with the GNU C library, and without a sanitizer that wants the heap for itself.
int allocation_counter_works(void);

// How often this thread has allocated so far.
long allocation_count(void);

#endif
