// Ipopt's interface for C. Before Ipopt 3.14 Debian has it in the folder `coin`, which pkg-config names.
#ifndef CURVATURE_IPOPT_SHIM_H
#define CURVATURE_IPOPT_SHIM_H

// Types of these names would stand for Swift's wherever the module is imported.
#define Int IpoptInt
#define Bool IpoptBool
#include <IpStdCInterface.h>
#undef Int
#undef Bool

#endif
