/* Stands in for the library of Ipopt: takes the functions of a problem from a modelling system and keeps them, so that its Hessian of
   the Lagrangian can be evaluated alone. Solving does nothing. */
#include <stdbool.h>

typedef bool (*hessian_function)(int n, double *x, bool is_new_x, double objective_factor, int m, double *multipliers,
                                 bool is_new_multipliers, int count, int *rows, int *columns, double *values, void *data);

struct IpoptProblemInfo {
  int variables, constraints, entries;
  hessian_function hessian;
  void *data;
};

static struct IpoptProblemInfo problem;

struct IpoptProblemInfo *CreateIpoptProblem(int n, double *xl, double *xu, int m, double *gl, double *gu, int jacobian_entries,
                                            int hessian_entries, int index_base, void *f, void *g, void *df, void *dg,
                                            hessian_function h) {
  problem = (struct IpoptProblemInfo){.variables = n, .constraints = m, .entries = hessian_entries, .hessian = h};
  return &problem;
}

void FreeIpoptProblem(struct IpoptProblemInfo *p) {}
bool AddIpoptStrOption(struct IpoptProblemInfo *p, char *name, char *value) { return true; }
bool AddIpoptNumOption(struct IpoptProblemInfo *p, char *name, double value) { return true; }
bool AddIpoptIntOption(struct IpoptProblemInfo *p, char *name, int value) { return true; }

int IpoptSolve(struct IpoptProblemInfo *p, double *x, double *g, double *f, double *mg, double *ml, double *mu, void *data) {
  p->data = data;
  return 0;
}

int captured_entries(void) { return problem.entries; }

void captured_structure(int *rows, int *columns) {
  problem.hessian(problem.variables, 0, false, 1, problem.constraints, 0, false, problem.entries, rows, columns, 0, problem.data);
}

void captured_hessian(double *x, double *values) {
  problem.hessian(problem.variables, x, true, 1, problem.constraints, 0, true, problem.entries, 0, 0, values, problem.data);
}
