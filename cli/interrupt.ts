/**
 * Ctrl-C, SIGTERM and the death of the `bpd` that this one works for: files appear by rename and their parts are removed on exit, so
 * leaving at once leaves the last good state.
 */
let handler: (() => void) | undefined

/** Handles the first Ctrl-C in place of leaving at once; the second one leaves. */
export function onInterrupt(handle: () => void): void {
  handler = handle
}

export function listenForInterrupts(): void {
  const received = (code: number) => () => {
    if (!handler) process.exit(code)
    const handle = handler
    handler = undefined
    handle()
  }
  process.on('SIGINT', received(130))
  process.on('SIGTERM', received(143))
  if (!process.channel) return
  process.on('disconnect', received(130))
  // listening alone is no reason to live
  process.channel.unref()
}
