/** A Node older than 24 on the PATH, as a user's system may have it. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export const olderNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .filter((file) => existsSync(file))
  .find((file) => {
    const [, major] = /^v(\d+)\./.exec(spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout) ?? []
    return major !== undefined && Number(major) >= 20 && Number(major) < 24
  })
