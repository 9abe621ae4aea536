import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { Mailbox } from '../../../trainer/tasks/simulator/mailbox.ts'

/** Calls for an answer without one, again and again, and answers after 300 ms. */
const caller = `
  const { workerData } = require('node:worker_threads')
  const words = new Int32Array(workerData, 0, 4)
  const started = Date.now()
  while (Date.now() - started < 300) Atomics.notify(words, 0)
  words[1] = 0
  Atomics.store(words, 0, 1)
  Atomics.notify(words, 0)
`

it('a call that comes late does not end the wait for the next answer', () => {
  const mailbox = new Mailbox()
  mailbox.clear()
  new Worker(caller, { eval: true, workerData: mailbox.shared })
  expect(mailbox.wait(20_000)).toEqual(new Uint8Array(0))
})

it('nothing within the time is no answer', () => {
  const mailbox = new Mailbox()
  mailbox.clear()
  const started = performance.now()
  expect(mailbox.wait(50)).toBeUndefined()
  expect(performance.now() - started).toBeGreaterThan(45)
})
