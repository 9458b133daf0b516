/// Names that functions in generated files cannot have.
enum ReservedNames {
  /// Words of C and C++.
  static let keywords: Set<String> = [
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float",
    "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof",
    "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "class", "namespace",
    "template", "new", "delete", "this", "operator", "private", "public", "protected", "main", "bool", "true", "false",
    "catch", "throw", "try", "using", "virtual", "friend", "explicit", "export", "mutable", "typename", "typeid", "asm",
  ]

  /// Functions of `<math.h>`, of which there are forms for single and extended precision, too.
  private static let mathematics: Set<String> = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "copysign", "cos", "cosh", "erf",
    "erfc",
    "exp", "exp2", "expm1", "fabs", "fdim", "floor", "fma", "fmax", "fmin", "fmod", "frexp", "hypot", "ilogb", "ldexp",
    "lgamma", "llrint", "llround", "log", "log10", "log1p", "log2", "logb", "lrint", "lround", "modf", "nan",
    "nearbyint",
    "nextafter", "nexttoward", "pow", "remainder", "remquo", "rint", "round", "scalbln", "scalbn", "sin", "sinh",
    "sqrt",
    "tan", "tanh", "tgamma", "trunc", "gamma", "j0", "j1", "jn", "y0", "y1", "yn",
  ]

  /// What else the headers have that generated files include, and these files' own.
  private static let others: Set<String> = [
    "abort", "abs", "aligned_alloc", "atexit", "atof", "atoi", "atol", "atoll", "bsearch", "calloc", "clearerr", "div",
    "exit", "fclose", "feof", "ferror", "fflush", "fgetc", "fgetpos", "fgets", "fopen", "fprintf", "fputc", "fputs",
    "fread", "free", "freopen", "fscanf", "fseek", "fsetpos", "ftell", "fwrite", "getc", "getchar", "getenv", "gets",
    "labs", "ldiv", "llabs", "lldiv", "malloc", "mblen", "mbstowcs", "mbtowc", "memchr", "memcmp", "memcpy", "memmove",
    "memset", "perror", "printf", "putc", "putchar", "puts", "qsort", "rand", "random", "realloc", "remove", "rename",
    "rewind", "scanf", "select", "setbuf", "setvbuf", "signgam", "snprintf", "sprintf", "srand", "srandom", "sscanf",
    "stderr", "stdin", "stdout", "strcat", "strchr", "strcmp", "strcoll", "strcpy", "strcspn", "strdup", "strerror",
    "strlen", "strncat", "strncmp", "strncpy", "strpbrk", "strrchr", "strspn", "strstr", "strtod", "strtof", "strtok",
    "strtol", "strtold", "strtoll", "strtoul", "strtoull", "strxfrm", "system", "tmpfile", "tmpnam", "ungetc",
    "vfprintf",
    "vprintf", "vsnprintf", "vsprintf", "wcstombs", "wctomb", "index", "rindex", "bcmp", "bcopy", "bzero", "errno",
    "BUFSIZ", "EOF", "FILE", "FILENAME_MAX", "FOPEN_MAX", "HUGE_VAL", "HUGE_VALF", "HUGE_VALL", "INFINITY", "NAN",
    "NULL",
    "RAND_MAX", "SEEK_CUR", "SEEK_END", "SEEK_SET", "TMP_MAX", "fpclassify", "isfinite", "isgreater", "isgreaterequal",
    "isinf", "isless", "islessequal", "islessgreater", "isnan", "isnormal", "isunordered", "signbit", "ssize_t",
    "size_t", "ptrdiff_t", "wchar_t", "fpos_t", "div_t", "ldiv_t", "lldiv_t", "float_t", "double_t", "max_align_t",
    "test_bridgestan", "test_casadi", "test_cnlp",
    "casadi_int", "casadi_real", "cnlp", "differ", "differ_at", "failures", "memory",
  ]

  /// Whether a name stands for something else in generated files or in what they include.
  static func isTaken(_ name: String) -> Bool {
    let stem = name.hasSuffix("f") || name.hasSuffix("l") ? String(name.dropLast()) : name
    return mathematics.contains(name) || mathematics.contains(stem) || others.contains(name) || isOfFamily(name)
  }

  /// Types and constants of `<stdint.h>` and `<math.h>`, and names of the interfaces.
  private static func isOfFamily(_ name: String) -> Bool {
    let isInteger = ["int", "uint", "INT", "UINT", "PTRDIFF", "SIZE"].contains(where: name.hasPrefix)
    return isInteger && ["_t", "_MAX", "_MIN", "_C"].contains(where: name.hasSuffix)
      || ["bs_", "cnlp_", "M_", "FP_", "MATH_"].contains(where: name.hasPrefix)
  }
}
