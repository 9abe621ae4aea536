/** A mast on a cart, its model in balancer.xml beside this file, with an include and a mesh: `bpd teach examples/tasks/balancer.ts --out runs/balancer`. */
import { defineMujocoTask, effort, uniformStart } from 'bpd/train'

export default defineMujocoTask({
  name: 'balancer',
  model: './balancer.xml',
  frameSkip: 4, // 4 engine steps of 5 ms: an action every 20 ms
  maxSteps: 300,
  observationNames: ['place [m]', 'lean [rad]', 'speed [m/s]', 'lean velocity [rad/s]'],
  actionNames: ['drive [20 N]'],
  start: (state, random) => uniformStart(state, random, 0.1),
  observe: ({ qpos, qvel }, observation) => {
    observation.set(qpos)
    observation.set(qvel, 2)
  },
  reward: ({ qpos }, action) => 1 - qpos[0] ** 2 - 5 * qpos[1] ** 2 - 0.01 * effort(action),
  terminated: ({ qpos }) => Math.abs(qpos[0]) > 1 || Math.abs(qpos[1]) > 0.5,
})
