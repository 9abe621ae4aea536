/**
 * A folder of what was done: results by the hash of their job, teachers and transitions by theirs. Nothing in it is ever changed; everything appears
 * by rename, so that whatever is killed, what is there is whole.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { readIfThere, reading } from '../files/access.ts'
import { isClaimed, makeFolder } from '../files/claim.ts'
import { Field } from '../files/field.ts'
import { isGone, ownerIn } from '../files/owner.ts'
import { PART, writeFile } from '../files/replace.ts'
import { sha256 } from '../files/sha256.ts'
import { type Arithmetic, arithmeticHere, requireArithmetic } from './arithmetic.ts'
import { canonical, idOf, type Job, RESULTS } from './jobs/job.ts'
import { isResult, type JobResult, type ResultOf } from './jobs/results.ts'

/** A result as it lies there. Its seconds are no part of any table. */
export interface Done {
  job: Job
  result: JobResult
  /** of work in the attempt that finished it */
  seconds: number
}

export class Store {
  readonly folder: string
  readonly #file: string

  constructor(folder: string) {
    this.folder = folder
    this.#file = join(folder, 'store.json')
  }

  /** Makes it, or refuses one of another version or of other arithmetic. Throws InputError. */
  async open(arithmetic = arithmeticHere()): Promise<void> {
    for (const name of ['results', 'blobs', 'data', 'work', 'failed']) makeFolder(join(this.folder, name))
    if (this.#isThere(arithmetic)) return
    await writeFile(this.#file, `${JSON.stringify({ format: FORMAT, results: RESULTS, arithmetic })}\n`)
  }

  /** Throws InputError where there is none, or one that `open` refuses. Writes nothing. */
  look(arithmetic = arithmeticHere()): void {
    if (!this.#isThere(arithmetic))
      throw new InputError(`${this.folder}: expected a store that "bpd study run" has made`)
  }

  /** Throws InputError for one of another version or of other arithmetic. */
  #isThere(arithmetic: Arithmetic): boolean {
    const text = readIfThere(this.#file)
    if (text) requireStore(Field.parse(this.#file, '', Buffer.from(text).toString()), this.folder, arithmetic)
    return text !== undefined
  }

  /** Removes what killed processes left half-written. For whoever works here, not for those who look. */
  sweep(): void {
    for (const name of ['results', 'blobs', 'data', 'failed'])
      for (const file of readdirSync(join(this.folder, name))) {
        const owner = file.includes(PART) ? ownerIn(file.slice(file.indexOf(PART) + PART.length)) : undefined
        if (owner && isGone(owner)) rmSync(join(this.folder, name, file), { force: true })
      }
    for (const name of readdirSync(join(this.folder, 'work'))) {
      const [, worker, id = name] = /^(.+)-([0-9a-f]{32})$/.exec(name) ?? []
      const owner = worker === undefined ? undefined : ownerIn(worker)
      if (owner ? isGone(owner) : this.has(id)) this.leave(name)
    }
  }

  has(id: string): boolean {
    return existsSync(this.#resultFile(id))
  }

  /** Throws InputError for a file that is no result of that job. */
  done(id: string): Done {
    const file = this.#resultFile(id)
    const field = Field.parse(
      file,
      '',
      reading(file, () => readFileSync(file, 'utf8')),
    )
    const { job, result, seconds } = field.map() as unknown as Done
    if (!job || idOf(job) !== id || !isResult(result, job.kind))
      throw new InputError(
        `${file}: expected the result of the job that it is named after: remove it to have it made again`,
      )
    return { job, result, seconds }
  }

  result<K extends JobResult['kind']>(id: string, kind: K): ResultOf<K> {
    const { result } = this.done(id)
    if (result.kind !== kind) throw new InputError(`${this.#resultFile(id)}: ${result.kind}, expected ${kind}`)
    return result as ResultOf<K>
  }

  /** From then on its checkpoints are of no use. */
  async keep(id: string, done: Done): Promise<void> {
    await writeFile(this.#resultFile(id), `${canonical(done)}\n`)
    rmSync(this.#failedFile(id), { force: true })
    this.leave(id)
  }

  /** Removes the folder of a job at work. name: of `workFolder` */
  leave(name: string): void {
    rmSync(this.workFolder(name), { recursive: true, force: true })
  }

  /** What went wrong with a job, for those who look. The next run tries it again. */
  async keepFailure(id: string, message: string): Promise<void> {
    await writeFile(this.#failedFile(id), `${JSON.stringify({ message })}\n`)
  }

  failure(id: string): string | undefined {
    const text = readIfThere(this.#failedFile(id))
    return text && Field.parse(this.#failedFile(id), '', Buffer.from(text).toString()).at('message').text()
  }

  forgetFailures(ids: readonly string[]): void {
    for (const id of ids) rmSync(this.#failedFile(id), { force: true })
  }

  /** Keeps a teacher's file; returns its hash. */
  async keepBlob(bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes)
    if (!existsSync(this.blobFile(hash))) await writeFile(this.blobFile(hash), bytes)
    return hash
  }

  hasBlob = (hash: string): boolean => existsSync(this.blobFile(hash))

  blobFile(hash: string): string {
    return join(this.folder, 'blobs', `${hash}.safetensors`)
  }

  /** Transitions of a collect job. */
  dataFile(id: string): string {
    return join(this.folder, 'data', `${id}.safetensors`)
  }

  /** Where a job works: its checkpoints. Gone when it is done. */
  workFolder(id: string): string {
    return join(this.folder, 'work', id)
  }

  /** Jobs that a process here works at. */
  begun(): Set<string> {
    if (!isClaimed(this.folder)) return new Set()
    return new Set(existsSync(join(this.folder, 'work')) ? readdirSync(join(this.folder, 'work')) : [])
  }

  #resultFile = (id: string): string => join(this.folder, 'results', `${id}.json`)
  #failedFile = (id: string): string => join(this.folder, 'failed', `${id}.json`)
}

const FORMAT = 'bpd-studies-1'

function requireStore(field: Field, folder: string, arithmetic: Arithmetic): void {
  if (field.at('format').value !== FORMAT)
    throw new InputError(`${folder}: expected a store of "bpd study" (${FORMAT}), or a folder that is not there`)
  const version = field.at('results').value
  if (version !== RESULTS)
    throw new InputError(
      `${folder}: results of version ${version}, expected ${RESULTS}: another --store, they are not mixed`,
    )
  requireArithmetic(field.at('arithmetic').value, arithmetic, folder)
}
