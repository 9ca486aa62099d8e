"""Reads the Parquet files of scripts/parity/write-features.ts by pyarrow, DuckDB and polars.

    python scripts/parity/check_features.py DIR
"""

import json
import sys
from pathlib import Path

import duckdb
import numpy
import polars
import pyarrow.parquet

# The least that float16 rounds off is half of the last of its eleven digits.
TOLERANCES = {"float32": 1e-6, "float16": 2**-11}


def by_pyarrow(paths):
    tables = [pyarrow.parquet.read_table(path) for path in paths]
    return [row for table in tables for row in table.to_pylist()]


def by_duckdb(paths):
    # An ordered list of files, as DuckDB reads several at once.
    query = "select path, label, sha256, features from read_parquet(?)"
    rows = [row for path in paths for row in duckdb.execute(query, [str(path)]).fetchall()]
    return [dict(zip(("path", "label", "sha256", "features"), row)) for row in rows]


def by_polars(paths):
    return [row for path in paths for row in polars.read_parquet(path).to_dicts()]


READERS = {"pyarrow": by_pyarrow, "DuckDB": by_duckdb, "polars": by_polars}


def check(folder, case, read):
    paths = sorted((folder / case["name"]).glob("*.parquet"))
    assert paths, case["name"]
    rows = read(paths)
    assert len(rows) == len(case["rows"]), (len(rows), len(case["rows"]))
    worst = 0
    for row, expected in zip(rows, case["rows"]):
        for column in ("path", "label", "sha256"):
            assert row[column] == expected[column], (row[column], expected[column])
        values = numpy.array(row["features"], dtype="float64")
        truth = numpy.array(expected["features"], dtype="float64").reshape(-1)
        assert values.shape == (case["size"],), values.shape
        worst = max(worst, abs(values - truth).max() / abs(truth).max())
    return worst


def main():
    folder = Path(sys.argv[1])
    cases = json.loads((folder / "features.json").read_text())
    good = 0
    for case in cases:
        for name, read in READERS.items():
            error = check(folder, case, read)
            good += error <= TOLERANCES[case["dtype"]]
            print(f"{case['name']:10} {name:10} {error:.1e}")
    total = len(cases) * len(READERS)
    print(f"\n{good} of {total} readings of features as exact as their number format")
    if good < total:
        sys.exit(1)


if __name__ == "__main__":
    main()
