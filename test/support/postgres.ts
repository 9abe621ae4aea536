/** A PostgreSQL of the test's own, in a folder of its own, on a port of this machine alone. */
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const versions = '/usr/lib/postgresql'
const bin = existsSync(versions) ? join(versions, readdirSync(versions).sort().at(-1)!, 'bin') : undefined

export const hasPostgres = bin !== undefined && existsSync(join(bin, 'initdb'))

export interface Postgres {
  url: string
  sql(text: string): string
  stop(): Promise<void>
}

/** It does not run as root: then as its package's own user. */
function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-postgres-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const who = owner()
  if (who.uid !== undefined) for (const path of [folder, data]) chownSync(path, who.uid, who.gid!)
  execFileSync(join(bin!, 'initdb'), ['-D', data, '-U', 'bpd', '--auth=trust', '--no-sync'], {
    ...who,
    stdio: 'ignore',
    cwd: folder,
  })
  const port = await freePort()
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    'fsync=off',
  ].flatMap((one) => ['-c', one])
  const server = spawn(join(bin!, 'postgres'), ['-D', data, ...settings], { ...who, stdio: 'ignore', cwd: folder })
  const url = `postgres://bpd@127.0.0.1:${port}/postgres`
  const sql = (text: string) => execFileSync(join(bin!, 'psql'), [url, '-Atc', text], { encoding: 'utf8' }).trim()
  for (let tries = 0; ; tries++) {
    try {
      sql('SELECT 1')
      break
    } catch (error) {
      if (tries > 100) throw error
      await sleep(200)
    }
  }
  return {
    url,
    sql,
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      // fast shutdown: without waiting for those who are connected
      server.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
