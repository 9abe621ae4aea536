/**
 * A cart between two thrusters that push, and never pull, is to stand at the middle of its rail:
 * `bpd teach examples/tasks/two-thrusters.ts --out runs/two-thrusters`. Copied to a folder of your own it works there too.
 */
import { defineTask, type Environment, type Random } from 'bpd/train'

const period = 0.05
/** m/s² of a thruster at full power, and of the drag at 1 m/s */
const [thrust, drag] = [2, 0.2]

class Cart implements Environment {
  /** m, m/s */
  readonly observation = new Float64Array(2)
  terminated = false

  reset(random: Random): void {
    this.observation[0] = random.uniform(-1, 1)
    this.observation[1] = random.uniform(-0.5, 0.5)
    this.terminated = false
  }

  step([left, right]: Float32Array): number {
    const [place, speed] = this.observation
    const faster = speed + (thrust * (left - right) - drag * speed) * period
    this.observation[1] = faster
    this.observation[0] = place + faster * period
    this.terminated = Math.abs(this.observation[0]) > 2
    return 1 - place ** 2 - 0.1 * speed ** 2 - 0.05 * (left + right)
  }
}

export default defineTask({
  name: 'two-thrusters',
  observationNames: ['place [m]', 'speed [m/s]'],
  actionNames: ['left thruster', 'right thruster'],
  actionLow: [0, 0],
  actionHigh: [1, 1],
  period,
  maxSteps: 200,
  create: () => new Cart(),
})
