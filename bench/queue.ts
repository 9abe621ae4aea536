/**
 * What the queue of studies carries: `node bench/queue.ts postgres://… [--seconds 10] [--rate 200] [--workers 8]`. Sends tiny jobs at a rate, takes and
 * completes them as workers do, without the work itself, and says how long each waited. JSON out.
 */
import { parseArgs } from 'node:util'
import { PgBoss } from 'pg-boss'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '200' },
    workers: { type: 'string', default: '8' },
  },
})
const [seconds, rate, workers] = [values.seconds, values.rate, values.workers].map(Number)
const all = seconds * rate
const boss = new PgBoss({ connectionString: positionals[0], schema: 'bpd_bench', max: 10 })
boss.on('error', (error) => console.error(error.message))
await boss.start()
await boss.deleteQueue('tiny').catch(() => {})
await boss.createQueue('tiny', { heartbeatSeconds: 10, retryLimit: 20 })

/** as much as a student of a few hundred weights and its outcomes */
const result = 'x'.repeat(4000)
const waits: number[] = []
const how = { batchSize: 20, localConcurrency: workers, pollingIntervalSeconds: 0.5, perJobResults: true }
await boss.work<{ at: number }>('tiny', how, async (jobs) => {
  for (const { data } of jobs) waits.push(Date.now() - data.at)
  return jobs.map(({ id }) => ({ id, status: 'completed' as const, output: { result } }))
})
const began = performance.now()
for (let sent = 0; sent < all; ) {
  const due = Math.min(all, Math.floor((rate * (performance.now() - began)) / 1000))
  if (due > sent)
    await boss.insert(
      'tiny',
      Array.from({ length: due - sent }, () => ({ data: { at: Date.now() } })),
    )
  sent = Math.max(sent, due)
  await new Promise((resolve) => setTimeout(resolve, 50))
}
const sentSeconds = (performance.now() - began) / 1000
while (waits.length < all) await new Promise((resolve) => setTimeout(resolve, 50))
const doneSeconds = (performance.now() - began) / 1000
const { rows } = await boss.getDb().executeSql(`SELECT pg_database_size(current_database()) AS bytes`)
await boss.stop({ graceful: false })
waits.sort((a, b) => a - b)
const at = (share: number) => waits[Math.floor(share * (waits.length - 1))]
console.log(
  JSON.stringify({
    jobs: all,
    rate,
    workers,
    sentPerSecond: all / sentSeconds,
    donePerSecond: all / doneSeconds,
    waitMs: { median: at(0.5), p99: at(0.99) },
    databaseBytes: Number(rows[0].bytes),
  }),
)
