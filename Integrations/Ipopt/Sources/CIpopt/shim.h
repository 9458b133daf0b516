// Ipopt's interface for C, which Debian has in the folder `coin` before Ipopt 3.14.
#ifndef CURVATURE_IPOPT_SHIM_H
#define CURVATURE_IPOPT_SHIM_H

// Types of these names would stand for Swift's wherever the module is imported.
#define Int IpoptInt
#define Bool IpoptBool
#if __has_include(<coin-or/IpStdCInterface.h>)
#include <coin-or/IpStdCInterface.h>
#elif __has_include(<coin/IpStdCInterface.h>)
#include <coin/IpStdCInterface.h>
#else
#include <IpStdCInterface.h>
#endif
#undef Int
#undef Bool

#endif
