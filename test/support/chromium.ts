/** Headless Chromium, as it is installed or not. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const hasChromium = spawnSync('chromium', ['--version'], { stdio: 'ignore' }).status === 0

const quiet = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run']
const offline = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic']

/** The title of a page once its scripts have run, waiting for what they load. */
export async function titleOf(url: string): Promise<string> {
  const user = mkdtempSync(join(tmpdir(), 'bpd-chromium-'))
  // its clock runs on by itself while nothing is loading: five seconds of it take none
  const words = [...quiet, ...offline, `--user-data-dir=${user}`, '--virtual-time-budget=5000', '--dump-dom', url]
  const child = spawn('chromium', words, { stdio: ['ignore', 'pipe', 'ignore'] })
  let dom = ''
  for await (const text of child.stdout.setEncoding('utf8')) dom += text
  rmSync(user, { recursive: true, force: true, maxRetries: 5 })
  return /<title>(.*?)<\/title>/s.exec(dom)?.[1] ?? ''
}
