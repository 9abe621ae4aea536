/**
 * One leg in a plane that hops forward: Gymnasium's Hopper-v4. It earns its forward velocity and 1 for being upright, pays 0.001 times
 * the squared action, and ends when it falls below 0.7 m or leans by 0.2 rad.
 */
import { effort, type MujocoDefinition, type State, uniformStart } from './definition.ts'
import { mujocoRecipe } from './recipe.ts'

const model = `
<mujoco model="hopper">
  <size memory="512K"/>
  <compiler angle="degree"/>
  <option integrator="RK4" timestep="0.002"/>
  <default>
    <joint type="hinge" axis="0 -1 0" armature="1" damping="1"/>
    <geom type="capsule" condim="1" friction="0.9" margin="0.001" solimp="0.8 0.8 0.01"/>
    <motor ctrlrange="-1 1" gear="200"/>
    <default class="root">
      <joint armature="0" damping="0"/>
    </default>
  </default>
  <worldbody>
    <geom name="floor" type="plane" size="20 20 0.125" friction="1" condim="3"/>
    <body name="torso" pos="0 0 1.25">
      <joint class="root" name="rootx" type="slide" axis="1 0 0" pos="0 0 -1.25"/>
      <joint class="root" name="rootz" type="slide" axis="0 0 1" pos="0 0 -1.25" ref="1.25"/>
      <joint class="root" name="rooty" axis="0 1 0"/>
      <geom name="torso_geom" size="0.05 0.19999999999999996"/>
      <body name="thigh" pos="0 0 -0.19999999999999996">
        <joint name="thigh_joint" range="-150 0"/>
        <geom name="thigh_geom" size="0.05 0.22500000000000003" pos="0 0 -0.22500000000000009"/>
        <body name="leg" pos="0 0 -0.70000000000000007">
          <joint name="leg_joint" pos="0 0 0.25" range="-150 0"/>
          <geom name="leg_geom" size="0.04 0.25"/>
          <body name="foot" pos="0.13 0 -0.35">
            <joint name="foot_joint" pos="-0.13 0 0.1" range="-45 45"/>
            <geom name="foot_geom" size="0.06 0.195" pos="-0.065 0 0.1"
                  quat="0.70710678118654757 0 -0.70710678118654746 0" friction="2"/>
          </body>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor joint="thigh_joint"/>
    <motor joint="leg_joint"/>
    <motor joint="foot_joint"/>
  </actuator>
</mujoco>`

/** every entry from `from` on strictly within (-100, 100) */
function bounded(values: Float64Array, from: number): boolean {
  for (let i = from; i < values.length; i++) if (!(Math.abs(values[i]) < 100)) return false
  return true
}

/** qpos without x, then qvel clipped to [-10, 10]; Walker2d observes alike. */
export function observePlanar({ qpos, qvel }: State, observation: Float64Array): void {
  for (let i = 1; i < qpos.length; i++) observation[i - 1] = qpos[i]
  for (let i = 0; i < qvel.length; i++) observation[qpos.length - 1 + i] = Math.max(-10, Math.min(10, qvel[i]))
}

export const hopper: MujocoDefinition = {
  name: 'hopper',
  model,
  frameSkip: 4,
  maxSteps: 1000,
  observationNames: [
    'height [m]',
    'pitch [rad]',
    'thigh angle [rad]',
    'leg angle [rad]',
    'foot angle [rad]',
    'x velocity [m/s]',
    'z velocity [m/s]',
    'pitch velocity [rad/s]',
    'thigh velocity [rad/s]',
    'leg velocity [rad/s]',
    'foot velocity [rad/s]',
  ],
  actionNames: ['thigh torque [200 N m]', 'leg torque [200 N m]', 'foot torque [200 N m]'],
  start: (state, random) => uniformStart(state, random, 0.005),
  observe: observePlanar,
  position: ({ qpos }) => qpos[0],
  reward: (_, action, velocity) => velocity + 1 - 0.001 * effort(action),
  survivalBonus: 1,
  terminated: ({ qpos, qvel }) => !(qpos[1] > 0.7 && Math.abs(qpos[2]) < 0.2 && bounded(qpos, 2) && bounded(qvel, 0)),
  recipe: mujocoRecipe,
  reproduction: {
    transitions: 400_000,
    paper: { teacherReturn: 3583, studentReturn: 3134, retained: 0.875, kept: 0.0135 },
  },
}
