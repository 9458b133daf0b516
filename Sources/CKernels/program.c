// Running the steps of a program.

#include "include/CKProgram.h"
#include "include/CKTeam.h"

#include <stdatomic.h>
#include <string.h>

void ck_native_publish_program(ck_native_cell *cell, ck_native_program run) {
  __atomic_store_n(&cell->run, run, __ATOMIC_RELEASE);
}

int64_t ck_native_note(ck_native_cell *cell) {
  if (__atomic_load_n(&cell->runs_left, __ATOMIC_RELAXED) <= 0) return 0;
  return __atomic_fetch_sub(&cell->runs_left, 1, __ATOMIC_RELAXED) == 1;
}

void ck_native_expect(ck_native_cell *cell, int64_t runs) {
  __atomic_store_n(&cell->runs_left, runs, __ATOMIC_RELAXED);
}

void ck_run(int64_t count, ck_context *context, const ck_native_cell *native) {
  ck_native_program run = context->interprets ? 0 : __atomic_load_n(&native->run, __ATOMIC_ACQUIRE);
  if (run) {
    run(context);
    return;
  }
  for (const ck_step *step = context->steps, *end = step + count; step < end; ++step) {
    step->run(step->payload, context);
    if (__builtin_expect(context->failure != 0, 0)) return;
  }
}

void ck_bind(const ck_entry *entry, const void *const *inputs, void *const *outputs) {
  void **buffers = entry->context->buffers;
  for (int64_t i = 0; i < entry->input_count; ++i)
    buffers[entry->inputs[i].buffer] = (void *)inputs[entry->inputs[i].position];
  for (int64_t i = 0; i < entry->output_count; ++i) buffers[entry->first_output + i] = outputs[i];
}

void ck_place_parts(const ck_entry *entry) {
  char **buffers = (char **)entry->context->buffers;
  for (const ck_output_part *part = entry->parts, *end = part + entry->part_count; part < end; ++part)
    buffers[part->buffer] = buffers[part->root] + part->offset;
}

enum ck_outcome ck_call(const ck_entry *entry, int64_t workers, const void *const *inputs, void *const *outputs) {
  if (entry->needs_engine) return ck_asks;
  if (!__atomic_load_n(&entry->native->run, __ATOMIC_RELAXED)) {
    if (entry->waits) return ck_asks;
    if (entry->counts_runs && ck_native_note(entry->native)) return ck_asks;
  }
  ck_context *context = entry->context;
  context->active_workers = workers < 1 ? 1 : workers > context->worker_count ? context->worker_count : workers;
  ck_bind(entry, inputs, outputs);
  ck_place_parts(entry);
  ck_run(entry->step_count, context, entry->native);
  return context->failure ? ck_failed : ck_done;
}

void ck_native_publish(ck_native *native, ck_native_group run) {
  __atomic_store_n(&native->run, run, __ATOMIC_RELEASE);
}

typedef struct {
  const ck_native *native;
  ck_native_group run;
  char *const *buffers;
  _Atomic int64_t next;
} native_job;

static void work_on_native(void *argument, int64_t index) {
  (void)index;
  native_job *job = argument;
  int64_t share = job->native->units_per_worker, units = job->native->units, from;
  while ((from = atomic_fetch_add(&job->next, share)) < units)
    job->run(job->buffers, from, from + share < units ? from + share : units);
}

typedef struct {
  const ck_group_step *step;
  ck_context *context;
  _Atomic int64_t next;
} group_job;

static void work_on_group(void *argument, int64_t index) {
  group_job *job = argument;
  const ck_group *group = job->step->group;
  ck_context *context = job->context;
  void *worker = context->workers[job->step->number * context->worker_count + index];
  char *scratch = context->scratch[index];
  int64_t share = job->step->units_per_worker, from;
  int bound = 0;
  while ((from = atomic_fetch_add(&job->next, share)) < group->units) {
    if (!bound) ck_worker_bind(group, worker, context->buffers, context->constants_version);
    bound = 1;
    int64_t to = from + share < group->units ? from + share : group->units;
    ck_worker_run(group, worker, scratch, context->buffers, from, to);
  }
}

