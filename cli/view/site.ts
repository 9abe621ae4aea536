/** The page with all that it opens: what `bpd view` serves, or writes for any static host. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { imageUrl } from '../../firmware-bridge/host/images.ts'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { crc32 } from '../../runtime-as/kernel/kernel.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import type { Catalogue, Lesson, Named } from '../../site/catalogue.ts'
import { readJson } from '../../site/file/read-json.ts'
import { readAs } from '../../trainer/files/open.ts'
import { sha256OfFile } from '../../trainer/files/sha256.ts'
import { randomStream } from '../../trainer/random.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { teacherPolicy } from '../../trainer/teachers/policy.ts'
import { loadTeacher, requirePlain } from '../../trainer/teachers/teacher.ts'
import { readCard } from '../card.ts'
import { shippedModels, teacherIn } from '../models.ts'
import { root, version } from '../package.ts'
import { STUDENTS } from '../study/students.ts'

/** By path from the page: its bytes, made when they are asked for. */
export type Site = Map<string, () => Uint8Array | Promise<Uint8Array>>

const built = join(root, 'dist/page')
/** What the page plays, in its order. */
const TASKS = ['pendulum', 'hopper', 'walker2d', 'halfcheetah', 'ant']
/** Golden observations of a teacher, which has none of its own: start states of as many reported episodes. */
const GOLDENS = 4
/** files that a page opens at most */
const MOST_FILES = 512

/** given: files and folders as the user named them; offline: for a host whose network may go. Throws InputError for what the page cannot show. */
export function siteOf(given: readonly string[], offline: boolean): Site {
  const site: Site = new Map()
  if (!existsSync(join(built, 'index.html')))
    throw new FailedError('dist/page: not built, expected after "npm run build"')
  for (const entry of readdirSync(built, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    site.set(relative(built, file).replaceAll('\\', '/'), () => readFileSync(file))
  }
  const engine = 'mujoco/mujoco.wasm'
  site.set(engine, () => readFileSync(fileURLToPath(import.meta.resolve('@mujoco/mujoco/mujoco.wasm'))))
  const firmware = 'firmware/rp2040.bin'
  site.set(firmware, () => readFileSync(imageUrl('rp2040.bin')))
  const catalogue: Catalogue = {
    version,
    lessons: TASKS.flatMap((task) => lessonsOf(task, site)),
    firmware,
    engine,
    given: given.flatMap(filesAt).map((file, i) => givenAt(file, i, site)),
    offline,
  }
  if (catalogue.given.length > MOST_FILES)
    throw new InputError(`${catalogue.given.length} files, expected at most ${MOST_FILES}`)
  site.set('index.json', () => new TextEncoder().encode(JSON.stringify(catalogue)))
  return site
}

/** A task's students, each beside the teacher that it was distilled from: that of the student that is played first, then the task's own. */
function lessonsOf(task: string, site: Site): Lesson[] {
  const folder = join(shippedModels, task)
  const add = (file: string, path: string, bytes: () => Uint8Array | Promise<Uint8Array>): Named => {
    site.set(path, bytes)
    return { name: relative(root, file).replaceAll('\\', '/'), path }
  }
  const teachers = [teacherIn(folder, 'public'), teacherIn(shippedModels, task)].filter((file) => existsSync(file))
  const digests = teachers.map((file) => sha256OfFile(file))
  const students = readdirSync(folder)
    .filter((name) => name.endsWith('.bpd'))
    .sort(pickedFirst)
    .map((name) => {
      const bytes = readFileSync(join(folder, name))
      const card = readCard(join(folder, name.replace(/\.bpd$/, '.json')))
      const digest = card?.at('teacher').value === undefined ? digests[0] : card.at('teacher').at('sha256').text()
      const shipped = { ...add(join(folder, name), `models/${task}/${name}`, () => bytes), crc: crc32(bytes) }
      return { shipped, place: digests.indexOf(digest) }
    })
  // those of the sweep, where the page has any: cut out of what is played first, from dense to smallest
  for (const path of site.keys())
    if (path.startsWith(`sweep/${task}/`))
      students.push({ shipped: { name: path, path, crc: crc32(readFileSync(join(built, path))) }, place: 0 })
  return teachers.flatMap((file, i) => {
    const own = students.filter(({ place }) => place === i).map(({ shipped }) => shipped)
    const name = i === 0 ? task : `${task}-own`
    return own.length > 0
      ? [{ name, task, teacher: add(file, `models/${name}/teacher.bpd`, () => teacherFile(task, file)), students: own }]
      : []
  })
}

/** As a policy, whose bits are the same in a browser. */
async function teacherFile(task: string, file: string): Promise<Uint8Array> {
  const teacher = requirePlain(loadTeacher(file), file)
  await prepareTask(task)
  const environment = createTask(task)
  const goldens = Array.from({ length: GOLDENS }, (_, episode) => {
    environment.reset(randomStream(1, 'report', episode))
    return Float32Array.from(environment.observation)
  })
  const bytes = teacherPolicy(teacher, environment.spec, goldens)
  environment.close?.()
  return bytes
}

/** The file; of a folder its policies, what was found of them, and the students of a study's report. */
function filesAt(path: string): string[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [path]
  if (existsSync(join(path, 'store.json')))
    throw new InputError(`${path}: a store of studies, expected a report: bpd study report <study> --students`)
  const students = join(path, STUDENTS)
  const files = [...visibleIn(path), ...(existsSync(students) ? visibleIn(students) : [])]
  if (files.length === 0)
    throw new InputError(`${path}: a folder with nothing to see, expected a .bpd or a report.json in it`)
  return files
}

/** The one of the results before those of a sweep, or the smallest: the page plays the first. */
const pickedFirst = (a: string, b: string): number =>
  Number(b === 'student.bpd') - Number(a === 'student.bpd') || a.localeCompare(b, 'en', { numeric: true })

const visibleIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.bpd') || name === 'report.json')
    .sort(pickedFirst)
    .map((name) => join(folder, name))

function givenAt(path: string, number: number, site: Site): Named {
  const { kind, bytes } = readAs(path, ['policy', 'json'])
  if (kind === 'policy') loadPolicy(bytes, path)
  else readJson(bytes, path)
  const at = `given/${number}${kind === 'policy' ? '.bpd' : '.json'}`
  site.set(at, () => bytes)
  return { name: path.length > 60 ? basename(path) : path, path: at }
}
