"""Writes golden.json, what scikit-learn 1.2.1 makes of small invented tables.

The tests of package outlier compare with it. To make it anew:

    bench/models/setup.sh out/bench/models
    OMP_NUM_THREADS=1 out/bench/models/bin/python outlier/testdata/golden.py > outlier/testdata/golden.json
"""
import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn.cluster import DBSCAN
from sklearn.covariance import EllipticEnvelope
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import SGDOneClassSVM
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from scipy.stats import chi2, spearmanr

assert sklearn.__version__ == "1.2.1" and np.__version__ == "1.24.4"
warnings.filterwarnings("ignore")


def flat(a):
    return [float(v) for v in np.asarray(a).ravel()]


def table():
    """510 rows of 6 columns: correlated, a count, a constant; 25 odd rows, 30 rows twice."""
    r = np.random.RandomState(7)
    x = r.normal(size=(480, 6)) @ np.tril(r.normal(size=(6, 6)))
    x[:25] *= 3.2
    x[:, 3] = np.round(x[:, 3])
    x[:, 5] = 2.5
    y = np.zeros(480, int)
    y[:25] = 1
    return np.vstack([x, x[100:130]]).astype(np.float32).astype(float), np.append(y, np.zeros(30, int))


def tree(estimator, features):
    t = estimator.tree_
    return dict(f=t.feature.tolist(), t=flat(t.threshold), l=t.children_left.tolist(), r=t.children_right.tolist(),
                n=t.n_node_samples.tolist(), map=[int(f) for f in features])


def forest(x, **kw):
    m = IsolationForest(**kw).fit(x)
    return dict(kw=kw, trees=[tree(e, f) for e, f in zip(m.estimators_, m.estimators_features_)], score=flat(m.score_samples(x)),
                offset=float(m.offset_), psi=int(m.max_samples_), nout=int((m.predict(x) < 0).sum()))


def growing(x, y, seeds=60):
    runs = np.array([-IsolationForest(random_state=s).fit(x).score_samples(x) for s in range(seeds)])
    mean = runs.mean(0)
    areas = [roc_auc_score(y, s) for s in runs]
    rho = [spearmanr(s, mean)[0] for s in runs]
    return dict(seeds=seeds, auroc_mean=np.mean(areas), auroc_sd=np.std(areas, ddof=1), mean_score=flat(mean),
                score_sd=float(runs.std(0, ddof=1).mean()), rho_single_vs_mean_min=min(rho), rho_single_vs_mean_mean=np.mean(rho))


def first_seed(state):
    return int(np.random.RandomState(state).randint(0, np.iinfo(np.int32).max))


def sgd(z, y, state):
    m = SGDOneClassSVM(random_state=state).fit(z)
    d = m.decision_function(z)
    return dict(seed=first_seed(state), coef=flat(m.coef_), offset=float(m.offset_[0]), n_iter=int(m.n_iter_),
                auroc=roc_auc_score(y, -d), auroc_hard=roc_auc_score(y, m.predict(z) < 0))


def dose(z):
    z = z[:, z.std(0) > 0]
    p = PCA(whiten=True, svd_solver="full").fit(z)
    w = p.transform(z)
    m = SGDOneClassSVM(random_state=12).fit(w)
    return dict(var=flat(p.explained_variance_), absW0=flat(abs(w[0])), decision=flat(m.decision_function(w)[:50]),
                nout=int((m.predict(w) < 0).sum()), seed=first_seed(12))


