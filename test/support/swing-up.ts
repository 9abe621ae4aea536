import { effort, type MujocoDefinition } from '../../trainer/tasks/mujoco/definition.ts'
import { mujocoRecipe } from '../../trainer/tasks/mujoco/recipe.ts'

/** A cart on a rail that swings a hanging pole up and holds it there. */
const model = `
<mujoco model="swing-up">
  <size memory="512K"/>
  <option integrator="RK4" timestep="0.01"/>
  <worldbody>
    <body name="cart">
      <joint name="rail" type="slide" axis="1 0 0" damping="0.5"/>
      <geom type="box" size="0.1 0.05 0.05" mass="1"/>
      <body name="pole">
        <joint name="hinge" type="hinge" axis="0 1 0" damping="0.001"/>
        <geom type="capsule" size="0.02" fromto="0 0 0 0 0 -0.6" mass="0.2"/>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor joint="rail" gear="10" ctrlrange="-1 1"/>
  </actuator>
</mujoco>`

export const swingUp: MujocoDefinition = {
  name: 'swing-up',
  model,
  frameSkip: 2, // 2 engine steps of 0.01 s: the policy acts every 0.02 s
  maxSteps: 500,
  observationNames: ['cart [m]', 'cos(angle)', 'sin(angle)', 'cart velocity [m/s]', 'pole velocity [rad/s]'],
  actionNames: ['force [10 N]'],
  start: ({ qpos }, random) => {
    qpos[1] += random.uniform(-0.1, 0.1) // 0 is hanging
  },
  observe: ({ qpos, qvel }, observation) => {
    observation[0] = qpos[0]
    observation[1] = Math.cos(qpos[1])
    observation[2] = Math.sin(qpos[1])
    observation[3] = qvel[0]
    observation[4] = qvel[1]
  },
  reward: ({ qpos }, action) => -Math.cos(qpos[1]) - 0.01 * effort(action),
  terminated: ({ qpos }) => Math.abs(qpos[0]) > 2,
  recipe: { ...mujocoRecipe, steps: 20_000 }, // what "bpd distill" does unless told otherwise
}
