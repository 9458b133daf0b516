// The text of the scalar functions, and of interfaces of other systems.

#ifndef CURVATURE_CKSOURCE_H
#define CURVATURE_CKSOURCE_H

// What the file of that path has, which starts with interfaces/, math/ or native/; null if there is none.
const char *ck_source(const char *path);

#endif
