/**
 * Checkpoints of the training phase: a safetensors file with the trainer's memory and, as metadata, the step, the curve, what the run
 * is (options and data) and a CRC-32. Written whole or not at all; a run that continues from one has the bits of one that never stopped.
 */
import { readFileSync, rmSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { InputError } from '../../runtime-as/errors.ts'
import { writeFile } from '../../runtime-as/replace.ts'
import { cpuFeatures } from '../kernels/kernels.ts'
import { readSafetensors, writeSafetensors } from '../teachers/safetensors.ts'
import { recipeOf } from './options.ts'
import type { DistillJob } from './session.ts'
import type { CurvePoint } from './train.ts'

const format = 'bpd-checkpoint-1'

export interface Checkpoint {
  step: number
  curve: CurvePoint[]
  /** of `Trainer.save` */
  memory: Uint8Array
}

export class Checkpoints {
  lastStep = 0
  readonly #path: string
  readonly #identity: Record<string, unknown>
  readonly #everyMilliseconds: number
  readonly #resume: boolean
  #saved = performance.now()

  /** resume: continue from the file where there is one */
  constructor(path: string, job: DistillJob, minutes: number, resume: boolean) {
    this.#path = path
    this.#everyMilliseconds = minutes * 60_000
    this.#resume = resume
    const { rows } = job.transitions
    const data = crc32(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
    // with fused multiply-add the last bits are the CPU's
    this.#identity = { ...recipeOf(job.options), data, cpu: job.options.fused && cpuFeatures().fused }
  }

  due(): boolean {
    return performance.now() - this.#saved > this.#everyMilliseconds
  }

  async save({ step, curve, memory }: Checkpoint): Promise<void> {
    const values = new Float32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4)
    const metadata = {
      format,
      ...{ step: `${step}`, curve: JSON.stringify(curve), identity: JSON.stringify(this.#identity) },
      crc32: `${crc32(memory)}`,
    }
    const tensors = new Map([['memory', { dtype: 'F32' as const, shape: [values.length], values }]])
    await writeFile(this.#path, writeSafetensors({ tensors, metadata }))
    this.lastStep = step
    this.#saved = performance.now()
  }

  load(): Checkpoint | undefined {
    if (!this.#resume) return undefined
    let bytes: Uint8Array
    try {
      bytes = readFileSync(this.#path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw new InputError(`${this.#path}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
    }
    const { tensors, metadata } = readSafetensors(bytes, this.#path)
    const { values } = tensors.get('memory') ?? {}
    if (metadata.format !== format || !values)
      throw new InputError(
        `${this.#path}: metadata format: ${JSON.stringify(metadata.format ?? null)}, expected "${format}"`,
      )
    const memory = new Uint8Array(values.buffer)
    if (`${crc32(memory)}` !== metadata.crc32)
      throw new InputError(`${this.#path}: altered: expected crc32 of its metadata`)
    const theirs: Record<string, unknown> = JSON.parse(metadata.identity)
    for (const [key, mine] of Object.entries(this.#identity))
      if (JSON.stringify(theirs[key]) !== JSON.stringify(mine))
        throw new InputError(
          `${this.#path}: ${key}: the checkpoint was made with ${JSON.stringify(theirs[key])}, this run has ${JSON.stringify(mine)}`,
        )
    this.lastStep = Number(metadata.step)
    return { step: this.lastStep, curve: JSON.parse(metadata.curve), memory }
  }

  /** The run is complete. */
  remove(): void {
    rmSync(this.#path, { force: true })
  }
}
