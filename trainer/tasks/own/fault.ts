/** What somebody else's code threw, in one line: its message, and where in a file if that is known. */
export function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const message = error.message.replace(/\s*\n\s*/g, ' ')
  const said = message.length > 300 ? `${message.slice(0, 300)}…` : message
  const place = placeOf(error.stack ?? '')
  return `${error.name}: ${said}${place && ` (${place})`}`
}

/** file:line of the first place of a stack that is a file, or of the head that Node puts before a syntax error's. */
function placeOf(stack: string): string {
  const head = /^(\S+):(\d+)\n/.exec(stack)
  if (head) return `${nameOf(head[1])}:${head[2]}`
  const at = /(?:\(|at |async )(file:\/\/\S+?):(\d+)(?::\d+)?\)?$/m.exec(stack)
  return at ? `${nameOf(at[1])}:${at[2]}` : ''
}

const nameOf = (path: string): string => decodeURI(path).split(/[\\/]/).at(-1)!
