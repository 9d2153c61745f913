"""The hunt's work in SQL by DuckDB.

  duckdb_peer.py --level start|read|hunt|parquet --folder DIR --ending json --threads N --out FILE

read counts the process creations of each process name; hunt goes on to the pairs
of similar names. Both write JSON lines. start only starts. parquet writes the files of each hour as one
Parquet file below the folder OUT.

Set up for speed: only the columns that are needed, with their types, and no
insertion order. Pairs meet in hash joins on extension and length; a set of
characters (one bit each, modulo 64) spares most distances. DuckDB's distance
counts bytes and the hunt's counts characters, so each character beyond ASCII is
first replaced by a control character of its own; there are 31.
"""
import argparse
import pathlib

import duckdb

COLUMNS = {"EventID": "INTEGER", "TimeGenerated": "VARCHAR", "NewProcessName": "VARCHAR", "Process": "VARCHAR"}
# What an export as Parquet would keep for this hunt.
KEPT = COLUMNS | {"Computer": "VARCHAR", "ParentProcessName": "VARCHAR", "Account": "VARCHAR", "CommandLine": "VARCHAR"}


def source(args, columns, folder=None):
    folder = folder or args.folder
    if args.ending == "parquet":
        return f"read_parquet('{folder}/**/*.parquet')"
    return f"read_json('{folder}/**/*.{args.ending}', format='newline_delimited', columns={columns})"


READ = """
select lower(Process) as name, count(*) as count, min(TimeGenerated) as first, max(TimeGenerated) as last,
       min(NewProcessName) as path
from {source} where EventID = 4688 group by 1"""

# lower() of DuckDB makes one letter of U+0130, Java and Go's rule two: none occurs here.
HUNT = """
with counted as materialized (
    select lower(Process) as name, count(*) as seen from {source} where EventID = 4688 group by 1),
ranked as (select name, percent_rank() over (order by seen) as percent from counted),
kept as materialized (
    select name, percent, split_part(name, '.', -1) as extension, left(name, length(name) - length(extension) - 1) as stem
    from ranked where contains(name, '.') and (percent >= 0.8 or percent < 0.2)),
foreigners as materialized (
    select list(distinct c) as letters from (select unnest(string_split(name, '')) as c from kept where strlen(name) > length(name)) where ord(c) > 127),
-- What is compared: stems within an extension, or whole names between extensions.
texts as materialized (
    select name, percent, extension, compared.whole, length(compared.text) as size,
           if(strlen(compared.text) = size, compared.text, array_to_string(list_transform(string_split(compared.text, ''),
               lambda c: if(ord(c) < 128, c, chr(list_position(foreigners.letters, c)::int))), '')) as text,
           coalesce(list_bit_or(list_transform(string_split(compared.text, ''), lambda c: 1::ubigint << (ord(c) % 64))), 0) as signature
    from kept, unnest([{{'whole': false, 'text': stem}}, {{'whole': true, 'text': name}}]) as forms(compared), foreigners),
frequent as (select * from texts where percent >= 0.8),
rare as (select *, unnest(range(size - 7, size + 8)) as meets from texts where percent < 0.2),
near as (
    select f.name as normal, r.name as rare, f.text as a, r.text as b, greatest(f.size, r.size) as longer
    from frequent f join rare r on f.whole = r.whole and f.extension = r.extension and f.size = r.meets
    where not f.whole and {cheap}
    union all
    select f.name, r.name, f.text, r.text, greatest(f.size, r.size)
    from frequent f join rare r on f.whole = r.whole and f.size = r.meets
    where f.whole and f.extension <> r.extension and {cheap}),
scored as (
    select normal, rare,
           (case longer when 0 then 1 else (longer - damerau_levenshtein(a, b))::double / longer end)::float as score
    from near)
select * from scored where score::double > 0.85::double"""
CHEAP = """abs(f.size - r.size) <= greatest(f.size, r.size) * 3 // 20
      and bit_count(f.signature & ~r.signature) <= greatest(f.size, r.size) * 3 // 20
      and bit_count(r.signature & ~f.signature) <= greatest(f.size, r.size) * 3 // 20"""

PARQUET = "copy (select {columns} from {source}) to '{out}' (format parquet, compression zstd)"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--level", choices=["start", "read", "hunt", "parquet"], required=True)
    p.add_argument("--folder", required=True)
    p.add_argument("--ending", default="json")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--out", required=True)
    args = p.parse_args()
    con = duckdb.connect(config={"threads": args.threads})
    con.execute("set preserve_insertion_order = false")
    con.execute("set enable_progress_bar = false")
    if args.level == "start":
        con.execute("select 1").fetchall()
        return
    if args.level == "parquet":
        for hour in sorted(pathlib.Path(args.folder).glob("**/h=*")):
            out = pathlib.Path(args.out) / hour.relative_to(args.folder)
            out.mkdir(parents=True)
            con.execute(PARQUET.format(columns=", ".join(KEPT), source=source(args, KEPT, hour), out=out / "part-00000.parquet"))
        return
    if args.level == "read":
        sql = READ.format(source=source(args, COLUMNS))
    else:
        only = {k: COLUMNS[k] for k in ("EventID", "Process")}
        sql = HUNT.format(source=source(args, only), cheap=CHEAP)
    con.execute(f"copy ({sql}) to '{args.out}' (format json)")


main()
