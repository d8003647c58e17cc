#!/usr/bin/env python3
"""Makes src/secrets/trigrams.bin: what letters follow two others in source code and English.

Reads the text of permissively licensed crates below ~/.cargo/registry/src (identifiers, comments,
READMEs), folds it to 32 symbols, and writes -log2 P(c | a, b) in sixteenths of a bit, one byte a
trigram: 32 * 32 * 32 = 32 KiB. Run it from the root of the repository; equal input gives equal output.

`--measure FOLDER` measures the table and the thresholds of src/secrets/randomness.rs instead: which
share of drawn strings counts as random, by alphabet and length, and which share of the identifiers and
quoted words of the source files below FOLDER does.
"""
import glob
import math
import os
import random
import re
import sys

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


def bits(table: bytes, value: str) -> float:
    a = b = START
    total, before = 0, ""
    for char in value[:128]:
        c = fold(char.lower())
        # A digit still says which it is; a capital within a word is rarer than the model knows.
        total += table[(a * SYMBOLS + b) * SYMBOLS + c] + (53 if c == DIGIT else 0)
        total += 24 if before.islower() and char.isupper() else 0
        a, b, before = b, c, char
    return total / len(value) / 16


def looks_random(table: bytes, value: str) -> bool:
    """What `randomness::measure` does."""
    length = len(value)
    letters, digits = sum(c.isalpha() for c in value), sum(c.isdigit() for c in value)
    if length < 8 or letters == 0 or letters + digits <= length // 2:
        return False

    def sort(char: str) -> int:
        return 0 if char.islower() else 1 if char.isupper() else 2 if char.isdigit() else 3

    pairs = [(sort(a), sort(b)) for a, b in zip(value, value[1:])]
    changes = sum(a != b and 3 not in (a, b) and (a, b) != (1, 0) for a, b in pairs)
    is_name = changes * 6 < length and not re.fullmatch(r"[0-9a-fA-F-]+", value)
    base = 6.2 if length < 16 else 5.6 if length < 24 else 5.2
    return bits(table, value) >= base + (1.6 if is_name else 0)


def measure(folder: str) -> None:
    with open("src/secrets/trigrams.bin", "rb") as file:
        table = file.read()
    lower, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
    alphabets = {
        "hex": digits + "abcdef",
        "base32": lower.upper() + "234567",
        "base36": digits + lower,
        "base62": digits + lower + lower.upper(),
        "small letters": lower,
    }
    drawn = random.Random(1)
    for length in (8, 10, 12, 16, 20, 24, 32):
        for name, alphabet in alphabets.items():
            strings = ["".join(drawn.choice(alphabet) for _ in range(length)) for _ in range(2000)]
            kept = sum(looks_random(table, value) for value in strings) / len(strings)
            print(f"{length:3} {name:14} {kept:6.1%} of drawn strings count as random")
    names: set[str] = set()
    endings = "py js ts go java rb php cs rs kt yml yaml tf c h scala vue toml properties".split()
    for path in sorted(path for ending in endings for path in glob.glob(f"{folder}/**/*.{ending}", recursive=True)):
        if not os.path.isfile(path) or os.path.getsize(path) > 200_000 or re.search("test|fixture|min\\.|lock", path):
            continue
        with open(path, encoding="utf-8", errors="ignore") as file:
            text = file.read()
        names.update(re.findall(r"\b[A-Za-z_][A-Za-z0-9_]{7,60}\b", text))
        names.update(re.findall(r"[\"']([A-Za-z][A-Za-z0-9_./:-]{7,60})[\"']", text))
    flagged = sum(looks_random(table, name) for name in names)
    print(f"{flagged} of {len(names)} names and quoted words ({flagged / max(len(names), 1):.2%}) count as random")


def main() -> None:
    if len(sys.argv) == 3 and sys.argv[1] == "--measure":
        measure(sys.argv[2])
        return
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
