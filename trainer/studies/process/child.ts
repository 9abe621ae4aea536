/** A process that does jobs, one after another, for the one that began it: ends with it, after a checkpoint. */
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { NotWritten } from '../../files/access.ts'
import { Interrupted } from '../../interrupted.ts'
import { doJob } from '../jobs/do.ts'
import { Store } from '../store.ts'
import type { Answer, How, Order } from './order.ts'

/** ms between words about the progress of a job */
const TELL = 500

let working = false
const interrupt = new AbortController()
const leave = () => {
  interrupt.abort()
  if (!working) process.exit(130)
}
// Ctrl-C reaches every process of a terminal; the study's own end reaches this one by the channel
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.on(signal, leave)

const tell = (answer: Answer) =>
  new Promise<void>((resolve) => (process.connected ? process.send!(answer, () => resolve()) : resolve()))

process.on('message', async (order: Order) => {
  working = true
  await tell(await answered(order))
  working = false
  if (interrupt.signal.aborted) process.exit(130)
})

async function answered(order: Order): Promise<Answer> {
  const begun = performance.now()
  let told = begun
  const onProgress = (share: number) => {
    if (performance.now() - told < TELL) return
    told = performance.now()
    void tell({ kind: 'progress', share })
  }
  const { signal } = interrupt
  try {
    const result = await doJob({ ...order, store: new Store(order.store), signal, onProgress })
    return { kind: 'done', result, seconds: (performance.now() - begun) / 1000, memory: process.memoryUsage.rss() }
  } catch (error) {
    return { kind: 'failed', how: kindOf(error), message: error instanceof Error ? error.message : String(error) }
  }
}

function kindOf(error: unknown): How {
  if (error instanceof InputError) return 'input'
  if (error instanceof NotWritten) return 'unwritten'
  if (error instanceof FailedError) return 'failed'
  return error instanceof Interrupted ? 'interrupted' : 'internal'
}

await tell({ kind: 'ready' })
