/**
 * A two-legged cheetah in a plane that runs forward: Gymnasium's HalfCheetah-v4. It earns its forward velocity, pays 0.1 times the squared
 * action, and never ends.
 */
import { effort, livelyStart, type MujocoDefinition } from './definition.ts'
import { mujocoRecipe } from './recipe.ts'

/** a limb: a body with one hinge about y and one capsule, turned about y by `turn` rad */
interface Limb {
  name: string
  /** of the body in its parent */
  at: string
  range: string
  stiffness: number
  damping: number
  /** half-length of the capsule, its centre and its turn about y */
  half: number
  centre: string
  turn: number
  /** N m at action 1 */
  gear: number
}

const back: Limb[] = [
  {
    name: 'bthigh',
    at: '-0.5 0 0',
    range: '-0.52 1.05',
    stiffness: 240,
    damping: 6,
    half: 0.145,
    centre: '0.1 0 -0.13',
    turn: -3.8,
    gear: 120,
  },
  {
    name: 'bshin',
    at: '0.16 0 -0.25',
    range: '-0.785 0.785',
    stiffness: 180,
    damping: 4.5,
    half: 0.15,
    centre: '-0.14 0 -0.07',
    turn: -2.03,
    gear: 90,
  },
  {
    name: 'bfoot',
    at: '-0.28 0 -0.14',
    range: '-0.4 0.785',
    stiffness: 120,
    damping: 3,
    half: 0.094,
    centre: '0.03 0 -0.097',
    turn: -0.27,
    gear: 60,
  },
]

const front: Limb[] = [
  {
    name: 'fthigh',
    at: '0.5 0 0',
    range: '-1 0.7',
    stiffness: 180,
    damping: 4.5,
    half: 0.133,
    centre: '-0.07 0 -0.12',
    turn: 0.52,
    gear: 120,
  },
  {
    name: 'fshin',
    at: '-0.14 0 -0.24',
    range: '-1.2 0.87',
    stiffness: 120,
    damping: 3,
    half: 0.106,
    centre: '0.065 0 -0.09',
    turn: -0.6,
    gear: 60,
  },
  {
    name: 'ffoot',
    at: '0.13 0 -0.18',
    range: '-0.5 0.5',
    stiffness: 60,
    damping: 1.5,
    half: 0.07,
    centre: '0.045 0 -0.07',
    turn: -0.6,
    gear: 30,
  },
]

/** the limbs of one leg, each hanging from the one before */
const chain = (limbs: readonly Limb[]): string =>
  limbs.reduceRight(
    (inner, { name, at, range, stiffness, damping, half, centre, turn }) => `
      <body name="${name}" pos="${at}">
        <joint name="${name}" range="${range}" stiffness="${stiffness}" damping="${damping}"/>
        <geom name="${name}" size="0.046 ${half}" pos="${centre}" axisangle="0 1 0 ${turn}"/>${inner}
      </body>`,
    '',
  )

const model = `
<mujoco model="cheetah">
  <size memory="512K"/>
  <compiler angle="radian" settotalmass="14"/>
  <option timestep="0.01"/>
  <default>
    <joint type="hinge" axis="0 1 0" armature="0.1" solimplimit="0 0.8 0.03"/>
    <geom type="capsule" conaffinity="0" friction="0.4 0.1 0.1" solimp="0 0.8 0.01"/>
    <motor ctrlrange="-1 1"/>
    <default class="root">
      <joint armature="0"/>
    </default>
  </default>
  <worldbody>
    <geom name="floor" type="plane" size="40 40 40" conaffinity="1"/>
    <body name="torso" pos="0 0 0.7">
      <joint class="root" name="rootx" type="slide" axis="1 0 0"/>
      <joint class="root" name="rootz" type="slide" axis="0 0 1"/>
      <joint class="root" name="rooty"/>
      <geom name="torso" size="0.046" fromto="-0.5 0 0 0.5 0 0"/>
      <geom name="head" size="0.046 0.15" pos="0.6 0 0.1" axisangle="0 1 0 0.87"/>${chain(back)}${chain(front)}
    </body>
  </worldbody>
  <actuator>
    ${[...back, ...front].map(({ name, gear }) => `<motor joint="${name}" gear="${gear}"/>`).join('\n    ')}
  </actuator>
</mujoco>`

const joints = ['back thigh', 'back shin', 'back foot', 'front thigh', 'front shin', 'front foot']

export const halfCheetah: MujocoDefinition = {
  name: 'halfcheetah',
  model,
  frameSkip: 5,
  maxSteps: 1000,
  observationNames: [
    'height over the start [m]',
    'pitch [rad]',
    ...joints.map((joint) => `${joint} angle [rad]`),
    'x velocity [m/s]',
    'z velocity [m/s]',
    'pitch velocity [rad/s]',
    ...joints.map((joint) => `${joint} velocity [rad/s]`),
  ],
  actionNames: joints.map((joint, i) => `${joint} torque [${[...back, ...front][i].gear} N m]`),
  start: livelyStart,
  observe: ({ qpos, qvel }, observation) => {
    for (let i = 1; i < 9; i++) observation[i - 1] = qpos[i]
    for (let i = 0; i < 9; i++) observation[8 + i] = qvel[i]
  },
  position: ({ qpos }) => qpos[0],
  reward: (_, action, velocity) => velocity - 0.1 * effort(action),
  terminated: () => false,
  // needs the most weights, and falls over by the smallest error: see bench/results/README.md
  recipe: { ...mujocoRecipe, steps: 200_000, evaluateEvery: 20_000, dataScale: 5e5, tuneUpdates: 100_000 },
  reproduction: {
    transitions: 600_000,
    sigmas: [0, 0.1, 0.2, 0.3, 0.4, 0.5],
    paper: { teacherReturn: 11432, studentReturn: 10355, retained: 0.906, kept: 0.0221 },
  },
}