void ck_run_group(const void *payload, ck_context *context) {
  const ck_group_step *step = payload;
  const ck_group *group = step->group;
  ck_native_group native = context->interprets ? 0 : __atomic_load_n(&step->native->run, __ATOMIC_ACQUIRE);
  if (native) {
    char *const *buffers = (char *const *)context->buffers;
    if (step->native->units_per_worker == 0 || context->active_workers == 1) {
      native(buffers, 0, step->native->units);
    } else {
      native_job job = {step->native, native, buffers, 0};
      ck_team_perform(context->active_workers, &job, work_on_native);
    }
  } else if (step->units_per_worker == 0 || context->active_workers == 1) {
    void *worker = context->workers[step->number * context->worker_count];
    ck_worker_bind(group, worker, context->buffers, context->constants_version);
    ck_worker_run(group, worker, context->scratch[0], context->buffers, 0, group->units);
  } else {
    group_job job = {step, context, 0};
    ck_team_perform(context->active_workers, &job, work_on_group);
  }
  ck_group_finish(group, context->buffers);
}

typedef struct {
  int64_t count;
  void *job;
  void (*body)(void *job, int64_t i);
  _Atomic int64_t next;
} shared_job;

static void work_on_share(void *argument, int64_t index) {
  (void)index;
  shared_job *shared = argument;
  int64_t i;
  while ((i = atomic_fetch_add(&shared->next, 1)) < shared->count) shared->body(shared->job, i);
}

void ck_share(ck_context *context, int64_t count, void *job, void (*body)(void *job, int64_t i)) {
  if (context->active_workers == 1 || count == 1) {
    for (int64_t i = 0; i < count; ++i) body(job, i);
    return;
  }
  shared_job shared = {count, job, body, 0};
  ck_team_perform(context->active_workers, &shared, work_on_share);
}

typedef struct {
  int64_t count;
  void *job;
  void (*body)(void *job, int64_t i, int64_t worker);
  _Atomic int64_t next;
} worker_job;

static void work_as_worker(void *argument, int64_t worker) {
  worker_job *shared = argument;
  int64_t i;
  while ((i = atomic_fetch_add(&shared->next, 1)) < shared->count) shared->body(shared->job, i, worker);
}

void ck_share_by_worker(ck_context *context, int64_t count, void *job,
                        void (*body)(void *job, int64_t i, int64_t worker)) {
  worker_job shared = {count, job, body, 0};
  ck_team_perform(context->active_workers, &shared, work_as_worker);
}

// Whether all indices of a step are in their axis. Of those that the program keeps that is known.
static int are_inside(const ck_index_step *step, ck_context *context, const void *indices) {
  int64_t buffer = step->indices.buffer;
  int64_t known = buffer < context->argument_count ? context->index_extents[buffer] : 0;
  if (known > 0 && known <= step->extent) return 1;
  int64_t position = ck_index_outside(indices, step->index_bytes, step->count, step->extent);
  if (position < 0) return 1;
  context->failure = 1;
  context->failed_step = step->number;
  context->failed_index =
      step->index_bytes == 4 ? ((const int32_t *)indices)[position] : ((const int64_t *)indices)[position];
  context->failed_axis = step->axis;
  context->failed_extent = step->extent;
  return 0;
}

typedef struct {
  const ck_index_step *step;
  void *to;
  const void *from, *indices;
  int64_t parts;
} gather_job;

static void gather_part(void *job, int64_t part) {
  const gather_job *gather = job;
  const ck_index_step *step = gather->step;
  int64_t lines = step->outer * step->count;
  ck_gather_lines(gather->to, gather->from, gather->indices, step->index_bytes, step->count, step->extent, step->inner,
                  step->element_bytes, lines * part / gather->parts, lines * (part + 1) / gather->parts);
}

// Elements that are read here and there wait for memory: enough of them are worth the handing out.
enum { gather_share = 16384 };

