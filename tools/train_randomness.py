#!/usr/bin/env python3
"""Makes src/secrets/trigrams.bin: what letters follow two others in source code and English.

Reads the text of permissively licensed crates below ~/.cargo/registry/src (identifiers, comments,
READMEs), folds it to 32 symbols, and writes -log2 P(c | a, b) in sixteenths of a bit, one byte a
trigram: 32 * 32 * 32 = 32 KiB. Run it from the root of the repository; equal input gives equal output.
"""
import glob
import math
import os
import re

SYMBOLS = 32
START, DIGIT, SEPARATOR, OTHER = 26, 27, 28, 29


def fold(char: str) -> int:
    if "a" <= char <= "z":
        return ord(char) - ord("a")
    if "0" <= char <= "9":
        return DIGIT
    return SEPARATOR if char in "_-./:@ " else OTHER


def words(text: str):
    for word in re.findall(r"[A-Za-z][A-Za-z0-9_\-./:@]{2,}", text):
        # Long runs are hashes, keys and tables: what the model must not learn.
        if len(word) > 48 or sum(c.isdigit() for c in word) > len(word) // 3:
            continue
        yield word.lower()


def main() -> None:
    counts = [[0] * SYMBOLS for _ in range(SYMBOLS * SYMBOLS)]
    paths = sorted(
        path
        for ending in ("rs", "md", "toml")
        for path in glob.glob(os.path.expanduser(f"~/.cargo/registry/src/*/*/**/*.{ending}"), recursive=True)
    )
    for path in paths:
        if os.path.getsize(path) > 400_000 or re.search(r"windows|unicode|table|/tests?/|libc|sys-", path):
            continue
        with open(path, encoding="utf-8", errors="ignore") as file:
            for word in words(file.read()):
                a = b = START
                for char in word:
                    c = fold(char)
                    counts[a * SYMBOLS + b][c] += 1
                    a, b = b, c
    # Back off to bigrams and to a uniform guess, so that no trigram is impossible.
    pairs = [[sum(counts[a * SYMBOLS + b][c] for a in range(SYMBOLS)) for c in range(SYMBOLS)] for b in range(SYMBOLS)]
    table = bytearray()
    for ab in range(SYMBOLS * SYMBOLS):
        b = ab % SYMBOLS
        pair_total = sum(pairs[b])
        total = sum(counts[ab])
        for c in range(SYMBOLS):
            pair = (pairs[b][c] + 0.5) / (pair_total + 0.5 * SYMBOLS)
            probability = (counts[ab][c] + 40 * pair) / (total + 40)
            table.append(min(255, round(-math.log2(probability) * 16)))
    with open("src/secrets/trigrams.bin", "wb") as out:
        out.write(table)


if __name__ == "__main__":
    main()
