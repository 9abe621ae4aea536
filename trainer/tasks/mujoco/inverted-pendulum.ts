/**
 * A cart that keeps a pole upright: Gymnasium's InvertedPendulum-v4. It earns 1 a step and ends when the pole leans by more than 0.2 rad.
 * The pole itself leans by 0.001 m over its 0.6 m, so that upright is not at angle 0.
 */
import { type MujocoDefinition, uniformStart } from './definition.ts'
import { mujocoRecipe } from './recipe.ts'

const model = `
<mujoco model="inverted pendulum">
  <size memory="512K"/>
  <compiler angle="degree"/>
  <option integrator="RK4" timestep="0.02"/>
  <default>
    <joint damping="1"/>
    <geom type="capsule" contype="0" friction="1 0.1 0.1"/>
  </default>
  <worldbody>
    <geom name="rail" size="0.02 1" quat="0.707 0 0.707 0"/>
    <body name="cart">
      <joint name="slider" type="slide" axis="1 0 0" range="-1 1"/>
      <geom name="cart" size="0.1 0.1" quat="0.707 0 0.707 0"/>
      <body name="pole">
        <joint name="hinge" type="hinge" axis="0 1 0" range="-90 90"/>
        <geom name="cpole" size="0.049" fromto="0 0 0 0.001 0 0.6"/>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor joint="slider" ctrlrange="-3 3" gear="100"/>
  </actuator>
</mujoco>`

export const invertedPendulum: MujocoDefinition = {
  name: 'inverted-pendulum',
  model,
  frameSkip: 2,
  maxSteps: 1000,
  observationNames: ['cart position [m]', 'pole angle [rad]', 'cart velocity [m/s]', 'pole velocity [rad/s]'],
  actionNames: ['cart force [100 N]'],
  start: (state, random) => uniformStart(state, random, 0.01),
  observe: ({ qpos, qvel }, observation) => {
    observation[0] = qpos[0]
    observation[1] = qpos[1]
    observation[2] = qvel[0]
    observation[3] = qvel[1]
  },
  reward: () => 1,
  // not finite: NaN fails the comparison, and the sum is finite only when all four are
  terminated: ({ qpos, qvel }) => !(Math.abs(qpos[1]) <= 0.2 && Number.isFinite(qpos[0] + qvel[0] + qvel[1])),
  // as small as the pendulum's: half a minute of training
  recipe: {
    ...mujocoRecipe,
    steps: 16_000,
    hidden: [64, 64],
    criticHidden: [64, 64],
    actorRate: 1e-3,
    dataScale: 5000,
    evaluateEvery: 1000,
    tuneUpdates: 5000,
  },
}
