"""Policies as PyTorch, its ONNX exporters and Stable-Baselines3 write them, each with what they give for 16 observations.

    python policies.py FOLDER

NAME.onnx, NAME.pt, … beside NAME.vectors.json: {"runtime", "said", "pairs": [{"inputs": {"obs"}, "outputs": {"actions"}}]}, where "said" is
what the user says at import.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

warnings.filterwarnings("ignore")
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
torch.manual_seed(0)
OBS, ACT = 7, 3
observations = (np.random.default_rng(0).standard_normal((16, OBS)) * np.linspace(0.5, 4, 16)[:, None]).astype(np.float32)


def without_traces(path):
    """The newer exporter writes where each node was made: paths of this machine."""
    model = onnx.load(str(path), load_external_data=False)
    for node in model.graph.node:
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    path.write_bytes(model.SerializeToString())


def vectors(name, runtime, act, said=None):
    pairs = [{"inputs": {"obs": x.tolist()}, "outputs": {"actions": np.asarray(act(x[None])).reshape(-1).tolist()}} for x in observations]
    (folder / f"{name}.vectors.json").write_text(json.dumps({"runtime": runtime, "said": said or {}, "pairs": pairs}))


def with_torch(model):
    model.eval()

    def act(x):
        with torch.no_grad():
            return model(torch.from_numpy(x)).numpy()

    return act


def with_onnxruntime(path):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))
    return lambda x: session.run(None, {session.get_inputs()[0].name: x})[0]


def stack(activation, hidden=(16, 8), last=None, norm=False):
    sizes = (OBS, *hidden)
    layers = []
    for n, m in zip(sizes, sizes[1:]):
        layers += [nn.Linear(n, m)] + ([nn.LayerNorm(m)] if norm else []) + [activation()]
    layers.append(nn.Linear(sizes[-1], ACT))
    return nn.Sequential(*layers, *([last] if last else []))


class Normalised(nn.Module):
    """As rsl_rl: statistics as buffers, then the actor."""

    def __init__(self, actor):
        super().__init__()
        self.actor = actor
        self.register_buffer("_mean", torch.randn(1, OBS))
        self.register_buffer("_std", torch.rand(1, OBS) + 0.5)

    def forward(self, obs):
        return self.actor((obs - self._mean) / (self._std + 0.01))


class Functional(nn.Module):
    """Activations as functions, a history that is cut and joined, a squash and a scale."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(OBS, 16)
        self.second = nn.Linear(16 + 2, ACT)

    def forward(self, obs):
        x = nn.functional.silu(self.first(obs))
        x = torch.cat([x, obs[:, -2:]], dim=-1)
        return torch.tanh(self.second(x)) * 2.0 + 0.5


class Split(nn.Module):
    """As Brax: mean and deviation from one layer, the mean alone is used."""

    def __init__(self):
        super().__init__()
        self.body = stack(nn.SiLU)
        self.body[-1] = nn.Linear(8, 2 * ACT)

    def forward(self, obs):
        mean, _ = torch.chunk(self.body(obs), 2, dim=-1)
        return torch.tanh(mean)


modules = {
    "relu": stack(nn.ReLU),
    "tanh-squashed": stack(nn.Tanh, last=nn.Tanh()),
    "elu": stack(nn.ELU),
    "elu-alpha": stack(lambda: nn.ELU(0.5)),
    "leaky": stack(lambda: nn.LeakyReLU(0.2)),
    "selu": stack(nn.SELU),
    "silu": stack(nn.SiLU),
    "gelu": stack(nn.GELU),
    "gelu-tanh": stack(lambda: nn.GELU("tanh")),
    "mish": stack(nn.Mish),
    "softplus": stack(nn.Softplus),
    "hardtanh": stack(nn.Hardtanh, last=nn.Hardtanh(-0.5, 0.5)),
    "layer-norm": stack(nn.ELU, norm=True),
    "dropout": nn.Sequential(nn.Linear(OBS, 8), nn.Dropout(0.5), nn.ReLU(), nn.Linear(8, ACT)),
    "normalised": Normalised(stack(nn.ELU)),
    "normalised-relu": Normalised(stack(nn.ReLU)),
    "functional": Functional(),
    "split": Split(),
}
example = (torch.from_numpy(observations[:1]),)
for name, model in modules.items():
    act = with_torch(model)
    for exporter, dynamo in (("legacy", False), ("dynamo", True)):
        path = folder / f"{name}-{exporter}.onnx"
        options = {} if dynamo else {"opset_version": 17, "dynamic_axes": {"obs": {0: "batch"}}}
        torch.onnx.export(model, example, str(path), input_names=["obs"], output_names=["actions"], dynamo=dynamo, **options)
        without_traces(path)
        vectors(path.stem, "onnxruntime", with_onnxruntime(path))
    for how, script in (("scripted", torch.jit.script(model)), ("traced", torch.jit.trace(model, example))):
        script.save(str(folder / f"{name}-{how}.pt"))
        vectors(f"{name}-{how}", "torch", act)


