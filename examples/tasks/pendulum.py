"""bpd's pendulum as a simulator in Python: bpd eval "exec:python3 examples/tasks/pendulum.py" models/pendulum/student.bpd"""
import math
import random
import sys
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[2] / "clients/python"))
from bpd_env import serve

PERIOD = 0.05


class Pendulum:
    """Gymnasium's reset, step and spaces, without Gymnasium: a space is anything with `low` and `high`."""

    observation_space = SimpleNamespace(low=[-1, -1, -8], high=[1, 1, 8])
    action_space = SimpleNamespace(low=[-2], high=[2])

    def reset(self, seed=None):
        start = random.Random(seed)
        self.angle, self.velocity = start.uniform(-math.pi, math.pi), start.uniform(-1, 1)
        return self.observation(), {}

    def step(self, action):
        torque = max(-2, min(2, action[0]))
        wrapped = (self.angle + math.pi) % (2 * math.pi) - math.pi
        cost = wrapped**2 + 0.1 * self.velocity**2 + 0.001 * torque**2
        velocity = self.velocity + (15 * math.sin(self.angle) + 3 * torque) * PERIOD
        self.velocity = max(-8, min(8, velocity))
        self.angle += self.velocity * PERIOD
        return self.observation(), -cost, False, False, {}

    def observation(self):
        return [math.cos(self.angle), math.sin(self.angle), self.velocity]


serve(
    Pendulum(),
    name="pendulum",
    period=PERIOD,
    max_steps=200,
    observations=["cos(angle)", "sin(angle)", "angular velocity [rad/s]"],
    actions=["torque [N m]"],
)
