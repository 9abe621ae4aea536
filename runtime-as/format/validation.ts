/** The texts for what the kernel's `validate` answers: field, then what was expected. */

import { InputError } from '../errors.ts'
import * as codes from '../kernel/assembly/codes.ts'
import { MAX_FILE } from '../kernel/assembly/layout.ts'
import { sharedKernel } from '../kernel/kernel.ts'

export const TEXTS: Record<number, string> = {
  [codes.UNALIGNED]: 'address: expected a multiple of 4',
  [codes.TOO_SHORT]: 'length: expected at least 61 bytes',
  [codes.FOREIGN]: "first bytes: expected a .bpd file (a msgpack map whose first keys are 'bpd' and 'core')",
  [codes.OTHER_VERSION]: 'bpd: expected format version 1',
  [codes.TOO_LONG]: 'length: expected at most 64 MiB',
  [codes.TRUNCATED]: 'length: expected the whole file, ending in its CRC (truncated?)',
  [codes.BAD_CRC]: 'crc: expected the CRC-32 of all bytes before it (altered?)',
  [codes.BAD_CORE]: "core: expected to begin with 'bpd1' and its own length",
  [codes.BAD_SIZES]:
    'core sizes: expected 1..16 layers, widths 1..4096, a period above 0, observations unbounded, clamped or refused',
  [codes.BAD_BOUNDS]: 'action bounds: expected finite low <= failsafe <= high for every action',
  [codes.BAD_LAYER]: 'layer: expected a known form, activation, value type and column type',
  [codes.BROKEN_CHAIN]: 'layer sizes: expected each layer to read what the one before writes',
  [codes.BAD_OFFSET]: 'offsets: expected the parts of the core one after another without a gap',
  [codes.PAST_CORE]: 'core: expected every part to lie inside it',
  [codes.BAD_RUN]: 'runs: expected rows no longer than the layer is wide, and exactly as many as it has',
  [codes.BAD_COLUMN]: 'columns: expected ascending numbers below the number of inputs',
  [codes.NOT_FINITE]: 'numbers: expected finite values (no NaN, no infinity)',
  [codes.BAD_WIDEST]: 'widest: expected the width of the widest hidden layer',
  [codes.BAD_SQUASH]: 'squash: expected tanh after a tanh layer, or clip after a layer without activation',
  [codes.BAD_PADDING]: 'padding: expected zeros',
  [codes.BAD_OBSERVATION_BOUNDS]: 'observation bounds: expected finite low <= high for every observation',
  [codes.BAD_GOLDEN]: 'golden vectors: expected 1..16 that end exactly where the core ends',
}

/** Throws InputError unless `bytes` is a file that the kernel may run. name: what the message calls the file */
export function checkFile(bytes: Uint8Array, name: string): void {
  if (!(bytes instanceof Uint8Array)) throw new InputError(`${name}: expected bytes (a Uint8Array)`)
  // the kernel would refuse it too, but it need not be copied first
  const code = bytes.length > MAX_FILE ? codes.TOO_LONG : sharedKernel(bytes).validate(0, bytes.length)
  if (code !== codes.FINE) throw new InputError(`${name}: ${TEXTS[code]}`)
}
