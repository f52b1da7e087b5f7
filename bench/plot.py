#!/usr/bin/env python3
"""A picture of benchmark figures: ./orderflow bench plot FILE.json... [-o FILE.png]"""

import argparse
import json
import os
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  the backend is chosen first


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as problem:
        sys.exit(f"bench plot: {path}: {problem}; name files that --json wrote")


def latencies(axes, phases):
    """Percentiles of each phase, from the request to the outcome or to the answer."""
    for phase in phases:
        latency = phase["latency_outcome"] if phase["latency_outcome"]["count"] else phase["latency_answer"]
        names = ["p50", "p95", "p99", "max"]
        axes.plot(names, [latency[name + "_ms"] for name in names], marker="o", label=phase["label"])
    axes.set_yscale("log")
    axes.set_ylabel("ms")
    axes.set_title("latency")
    axes.legend(fontsize=7)


def rates(axes, phases):
    labels = [phase["label"] for phase in phases]
    bars = axes.barh(labels, [phase["per_second"] for phase in phases])
    axes.bar_label(bars, fmt="%.0f")
    axes.invert_yaxis()
    axes.tick_params(axis="y", labelsize=7)
    axes.set_title("completed a second")


def timelines(axes, phases):
    for phase in phases:
        tenths = phase["completions_by_tenth_second"]
        seconds = [i / 10 for i in range(len(tenths))]
        # Over half a second, lest batches look like gaps.
        smooth = [10 * sum(tenths[max(0, i - 4) : i + 1]) / min(i + 1, 5) for i in range(len(tenths))]
        axes.plot(seconds, smooth, linewidth=1, label=phase["label"])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("s")
    axes.set_title("completed a second, over the window")
    axes.legend(fontsize=7)


def costs(axes, phases):
    """CPU time by process, stacked."""
    names = []
    for phase in phases:
        names += [one["name"] for one in phase.get("processes", []) if one["name"] not in names]
    left = [0.0] * len(phases)
    labels = [phase["label"] for phase in phases]
    for name in names:
        values = [
            sum(one["cpu_us"] for one in phase.get("processes", []) if one["name"] == name) for phase in phases
        ]
        axes.barh(labels, values, left=left, label=name)
        left = [a + b for a, b in zip(left, values)]
    axes.invert_yaxis()
    axes.tick_params(axis="y", labelsize=7)
    axes.set_title("CPU us by what was completed")
    axes.legend(fontsize=7)


def main():
    parser = argparse.ArgumentParser(prog="orderflow bench plot", description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE.json")
    parser.add_argument("-o", "--output", default="bench.png", help="the picture (bench.png)")
    arguments = parser.parse_args()
    phases = []
    for path in arguments.files:
        figures = read(path)
        for phase in figures.get("phases", []):
            name = phase["name"]
            phase["label"] = name if len(arguments.files) == 1 else f"{os.path.basename(path)}: {name}"
            phases.append(phase)
    if not phases:
        sys.exit("bench plot: there are no figures in these files; name files that --json wrote")
    figure, axes = plt.subplots(2, 2, figsize=(14, 9))
    rates(axes[0][0], phases)
    latencies(axes[0][1], phases)
    timelines(axes[1][0], phases)
    costs(axes[1][1], phases)
    figure.tight_layout()
    figure.savefig(arguments.output, dpi=110)
    print(arguments.output)


if __name__ == "__main__":
    main()
