/**
 * Ctrl-C, SIGTERM, the end of the terminal and the death of the `bpd` that this one works for: files appear by rename and their parts
 * are removed on exit, so leaving at once leaves the last good state.
 */
let handler: (() => void) | undefined

/** One Ctrl-C may come twice: from the terminal and from the process in front of this one, or twice from `timeout`. */
const SAME_MS = 500

/** Handles the first Ctrl-C in place of leaving at once; the second one leaves. */
export function onInterrupt(handle: () => void): void {
  handler = handle
}

/** leave: ends the process with this exit code */
export function listenForInterrupts(leave: (code: number) => void): void {
  let handled = Number.NEGATIVE_INFINITY
  const received = (code: number) => () => {
    if (performance.now() - handled < SAME_MS) return
    if (!handler) return leave(code)
    handled = performance.now()
    const handle = handler
    handler = undefined
    handle()
  }
  process.on('SIGINT', received(130))
  process.on('SIGTERM', received(143))
  process.on('SIGHUP', received(129))
  if (!process.channel) return
  process.on('disconnect', received(130))
  // listening alone is no reason to live
  process.channel.unref()
}
