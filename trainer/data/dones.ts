/** `dones` are terminal states in some files and mere ends in others: what a file's own say. */
import type { Log } from './log.ts'
import type { Resolved } from './mapping.ts'

/**
 * Where every episode that a file holds apart ends with its `done`, that says no more than the file does already, as robomimic writes it: they are
 * taken as cut off, which is never wrong by more than one value of a next state. Gives the columns that are left, and what to say of it.
 */
export async function weighDones<C extends Partial<Resolved>>(
  log: Log,
  columns: C,
  named: boolean,
): Promise<{ columns: C; notes: string[] }> {
  const [done] = columns.terminals ?? []
  if (!done) return { columns, notes: [] }
  const mixed = !named && /(^|[/.])dones?$/.test(done.name)
  if (!log.grouped) {
    // the cut-offs of D4RL's first files are told by nothing
    if (columns.timeouts || columns.episodes) return { columns, notes: [] }
    const next = columns.nextObservations ? '' : ', and its last next observation is of another'
    const why = mixed ? `"${done.name}" is taken as terminal states; one that was cut off` : 'one that was cut off'
    return {
      columns,
      notes: [`episodes end with "${done.name}" alone: ${why} runs into the next${next}; --timeouts tells them`],
    }
  }
  if (!mixed || !(await everyPartEnds(log, columns))) return { columns, notes: [] }
  const { terminals: _, ...left } = columns
  const note = `"${done.name}" ends every episode, so they are taken as cut off; --terminals ${done.name} takes them as terminal states`
  return { columns: left as C, notes: [note] }
}

async function everyPartEnds(log: Log, { terminals }: Partial<Resolved>): Promise<boolean> {
  const [{ field, index }] = terminals!
  const width = field.columns.length
  const last = new Map<number, number>()
  for await (const { part, count, values } of log.blocks([field], true))
    last.set(part!.index, values[0][(count - 1) * width + index])
  return [...last.values()].every((value) => value === 1)
}
