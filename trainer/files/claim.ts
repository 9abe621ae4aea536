/**
 * Outputs are claimed before long work: they can be written, nobody else writes them, nothing is lost by writing them. What is refused is
 * refused here, in one line; what a dead process left half-written goes.
 *
 * A lock is an empty file beside the output, named after its process, so that removing a dead one's can never remove a living one's:
 * each makes its own first and then looks for others. It goes when its process ends; one that was killed is known to be gone.
 */
import { randomInt } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readdirSync, rmdirSync, rmSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { notWritten, reading, writing } from './access.ts'
import { elsewhere, isGone, type Owner, ownerIn, thisOwner } from './owner.ts'
import { PART, refusedThere } from './replace.ts'

export interface Conditions {
  /** files that the work reads: none of them may be written */
  inputs?: readonly string[]
  /** whether results that are there may be replaced */
  force: boolean
}

export interface Unfinished {
  /** file that an interrupted run left, to go on from */
  checkpoint: string
  /** whether it is wanted */
  resume: boolean
}

const LOCK = '.lock-'
const held = new Set<string>()
/** folders that claims have made, each after the one that it lies in */
const made: string[] = []
process.on('exit', releaseClaims)

/**
 * Claims a folder for the files of these names in it, and makes it where it is absent. Gives whether an unfinished run goes on there. Throws InputError.
 */
export function claimFolder(
  folder: string,
  names: readonly string[],
  conditions: Conditions,
  unfinished?: Unfinished,
): boolean {
  const results = names.map((name) => join(folder, name))
  refuseUnwritable([...results, ...(unfinished ? [join(folder, unfinished.checkpoint)] : [])], conditions.inputs)
  made.push(...makeFolder(folder))
  lock(join(folder, 'bpd'), folder)
  sweepParts(folder, [...names, ...(unfinished ? [unfinished.checkpoint] : [])])
  const checkpoint = unfinished && join(folder, unfinished.checkpoint)
  const begun = checkpoint !== undefined && statOf(checkpoint) !== undefined
  const goesOn = begun && unfinished?.resume === true
  if (conditions.force || goesOn) return goesOn
  if (begun)
    throw new InputError(
      `${checkpoint}: of a run that is not finished: --resume continues it, --force replaces it by a new one`,
    )
  refuseExisting(results)
  return false
}

/** Claims single files that are written together, the first one giving the lock its name; makes their folders. Throws InputError. */
export function claimFiles(files: readonly string[], conditions: Conditions): void {
  refuseUnwritable(files, conditions.inputs)
  for (const file of files) made.push(...makeFolder(dirname(file)))
  lock(files[0], files[0])
  for (const file of files) sweepParts(dirname(file), [basename(file)])
  if (!conditions.force) refuseExisting(files)
}

/** Gives back all that this process has claimed, as its end does too. Folders made for files that never came go. */
export function releaseClaims(): void {
  for (const file of held) rmSync(file, { force: true })
  held.clear()
  for (const folder of made.splice(0).reverse()) {
    try {
      rmdirSync(folder)
    } catch {
      // something is in it
    }
  }
}

/** Whether this process or another that is alive has claimed the folder. */
export const isClaimed = (folder: string): boolean =>
  held.has(lockOf(join(folder, 'bpd'))) || owned(folder, `bpd${LOCK}`).some(({ owner }) => !isGone(owner))

/** With the folders that it lies in, one at a time: Node's own way never ends in /proc. Gives those that it made, outermost first. */
export function makeFolder(path: string): string[] {
  const there = statOf(path)
  if (there?.isDirectory()) return []
  if (there) throw new InputError(`${path}: a file, expected the name of a folder`)
  const around = dirname(path) === path ? [] : makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // another process has made it meanwhile
    if (!statOf(path)?.isDirectory()) throw asRefused(notWritten(path, error, 'made'))
    return around
  }
  return [...around, path]
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw asRefused(notWritten(path, error))
  }
}

/** Before the work, what cannot be written is the user's to change. */
const asRefused = (error: unknown) => (error instanceof FailedError ? new InputError(error.message) : error)

function refuseUnwritable(files: readonly string[], inputs: readonly string[] = []): void {
  for (const file of files) {
    const same = inputs.find((input) => resolve(input) === resolve(file))
    if (same !== undefined) refuseInput(file, same)
    const there = statOf(file)
    if (!there) continue
    const refused = refusedThere(file, there)
    if (refused) throw new InputError(refused)
    for (const input of inputs) {
      const read = statOf(input)
      if (read && read.dev === there.dev && read.ino === there.ino) refuseInput(file, input)
    }
  }
}

function refuseInput(file: string, input: string): never {
  throw new InputError(`${file}: would be written over ${input}, which is read: expected another name`)
}

function refuseExisting(files: readonly string[]): void {
  const there = files.find((file) => statOf(file) !== undefined)
  if (there !== undefined) throw new InputError(`${there}: is there already: --force replaces it`)
}

/** This process's. */
const lockOf = (base: string): string => `${base}${LOCK}${thisOwner()}`

/** base: the lock is named after it; what: how errors call what is locked */
function lock(base: string, what: string): void {
  const mine = lockOf(base)
  if (held.has(mine)) return
  for (let tries = 1; ; tries++) {
    try {
      writing(what, () => closeSync(openSync(mine, 'w')))
    } catch (error) {
      throw asRefused(error)
    }
    held.add(mine)
    const other = livingOwner(base)
    if (!other) return
    rmSync(mine, { force: true })
    held.delete(mine)
    if (tries === 5) throw new InputError(`${what}: in use by process ${whose(other.owner)} (${other.file})`)
    // two that began in the same moment have each seen the other
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, randomInt(5, 40))
  }
}

const whose = (owner: Owner): string =>
  elsewhere(owner) ? `${owner.pid} of ${owner.host}: remove this file if that has ended` : `${owner.pid}`

/** Another process that has the lock and is, as far as can be known, alive; the locks of dead ones go. */
function livingOwner(base: string): { owner: Owner; file: string } | undefined {
  for (const { file, owner } of owned(dirname(base), `${basename(base)}${LOCK}`)) {
    if (!isGone(owner)) return { file, owner }
    rmSync(file, { force: true })
  }
  return undefined
}

/** Removes what dead processes left half-written of these files, which may lie deeper. */
function sweepParts(folder: string, names: readonly string[]): void {
  const files = new Set(names.map((name) => join(folder, name)))
  for (const place of new Set([...files].map((file) => dirname(file)))) {
    // what lies deeper may have no folder yet
    if (!statOf(place)) continue
    for (const name of namesIn(place)) {
      const end = name.lastIndexOf(PART)
      const owner = end < 0 ? undefined : ownerIn(name.slice(end + PART.length))
      if (owner && files.has(join(place, name.slice(0, end))) && isGone(owner))
        rmSync(join(place, name), { force: true })
    }
  }
}

/** Files of other processes whose names begin so. */
function owned(folder: string, beginning: string): { file: string; owner: Owner }[] {
  return namesIn(folder).flatMap((name) => {
    const rest = name.startsWith(beginning) ? name.slice(beginning.length) : ''
    const owner = rest === thisOwner() ? undefined : ownerIn(rest)
    return owner ? [{ file: join(folder, name), owner }] : []
  })
}

/** Throws InputError: without them nobody knows who else writes here. */
const namesIn = (folder: string): string[] => reading(folder, () => readdirSync(folder))
