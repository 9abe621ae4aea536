/** The page: a stage for two robots, files, and a board. */
import { cyclesOnPico } from './board/measure.ts'
import { BoardPanel } from './board/panel.ts'
import { bytesAt, type Catalogue, get, readCatalogue } from './catalogue.ts'
import { disturb, setNoise } from './disturb.ts'
import { byId, el, say } from './dom.ts'
import { Files } from './files.ts'
import { fault, Stage } from './stage.ts'
import { Weights } from './weights.ts'
import { reasonOf } from './words.ts'
import { scriptUrl } from './worker-url.ts'

async function start(): Promise<void> {
  const catalogue = await readCatalogue()
  say(byId('version'), `bpd ${catalogue.version}.`)
  if (catalogue.offline) void keepOffline(catalogue)
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
  task.append(...catalogue.tasks.map(({ name }) => el('option', { value: name }, name)))
  task.addEventListener('change', () => {
    history.replaceState(null, '', `#task=${task.value}`)
    void stage.open(task.value)
  })
  const asked = /^#task=([\w-]+)$/.exec(location.hash)?.[1]
  const first = catalogue.tasks.find(({ name }) => name === asked) ?? catalogue.tasks[0]
  await stage.open(first.name)
  await files.give(catalogue)
  stage.play(!matchMedia('(prefers-reduced-motion: reduce)').matches)
}

/** A service worker keeps all that the page opens, fetched once more through it when nothing else is to be done. */
async function keepOffline({ version, tasks, engine, firmware, given }: Catalogue): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const known = await navigator.serviceWorker.getRegistration()
  await navigator.serviceWorker.register(scriptUrl(`offline.js?v=${version}`), { scope: './' })
  await navigator.serviceWorker.ready
  if (known?.active?.scriptURL.endsWith(`v=${version}`)) return
  const seen = performance.getEntriesByType('resource').map(({ name }) => name)
  const files = [...tasks.flatMap(({ teacher, students }) => [teacher, ...students]), ...given].map(({ path }) => path)
  const all = new Set([
    location.pathname,
    'index.json',
    'costs.json',
    engine,
    firmware,
    ...files,
    ...seen,
    ...(await scripts()),
  ])
  for (const path of all) await get(path).then((answer) => answer.arrayBuffer())
  document.documentElement.dataset.offline = 'kept'
}

/** The page's own parts, also those that are loaded later. */
async function scripts(): Promise<string[]> {
  return (await (await get('parts.json')).json()) as string[]
}

start().catch((error) => fault(reasonOf(error)))
