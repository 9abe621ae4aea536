import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, it } from 'vitest'
import { root, sources } from './support/imports.ts'

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
