"""From measurements to one table."""
TOLERANCE = dict(float64=1e-9, float32=1e-3)   # largest difference over largest element of the reference
WRONG = "differs from the reference"


def seconds(s):
    if s is None:
        return ""
    for unit, size in ("s", 1), ("ms", 1e-3), ("us", 1e-6):
        if s >= size or unit == "us":
            return "%.3g %s" % (s / size, unit)


def ranked(rows, every_variant):
    """Rows of one case, fastest first, with ratios to the fastest; one row a system unless all are wanted."""
    for row in rows:
        if row["error"] is not None and not row["error"] <= TOLERANCE[row["dtype"]]:
            row["note"] = WRONG
    counts = lambda row: row["seconds"] is not None and "note" not in row
    order = sorted(rows, key=lambda row: (not counts(row), row["seconds"] is None, row["seconds"] or 0))
    chosen, seen = [], set()
    for row in order:
        if every_variant or row["system"] not in seen:
            chosen.append(row)
        seen.add(row["system"])
    fastest = chosen[0]["seconds"] if chosen and counts(chosen[0]) else None
    for row in chosen:
        row["ratio"] = row["seconds"] / fastest if fastest and counts(row) else None
    return chosen


def table(rows, about):
    print("%(processors)d processors of %(machine)s, all of them open to every system; load %(load).1f at the end" % about)
    print("versions: " + ", ".join("%s %s" % pair for pair in about["versions"].items()))
    for name, reason in about["missing"].items():
        print("left out: %s (%s)" % (name, reason))
    if about["tiny"]:
        print("tiny inputs: the times say nothing")
    print("time: median per call, at a new point each; W9: from the start of the process to the first result")
    print("first: reading inputs, preparing and the first call; peak: of the whole process")
    print("error: largest difference from the float64 reference over its largest element")
    header = ["", "case", "dtype", "system", "how", "time", "ratio", "first", "peak MB", "error", ""]
    lines, last = [header], None
    for r in rows:
        key = r["workload"], r["case"], r["dtype"]
        lines.append([
            *(key if key != last else ("", "", "")), r["system"], r["variant"], seconds(r["seconds"]),
            "%.2f" % r["ratio"] if r["ratio"] else "", seconds(r["firstSeconds"]),
            "%.0f" % (r["peakBytes"] / 1e6) if r["peakBytes"] else "",
            "%.0e" % r["error"] if r["error"] is not None else "", r.get("note") or ""])
        last = key
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for i, line in enumerate(lines):
        if i == 0 or line[0]:
            print()
        print("  ".join(text.rjust(w) if 5 <= j <= 9 else text.ljust(w)
                        for j, (text, w) in enumerate(zip(line, widths))).rstrip())
