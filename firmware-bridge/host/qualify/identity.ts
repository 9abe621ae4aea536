import { openEnvelope } from '../../../runtime-as/format/envelope.ts'
import { committedImage } from '../images.ts'
import { type Lock, runs } from '../info.ts'
import { verifyPolicy } from '../signing.ts'
import { type Check, fail, pass } from './check.ts'

const hex = (word: number): string => word.toString(16).padStart(8, '0')

export const identity: Check = {
  name: 'identity',
  async run({ board, kind }) {
    const { name, firmware, protocol, fault } = await board.hello()
    const image = firmware === 0 ? undefined : committedImage(firmware)
    const figures = { name, firmware: hex(firmware), image: image?.name, protocol }
    if (fault !== undefined) {
      const found = `the board has found a fault in itself since its start: ${fault}`
      return fail(`${name}: ${found}; reset it, and run this again`, figures)
    }
    if (image) return pass(`${name}, firmware ${hex(firmware)}, images/${image.name}.bin of this package`, figures)
    if (firmware === 0 && kind.kind === 'emulator')
      return pass(`${name}: no image, the device in this process`, figures)
    return fail(`${name}: firmware ${hex(firmware)} is none of this package's images`, figures)
  },
}

/** Who signed the policy, as the file has it and as the board says it, and whether the board takes that key's policies alone. */
export const signature: Check = {
  name: 'signature',
  async run({ board, bytes, signedBy }) {
    const envelope = signedBy ? verifyPolicy(bytes, signedBy, 'the policy') : openEnvelope(bytes)
    const { lock, policy }: Lock = board.info.signatures ? await board.signing() : {}
    const locked = lock ? `the board is locked to key ${lock.keyId}` : 'the board is not locked: it takes any policy'
    const signed = (by: { keyId: string; counter: number } | undefined) =>
      by ? `by key ${by.keyId}, counter ${by.counter}` : 'none: the policy is not signed'
    const figures = { keyId: envelope?.keyId, counter: envelope?.counter, lockedTo: lock?.keyId }
    if (signed(envelope) !== signed(policy)) {
      return fail(`${signed(envelope)} in the file, but the board says: ${signed(policy)}`, figures)
    }
    const said = `${signed(envelope)}; ${locked}`
    if (signedBy && lock?.keyId !== signedBy.id) return fail(`${said}, expected it locked to ${signedBy.id}`, figures)
    return pass(said, figures)
  },
}

export const selfTest: Check = {
  name: 'self-test',
  async run({ board, bytes, policy }) {
    policy.selfTest()
    const info = await board.hello()
    if (!runs(info, bytes) || !info.policy?.confirmed) return fail('the board does not run the policy confirmed')
    const { goldens, crc } = info.policy
    return pass(`${goldens} golden vectors reproduced on the board and on this host, CRC-32 ${hex(crc)}`, { goldens })
  },
}

export const memory: Check = {
  name: 'memory',
  async run({ board, bytes }) {
    const { stackUsed, stackBytes, workBytes, staticBytes, fileBytes } = await board.hello()
    const figures = { stackUsed, stackBytes, workBytes, staticBytes, fileBytes, policyBytes: bytes.length }
    const taken = `policy ${bytes.length} of ${fileBytes} B of its slot, RAM ${staticBytes} B`
    if (stackBytes === 0 || stackUsed === 0) return pass(`${taken}; the board does not know its stack`, figures)
    const stack = `stack ${stackUsed} of ${stackBytes} B`
    return stackUsed > 0.75 * stackBytes
      ? fail(`${stack}: less than a quarter is left`, figures)
      : pass(`${taken}, ${stack}`, figures)
  },
}

export const clean: Check = {
  name: 'counters',
  async run({ board }) {
    const counted = (await board.stats()).board
    const { overruns, faults, mended, reverts, scrubs } = counted
    const figures = { ...counted }
    const wrong = Object.entries({ overruns, faults, mended, reverts }).filter(([, count]) => count > 0)
    if (wrong.length > 0) {
      const found = wrong.map(([name, count]) => `${count} ${name}`).join(', ')
      // whenever it was: a board that had to mend itself is to be looked at
      return fail(`${found} since its start; reset it, and run this again`, figures)
    }
    const said = 'no overrun, no fault, nothing mended'
    if (!board.info.scrubbed)
      return pass(`${said}; its firmware sees a flipped bit in what runs only at the next start`, figures)
    return pass(`${said}; the board has looked at itself ${scrubs} times`, figures)
  },
}
