/** From a teacher to a sparse student in code, without the command line: `node examples/distil-from-code.ts`. About ten seconds. */

import { loadPolicy } from '../runtime-as/kernel/policy.ts'
import { collect, collectDefaults } from '../trainer/data/collect.ts'
import { transitionsOf } from '../trainer/data/transitions.ts'
import { makeStudent } from '../trainer/distill/make-student.ts'
import { distillOptions } from '../trainer/distill/options.ts'
import { controllerOf, evaluate } from '../trainer/tasks/evaluate.ts'
import { createTask, prepareTask } from '../trainer/tasks/registry.ts'
import { teacherController } from '../trainer/teachers/policy.ts'
import { loadTeacher } from '../trainer/teachers/teacher.ts'

const [name, seed] = ['pendulum', 1]
await prepareTask(name)
const task = createTask(name)
const teacher = loadTeacher('models/pendulum/teacher.safetensors')

// the teacher acts, with some noise, so that the student sees more than the teacher's own states
const episodes = collect(task, teacherController(teacher, task.spec), { ...collectDefaults, transitions: 10_000, seed })
const rows = Float32Array.from([...episodes].flatMap((episode) => [...episode]))
const transitions = transitionsOf(rows, task.spec.observationNames.length, task.spec.actionNames.length)

const options = distillOptions(name, { seed, threads: 1, steps: 6000, keep: [150], tuneUpdates: 2000 })
const student = await makeStudent(name, teacher, transitions, options, {
  onProgress: ({ phase, step, steps }) => {
    if (step % 2000 === 0) console.log(`${phase} ${step}/${steps}`)
  },
})

const policy = loadPolicy(student.bytes)
const { mean, std } = evaluate(task, controllerOf(policy), seed, 'report', 20)
console.log(`${student.bytes.length} bytes, return ${mean.toFixed(1)} ± ${std.toFixed(1)} over 20 episodes`)