def checkpoint(name, content, act, **said):
    torch.save(content, folder / f"{name}.pt")
    vectors(name, "torch", act, said)


# rsl_rl up to version 2: one state dict, an optimiser beside it
plain = stack(nn.ELU)
state = {"std": torch.ones(ACT), **{f"actor.{k}": v for k, v in plain.state_dict().items()}}
state |= {f"critic.{k}": v for k, v in nn.Sequential(nn.Linear(OBS, 16), nn.ELU(), nn.Linear(16, 1)).state_dict().items()}
optimiser = torch.optim.Adam(plain.parameters())
with_torch(plain)(observations[:1])
checkpoint("rsl-rl-2", {"model_state_dict": state, "optimizer_state_dict": optimiser.state_dict(), "iter": 3, "infos": None}, with_torch(plain))
# version 5: a state dict an actor, its normaliser in it
normalised = Normalised(stack(nn.ELU))
state = {f"mlp.{k}": v for k, v in normalised.actor.state_dict().items()}
state |= {"obs_normalizer._mean": normalised._mean, "obs_normalizer._std": normalised._std, "obs_normalizer._var": normalised._std**2}
state |= {"obs_normalizer.count": torch.tensor(7), "distribution.std_param": torch.ones(ACT)}
checkpoint("rsl-rl-5", {"actor_state_dict": state, "critic_state_dict": {"mlp.0.weight": torch.zeros(4, OBS)}, "iter": 3}, with_torch(normalised))
# CleanRL: PPO, then SAC, whose squash is in it
ppo = stack(nn.Tanh)
state = {"critic.0.weight": torch.zeros(8, OBS), "critic.0.bias": torch.zeros(8), "critic.2.weight": torch.zeros(1, 8)}
state |= {f"actor_mean.{k}": v for k, v in ppo.state_dict().items()} | {"actor_logstd": torch.zeros(1, ACT)}
checkpoint("cleanrl-ppo", state, with_torch(ppo), activation="tanh", output="none")


class Sac(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(OBS, 16), nn.Linear(16, 16)
        self.fc_mean, self.fc_logstd = nn.Linear(16, ACT), nn.Linear(16, ACT)
        self.register_buffer("action_scale", torch.tensor([1.0, 2.0, 0.5]))
        self.register_buffer("action_bias", torch.tensor([0.0, 1.0, -0.25]))

    def forward(self, x):
        x = torch.relu(self.fc2(torch.relu(self.fc1(x))))
        return torch.tanh(self.fc_mean(x)) * self.action_scale + self.action_bias


sac = Sac()
checkpoint("cleanrl-sac", (sac.state_dict(), {"fc1.weight": torch.zeros(2, 2)}), with_torch(sac), activation="relu")
sequential = stack(nn.SiLU)
checkpoint("sequential", sequential.state_dict(), with_torch(sequential), activation="silu")
checkpoint("sequential-half", {k: v.to(torch.bfloat16) for k, v in sequential.state_dict().items()}, with_torch(sequential.to(torch.bfloat16).float()), activation="silu")


def export_sb3():
    """As the documentation of Stable-Baselines3 exports policies to ONNX."""
    import gymnasium as gym
    from stable_baselines3 import PPO, SAC
    from stable_baselines3.common.policies import BasePolicy

    class Env(gym.Env):
        observation_space = gym.spaces.Box(-np.inf, np.inf, (OBS,), np.float32)
        action_space = gym.spaces.Box(-2.0, 2.0, (ACT,), np.float32)

        def reset(self, **_):
            return np.zeros(OBS, np.float32), {}

        def step(self, _):
            return np.zeros(OBS, np.float32), 0.0, False, False, {}

    class OnnxablePpo(nn.Module):
        def __init__(self, policy: BasePolicy):
            super().__init__()
            self.policy = policy

        def forward(self, observation):
            return self.policy(observation, deterministic=True)

    class OnnxableSac(nn.Module):
        def __init__(self, actor):
            super().__init__()
            self.actor = actor

        def forward(self, observation):
            return self.actor(observation, deterministic=True)

    ppo, sac = PPO("MlpPolicy", Env(), device="cpu", seed=0), SAC("MlpPolicy", Env(), device="cpu", seed=0)
    for name, model in (("sb3-ppo", OnnxablePpo(ppo.policy)), ("sb3-sac", OnnxableSac(sac.policy.actor))):
        path = folder / f"{name}.onnx"
        torch.onnx.export(model, example, str(path), opset_version=17, input_names=["input"], dynamo=False)
        vectors(name, "onnxruntime", with_onnxruntime(path))
    for name, model in (("sb3-ppo-zip", ppo), ("sb3-sac-zip", sac)):
        model.save(folder / f"{name}.zip")
        vectors(name, "stable-baselines3", lambda x: model.predict(x, deterministic=True)[0])


export_sb3()
