#!/usr/bin/env python3
"""Flame graphs from `perf script`, one for each process: ./orderflow bench profile

A box is a function, as wide as the time it was on the stack; what it called stands above it. After Brendan
Gregg's flame graphs (https://www.brendangregg.com/flamegraphs.html).
"""

import argparse
import html
import os
import re
import sys

WIDTH, HEIGHT, MARGIN = 1200, 16, 30
SMALLEST = 0.003  # Of the whole; what is narrower is left out.
CHARACTER = 6.6
FRAME = re.compile(r"^\s+[0-9a-f]+ (.*) \((.*)\)$")
HEAD = re.compile(r"^.*\s(\d+)/\d+\s+[\d.]+:")
COLOURS = {"kernel": "#e8a87c", "library": "#f0d58c", "own": "#9cc5a1"}


class Node:
    def __init__(self):
        self.samples = 0
        self.kind = "own"
        self.children = {}

    def add(self, stack):
        self.samples += 1
        node = self
        for name, kind in stack:
            node = node.children.setdefault(name, Node())
            node.kind = kind
            node.samples += 1


def kind_of(place):
    if "kernel" in place:
        return "kernel"
    return "library" if ".so" in place else "own"


def frame_of(line):
    match = FRAME.match(line)
    if not match:
        return None
    symbol, place = match.groups()
    if symbol == "[unknown]":
        symbol = f"[{os.path.basename(place)}]"
    # What templates and arguments say is more than a box can hold.
    while re.search(r"<[^<>]*>", symbol):
        symbol = re.sub(r"<[^<>]*>", "", symbol)
    return symbol.split("(")[0] or symbol, kind_of(place)


def read_samples(lines, names):
    """The stacks by process name, each from the outermost function inwards."""
    roots = {}
    name, stack = None, []
    for line in lines:
        if not line.strip():
            if name is not None:
                roots.setdefault(name, Node()).add(reversed(stack))
            name, stack = None, []
        elif not line[0].isspace():
            match = HEAD.match(line)
            name = names.get(match.group(1)) if match else None
        elif frame := frame_of(line):
            if not stack or stack[-1] != frame:  # Of frames that have no names one says enough.
                stack.append(frame)
    return roots


def boxes(node, name, left, level, unit, total):
    width = node.samples * unit
    if node.samples < total * SMALLEST:
        return
    yield name, node, left, level, width
    for child_name, child in sorted(node.children.items(), key=lambda entry: -entry[1].samples):
        yield from boxes(child, child_name, left, level + 1, unit, total)
        left += child.samples * unit


def picture(root, title):
    drawn = list(boxes(root, title, 0, 0, WIDTH / root.samples, root.samples))
    height = (1 + max(level for _, _, _, level, _ in drawn)) * HEIGHT + MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="monospace" font-size="11">'
        f'<text x="4" y="18">{html.escape(title)}: {root.samples} samples; kernel orange, libraries yellow</text>'
    )
    for name, node, left, level, width in drawn:
        top = height - (level + 1) * HEIGHT
        label = html.escape(name)
        share = 100 * node.samples / root.samples
        short = html.escape(name[: int(width / CHARACTER)]) if width > 20 else ""
        yield (
            f'<g><title>{label}: {share:.1f} %</title><rect x="{left:.1f}" y="{top}" width="{width:.1f}" '
            f'height="{HEIGHT - 1}" fill="{COLOURS[node.kind]}"/>'
            f'<text x="{left + 2:.1f}" y="{top + 12}">{short}</text></g>'
        )
    yield "</svg>"


def main():
    parser = argparse.ArgumentParser(prog="bench profile", description=__doc__)
    parser.add_argument("--names", required=True, help="a file with lines 'PID NAME'")
    parser.add_argument("--folder", required=True, help="where the pictures go")
    arguments = parser.parse_args()
    with open(arguments.names, encoding="utf-8") as file:
        names = dict(line.split(maxsplit=1) for line in file.read().splitlines() if line.strip())
    roots = read_samples(sys.stdin, names)
    if not roots:
        sys.exit("bench profile: perf saw none of the processes")
    everything = sum(root.samples for root in roots.values())
    for name, root in sorted(roots.items(), key=lambda entry: -entry[1].samples):
        path = os.path.join(arguments.folder, f"flame-{name}.svg")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(picture(root, name)))
        print(f"{100 * root.samples / everything:5.1f} %  {name:12}  {path}")


if __name__ == "__main__":
    main()
