import { crc32 } from 'node:zlib'
import { Option } from 'commander'
import { committedImage } from '../../firmware-bridge/host/images.ts'
import type { BoardInfo } from '../../firmware-bridge/host/info.ts'
import { compare, measure, measurePlaced, type Spread } from '../../firmware-bridge/host/measure.ts'
import { kindOf } from '../../firmware-bridge/host/ports.ts'
import { type DecodedPolicy, decodePolicy } from '../../runtime-as/format/decode.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { contractIn, requireContract } from '../../trainer/contract.ts'
import { claimFiles } from '../../trainer/files/claim.ts'
import { readAs } from '../../trainer/files/open.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { openTeacher, teacherKinds } from '../../trainer/teachers/import.ts'
import { boardPolicy, standInNote } from '../../trainer/teachers/policy.ts'
import { requireFit, teacherFile as teacherFileOf } from '../../trainer/teachers/teacher.ts'
import { type BoardChoice, baudOption, boardFiles, portOption, showInstall, stateOption, withBoard } from '../board.ts'
import { readPolicy } from '../files.ts'
import { signatureOf } from '../keys.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { type BenchResult, benchPage, benchTable, type Measured } from '../report/bench.ts'
import { keyOption } from '../session-key.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, integer, verb } from '../verb.ts'
import { commit } from '../versions.ts'

interface Options extends CommonOptions, OutputOptions, BoardChoice {
  teacher?: string
  count: number
  html?: string
}

export const benchVerb = verb('bench <policy>', {
  group: 'On a board:',
  description: 'measures a policy on a board, and its teacher on the same; the board runs the policy afterwards',
  example: 'bpd bench models/pendulum/student.bpd --teacher models/pendulum/teacher.safetensors --count 200',
})
  .option('--teacher <file>', 'dense teacher to compare with: of any form that bpd import reads, or .bpd')
  .addOption(portOption())
  .addOption(baudOption())
  .addOption(stateOption())
  .addOption(keyOption())
  .addOption(new Option('--count <n>', 'inferences of each').argParser(integer(1, 1_000_000)).default(100))
  .option('--html <file>', 'also writes the result as a page, with a plot')
  .addOption(forceOption())
  .action(run)

async function run(
  file: string,
  { teacher: given, port, state, key, baud, count, json, html, force }: Options,
): Promise<void> {
  const bytes = readPolicy(file)
  loadPolicy(bytes, file)
  const student = decodePolicy(bytes, file)
  const teacherFile = given === undefined ? undefined : teacherFileOf(given)
  const dense = teacherFile === undefined ? undefined : await readTeacher(teacherFile, student)
  const teacher = dense?.bytes
  const standIn = dense?.standIn ? { teacherStandIn: standInNote } : {}
  if (html)
    claimFiles([html], { inputs: [file, ...(teacherFile ? [teacherFile] : []), ...boardFiles({ state, key })], force })
  const result = await withBoard({ port, state, key, baud }, async (board, progress): Promise<BenchResult> => {
    const { counter, openPlaced } = kindOf(port)
    const measured = (name: string, policy: Uint8Array, cycles: Spread): Measured => {
      const { weights } = decodePolicy(policy, name)
      return {
        file: name,
        weights,
        bytes: policy.length,
        crc: crc32(policy),
        signature: signatureOf(policy, name),
        cycles,
      }
    }
    const facts = (info: BoardInfo) => {
      const made = { image: committedImage(info.firmware), commit: commit() }
      return { port, task: student.contract.task, date: new Date().toISOString(), board: { ...info, counter }, ...made }
    }
    if (teacher === undefined || teacherFile === undefined) {
      const cycles = await measure(board, bytes, count, showInstall(progress, file))
      progress.done(`measured on ${port}`)
      return { ...facts(await board.hello()), student: measured(file, bytes, cycles) }
    }
    const show = { teacher: showInstall(progress, teacherFile), student: showInstall(progress, file) }
    if (openPlaced && teacher.length > board.info.fileBytes) {
      progress.update(`measuring ${teacherFile}, placed in flash`)
      const teacherCycles = await measurePlaced(teacher, count, openPlaced)
      const studentCycles = await measure(board, bytes, count, show.student)
      progress.done(`measured on ${port}`)
      return {
        ...facts(await board.hello()),
        teacher: measured(teacherFile, teacher, teacherCycles),
        teacherPlaced: true,
        ...standIn,
        student: measured(file, bytes, studentCycles),
        speedup: teacherCycles.median / studentCycles.median,
      }
    }
    const both = await compare(board, teacher, bytes, count, (which, sent, total) => show[which](sent, total))
    progress.done(`measured on ${port}`)
    return {
      ...facts(both.info),
      teacher: measured(teacherFile, teacher, both.teacherCycles),
      ...standIn,
      student: measured(file, bytes, both.studentCycles),
      speedup: both.speedup,
    }
  })
  if (html) await writeFile(html, await benchPage(result))
  printResult(json, result, () => benchTable(result))
}

/** The teacher as a .bpd file. Both are measured on the student's golden observations where the teacher brings none of its own. */
async function readTeacher(file: string, student: DecodedPolicy): Promise<{ bytes: Uint8Array; standIn: boolean }> {
  // what the student was made for is what its teacher is fitted to: no simulator is asked
  const spec = contractIn(student.contract)
  const { kind, bytes } = readAs(file, ['policy', ...teacherKinds])
  if (kind !== 'policy') {
    const teacher = await openTeacher(file)
    requireFit(teacher, spec, file)
    return boardPolicy(
      teacher,
      spec,
      student.goldens.map(({ observation }) => observation),
    )
  }
  requireContract(loadPolicy(bytes, file).contract, spec, file)
  return { bytes, standIn: false }
}
