/** What a demo does one after another: collects, distills, measures on the board. */
import { type Control, drive } from '../../firmware-bridge/host/control.ts'
import { type Comparison, compare } from '../../firmware-bridge/host/measure.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { collect, collectDefaults } from '../../trainer/data/collect.ts'
import { readTransitions, type Transitions, writeTransitions } from '../../trainer/data/transitions.ts'
import { makeStudent, type Student } from '../../trainer/distill/make-student.ts'
import type { DistillOptions } from '../../trainer/distill/options.ts'
import { controllerOf, returnsInTurns } from '../../trainer/tasks/evaluate.ts'
import type { Task } from '../../trainer/tasks/task.ts'
import { teacherController } from '../../trainer/teachers/policy.ts'
import type { Teacher } from '../../trainer/teachers/teacher.ts'
import { type BoardChoice, showInstall, withBoard } from '../board.ts'
import { show } from '../distill/progress.ts'
import { plantOf } from '../plant.ts'
import { seconds, withProgress } from '../terminal.ts'

/** Transitions of the teacher, in a file. */
export function gather(task: Task, teacher: Teacher, wanted: number, seed: number, path: string): Promise<Transitions> {
  return withProgress('collecting transitions', async (progress) => {
    const { sigmas } = collectDefaults
    const episodes = collect(task, teacherController(teacher, task.spec), { transitions: wanted, sigmas, seed })
    const metadata = { seed: `${seed}`, sigmas: JSON.stringify(sigmas) }
    await writeTransitions(path, task.spec, episodes, metadata, {
      onProgress: (n) => progress.update(`collecting transitions: ${n}/${wanted}`, n / wanted),
    })
    progress.done(`collected ${wanted} transitions with the teacher`)
    return readTransitions(path, task.spec)
  })
}

/** The student, under a progress line. */
export function train(
  taskName: string,
  teacher: Teacher,
  transitions: Transitions,
  recipe: DistillOptions,
): Promise<Student> {
  return withProgress(`distilling ${taskName}`, async (progress) => {
    const student = await makeStudent(taskName, teacher, transitions, recipe, {
      onProgress: (p) => show(progress, taskName, p),
    })
    progress.done(`distilled a student in ${seconds(student.distilled.seconds)}`)
    return student
  })
}

/** of each reported episode, from the same start states */
export interface Returns {
  teacher: Float64Array
  student: Float64Array
}

/** Both, on the episodes that neither training nor picking has seen. */
export function measureReturns(
  task: Task,
  teacher: Teacher,
  student: Uint8Array,
  { seed, episodes }: { seed: number; episodes: number },
): Promise<Returns> {
  const reported = { seed, purpose: 'report', episodes } as const
  return withProgress('evaluating both', async (progress) => {
    const show = (who: string, before: number) => (done: number) =>
      progress.update(`evaluating the ${who}: ${done}/${episodes} episodes`, (before + done) / (2 * episodes))
    const [control, students] = [teacherController(teacher, task.spec), controllerOf(loadPolicy(student, 'student'))]
    const both = {
      teacher: await returnsInTurns(task, control, reported, show('teacher', 0)),
      student: await returnsInTurns(task, students, reported, show('student', episodes)),
    }
    progress.done(`evaluated teacher and student over ${episodes} episodes each`)
    return both
  })
}

export interface OnBoard {
  comparison: Comparison
  control: Control
}

/** Measures both policies on the board, then lets the student control the task through it. */
export function measureOnBoard(
  choice: BoardChoice,
  { teacher, student, inferences }: { teacher: Uint8Array; student: Uint8Array; inferences: number },
  { task, seed, episodes }: { task: Task; seed: number; episodes: number },
): Promise<OnBoard> {
  return withBoard(choice, async (board, progress) => {
    const { name } = board.info
    const comparison = await compare(board, teacher, student, inferences, (which, ...sent) =>
      showInstall(progress, `the ${which} to ${name}`)(...sent),
    )
    const control = await drive(board, plantOf(task, seed), {
      episodes,
      host: loadPolicy(student, 'student'),
      onEpisode: (done, value) =>
        progress.update(`driving ${task.spec.name} through ${name}: episode ${done}, return ${value.toFixed(1)}`),
    })
    progress.done(`measured and drove ${name}: ${control.steps} actions equal to the host's, bit for bit`)
    return { comparison, control }
  })
}
