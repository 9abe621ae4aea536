"""Writes what the package rliable says of a few scores. pip install rliable 'pandas<3'; python3 scores.py > test/fixtures/statistics/rliable.json"""
import json
import sys

import numpy as np
from rliable import library, metrics

random = np.random.RandomState(7)


def scores(tasks, runs, lift):
    return np.round(random.normal(0.8 + lift, 0.3, size=(runs, tasks)), 3)


def task_lists(matrix):
    return matrix.T.tolist()


def case(tasks, runs, lift):
    x, y = scores(tasks, runs, lift), scores(tasks, runs, 0)
    # ties count half
    y[0, 0] = x[0, 0]
    taus = np.linspace(0, 1.6, 9)
    random_state = np.random.RandomState(1)
    value, interval = library.get_interval_estimates(
        {'x': x}, lambda s: np.array([metrics.aggregate_iqm(s)]), reps=2000, random_state=random_state)
    pair, pair_interval = library.get_interval_estimates(
        {'x,y': (x, y)}, metrics.probability_of_improvement, reps=2000, random_state=random_state)
    profile, profile_interval = library.create_performance_profile({'x': x}, taus, reps=1000)
    return {
        'x': task_lists(x),
        'y': task_lists(y),
        'iqm': float(value['x'][0]),
        'iqmInterval': interval['x'][:, 0].tolist(),
        'median': float(metrics.aggregate_median(x)),
        'improvement': float(np.ravel(pair['x,y'])[0]),
        'improvementInterval': np.ravel(pair_interval['x,y']).tolist(),
        'thresholds': taus.tolist(),
        'profile': profile['x'].tolist(),
        'profileInterval': profile_interval['x'].tolist(),
    }


json.dump([case(1, 5, 0.1), case(4, 5, 0.1), case(8, 3, 0), case(3, 10, -0.2), case(2, 1, 0)], sys.stdout, indent=1)
