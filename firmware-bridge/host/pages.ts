/** What comes from a board in several answers: times of many inferences, its log. Client code for `Board`. */

import { FailedError } from '../../runtime-as/errors.ts'
import { BENCH, LOG, LOG_ENTRIES } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { decodeLog, type LoggedStep } from './log.ts'
import type { Patience, Requester } from './requester.ts'

/** BENCH asks for as many inferences at a time as take about this long, in milliseconds. */
const PAGE = 300

/** Cycles of `count` inferences on the golden observations, in turn. maxPayload: of a frame; onBenched: how many are done */
export async function benchPages(
  line: Requester,
  { goldens, count, maxPayload }: { goldens: number; count: number; maxPayload: number },
  patience: Patience,
  onBenched?: (done: number, count: number) => void,
): Promise<Uint32Array> {
  const most = Math.floor(maxPayload / 4)
  const cycles = new Uint32Array(count)
  let page = 1
  for (let done = 0; done < count; ) {
    const runs = Math.min(page, most, count - done)
    const request = new DataView(new ArrayBuffer(4))
    request.setUint16(0, done % goldens, true)
    request.setUint16(2, runs, true)
    const began = performance.now()
    const answer = await line.request(BENCH, new Uint8Array(request.buffer), patience, 4 * runs)
    const each = (performance.now() - began) / runs
    const view = new DataView(answer.buffer, answer.byteOffset, answer.length)
    for (let i = 0; i < runs; i++) cycles[done++] = view.getUint32(4 * i, true)
    onBenched?.(done, count)
    page = Math.max(1, Math.min(2 * runs, Math.floor(PAGE / each)))
  }
  return cycles
}

/** The steps that the board remembers, oldest first. actions: numbers in an action */
export async function logPages(line: Requester, actions: number, patience: Patience): Promise<LoggedStep[]> {
  const { name } = line.port
  const steps: LoggedStep[] = []
  for (let wanted = 0; steps.length < LOG_ENTRIES; wanted = steps[steps.length - 1].number + 1) {
    const request = new DataView(new ArrayBuffer(4))
    request.setUint32(0, wanted, true)
    const page = decodeLog(await line.request(LOG, new Uint8Array(request.buffer), patience), actions, name)
    if (page.length === 0) break
    if (page[0].number < wanted) {
      throw new FailedError(`${name}: LOG begins with step ${page[0].number}, expected ${wanted} or a later one`)
    }
    steps.push(...page)
  }
  return steps.slice(0, LOG_ENTRIES)
}
