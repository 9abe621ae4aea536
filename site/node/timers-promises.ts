/** What the board's client takes from Node's timers. */
export const setTimeout = (milliseconds: number): Promise<void> =>
  new Promise((done) => {
    globalThis.setTimeout(done, milliseconds)
  })

const soon = new MessageChannel()
const waiting: (() => void)[] = []
soon.port1.onmessage = () => waiting.shift()?.()

/** As Node's global: when what has come meanwhile was handled. */
Object.assign(globalThis, {
  setImmediate(done: () => void) {
    waiting.push(done)
    soon.port2.postMessage(undefined)
  },
})
