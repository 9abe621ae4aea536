/** With fused multiply-add the last bits of training are the CPU's: results of the two kinds are never mixed. */
import { InputError } from '../../runtime-as/errors.ts'
import { cpuFeatures } from '../kernels/cpu.ts'

export type Arithmetic = 'fused' | 'unfused'

export const arithmeticHere = (): Arithmetic => (cpuFeatures().fused ? 'fused' : 'unfused')

/** Throws InputError. where: what holds results of `theirs` */
export function requireArithmetic(theirs: unknown, ours: Arithmetic, where: string): void {
  if (theirs !== ours)
    throw new InputError(
      `${where}: results of ${theirs} multiply-add, this CPU's is ${ours}: they differ in the last bits and are not mixed`,
    )
}
