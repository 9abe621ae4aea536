/** A folder of Minari: data/main_data.hdf5 and beside it metadata.json, which has the bounds of the actions. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { InputError } from '../../../runtime-as/errors.ts'
import { readNamed } from '../../files/access.ts'
import { brief } from '../../files/brief.ts'
import { parseJson } from '../../files/json.ts'
import type { FolderFormat } from '../format.ts'
import type { Log } from '../log.ts'
import { openHdf5 } from './hdf5.ts'

export const minariFormat: FolderFormat = {
  name: 'a Minari data set',
  has: ['data/main_data.hdf5', 'main_data.hdf5'],
  async open(folder, found) {
    const file = join(folder, found)
    const metadata = join(dirname(file), 'metadata.json')
    const said = existsSync(metadata) ? boundsIn(metadata) : {}
    return { ...(await openHdf5(file)), ...said, format: minariFormat.name }
  },
}

/** Of the action space, which is JSON within the JSON. */
function boundsIn(path: string): Pick<Log, 'actionLow' | 'actionHigh'> {
  const metadata = json(path, '', new TextDecoder().decode(readNamed(path)))
  const { action_space: text } = metadata
  const space = typeof text === 'string' ? json(path, ': action_space', text) : {}
  const { type, low, high } = space
  if (type !== undefined && type !== 'Box')
    throw new InputError(`${path}: action_space: type ${brief(type)}, expected "Box": actions are numbers`)
  return isNumbers(low) && isNumbers(high) ? { actionLow: low, actionHigh: high } : {}
}

const isNumbers = (x: unknown): x is number[] => Array.isArray(x) && x.length > 0 && x.every(Number.isFinite)

function json(path: string, where: string, text: string): Record<string, unknown> {
  try {
    const value = parseJson(text, { items: 100_000, depth: 20 })
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {}
  throw new InputError(`${path}${where}: expected a JSON object`)
}
