/** The page: teacher and student side by side in a browser, files taken apart, an emulated board in a tab. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Option } from 'commander'
import { claimFiles } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { onInterrupt } from '../interrupt.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { grouped } from '../report/words.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, integer, verb } from '../verb.ts'
import { serve } from '../view/serve.ts'
import { type Site, siteOf } from '../view/site.ts'

interface Options extends CommonOptions, OutputOptions {
  out?: string
  port: number
}

export const viewVerb = verb('view [files...]', {
  group: 'Look at it:',
  description: 'a page in your browser: policies play side by side, files taken apart, an emulated board',
  example: 'bpd view runs/demo-pendulum',
})
  .option('--out <folder>', 'write the page there, for any static host, and end')
  .addOption(new Option('--port <n>', 'of 127.0.0.1; 0: any that is free').argParser(integer(0, 65535)).default(0))
  .addOption(forceOption())
  .action(run)

async function run(files: string[], { out, port, force, json }: Options): Promise<void> {
  const site = siteOf(files, out !== undefined)
  if (out !== undefined) {
    const bytes = await writeSite(site, out, files, force)
    const text = `${out}: ${grouped(site.size)} files, ${grouped(bytes)} bytes; any static host serves it`
    printResult(json, { out, files: site.size, bytes }, () => text)
    return
  }
  const { url, close } = await serve(site, port)
  printResult(json, { url }, () => `${url}\nOpen it in a browser; Ctrl-C ends it.`)
  await new Promise<void>((ended) => onInterrupt(ended))
  await close()
}

/** Returns the bytes of all. */
async function writeSite(site: Site, out: string, inputs: string[], force: boolean): Promise<number> {
  const unlisted = unlistedIn(site, out)
  const paths = [...[...site.keys()].map((path) => join(out, path)), ...unlisted]
  claimFiles(paths, { inputs, force })
  let total = 0
  for (const [path, make] of site) {
    const bytes = await make()
    total += bytes.length
    await writeFile(join(out, path), bytes)
  }
  for (const file of unlisted) rmSync(file)
  return total
}

/** What an earlier page was given and this one was not: whoever takes a policy back does not want it on a host. */
function unlistedIn(site: Site, out: string): string[] {
  const folder = join(out, 'given')
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return []
  const earlier = readdirSync(folder).filter((name) => /^\d+\.(bpd|json)$/.test(name) && !site.has(`given/${name}`))
  return earlier.map((name) => join(folder, name))
}
