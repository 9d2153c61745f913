"""The notebook's algorithm in PySpark on this machine, written from its rules:
all names against all names by a Python function.

  notebook.py --folder DIR --threads N --out FILE

Two favours beside the notebook: the schema is given, so that the files are read
once, and each pair of names is one row, not one for each pair of events.
"""
import argparse
import json
import os
import sys

from fastDamerauLevenshtein import damerauLevenshtein
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import FloatType

p = argparse.ArgumentParser()
p.add_argument("--folder", required=True)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--out", required=True)
args = p.parse_args()
os.environ["PYSPARK_PYTHON"] = sys.executable


@F.udf(FloatType())
def similarity(a, b):
    """Of the names, without the extension that they share; 0 without a dot."""
    if "." not in a or "." not in b:
        return 0.0
    stem_a, _, extension_a = a.rpartition(".")
    stem_b, _, extension_b = b.rpartition(".")
    if extension_a == extension_b:
        a, b = stem_a, stem_b
    if not a and not b:
        return 1.0
    return float(damerauLevenshtein(a, b, similarity=True))


spark = (SparkSession.builder.master(f"local[{args.threads}]").appName("notebook").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
         .config("spark.sql.shuffle.partitions", args.threads).config("spark.driver.memory", "4g").getOrCreate())
spark.sparkContext.setLogLevel("ERROR")
events = spark.read.schema("EventID INT, Process STRING").option("recursiveFileLookup", True).option("pathGlobFilter", "*.json").json(args.folder)
ranked = (events.filter("EventID = 4688").groupBy(F.lower("Process").alias("name")).count()
          .withColumn("percent", F.percent_rank().over(Window.orderBy("count"))).cache())
frequent = ranked.filter("percent >= 0.8 and name is not null").select(F.col("name").alias("normal"))
rare = ranked.filter("percent < 0.2 and name is not null").select(F.col("name").alias("rare"))
found = (frequent.crossJoin(rare).repartition(args.threads).withColumn("score", similarity("normal", "rare"))
         .filter(F.col("score").cast("double") > F.lit(0.85).cast("double")).collect())
with open(args.out, "w") as f:
    for row in found:
        f.write(json.dumps(row.asDict()) + "\n")
spark.stop()
