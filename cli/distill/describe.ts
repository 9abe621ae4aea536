/** The error of a student that no simulator judged, in words. */
import type { HeldOut, Verdict } from '../../trainer/distill/judge.ts'
import type { DistillOptions } from '../../trainer/distill/options.ts'
import type { EnvironmentSteps } from '../../trainer/distill/points.ts'
import { plainTable } from '../report/table.ts'
import { grouped, percent, printable } from '../report/words.ts'

export const NO_RETURN = 'no return was measured'

/** Whether a student was made of its data alone. */
export const describeSteps = (steps: EnvironmentSteps | undefined): string =>
  steps
    ? `on-policy: ${grouped(steps.ownStates)} steps on its own states, ${grouped(steps.search)} of searching`
    : 'offline'

/** What the student was picked by, where that is its return. */
export const describePicked = ({ pickedReturn = NaN, teacherReturn }: Verdict, episodes: number): string =>
  `return   ${pickedReturn.toFixed(1)}${teacherReturn ? `, the teacher's ${teacherReturn.mean.toFixed(1)}` : ''}, over the ${episodes} episodes that picked it`

interface Unmet {
  /** which options asked for it */
  options: ('maxWeights' | 'maxBytes' | 'tolerance' | 'maxError')[]
  says: string
}

/** Why a student that was picked is not what the rule asks for (trainer/distill/pick.ts). */
export function describeUnmet(
  { weights, bytes, heldOut, pickedReturn, teacherReturn }: Verdict & { weights: number; bytes: number },
  { maxWeights, maxBytes, tolerance, maxError }: DistillOptions,
): Unmet {
  if (maxWeights !== undefined || maxBytes !== undefined) {
    const limit = weights > (maxWeights ?? Infinity) ? `--max-weights ${maxWeights}` : `--max-bytes ${maxBytes}`
    const says = `${weights} weights, ${bytes} bytes: no student is within ${limit}`
    return { options: ['maxWeights', 'maxBytes'], says }
  }
  if (heldOut)
    return {
      options: ['maxError'],
      says: `no student errs by less than --max-error ${maxError} where one is picked: this one errs least`,
    }
  const [ours, theirs] = [pickedReturn!, teacherReturn?.mean ?? NaN].map((x) => x.toFixed(1))
  return {
    options: ['tolerance'],
    says: `it returns ${ours}, its teacher ${theirs}: no student is within --tolerance ${tolerance} of that, this one is the best`,
  }
}

/** What the errors are of. */
export function describeSplit({ how, labels, train, pick, report }: HeldOut): string {
  const part = ({ rows, episodes }: HeldOut['train']) => `${grouped(rows)} rows of ${grouped(episodes)}`
  const whose = labels === 'teacher' ? "the teacher's actions" : 'the actions of the data'
  const parts = `${part(train)} trained, ${part(pick)} picked, ${part(report)} are reported on`
  return `${how === 'whole episodes' ? 'whole episodes' : 'the last parts of the episodes, which are too few to hold whole ones out'}: ${parts}; compared with ${whose}`
}

export const describeError = ({ error: { rmse, p99, max, spread }, clamped }: HeldOut): string =>
  `RMSE ${percent(rmse)} of the range (the best constant ${percent(spread)}), 99 % of the errors within ${percent(p99)}, largest ${percent(max)}` +
  (rmse >= spread ? '; no better than that constant: this student is of no use' : '') +
  (clamped > 0 ? `; ${percent(clamped)} of the wanted actions were beyond the bounds` : '')

export const errorHead = ['action', 'RMSE', '99 %', 'max', 'RMSE, of range', '99 %, of range', 'max, of range']

export const errorRows = ({ error }: HeldOut): string[][] =>
  error.actions.map(({ name, rmse, p99, max, ofRange }) => [
    name,
    ...[rmse, p99, max].map((x) => x.toPrecision(3)),
    ...[ofRange.rmse, ofRange.p99, ofRange.max].map(percent),
  ])

export const describeHeldOut = (heldOut: HeldOut): string =>
  [
    `held out  ${describeSplit(heldOut)}`,
    `error     ${describeError(heldOut)}; ${NO_RETURN}`,
    plainTable(
      errorHead,
      errorRows(heldOut).map(([name, ...cells]) => [printable(name), ...cells]),
    ),
  ].join('\n')
