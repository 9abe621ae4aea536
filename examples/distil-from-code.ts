/** From a teacher to a sparse student in code, without the command line: `node examples/distil-from-code.ts`. About ten seconds. */
import { collectTransitions, distill, evaluatePolicy, loadTeacher } from 'bpd/train'

const task = 'pendulum'
const teacher = loadTeacher('models/pendulum/teacher.safetensors')

// the teacher acts, with some noise, so that the student sees more than the teacher's own states
const transitions = await collectTransitions({ task, teacher, transitions: 10_000 })

const { bytes } = await distill({
  task,
  teacher,
  transitions,
  options: { threads: 1, steps: 6000, keep: [150], tuneUpdates: 2000 },
  onProgress: ({ phase, step, steps }) => {
    if (step % 2000 === 0) console.log(`${phase} ${step}/${steps}`)
  },
})

const { mean, std } = await evaluatePolicy({ task, policy: bytes, episodes: 20 })
console.log(`${bytes.length} bytes, return ${mean.toFixed(1)} ± ${std.toFixed(1)} over 20 episodes`)
