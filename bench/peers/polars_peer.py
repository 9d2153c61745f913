"""The hunt's work by Polars, and by rapidfuzz for the distances that Polars lacks.

  polars_peer.py --level read|hunt --folder DIR --threads N --out FILE

Reads lazily with an explicit schema of the columns that are needed. Pairs are
compared by rapidfuzz's C++ (cdist), for each extension and pair of lengths that
can pass at once, on all threads: first by the restricted distance (OSA), which has
a fast bit-parallel form and is at most half as much again, then exactly.
"""
import argparse
import glob
import os

p = argparse.ArgumentParser()
p.add_argument("--level", choices=["read", "hunt"], required=True)
p.add_argument("--folder", required=True)
p.add_argument("--threads", type=int, default=1)
p.add_argument("--out", required=True)
args = p.parse_args()
os.environ["POLARS_MAX_THREADS"] = str(args.threads)  # before the import, which reads it

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA, DamerauLevenshtein
from rapidfuzz.process import cdist

SCHEMA = {"EventID": pl.Int32, "TimeGenerated": pl.String, "NewProcessName": pl.String, "Process": pl.String}


def counted(columns, *aggregates):
    files = sorted(glob.glob(glob.escape(args.folder) + "/**/*.json", recursive=True))
    lines = pl.scan_ndjson(files, schema={k: SCHEMA[k] for k in columns})
    return (lines.filter(pl.col("EventID") == 4688).group_by(pl.col("Process").str.to_lowercase().alias("name"))
            .agg(pl.len().alias("count"), *aggregates).collect(engine="streaming"))


def read():
    counted(SCHEMA, pl.min("TimeGenerated").alias("first"), pl.max("TimeGenerated").alias("last"),
            pl.min("NewProcessName").alias("path")).write_ndjson(args.out)


def similar(frequent, rare, text):
    """Yields the pairs of rows whose texts are similar, with their score. At 17/20
    an edit is allowed for each 20/3 characters of the longer."""
    by_size = {}
    for row in rare:
        by_size.setdefault(len(row[text]), []).append(row)
    left = {}
    for row in frequent:
        left.setdefault(len(row[text]), []).append(row)
    for size, rows in left.items():
        for other, others in by_size.items():
            longer = max(size, other)
            most = longer * 3 // 20
            if abs(size - other) > most:
                continue
            if longer == 0:
                yield from ((a, b, np.float32(1)) for a in rows for b in others)
                continue
            near = most + most // 2
            distances = cdist([r[text] for r in rows], [r[text] for r in others], scorer=OSA.distance,
                              score_cutoff=near, dtype=np.int32, workers=args.threads)
            for i, j in zip(*np.nonzero(distances <= near)):
                edits = DamerauLevenshtein.distance(rows[i][text], others[j][text])
                score = np.float32((longer - edits) / longer)
                if float(score) > 0.85:
                    yield rows[i], others[j], score


def hunt():
    names = counted(["EventID", "Process"])
    n = len(names)
    percent = (pl.col("count").rank("min") - 1) / max(n - 1, 1)
    names = (names.with_columns(percent.alias("percent")).filter(pl.col("name").str.contains(".", literal=True))
             .with_columns(pl.col("name").str.extract(r"\.([^.]*)$").alias("extension"))
             .with_columns(pl.col("name").str.head(pl.col("name").str.len_chars() - pl.col("extension").str.len_chars() - 1).alias("stem")))
    frequent = names.filter(pl.col("percent") >= 0.8)
    rare = names.filter(pl.col("percent") < 0.2)
    found = []
    right = dict(rare.group_by("extension").__iter__())
    for extension, group in frequent.group_by("extension"):
        if extension in right:
            found += similar(group.to_dicts(), right[extension].to_dicts(), "stem")
    found += [t for t in similar(frequent.to_dicts(), rare.to_dicts(), "name") if t[0]["extension"] != t[1]["extension"]]
    pl.DataFrame({"normal": [a["name"] for a, _, _ in found], "rare": [b["name"] for _, b, _ in found],
                  "score": [float(s) for _, _, s in found]},
                 schema={"normal": pl.String, "rare": pl.String, "score": pl.Float64}).write_ndjson(args.out)


read() if args.level == "read" else hunt()
