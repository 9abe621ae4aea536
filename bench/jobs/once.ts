/**
 * Work that is done once: each job is a `bpd` command in a process of its own. Its result, what it wrote to stderr and the files it read are
 * kept beside what it makes, so that a second call takes what is there and continues what was interrupted.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { makeFolder } from '../../trainer/files/claim.ts'
import { Field } from '../../trainer/files/field.ts'
import { PART, writeFile } from '../../trainer/files/replace.ts'
import { sha256OfFile } from '../../trainer/files/sha256.ts'
import { runBpd } from './pool.ts'

export type Result = Record<string, unknown>

interface How {
  /** what options mean that the command does not name */
  unlessGiven?: Record<string, unknown>
  /** what another job has finished in this folder may go */
  force: boolean
}

/**
 * A job's folder holds job.json (the command, its inputs' sha256 and `unlessGiven`), stderr.log and, once done, result.json. Throws InputError
 * where the folder holds what another job made and finished.
 */
export async function once(
  folder: string,
  words: readonly string[],
  inputs: readonly string[],
  { unlessGiven, force }: How,
): Promise<Result> {
  makeFolder(folder)
  const [jobFile, resultFile] = [join(folder, 'job.json'), join(folder, 'result.json')]
  const command = ['bpd', ...words].join(' ')
  const job = JSON.stringify({ command, inputs: inputs.map(fingerprint), unlessGiven }, null, 2)
  if (!existsSync(jobFile) || readFileSync(jobFile, 'utf8') !== job) {
    refuseStrangers(folder, jobFile)
    // figures alone are soon made again
    if (existsSync(resultFile) && words.includes('--out') && !force)
      throw new InputError(
        `${resultFile}: of another recipe or other inputs, expected another folder, or --force to make it anew`,
      )
    // another job's work: nothing of it may be taken for this one's
    rmSync(folder, { recursive: true })
    makeFolder(folder)
    await writeFile(jobFile, job)
  }
  if (existsSync(resultFile)) return Field.parse(resultFile, '', readFileSync(resultFile, 'utf8')).map()
  const log = join(folder, 'stderr.log')
  // the folder is the job's own: what it made before it was cut off may be replaced
  const replacing = words.includes('--out') ? ['--force'] : []
  const result = await runBpd([...words, ...replacing], (text) => appendFileSync(log, text))
  await writeFile(resultFile, `${JSON.stringify(result, null, 2)}\n`)
  return result
}

/** A folder that no job made holds what somebody else wants to keep. */
function refuseStrangers(folder: string, jobFile: string): void {
  if (existsSync(jobFile)) return
  // a job that was cut off as it began
  const theirs = readdirSync(folder).find((name) => !name.startsWith(`${basename(jobFile)}${PART}`))
  if (theirs !== undefined)
    throw new InputError(`${join(folder, theirs)}: of no job of bpd, expected another --out: a job empties its folder`)
}

const known = new Map<string, string>()

/** sha256 of a file, read once a process: inputs do not change while jobs run. */
export function fingerprint(file: string): { file: string; sha256: string } {
  let sha256 = known.get(file)
  if (!sha256) {
    sha256 = sha256OfFile(file)
    known.set(file, sha256)
  }
  return { file, sha256 }
}