void ck_run_gather(const void *payload, ck_context *context) {
  const ck_index_step *step = payload;
  const void *indices = ck_at(context, step->indices);
  if (!are_inside(step, context, indices)) return;
  int64_t elements = step->outer * step->count * step->inner;
  gather_job job = {step, ck_at(context, step->to), ck_at(context, step->from), indices,
                    elements < 2 * gather_share ? 1 : elements / gather_share};
  if (job.parts == 1)
    gather_part(&job, 0);
  else
    ck_share(context, job.parts, &job, gather_part);
}

typedef struct {
  const ck_index_step *step;
  const ck_context *context;
  char *to, *scratch;
  const char *indices;
} scatter_job;

// Adds up a share of what is scattered in one of the lines: into the result, or into memory of its own.
static void scatter_part(void *job, int64_t i) {
  const scatter_job *scatter = job;
  const ck_index_step *step = scatter->step;
  int64_t line = i / step->parts, part = i % step->parts;
  int64_t size = step->extent * step->inner * step->element_bytes;
  char *to = part == 0 ? scatter->to + line * size : scatter->scratch + (line * (step->parts - 1) + part - 1) * size;
  memset(to, 0, (size_t)size);
  int64_t first = step->count * part / step->parts, last = step->count * (part + 1) / step->parts, start = 0;
  for (int64_t r = 0; r < step->run_count && start < last; start += step->runs[r++].count) {
    int64_t begin = first > start ? first - start : 0;
    int64_t end = last - start < step->runs[r].count ? last - start : step->runs[r].count;
    if (begin < end)
      ck_scatter_add(
          to, ck_at(scatter->context, step->runs[r].from) + line * step->count * step->inner * step->element_bytes,
          scatter->indices + start * step->index_bytes, step->index_bytes, begin, end, step->inner, step->type);
  }
}

enum { added_share = 8192 };

// Adds the sums of the parts, for some of the elements.
static void add_parts(void *job, int64_t i) {
  const scatter_job *scatter = job;
  const ck_index_step *step = scatter->step;
  int64_t size = step->extent * step->inner, start = i * added_share;
  int64_t count = size - start < added_share ? size - start : added_share;
  for (int64_t part = 1; part < step->parts; ++part)
    ck_add(scatter->to + start * step->element_bytes,
           scatter->scratch + ((part - 1) * size + start) * step->element_bytes, count, step->type);
}

void ck_run_scatter_add(const void *payload, ck_context *context) {
  const ck_index_step *step = payload;
  const void *indices = ck_at(context, step->indices);
  if (!are_inside(step, context, indices)) return;
  scatter_job job = {step, context, ck_at(context, step->to), step->parts > 1 ? ck_at(context, step->scratch) : 0,
                     indices};
  int64_t tasks = step->outer * step->parts;
  if (step->outer * step->count * step->inner < 2 * gather_share)
    for (int64_t i = 0; i < tasks; ++i) scatter_part(&job, i);
  else
    ck_share(context, tasks, &job, scatter_part);
  if (step->parts > 1)
    ck_share(context, (step->extent * step->inner + added_share - 1) / added_share, &job, add_parts);
}

void ck_run_cumulative_sum(const void *payload, ck_context *context) {
  const ck_line_step *step = payload;
  ck_cumulative_sum(ck_at(context, step->to), ck_at(context, step->from), step->outer, step->extent, step->inner,
                    (int)step->reversed, step->type);
}

void ck_run_argsort(const void *payload, ck_context *context) {
  const ck_line_step *step = payload;
  ck_argsort((int64_t *)ck_at(context, step->to), ck_at(context, step->from), step->outer, step->extent, step->inner,
             step->type, (int64_t *)ck_at(context, step->scratch));
}

void ck_run_contract_integers(const void *payload, ck_context *context) {
  const ck_integer_step *step = payload;
  ck_contract_integers(ck_at(context, step->to), ck_at(context, step->left), step->left_strides,
                       ck_at(context, step->right), step->right_strides, step->extents, step->rank, step->summed,
                       step->type);
}