def envelope(x, y, seeds=10):
    cols = [0, 1, 2, 4]
    x = x[:, cols]
    models = [EllipticEnvelope(random_state=s).fit(x) for s in range(seeds)]
    small = EllipticEnvelope(random_state=0, support_fraction=0.8).fit(x[:300])
    line = EllipticEnvelope(random_state=0).fit(x[:, :1])
    return dict(cols=cols, loc=flat(models[0].location_), cov=flat(models[0].covariance_), offset=models[0].offset_,
                nsup=[int(m.support_.sum()) for m in models], offsets=[m.offset_ for m in models],
                auroc=[roc_auc_score(y, -m.decision_function(x)) for m in models],
                small=dict(loc=flat(small.location_), cov=flat(small.covariance_), offset=small.offset_, nsup=int(small.support_.sum())),
                line=dict(loc=flat(line.location_), cov=flat(line.covariance_), offset=line.offset_, nsup=int(line.support_.sum())),
                chi2=[[d, q, float(chi2(d).ppf(q))] for d in (1, 2, 5, 40) for q in (.5, .975)])


def classifier():
    """Labelled rows of 8 columns, of which four tell; and three classes of them."""
    r = np.random.RandomState(3)
    x = r.normal(size=(500, 8)).astype(np.float32).astype(float)
    x[:, 6] = np.round(x[:, 6])
    margin = x[:, 0] + x[:, 1] * x[:, 2] + .5 * x[:, 6] + r.normal(size=500) * .5
    y = (margin > 1).astype(int) + (margin > 2).astype(int)
    areas, models = [], []
    for s in range(10):
        a, b, p, q = train_test_split(x, y > 0, test_size=.3, random_state=s, stratify=y > 0)
        areas.append(roc_auc_score(q, RandomForestClassifier(random_state=s).fit(a, p).predict_proba(b)[:, 1]))
    for s in range(20):
        models.append(RandomForestClassifier(random_state=s).fit(x, y))
    one = RandomForestClassifier(n_estimators=1, bootstrap=False, max_features=None, random_state=0).fit(x, y)
    t = one.estimators_[0].tree_
    return dict(rows=500, X=flat(x), y=y.tolist(), auroc_mean=np.mean(areas), auroc_sd=np.std(areas, ddof=1),
                importance=flat(np.mean([m.feature_importances_ for m in models], 0)),
                importance_sd=flat(np.std([m.feature_importances_ for m in models], 0, ddof=1)),
                proba=flat(np.round(np.mean([m.predict_proba(x) for m in models], 0)[:100], 6)),
                one=dict(leaves=int(t.n_leaves), depth=int(t.max_depth), importance=flat(one.feature_importances_),
                         root=int(t.feature[0]), threshold=float(t.threshold[0])))


def metrics():
    r = np.random.RandomState(1)
    s = np.round(r.normal(size=200), 1)
    y = (s + r.normal(size=200) > 1).astype(int)
    return dict(score=flat(s), y=y.tolist(), auroc=roc_auc_score(y, s), ap=average_precision_score(y, s),
                hard=roc_auc_score(y, s > .5), q=[.001, .01, .1, .25, .5], percentile=[float(np.percentile(s, 100 * q)) for q in (.001, .01, .1, .25, .5)])


def main():
    x, y = table()
    scaler = StandardScaler().fit(x)
    z = scaler.transform(x)
    json.dump(dict(
        sklearn=sklearn.__version__, n=len(x), d=x.shape[1], X=flat(x), y=y.tolist(),
        if_default=forest(x, random_state=0, n_estimators=5, contamination=.05),
        if_maxfeat=forest(x, random_state=42, n_estimators=5, max_features=4, contamination=.01),
        if_small=forest(x, random_state=3, n_estimators=5, max_samples=64),
        if_stat=growing(x, y), scaled_row0=flat(z[0]), scale=flat(scaler.scale_), sgd0=sgd(z, y, 0), sgd12=sgd(z, y, 12), dose=dose(z),
        ee=envelope(x, y), dbscan=dict(eps=1.0, min_samples=10, labels=DBSCAN(eps=1.0, min_samples=10).fit(z).labels_.tolist()),
        dbscan_fine=dict(eps=.6, min_samples=4, labels=DBSCAN(eps=.6, min_samples=4).fit(z).labels_.tolist()),
        rf=classifier(), metrics=metrics()), sys.stdout, separators=(",", ":"))
    print()


main()
