"""Writes the same few transitions in every format that `openData` reads, by the libraries that people use: python write-data-sets.py FOLDER [all]

Without `all`: what test/fixtures/datasets holds. truth.csv has every number, 17 digits each; the test reads it with a parser of its own.
"""

import json
import os
import sys

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

folder = sys.argv[1]
every = len(sys.argv) > 2
lengths = [23, 14]
count = sum(lengths)
names = ["q0", "q1", "v0", "v1"]
motors = ["hip", "knee"]

step = np.concatenate([np.arange(n) for n in lengths])
episode = np.repeat(np.arange(len(lengths)), lengths)
# as f32 would store them, so that no format rounds
state = lambda e, t: np.sin(0.37 * t[:, None] * (1 + np.arange(4)) + e[:, None]).astype(np.float32)
observations = state(episode, step)
following = state(episode, step + 1)
actions = np.clip(1.3 * np.cos(observations[:, :2] * 3), -1, 1).astype(np.float32)
rewards = (observations[:, 0] - np.abs(actions).sum(axis=1)).astype(np.float32)
last = np.append(np.diff(episode) != 0, True)
terminals = last & (episode == 0)
timeouts = last & (episode != 0)
time = (0.02 * step).astype(np.float64)
parts = [slice(sum(lengths[:i]), sum(lengths[: i + 1])) for i in range(len(lengths))]


def path(*words):
    file = os.path.join(folder, *words)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    return file


def csv(file, header, columns, end="\n", separator=","):
    with open(path(file), "w", newline="") as out:
        out.write(separator.join(header) + end)
        for row in zip(*columns):
            out.write(separator.join(repr(float(x)) for x in row) + end)


flags = [terminals, timeouts]
csv(
    "truth.csv",
    ["time", "episode", *names, *motors, "reward", *("next_" + n for n in names), "terminal", "timeout"],
    [time, episode, *observations.T, *actions.T, rewards, *following.T, *flags],
)
csv("log.csv", ["time", "episode", *names, *motors], [time, episode, *observations.T, *actions.T])


def d4rl(file, **how):
    with h5py.File(path(file), "w") as out:
        for key, value in dict(
            observations=observations, actions=actions, rewards=rewards, terminals=terminals, timeouts=timeouts
        ).items():
            out.create_dataset(key, data=value, **how)
        out["infos/action_log_probs"] = rewards
        out["metadata/algorithm"] = np.bytes_("SAC")


def minari_layout(file):
    with h5py.File(path(file, "data", "main_data.hdf5"), "w") as out:
        for i, part in enumerate(parts):
            group = out.create_group(f"episode_{i}")
            group["observations"] = np.concatenate([observations[part], following[part][-1:]]).astype(np.float64)
            group["actions"], group["rewards"] = actions[part], rewards[part].astype(np.float64)
            group["terminations"], group["truncations"] = terminals[part], timeouts[part]
    space = {"type": "Box", "dtype": "float32", "shape": [2], "low": [-1.0, -1.0], "high": [1.0, 1.0]}
    with open(path(file, "data", "metadata.json"), "w") as out:
        json.dump({"total_episodes": 2, "action_space": json.dumps(space)}, out)


def robomimic(file, **how):
    with h5py.File(path(file), "w") as out:
        for i, part in enumerate(parts):
            group = out.create_group(f"data/demo_{i}")
            for key, rows in [("obs", observations), ("next_obs", following)]:
                group.create_dataset(f"{key}/joints", data=rows[part, :2], **how)
                group.create_dataset(f"{key}/velocities", data=rows[part, 2:], **how)
            group["actions"], group["rewards"] = actions[part], rewards[part]
            group["dones"] = last[part].astype(np.int64)


def table(fixed=False):
    lists = lambda rows: pa.array(list(rows), pa.list_(pa.float32(), rows.shape[1]) if fixed else pa.list_(pa.float32()))
    return pa.table(
        {
            "observation.state": lists(observations),
            "action": lists(actions),
            "timestamp": pa.array(time, pa.float32()),
            "frame_index": pa.array(step, pa.int64()),
            "episode_index": pa.array(episode, pa.int64()),
        }
    )


def lerobot(file, split=False, **how):
    feature = lambda dtype, shape, names=None: {"dtype": dtype, "shape": [shape], "names": names}
    features = {
        "observation.state": feature("float32", 4, names),
        "action": feature("float32", 2, {"motors": motors}),
        "timestamp": feature("float32", 1),
        "episode_index": feature("int64", 1),
    }
    with open(path(file, "meta", "info.json"), "w") as out:
        json.dump({"codebase_version": "v3.0", "fps": 50, "total_frames": count, "features": features}, out)
    whole = table(how.pop("fixed", False))
    for i, part in enumerate(parts if split else [slice(0, count)]):
        rows = whole.slice(part.start, part.stop - part.start)
        pq.write_table(rows, path(file, "data", "chunk-000", f"file-{i:03d}.parquet"), **how)


