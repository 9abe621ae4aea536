/**
 * Two legs in a plane that walk forward: Gymnasium's Walker2d-v4. It earns its forward velocity and 1 for being upright, pays 0.001
 * times the squared action, and ends when its height leaves (0.8, 2) m or its pitch (-1, 1) rad. The left foot grips twice as well as the
 * right one, as in v4.
 */
import { effort, type MujocoDefinition, uniformStart } from './definition.ts'
import { observePlanar } from './hopper.ts'
import { mujocoRecipe } from './recipe.ts'

const leg = (side: '' | '_left', footFriction: number) => `
      <body name="thigh${side}" pos="0 0 -0.19999999999999996">
        <joint name="thigh${side}_joint" range="-150 0"/>
        <geom name="thigh${side}_geom" size="0.05 0.22500000000000003" pos="0 0 -0.22500000000000009"/>
        <body name="leg${side}" pos="0 0 -0.70000000000000007">
          <joint name="leg${side}_joint" pos="0 0 0.25" range="-150 0"/>
          <geom name="leg${side}_geom" size="0.04 0.25"/>
          <body name="foot${side}" pos="0.2 0 -0.35">
            <joint name="foot${side}_joint" pos="-0.2 0 0.1" range="-45 45"/>
            <geom name="foot${side}_geom" size="0.06 0.1" pos="-0.1 0 0.1"
                  quat="0.70710678118654757 0 -0.70710678118654746 0" friction="${footFriction} 0.1 0.1"/>
          </body>
        </body>
      </body>`

const model = `
<mujoco model="walker2d">
  <size memory="512K"/>
  <compiler angle="degree"/>
  <option integrator="RK4" timestep="0.002"/>
  <default>
    <joint type="hinge" axis="0 -1 0" armature="0.01" damping="0.1"/>
    <geom type="capsule" conaffinity="0" friction="0.9 0.1 0.1"/>
    <motor ctrlrange="-1 1" gear="100"/>
    <default class="root">
      <joint armature="0" damping="0"/>
    </default>
  </default>
  <worldbody>
    <geom name="floor" type="plane" size="40 40 40" conaffinity="1" friction="0.7 0.1 0.1"/>
    <body name="torso" pos="0 0 1.25">
      <joint class="root" name="rootx" type="slide" axis="1 0 0" pos="0 0 -1.25"/>
      <joint class="root" name="rootz" type="slide" axis="0 0 1" pos="0 0 -1.25" ref="1.25"/>
      <joint class="root" name="rooty" axis="0 1 0"/>
      <geom name="torso_geom" size="0.05 0.19999999999999996"/>${leg('', 0.9)}${leg('_left', 1.9)}
    </body>
  </worldbody>
  <actuator>
    <motor joint="thigh_joint"/>
    <motor joint="leg_joint"/>
    <motor joint="foot_joint"/>
    <motor joint="thigh_left_joint"/>
    <motor joint="leg_left_joint"/>
    <motor joint="foot_left_joint"/>
  </actuator>
</mujoco>`

const joints = ['right thigh', 'right leg', 'right foot', 'left thigh', 'left leg', 'left foot']

export const walker2d: MujocoDefinition = {
  name: 'walker2d',
  model,
  frameSkip: 4,
  maxSteps: 1000,
  observationNames: [
    'height [m]',
    'pitch [rad]',
    ...joints.map((joint) => `${joint} angle [rad]`),
    'x velocity [m/s]',
    'z velocity [m/s]',
    'pitch velocity [rad/s]',
    ...joints.map((joint) => `${joint} velocity [rad/s]`),
  ],
  actionNames: joints.map((joint) => `${joint} torque [100 N m]`),
  start: (state, random) => uniformStart(state, random, 0.005),
  observe: observePlanar,
  position: ({ qpos }) => qpos[0],
  reward: (_, action, velocity) => velocity + 1 - 0.001 * effort(action),
  survivalBonus: 1,
  terminated: ({ qpos }) => !(qpos[1] > 0.8 && qpos[1] < 2 && Math.abs(qpos[2]) < 1),
  recipe: mujocoRecipe,
  reproduction: {
    transitions: 400_000,
    paper: { teacherReturn: 5357, studentReturn: 4817, retained: 0.899, kept: 0.0168 },
  },
}
