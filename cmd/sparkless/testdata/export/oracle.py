"""Has programs of others read the exported files, and keeps what they say.

    python3 -m venv /tmp/oracle && /tmp/oracle/bin/pip install -r requirements.txt
    /tmp/oracle/bin/python oracle.py

The tests compare the digests: a file that has changed since has to be read again.
"""
import hashlib
import json
import pathlib

import stix2
from sigma.collection import SigmaCollection
from stix2patterns.v21.pattern import Pattern

HERE = pathlib.Path(__file__).parent


def sigma(text):
    rules = SigmaCollection.from_yaml(text)
    errors = [error for rule in rules.rules for error in rule.errors] + list(rules.errors)
    assert not errors, errors
    for rule in rules.rules:
        for condition in rule.detection.parsed_condition:
            condition.parsed
    return f"pySigma reads {len(rules.rules)} rules and their conditions, without an error"


def stix(text):
    bundle = json.loads(text)
    stix2.parse(bundle, allow_custom=False)
    patterns = observables = 0
    for o in bundle["objects"]:
        if o["type"] == "indicator":
            Pattern(o["pattern"])
            patterns += 1
        if o["type"] in ("file", "directory"):
            own = {k: v for k, v in o.items() if k not in ("type", "id", "spec_version")}
            assert getattr(stix2, o["type"].capitalize())(**own).id == o["id"], o
            observables += 1
    return f"stix2 reads {len(bundle['objects'])} objects and gives {observables} observables the same IDs; stix2-patterns reads {patterns} patterns"


verdicts = {}
for name, read in (("impostors.json", stix), ("impostors.yml", sigma)):
    text = (HERE / name).read_text(encoding="utf-8")
    verdicts[name] = {"SHA256": hashlib.sha256(text.encode()).hexdigest(), "Verdict": read(text)}
    print(name, verdicts[name]["Verdict"])
(HERE / "verdicts.json").write_text(json.dumps(verdicts, indent=2) + "\n")
