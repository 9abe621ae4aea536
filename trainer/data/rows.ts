/** Arrays of one log have as many rows as one another. */
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from '../files/brief.ts'
import type { Field } from './log.ts'

/** Rows of all these arrays. Throws InputError where they differ. */
export function requireEqualRows(path: string, fields: readonly Field[]): number {
  const [first] = fields
  for (const field of fields)
    if (field.rows !== first.rows)
      throw new InputError(
        `${path}: ${brief(field.name)}: ${field.rows} rows, expected ${first.rows} as of ${brief(first.name)}`,
      )
  return first?.rows ?? 0
}
