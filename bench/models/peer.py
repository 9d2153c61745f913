"""Fits an isolation forest and scores rows with it: peer.py LIBRARY FILE ROWS COLUMNS SCORED SEED

FILE holds float32, row after row. It prints, as JSON, the processor seconds of the
fit and of the scoring, with one thread, and the scores, the higher the odder.
"""
import importlib.metadata as metadata
import json
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")
library, file, rows, columns, scored, seed = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
x = np.fromfile(file, dtype=np.float32).reshape(rows, columns)

if library == "scikit-learn":
    import sklearn
    from sklearn.ensemble import IsolationForest

    version = sklearn.__version__
    model = IsolationForest(random_state=seed, n_jobs=1)
    score = lambda m, rows: -m.score_samples(rows)
else:
    import isotree

    version = metadata.version("isotree")
    x = np.asfortranarray(x, dtype=np.float64)  # what it takes without a copy
    model = isotree.IsolationForest(ntrees=100, sample_size=256, ndim=1, max_depth=8, missing_action="fail", nthreads=1, random_seed=seed)
    score = lambda m, rows: m.predict(rows)

few = np.asfortranarray(x[:scored]) if library == "isotree" else x[:scored]
start = time.process_time()
model.fit(x)
fitted = time.process_time()
scores = score(model, few)
done = time.process_time()
json.dump(dict(version=version, fit=fitted - start, score=done - fitted, scores=[float(s) for s in scores]), sys.stdout)
