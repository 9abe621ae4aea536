"""Serves an environment with Gymnasium's reset, step and spaces to bpd: docs/simulator-protocol.md.

From your own file, with `from bpd_env import serve` and `serve(MyEnv(), name="my-robot", period=0.02, max_steps=500)`:
    bpd collect "exec:python3 my_env.py" --teacher teacher.safetensors --out transitions.safetensors
An environment that Gymnasium knows: bpd eval "exec:python3 bpd_env.py Hopper-v4" teacher.safetensors
Import it before what prints: from then on standard output is bpd's alone, and what is printed goes to standard error.
"""
import json
import math
import os
import struct
import sys

# at import: an environment may print while it is built, and what it starts may too
_answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)


def flat(space, value):
    """Numbers of a Box, or of a Dict of them in the order of its space."""
    if isinstance(getattr(space, "spaces", None), dict):
        return [x for key, part in space.spaces.items() for x in flat(part, value[key])]
    value = value.tolist() if hasattr(value, "tolist") else value
    return [x for part in value for x in flat(None, part)] if isinstance(value, (list, tuple)) else [float(value)]


def names(space, what, keys=""):
    """keys: of the Dicts that it is in."""
    if isinstance(getattr(space, "spaces", None), dict):
        return [name for key, part in space.spaces.items() for name in names(part, what, f"{keys} {key}".lstrip())]
    if not hasattr(space, "low"):
        raise TypeError(f"{keys or what}: {space}, expected a Box, or for observations a Dict of them")
    return [f"{keys or what} {i}" for i in range(len(flat(None, space.low)))]


def shaped(space, numbers):
    """An action as the environment expects it: an array where its space says of what type."""
    if not hasattr(space, "dtype"):
        return list(numbers)
    import numpy
    return numpy.asarray(numbers, space.dtype).reshape(space.shape)


def serve(env, name=None, period=None, max_steps=None, observations=None, actions=None, recipe=None):
    """Answers until bpd ends. period: seconds between actions; observations, actions: their names."""
    requests, answers = sys.stdin.buffer, _answers
    spec, space = getattr(env, "spec", None), env.action_space
    if not hasattr(space, "low"):
        raise TypeError(f"action: {space}, expected a Box")
    actions = actions or names(space, "action")
    hello = {
        "protocol": "bpd-simulator-1",
        "name": name or (spec and spec.id.replace("/", "-")),
        "observationNames": observations or names(env.observation_space, "observation"),
        "actionNames": actions,
        "actionLow": flat(None, space.low),
        "actionHigh": flat(None, space.high),
        "period": period or float(getattr(getattr(env, "unwrapped", env), "dt", 0)),
        "maxSteps": max_steps or (spec and spec.max_episode_steps),
        "numbers": "f64",
    }
    unknown = [argument for argument, key in (("name", "name"), ("period", "period"), ("max_steps", "maxSteps")) if not hello[key]]
    if unknown:
        raise ValueError(f"serve: the environment does not say {', '.join(unknown)}, expected as arguments")
    if not all(map(math.isfinite, hello["actionLow"] + hello["actionHigh"])):
        raise ValueError("action_space: expected bounds that are finite")
    answers.write((json.dumps({**hello, **({"recipe": recipe} if recipe else {})}) + "\n").encode())
    answers.flush()
    while len(head := requests.read(4)) == 4:
        message = requests.read(*struct.unpack("<I", head))
        if message[0] == 1:  # reset
            observation, _ = env.reset(seed=struct.unpack("<I", message[5:])[0])
            reward, terminated, truncated, steps = 0.0, False, False, 0
        else:  # step
            action = shaped(space, struct.unpack(f"<{len(actions)}d", message[5:]))
            observation, reward, terminated, truncated, _ = env.step(action)
            steps += 1
        if truncated and steps < hello["maxSteps"]:
            raise ValueError(f"truncated after {steps} steps, expected max_steps={steps}, or none before {hello['maxSteps']}")
        numbers = [float(reward), *flat(env.observation_space, observation)]
        body = struct.pack(f"<B4s{len(numbers)}d", bool(terminated), message[1:5], *numbers)
        answers.write(struct.pack("<I", len(body)) + body)
        answers.flush()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("bpd_env.py: expected the name of an environment that Gymnasium knows: bpd_env.py Hopper-v4")
    import gymnasium
    serve(gymnasium.make(sys.argv[1]))
