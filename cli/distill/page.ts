/** A distillation without a simulator as a page. */
import { crc32 } from 'node:zlib'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import type { Distilled } from '../../trainer/distill/distill.ts'
import { ERROR_FACTOR } from '../../trainer/distill/pick.ts'
import { describeCut, tunedScore } from '../../trainer/distill/points.ts'
import { signatureOf } from '../keys.ts'
import { lossChart, sweepChart, trainingChart } from '../report/charts.ts'
import { escaped, figure, page, policyFact, table, text } from '../report/page.ts'
import { grouped, percent } from '../report/words.ts'
import { machine, versions } from '../versions.ts'
import { describeError, describeSplit, errorHead, errorRows, NO_RETURN } from './describe.ts'
import type { Wanted } from './wanted.ts'

export interface Shown {
  file: string
  bytes: Uint8Array
  wanted: Wanted
  distilled: Distilled
}

const card = (value: string, caption: string) =>
  `<div class="card"><b>${text(value)}</b><span>${text(caption)}</span></div>`

export function heldOutHtml({ file, bytes, wanted, distilled }: Shown): string {
  const { contract, weights } = decodePolicy(bytes, file)
  const { curve, sweep, studentWeights, seconds } = distilled
  const { options, inputs } = wanted
  const heldOut = distilled.heldOut!
  const least = Math.min(...sweep.map(tunedScore))
  const most = options.maxError ?? ERROR_FACTOR * least
  const made = { recipe: options, versions: versions(), machine: machine(), seconds }
  const facts = {
    task: `${contract.task}, seed ${options.seed}; ${NO_RETURN}`,
    policy: policyFact(file, { weights, bytes: bytes.length, crc: crc32(bytes), signature: signatureOf(bytes, file) }),
    board: 'none',
    date: new Date().toISOString(),
    read: inputs.join(', '),
    'held out': describeSplit(heldOut),
  }
  return page(
    `${contract.task}: sparse student, judged by its actions`,
    facts,
    `<div class="cards">
${card(percent(heldOut.error.rmse), 'RMSE of the actions, of their ranges, on episodes held out')}
${card(percent(heldOut.error.p99), '99 % of the errors are within')}
${card(grouped(weights), `weights: ${percent(weights / studentWeights)} of the student before pruning`)}
${card(grouped(bytes.length), 'bytes: indices, contract and golden vectors included')}
</div>
<p>${text(describeError(heldOut))}</p>
${table(errorHead, errorRows(heldOut))}
${figure('Error against weights', sweepChart({ sweep, picked: distilled, mark: { at: most, label: 'most' } }), `each cut pruned, then tuned with the mask frozen; rows held out for picking. Picked: ${describeCut(distilled)}, the fewest weights within ${percent(most)}`)}
${figure('Training', trainingChart(curve), `student pruned at log alpha ${options.threshold}`)}
${figure('Loss terms', lossChart(curve), 'means over the batch, before their weights')}
<details><summary>recipe and versions</summary>
<pre>${escaped(JSON.stringify(made, null, 2))}</pre></details>`,
  )
}