arrays = dict(observations=observations, actions=actions, episode=episode, rewards=rewards)
d4rl("d4rl.hdf5")
minari_layout("minari")
robomimic("robomimic.hdf5")
lerobot("lerobot")
np.savez(path("log.npz"), **arrays)
# 20 a second, in every type of time; but "s", which counts seconds, and "count", which has no type
ticks = np.arange(12)
since = lambda per_second, unit: pa.array(ticks * (per_second // 20), pa.duration(unit))
pq.write_table(
    pa.table(
        {
            "ns": since(10**9, "ns"),
            "us": since(10**6, "us"),
            "time_ms": since(1000, "ms"),
            "s": pa.array(ticks, pa.duration("s")),
            "stamp_ns": pa.array(ticks * 50_000_000, pa.timestamp("ns")),
            "clock": pa.array(ticks * 50_000, pa.time64("us")),
            "clock_ms": pa.array((ticks * 50).astype(np.int32), pa.time32("ms")),
            "count": pa.array(ticks * 50_000_000, pa.int64()),
            "q": 0.1 * ticks,
            "u": -0.1 * ticks,
        }
    ),
    path("times.parquet"),
)
pq.write_table(pa.table({"q": 0.1 * ticks, "u": -0.1 * ticks}), path("lz4.parquet"), compression="lz4", store_schema=False)

if every:
    import minari

    d4rl("d4rl-gzip.hdf5", compression="gzip", chunks=True, shuffle=True)
    robomimic("robomimic-big.hdf5", dtype=">f8")
    robomimic("robomimic-gzip.hdf5", compression="gzip", fletcher32=True)
    lerobot("lerobot-split", split=True)
    lerobot("lerobot-fixed", fixed=True)
    lerobot("lerobot-groups", row_group_size=5)
    lerobot("lerobot-v2pages", data_page_version="2.0", data_page_size=64)
    lerobot("lerobot-plain", use_dictionary=False, compression="none")
    for codec in ["zstd", "gzip", "brotli"]:
        lerobot(f"lerobot-{codec}", compression=codec)
    np.savez_compressed(path("compressed.npz"), **arrays)
    np.savez(path("fortran.npz"), **{key: np.asfortranarray(value) for key, value in arrays.items()})
    np.savez(path("big.npz"), **{key: value.astype(value.dtype.newbyteorder(">")) for key, value in arrays.items()})
    np.savez(path("double.npz"), **{key: value.astype(np.float64) for key, value in arrays.items()})
    np.savez(path("flags.npz"), observations=observations, actions=actions, rewards=rewards, terminals=terminals, timeouts=timeouts)
    half = {key: value.astype(np.float16) for key, value in dict(observations=observations, actions=actions).items()}
    np.savez(path("half.npz"), **half)
    with h5py.File(path("half.hdf5"), "w") as out:
        for key, value in half.items():
            out[key] = value
    with h5py.File(path("integers.hdf5"), "w") as out:
        out["observations"] = np.arange(80, dtype=np.uint16).reshape(20, 4)
        out["actions"] = np.arange(20, dtype=">i4")
    np.savez(path("objects.npz"), observations=observations, actions=np.array([{}] * count, dtype=object))
    np.savez(path("unequal.npz"), observations=observations, actions=actions[:-1])
    with h5py.File(path("absurd.hdf5"), "w") as out:
        out.create_dataset("observations", shape=(2**40, 4), dtype="f4", chunks=(1024, 4))
        out.create_dataset("actions", shape=(2**40, 2), dtype="f4", chunks=(1024, 2))
    with h5py.File(path("chunky.hdf5"), "w") as out:
        out.create_dataset("observations", shape=(200_000_000, 1), dtype="f4", chunks=(200_000_000, 1), compression="gzip")
        out.create_dataset("actions", shape=(200_000_000, 1), dtype="f4")
    with h5py.File(path("lzf.hdf5"), "w") as out:
        out.create_dataset("observations", data=observations, compression="lzf", chunks=True)
        out.create_dataset("actions", data=actions, compression="lzf", chunks=True)
    pq.write_table(pa.table({"observation": [1.0, None, 3.0], "action": [0.0, 0.5, 1.0]}), path("nulls.parquet"))
    pq.write_table(pa.table({"observation": [[1.0, 2.0], [3.0], [4.0, 5.0, 6.0]], "action": [0.0, 0.5, 1.0]}), path("ragged.parquet"))
    csv("semicolons.csv", ["time", "episode", *names, *motors], [time, episode, *observations.T, *actions.T], "\r\n", ";")

    # by the library itself
    os.environ["MINARI_DATASETS_PATH"] = folder
    from gymnasium.spaces import Box
    from minari.data_collector import EpisodeBuffer

    buffers = [
        EpisodeBuffer(
            observations=np.concatenate([observations[part], following[part][-1:]]),
            actions=actions[part],
            rewards=rewards[part],
            terminations=terminals[part],
            truncations=timeouts[part],
        )
        for part in parts
    ]
    minari.create_dataset_from_buffers(
        "real/robot-v0",
        buffers,
        observation_space=Box(-np.inf, np.inf, (4,)),
        action_space=Box(-1, 1, (2,)),
    )
