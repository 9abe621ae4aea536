/** Transitions that `bpd collect` wrote. */
import { columnsOf } from '../columns.ts'
import { episodesIn } from '../episode-ends.ts'
import type { DataFormat } from '../format.ts'
import { arrayField, type Block, type Field, type Log } from '../log.ts'
import { pieces, readAnyTransitions } from '../transitions.ts'

export const ownFormat: DataFormat = { name: 'transitions', kind: 'transitions', open: async (path) => openOwn(path) }

const named = (name: string, size: number) => Array.from({ length: size }, (_, i) => `${name}.${i}`)

/** As a log: the parts of a row are its fields. */
function openOwn(path: string): Log {
  const transitions = readAnyTransitions(path)
  const { observationSize: o, actionSize: a } = transitions
  const columns = columnsOf(o, a)
  const parts: [name: string, size: number | undefined, at: number][] = [
    ['observation', o, columns.observation],
    ['action', a, columns.action],
    ['teacher_action', a, columns.teacherAction],
    ['reward', undefined, columns.reward],
    ['next_observation', o, columns.next],
    ['terminal', undefined, columns.terminal],
    ['timeout', undefined, columns.timeout],
  ]
  const places = new Map(parts.map(([name, , at]) => [name, at]))
  async function* blocks(wanted: readonly Field[]): AsyncGenerator<Block> {
    for (const [first, rows] of pieces(transitions)) {
      const count = rows.length / columns.width
      const values = wanted.map(({ name, columns: { length } }) =>
        Float32Array.from({ length: count * length }, (_, i) => {
          const row = Math.floor(i / length)
          return rows[row * columns.width + places.get(name)! + i - row * length]
        }),
      )
      yield { first, count, values }
    }
  }
  const fields = parts.map(([name, size]) => arrayField(name, size === undefined ? [0] : [0, size]))
  return { path, format: ownFormat.name, fields, grouped: false, notes: [], blocks, close: transitions.close }
}

/** As they are, to the bit. */
export function ownDataSet(path: string) {
  const transitions = readAnyTransitions(path)
  const { observationSize, actionSize } = transitions
  return {
    ...transitions,
    format: ownFormat.name,
    observationNames: named('observation', observationSize),
    actionNames: named('action', actionSize),
    episodes: episodesIn(transitions),
    hasRewards: true,
    hasTeacherActions: true,
    openEnds: 0,
    dropped: 0,
    notes: [],
  }
}
