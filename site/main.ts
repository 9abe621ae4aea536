/** The page: a stage for two robots, files, and a board. */
import { cyclesOnPico } from './board/measure.ts'
import { BoardPanel } from './board/panel.ts'
import { bytesAt, type Catalogue, get, readCatalogue } from './catalogue.ts'
import { disturb, setNoise } from './disturb.ts'
import { byId, el, say } from './dom.ts'
import { tellTheme } from './draw/canvas.ts'
import { Files } from './files.ts'
import { fault, Stage } from './stage.ts'
import { Weights } from './weights.ts'
import { reasonOf } from './words.ts'
import { scriptUrl } from './worker-url.ts'

async function start(): Promise<void> {
  const catalogue = await readCatalogue()
  say(byId('version'), `bpd ${catalogue.version}.`)
  if (catalogue.offline && 'serviceWorker' in navigator) void tryOffline(catalogue)
  tellTheme()
  const stage = new Stage(catalogue)
  const weights = new Weights(stage)
  const firmware = () => bytesAt(catalogue.firmware)
  const files = new Files(catalogue, stage, weights, (bytes) => cyclesOnPico(firmware, bytes))
  disturb(stage)
  new BoardPanel(stage, firmware)
  stage.onOpen = (students) => {
    setNoise(stage)
    weights.open(students)
  }
  const task = byId<HTMLSelectElement>('task')
  task.append(...catalogue.lessons.map(({ name }) => el('option', { value: name }, name)))
  task.addEventListener('change', () => {
    history.replaceState(null, '', `#task=${task.value}`)
    void stage.open(task.value)
  })
  const asked = /^#task=([\w-]+)$/.exec(location.hash)?.[1]
  const named = catalogue.lessons.find(({ name }) => name === asked)
  await stage.open((named ?? catalogue.lessons[0]).name)
  // a task in the address was chosen: what was given is opened, and does not take the stage
  await files.give(catalogue, { play: named === undefined })
  stage.play(!matchMedia('(prefers-reduced-motion: reduce)').matches)
}

async function tryOffline(catalogue: Catalogue): Promise<void> {
  const { dataset } = document.documentElement
  try {
    await keepOffline(catalogue)
    dataset.offline = 'kept'
  } catch {
    // no room, or a visit cut short: the next one goes on
    dataset.offline = 'incomplete'
  }
}

/** A service worker keeps what the page opens; what it has not got yet is fetched for it. Throws where that fails. */
async function keepOffline({ version, lessons, engine, firmware, given }: Catalogue): Promise<void> {
  await navigator.serviceWorker.register(scriptUrl(`offline.js?v=${version}`), { scope: './' })
  await navigator.serviceWorker.ready
  const seen = performance.getEntriesByType('resource').map(({ name }) => name)
  const files = [...lessons.flatMap(({ teacher, students }) => [teacher, ...students]), ...given].map(
    ({ path }) => path,
  )
  const all = new Set([
    location.pathname,
    'index.json',
    'costs.json',
    engine,
    firmware,
    ...files,
    ...seen.filter((name) => new URL(name).origin === location.origin),
    ...(await scripts()),
  ])
  // the worker's own, of this version
  const kept = await caches.open(`bpd-${version}`)
  for (const path of all) {
    const url = new URL(path, document.baseURI)
    if (!(await kept.match(url, { ignoreSearch: true }))) await kept.put(url, await get(path))
  }
}

/** The page's own parts, also those that are loaded later. */
async function scripts(): Promise<string[]> {
  return (await (await get('parts.json')).json()) as string[]
}

start().catch((error) => fault(reasonOf(error)))
