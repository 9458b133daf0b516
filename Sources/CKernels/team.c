// Threads that share the work of one caller at a time.

#include "include/CKTeam.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum {
  awake_nanoseconds = 50000,
  checks_per_look_at_the_clock = 64,
  checks_before_yielding = 20000,
  stack_bytes = 8 << 20,
  largest_team = 64,
};

static struct {
  // Held by the caller whose job it is.
  pthread_mutex_t use;
  // Where threads sleep.
  pthread_mutex_t sleep;
  pthread_cond_t wake;
  _Atomic int64_t sleepers;
  // The number of the job.
  _Atomic int64_t number;

  // The job. Written by the caller while it is not open and nobody is inside.
  void (*body)(void *job, int64_t i);
  void *job;
  int64_t count;
  _Atomic int64_t next;
  // Whether threads may still begin, and how many are looking at the job.
  _Atomic int64_t open;
  _Atomic int64_t inside;
} team = {.use = PTHREAD_MUTEX_INITIALIZER, .sleep = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static pthread_once_t started = PTHREAD_ONCE_INIT;

static inline void rest(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

static int64_t nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void work(void) {
  int64_t i;
  while ((i = atomic_fetch_add(&team.next, 1)) < team.count) team.body(team.job, i);
}

// Returns when there is another job than the given one.
static int64_t wait_for_another(int64_t number) {
  int64_t end = nanoseconds() + awake_nanoseconds;
  for (int64_t checks = 1;; ++checks) {
    int64_t now = atomic_load(&team.number);
    if (now != number) return now;
    rest();
    if (checks % checks_per_look_at_the_clock == 0 && nanoseconds() > end) break;
  }
  pthread_mutex_lock(&team.sleep);
  atomic_fetch_add(&team.sleepers, 1);
  while (atomic_load(&team.number) == number) pthread_cond_wait(&team.wake, &team.sleep);
  atomic_fetch_sub(&team.sleepers, 1);
  pthread_mutex_unlock(&team.sleep);
  return atomic_load(&team.number);
}

static void *live(void *argument) {
  (void)argument;
  int64_t number = 0;
  for (;;) {
    number = wait_for_another(number);
    // In this order: a caller that has closed the job and sees nobody inside may forget it.
    atomic_fetch_add(&team.inside, 1);
    if (atomic_load(&team.open)) work();
    atomic_fetch_sub(&team.inside, 1);
  }
  return 0;
}

static void start(void) {
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  if (processors > largest_team) processors = largest_team;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  for (long i = 1; i < processors; ++i) {
    pthread_t thread;
    // Whoever cannot be had is not waited for.
    if (pthread_create(&thread, &attributes, live, 0) != 0) break;
  }
  pthread_attr_destroy(&attributes);
}

void ck_team_perform(int64_t count, void *job, void (*body)(void *job, int64_t i)) {
  if (count <= 1 || pthread_mutex_trylock(&team.use) != 0) {
    for (int64_t i = 0; i < count; ++i) body(job, i);
    return;
  }
  pthread_once(&started, start);
  team.body = body;
  team.job = job;
  team.count = count;
  atomic_store(&team.next, 0);
  atomic_store(&team.open, 1);
  atomic_fetch_add(&team.number, 1);
  if (atomic_load(&team.sleepers) > 0) {
    // Whoever has not seen the job is asleep after this; woken while the lock is held, they would wait for it at once.
    pthread_mutex_lock(&team.sleep);
    pthread_mutex_unlock(&team.sleep);
    pthread_cond_broadcast(&team.wake);
  }
  work();
  atomic_store(&team.open, 0);
  for (int64_t checks = 0; atomic_load(&team.inside) > 0; ++checks) {
    if (checks < checks_before_yielding)
      rest();
    else
      sched_yield();
  }
  pthread_mutex_unlock(&team.use);
}
