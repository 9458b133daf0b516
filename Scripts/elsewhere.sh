#!/usr/bin/env bash
# Builds generated code with other compilers and for another processor, and runs it: under gcc and clang, as C and C++, under valgrind,
# and for arm64 under qemu, whose kernels give the bits of this machine's. Installs what is missing on Debian.
# Usage: Scripts/elsewhere.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

require_everything
[ "$(uname -sm)" = "Linux x86_64" ] || fail "this compares an x86-64 processor under Linux with arm64"
wanted=()
command -v valgrind >/dev/null || wanted+=(valgrind)
command -v g++ >/dev/null || wanted+=(g++)
command -v python3 >/dev/null || wanted+=(python3)
command -v qemu-aarch64 >/dev/null || wanted+=(qemu-user)
command -v aarch64-linux-gnu-gcc >/dev/null || wanted+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
[ ${#wanted[@]} -eq 0 ] || install_packages "${wanted[*]}"

say "building the tool (release)"
swift build --package-path "$root" -c release --product curvature >&2
curvature=$(swift build --package-path "$root" -c release --show-bin-path)/curvature
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

formulas=(
  "sum((x[1:] - x[:-1]**2)**2)"
  "sum(sin(x)*exp(x))"
  "sum(tanh(outer(x, x)))"
  "logdet(outer(x, x) + eye(9))"
  "mean(log1p(exp(-30*x)))"
  "sum(cumsum(x)**3)"
  "sum(erf(x)*atan2(x, x + 2))"
  "max(x)*min(x) + norm(x)"
  "sum(where(x > 0, x**3, sinh(x)))"
  "dot(solve(outer(x, x) + eye(9), x), x)"
)
# Other systems' functions: a formula, and what follows it on the command line.
interfaces=(
  "sum((x[1:] - x[:-1]**2)**2)|--interface casadi --sparse"
  "-0.5*sum((x[:8].reshape(2, 4) @ x[:4])**2) - x[8]**4|--interface bridgestan"
  "-sum(outer(x, x)**2)|--interface bridgestan --sparse"
  "sum((x - p)**2)|--argument p=ones(9) --subject-to 0<=x[1:]*x[:-1]<=1 --bounds x=-2: --interface cnlp"
)
strict="-O2 -Wall -Wextra -pedantic -Werror"
number=0
for formula in "${formulas[@]}" "${interfaces[@]}"; do
  folder=$work/$((number += 1))
  IFS=' ' read -r -a more <<<"$(sed 's/^[^|]*|*//' <<<"$formula")"
  "$curvature" generate "${formula%%|*}" --at 'x=linspace(-1, 1.5, 9)' --function model --output "$folder" "${more[@]}" \
    >/dev/null 2>&1
  cd "$folder"
  build() { # program, compiler, options: a program of the sources
    # shellcheck disable=SC2086  # lists of options
    $2 $strict ${3:-} model.c model_test.c -o "$1" -lm
  }
  build gcc gcc "-std=c99 -march=haswell"
  build clang clang "-std=c99"
  build gxx "g++ -x c++"
  build clangxx "clang++ -x c++"
  build arm64 aarch64-linux-gnu-gcc "-std=c99 -static"
  for program in ./gcc ./clang ./gxx ./clangxx "valgrind -q --leak-check=full --error-exitcode=9 ./gcc" "qemu-aarch64 ./arm64"; do
    $program >log 2>&1 || fail "'$formula' under '$program': $(tail -n 3 log)"
  done
done
say "$number formulas agree under gcc, clang, g++, clang++, valgrind and qemu"

say "kernels of x86-64 and arm64"
cd "$work"
kernels=$root/Sources/CKernels
compile() { clang "$@" -std=gnu23 -O2 -I"$kernels/include" -c "$root/Tests/Reference/kernel_values.c" "$kernels"/*.c; }
mkdir here there
(cd here && compile && gcc ./*.o -o ../here.out -lm -lpthread)
(cd there && compile --target=aarch64-linux-gnu -I/usr/aarch64-linux-gnu/include &&
  aarch64-linux-gnu-gcc -static ./*.o -o ../there.out -lm -lpthread)
./here.out >here.txt
qemu-aarch64 ./there.out >there.txt
python3 "$root/Tests/Reference/compare_kernels.py" here.txt there.txt
