/**
 * A four-legged body that walks along x: Gymnasium's Ant-v4 in its form of 27 observations, without contact forces. It earns its forward
 * velocity and 1 for being upright, pays 0.5 times the squared action, and ends when its height leaves [0.2, 1] m.
 */
import { effort, livelyStart, type MujocoDefinition } from './definition.ts'
import { mujocoRecipe } from './recipe.ts'

interface Leg {
  number: number
  /** which way it points along x and y */
  x: 1 | -1
  y: 1 | -1
  /** of the ankle, in degrees */
  range: string
  /** names of the three bodies' first and their geoms, as the reference calls them */
  body: string
  hipGeom: string
  ankleGeom: string
}

const legs: Leg[] = [
  {
    number: 1,
    x: 1,
    y: 1,
    range: '30 70',
    body: 'front_left_leg',
    hipGeom: 'left_leg_geom',
    ankleGeom: 'left_ankle_geom',
  },
  {
    number: 2,
    x: -1,
    y: 1,
    range: '-70 -30',
    body: 'front_right_leg',
    hipGeom: 'right_leg_geom',
    ankleGeom: 'right_ankle_geom',
  },
  {
    number: 3,
    x: -1,
    y: -1,
    range: '-70 -30',
    body: 'back_leg',
    hipGeom: 'back_leg_geom',
    ankleGeom: 'third_ankle_geom',
  },
  {
    number: 4,
    x: 1,
    y: -1,
    range: '30 70',
    body: 'right_back_leg',
    hipGeom: 'rightback_leg_geom',
    ankleGeom: 'fourth_ankle_geom',
  },
]

/** a rigid stub, then a part that turns at the hip, then one that turns at the ankle, all along the same diagonal */
const limb = ({ number, x, y, range, body, hipGeom, ankleGeom }: Leg) => {
  const [part, lower] = [`${0.2 * x} ${0.2 * y} 0`, `${0.4 * x} ${0.4 * y} 0`]
  // the ankle turns about the horizontal that is square to the leg
  const axis = x === y ? '-1 1 0' : '1 1 0'
  return `
      <body name="${body}">
        <geom name="aux_${number}_geom" fromto="0 0 0 ${part}"/>
        <body name="aux_${number}" pos="${part}">
          <joint name="hip_${number}" axis="0 0 1" range="-30 30"/>
          <geom name="${hipGeom}" fromto="0 0 0 ${part}"/>
          <body name="lower_${number}" pos="${part}">
            <joint name="ankle_${number}" axis="${axis}" range="${range}"/>
            <geom name="${ankleGeom}" fromto="0 0 0 ${lower}"/>
          </body>
        </body>
      </body>`
}

/** leg 4 comes first */
const driven = [4, 1, 2, 3]

const model = `
<mujoco model="ant">
  <size memory="512K"/>
  <compiler angle="degree"/>
  <option integrator="RK4" timestep="0.01"/>
  <default>
    <joint type="hinge" armature="1" damping="1"/>
    <geom type="capsule" size="0.08" conaffinity="0" margin="0.01" density="5" friction="1 0.5 0.5"/>
    <motor ctrlrange="-1 1" gear="150"/>
  </default>
  <worldbody>
    <geom name="floor" type="plane" size="40 40 40" conaffinity="1"/>
    <body name="torso" pos="0 0 0.75">
      <joint name="root" type="free" armature="0" damping="0" margin="0.01"/>
      <geom name="torso_geom" type="sphere" size="0.25"/>${legs.map(limb).join('')}
    </body>
  </worldbody>
  <actuator>
    ${driven.map((n) => `<motor joint="hip_${n}"/>\n    <motor joint="ankle_${n}"/>`).join('\n    ')}
  </actuator>
</mujoco>`

const perLeg = (numbers: readonly number[], what: string) =>
  numbers.flatMap((n) => [`hip ${n} ${what}`, `ankle ${n} ${what}`])

const torso = 3

export const ant: MujocoDefinition = {
  name: 'ant',
  model,
  frameSkip: 5,
  maxSteps: 1000,
  observationNames: [
    'height [m]',
    'quaternion w',
    'quaternion x',
    'quaternion y',
    'quaternion z',
    ...perLeg([1, 2, 3, 4], 'angle [rad]'),
    'x velocity [m/s]',
    'y velocity [m/s]',
    'z velocity [m/s]',
    'roll velocity [rad/s]',
    'pitch velocity [rad/s]',
    'yaw velocity [rad/s]',
    ...perLeg([1, 2, 3, 4], 'velocity [rad/s]'),
  ],
  actionNames: perLeg(driven, 'torque [150 N m]'),
  start: livelyStart,
  observe: ({ qpos, qvel }, observation) => {
    for (let i = 2; i < 15; i++) observation[i - 2] = qpos[i]
    for (let i = 0; i < 14; i++) observation[13 + i] = qvel[i]
  },
  // of the torso as the engine last placed it, which is not qpos[0]
  position: ({ xpos }) => xpos[torso],
  reward: (_, action, velocity) => velocity + 1 - 0.5 * effort(action),
  survivalBonus: 1,
  terminated: ({ qpos, qvel }) => !(qpos[2] >= 0.2 && qpos[2] <= 1 && allFinite(qpos) && allFinite(qvel)),
  recipe: mujocoRecipe,
  reproduction: {
    transitions: 400_000,
    paper: { teacherReturn: 5364, studentReturn: 5455, retained: 1.017, kept: 0.024 },
  },
}

function allFinite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false
  return true
}
