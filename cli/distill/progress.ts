/** The progress line of a distillation. */
import type { Progress as DistillProgress } from '../../trainer/distill/distill.ts'
import {
  type CurvePoint,
  curveScore,
  describeCut,
  prunedScore,
  type Stage,
  type SweepPoint,
  tunedScore,
} from '../../trainer/distill/points.ts'
import { grouped, percent } from '../report/words.ts'
import { type Progress, seconds } from '../terminal.ts'

export function show(
  progress: Progress,
  name: string,
  { phase, step, steps, point, sweep, stage, secondsLeft, penalty }: DistillProgress,
): void {
  const text =
    phase === 'train'
      ? trained(name, step, steps, point)
      : stage
        ? staged(name, step, steps, stage)
        : tuned(name, step, steps, sweep)
  const which = penalty ? `penalty ${penalty.l1} (${penalty.at + 1}/${penalty.of}), ` : ''
  const left = secondsLeft === undefined ? '' : `, ${seconds(secondsLeft)} left`
  progress.update(`${which}${text}${left}`)
}

function trained(name: string, step: number, steps: number, point?: CurvePoint): string {
  const terms = `critic ${short(point?.critic)}, value ${short(point?.value)}, clone ${short(point?.clone)}, KL ${short(point?.kl)}`
  const score =
    point?.error === undefined ? `return ${short(point && curveScore(point))}` : `error ${percent(point.error)}`
  return `distilling ${name}: step ${step}/${steps}, ${terms}, ${score}, ${point?.weights} weights left`
}

function tuned(name: string, step: number, steps: number, sweep?: SweepPoint): string {
  const start = `tuning ${name}: ${sweep && describeCut(sweep)} (${step}/${steps}), ${sweep?.weights} weights`
  if (!sweep) return start
  const [before, after] = [prunedScore(sweep), tunedScore(sweep)]
  return sweep.tunedError === undefined
    ? `${start}, return ${short(before)} -> ${short(after)}`
    : `${start}, error ${percent(before)} -> ${percent(after)}`
}

const staged = (name: string, step: number, steps: number, { kind, weights, ownStates }: Stage): string =>
  `stage ${step}/${steps} of ${name}: ${kind}, ${grouped(weights)} weights${ownStates ? `, ${grouped(ownStates)} own states` : ''}`

const short = (x: number | undefined) => x?.toPrecision(4)
