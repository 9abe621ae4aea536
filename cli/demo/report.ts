/** What a demo made and measured, as its report. */
import { crc32 } from 'node:zlib'
import { committedImage } from '../../firmware-bridge/host/images.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import type { Student } from '../../trainer/distill/make-student.ts'
import type { DistillOptions } from '../../trainer/distill/options.ts'
import { statistics } from '../../trainer/tasks/evaluate.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'
import { standInNote } from '../../trainer/teachers/policy.ts'
import { type Teacher, teacherParameters, teacherWeights } from '../../trainer/teachers/teacher.ts'
import { intervalOf } from '../ablate/interval.ts'
import { signatureOf } from '../keys.ts'
import type { BoardReport, Report } from '../report/report.ts'
import { machine, versions } from '../versions.ts'
import type { OnBoard, Returns } from './steps.ts'

export interface Made {
  task: TaskSpec
  /** standIn: whether a dense network of its sizes ran on the board in its place */
  teacher: { file: string; teacher: Teacher; standIn: boolean }
  student: Student & { file: string }
  recipe: DistillOptions
  returns: Returns
  onBoard: OnBoard
  /** what counts cycles on the board */
  counter: string
  seconds: Report['seconds']
}

export function reportOf(made: Made): Report {
  const { task, teacher, student, recipe, returns, seconds } = made
  const { curve, sweep, threshold, budget, studentWeights, teacherReturn } = student.distilled
  const decoded = decodePolicy(student.bytes, student.file)
  const weights = teacherWeights(teacher.teacher)
  return {
    task: task.name,
    seed: recipe.seed,
    date: new Date().toISOString(),
    teacher: {
      file: teacher.file,
      weights,
      bytes: 4 * teacherParameters(teacher.teacher),
      return: statistics(returns.teacher),
    },
    student: {
      file: student.file,
      weights: decoded.weights,
      bytes: student.bytes.length,
      crc: crc32(student.bytes),
      signature: signatureOf(student.bytes, student.file),
      keptOfTeacher: decoded.weights / weights,
      keptOfStudent: decoded.weights / studentWeights,
      liveUnits: decoded.layers.map((layer) => layer.liveUnits),
      threshold,
      budget,
      return: statistics(returns.student),
    },
    difference: intervalOf([...returns.student].map((value, episode) => value - returns.teacher[episode])),
    distillation: { options: recipe, curve, sweep, teacherPickReturn: teacherReturn!.mean },
    board: boardReport(made),
    seconds,
    versions: versions(),
    machine: machine(),
  }
}

function boardReport({ task, teacher, onBoard, counter }: Made): BoardReport {
  const { comparison, control } = onBoard
  const { info, teacherCycles, studentCycles, speedup } = comparison
  return {
    name: info.name,
    clockHz: info.clockHz,
    counter,
    teacherCycles,
    studentCycles,
    speedup,
    ...(teacher.standIn && { teacherStandIn: standInNote }),
    // a single differing bit would have ended the run
    bitExact: control.comparedActions === control.steps * task.actionNames.length,
    comparedActions: control.comparedActions,
    control: { episodes: control.returns.length, steps: control.steps, return: statistics(control.returns) },
    ramBytes: info.staticBytes,
    stackBytes: info.stackUsed,
    flashBytes: info.imageBytes,
    image: committedImage(info.firmware),
  }
}
