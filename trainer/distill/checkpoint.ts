/**
 * Checkpoints: a safetensors file with the trainer's memory, the trained student and those already tuned, and, as metadata, the step, the curve,
 * what the run is (options and data) and a CRC-32. Written whole or not at all; a run that continues from one has the bits of one that never stopped.
 */
import { readFileSync, rmSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { InputError } from '../../runtime-as/errors.ts'
import type { Layer } from '../../runtime-as/format/network.ts'
import { writeFile } from '../files/replace.ts'
import { cpuFeatures } from '../kernels/cpu.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import { readSafetensors, type Tensor, writeSafetensors } from '../teachers/safetensors.ts'
import { recipeOf } from './options.ts'
import { type Candidate, type CurvePoint, type SweepPoint, withoutNetwork } from './points.ts'
import type { DistillJob } from './session.ts'

const format = 'bpd-checkpoint-2'

export interface Checkpoint {
  step: number
  curve: CurvePoint[]
  /** of `Trainer.save` */
  memory: Uint8Array
  /** while tuning: the student as it left training, and the levels that are done */
  trained?: VariationalLayer[]
  tuned: Candidate[]
}

export class Checkpoints {
  /** the last one that was saved or loaded, in words; none yet: undefined */
  last?: string
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
    // with fused multiply-add the last bits are the CPU's
    // how the student is picked may change: nothing before depends on it
    const { tolerance: _, maxWeights: __, maxBytes: ___, ...recipe } = recipeOf(job.options)
    this.#identity = { ...recipe, data: job.transitions.crc32, cpu: job.options.fused && cpuFeatures().fused }
  }

  due(): boolean {
    return performance.now() - this.#saved > this.#everyMilliseconds
  }

  async save({ step, curve, memory, trained = [], tuned }: Checkpoint): Promise<void> {
    const tensors = new Map<string, Tensor>()
    const put = (name: string, values: Float32Array) =>
      tensors.set(name, { dtype: 'F32', shape: [values.length], values })
    put('memory', new Float32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4))
    trained.forEach(({ theta, logSigma, bias }, l) => {
      put(`trained.${l}.theta`, theta)
      put(`trained.${l}.logSigma`, logSigma)
      put(`trained.${l}.bias`, bias)
    })
    const levels = tuned.map((candidate, i) => ({
      point: withoutNetwork(candidate),
      layers: candidate.network.layers.map(({ weights, bias, ...layer }, l) => {
        put(`tuned.${i}.${l}.weights`, weights)
        put(`tuned.${i}.${l}.bias`, bias)
        return layer
      }),
    }))
    const metadata = {
      format,
      ...{ step: `${step}`, curve: JSON.stringify(curve), identity: JSON.stringify(this.#identity) },
      ...{ trained: `${trained.length}`, tuned: JSON.stringify(levels), crc32: checksum(tensors) },
    }
    await writeFile(this.#path, writeSafetensors({ tensors, metadata }))
    this.last = this.#described(step, tuned.length)
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
    if (checksum(tensors) !== metadata.crc32)
      throw new InputError(`${this.#path}: altered: expected crc32 of its metadata`)
    const theirs: Record<string, unknown> = JSON.parse(metadata.identity)
    for (const [key, mine] of Object.entries(this.#identity))
      if (JSON.stringify(theirs[key]) !== JSON.stringify(mine))
        throw new InputError(
          `${this.#path}: ${key}: the checkpoint was made with ${JSON.stringify(theirs[key])}, this run has ${JSON.stringify(mine)}`,
        )
    const get = (name: string) => tensors.get(name)!.values as Float32Array
    const trained = Array.from({ length: Number(metadata.trained) }, (_, l) => ({
      ...{ theta: get(`trained.${l}.theta`), logSigma: get(`trained.${l}.logSigma`), bias: get(`trained.${l}.bias`) },
    }))
    const levels: { point: SweepPoint; layers: Omit<Layer, 'weights' | 'bias'>[] }[] = JSON.parse(metadata.tuned)
    const tuned = levels.map(({ point, layers }, i) => ({
      ...point,
      network: {
        layers: layers.map((layer, l) => ({
          ...layer,
          ...{ weights: get(`tuned.${i}.${l}.weights`), bias: get(`tuned.${i}.${l}.bias`) },
        })),
      },
    }))
    const step = Number(metadata.step)
    this.last = this.#described(step, tuned.length)
    return {
      ...{ step, curve: JSON.parse(metadata.curve), memory: new Uint8Array(values.buffer), tuned },
      ...(trained.length ? { trained } : {}),
    }
  }

  #described(step: number, tuned: number): string {
    return `${this.#path}, of step ${step}${tuned ? `, ${tuned} tuned` : ''}`
  }

  /** The run is complete. */
  remove(): void {
    rmSync(this.#path, { force: true })
  }
}

/** Of all tensors, in their order. */
function checksum(tensors: ReadonlyMap<string, Tensor>): string {
  let crc = 0
  for (const { values } of tensors.values())
    crc = crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), crc)
  return `${crc}`
}
