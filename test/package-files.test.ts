import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, it } from 'vitest'
import { sha256OfFile } from '../trainer/files/sha256.ts'
import { root, sources } from './support/imports.ts'

const models = join(root, 'models')
// the pendulum's card is older than these
const students = readdirSync(models)
  .flatMap((task) => readdirSync(join(models, task)).map((name) => `${task}/${name}`))
  .filter((path) => /\/(student|smallest)\.json$/.test(path) && !path.startsWith('pendulum/'))

it('every thread and process that the package starts by a file of its own is built into it', () => {
  const started = sources()
    .filter((file) => /^(cli|trainer|runtime-as|firmware-bridge)\//.test(file))
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/new URL\(`(\.[\w./-]+)\$\{extname\(/g)].map(([, name]) =>
        posix.join(posix.dirname(file), `${name}.ts`),
      ),
    )
  expect(started.length).toBeGreaterThan(4)
  const built = readFileSync(join(root, 'tsconfig.build.json'), 'utf8')
  expect(started.filter((file) => !built.includes(`"${file}"`))).toEqual([])
})

const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] }
const ships = (path: string) => files.some((file) => path === file || path.startsWith(`${file}/`))

it.each(readdirSync(join(root, 'studies')))('studies/%s names no file that the package lacks', (study) => {
  const text = readFileSync(join(root, 'studies', study), 'utf8')
  const named = [...text.matchAll(/^ +file: (.+)$/gm)].map(([, file]) => posix.join('studies', file))
  expect(named.filter((file) => !ships(file) || !existsSync(join(root, file)))).toEqual([])
  expect(named.length > 0 || !/^teachers:/m.test(text)).toBe(true)
})

it.each(students)('%s was distilled from a teacher that is shipped', (card) => {
  const { teacher } = JSON.parse(readFileSync(join(models, card), 'utf8'))
  const task = posix.dirname(card)
  const shipped = [task, `${task}/public`].map((folder) => join(models, folder, 'teacher.safetensors'))
  const digests = shipped.filter((file) => existsSync(file)).map((file) => sha256OfFile(file))
  expect(digests).toContain(teacher.sha256)
})
